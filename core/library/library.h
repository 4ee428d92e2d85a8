// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Finding and opening codec libraries at run time, in a fixed order of places, each of them kept for the report.
// Place in the flow: below backends/sndfile and backends/ffmpeg; knows file names and the loader, nothing of codecs.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace tonearm::core {

/// Where a library was looked for. The order of the search is kSetting (alone, where it is set), kEnvironment,
/// kSystem, kWheel, and last kMapped: a copy that the process already holds and that no other place has.
enum class LibrarySource : int { kSetting, kMapped, kEnvironment, kSystem, kWheel };

/// "env", "mapped", "venv", "system", "wheel"; stable words for reports.
const char* library_source_name(LibrarySource source);

/// One library file, or one directory that was looked into.
struct LibraryPlace {
  std::string path;  ///< full path of the file; of the directory in LibrarySearch::looked
  LibrarySource source = LibrarySource::kSystem;
  int major = 0;     ///< N of `.so.N`; 0 where the name has none (`libsndfile_x86_64.so`) and for directories
  std::string note;  ///< "nothing there", "is mapped already, instead of /x/libavformat.so.59", or empty
};

/// What to look for.
struct LibraryRequest {
  std::string stem;      ///< "libsndfile", "libavformat"; also matches the mangled names of wheels
  int lowest_major = 0;  ///< of the soname, inclusive; both ends
  int highest_major = 0;
  std::string setting;       ///< environment variable that replaces the search: "TONEARM_SNDFILE"
  std::string wheel_folder;  ///< beside the packages of a site-packages directory: "_soundfile_data", "av.libs"
  std::string next;          ///< the remedy of the error: "apt-get install libsndfile1, or pip install soundfile"
};

struct LibrarySearch {
  std::vector<LibraryPlace> found;   ///< existing files, the first choice first; the highest major first in a place
  std::vector<LibraryPlace> looked;  ///< every directory looked into, in order, with what was there
};

/// Looks everywhere `request` allows, opens nothing. Where a file of the same soname is mapped already, that copy takes
/// the place of the one found (source kMapped, note says instead of which), since the loader would hand it out to the
/// library's dependents anyway; a file named by the setting is never swapped, its note tells of the other copy.
/// Nothing found is an empty `found`, not an error (see missing_library).
/// Errors: kMissingDependency, subject = the variable, where the setting names nothing usable.
Result<LibrarySearch> find_library(const LibraryRequest& request);

/// The error for an empty search: needed, everywhere it was looked for, next.
Error missing_library(const LibraryRequest& request, const LibrarySearch& search);

/// Files in one directory that match stem and majors, mangled names too, the highest version first; path, major and
/// `source` are set. For libraries that must come from the directory of another: libavutil beside its libavformat.
std::vector<LibraryPlace> list_library_files(const std::string& directory, const std::string& stem, int lowest_major,
                                             int highest_major, LibrarySource source);

/// A shared object that the process has mapped.
struct MappedLibrary {
  std::string path;
  std::string soname;  ///< DT_SONAME, or empty
};
std::vector<MappedLibrary> mapped_libraries();

/// site-packages directories whose wheels may be used, in order; set by the embedding (Python's sys.path). Threads:
/// any. TONEARM_WHEEL_PATH (colon separated) is looked at before them, for C++ programs.
void set_wheel_directories(std::vector<std::string> directories);
std::vector<std::string> wheel_directories();

/// An open library. It stays mapped for the life of the process once `keep` was called (codec libraries keep threads
/// and thread-local state behind dlclose); before that the destructor closes it. Move only.
class OpenLibrary {
 public:
  OpenLibrary() = default;
  OpenLibrary(OpenLibrary&& other) noexcept { swap(other); }
  OpenLibrary& operator=(OpenLibrary&& other) noexcept {
    swap(other);
    return *this;
  }
  OpenLibrary(const OpenLibrary&) = delete;
  OpenLibrary& operator=(const OpenLibrary&) = delete;
  ~OpenLibrary();

  /// Opens `path` with RTLD_NOW | RTLD_LOCAL. Does not look at the file: a truncated one would kill the process, so
  /// doctor::check_before_opening comes first. `next` is the remedy for the error.
  /// Errors: kMissingDependency with subject = path, and the loader's own text, labelled as the loader's.
  static Result<OpenLibrary> open(const std::string& path, const std::string& next);

  explicit operator bool() const { return handle_ != nullptr; }
  const std::string& path() const { return path_; }

  /// The address of a function, or null.
  void* find_symbol(const char* name) const;
  /// Fills a function pointer. Errors: kMissingDependency, subject = the symbol, found = this library's path.
  template <class Function>
  Result<void> load(const char* name, Function*& function) const {
    void* address = find_symbol(name);
    if (address == nullptr) return missing_symbol(name);
    function = reinterpret_cast<Function*>(address);
    return {};
  }
  Error missing_symbol(const char* name) const;

  void keep() { kept_ = true; }

 private:
  void swap(OpenLibrary& other) noexcept;

  void* handle_ = nullptr;
  std::string path_;
  std::string next_;
  bool kept_ = false;
};

}  // namespace tonearm::core
