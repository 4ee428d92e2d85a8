// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <dirent.h>
#include <elf.h>
#include <link.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/library/library.h"
#include "core/library/loader_paths.h"

namespace tonearm::core {
namespace {

std::mutex wheel_mutex;
std::vector<std::string>& wheel_list() {
  static std::vector<std::string> list;
  return list;
}

struct VersionedName {
  std::vector<int> version;  ///< 59, 27, 100 of "libavformat.so.59.27.100"; empty where the name has none
};

/// Takes apart `stem[-<hash>|_<word>].so[.N[.N...]]`; nothing where `name` is another library's or another file's.
std::optional<VersionedName> parse_name(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return std::nullopt;
  name.remove_prefix(stem.size());
  const std::size_t so = name.find(".so");
  if (so == std::string_view::npos) return std::nullopt;
  // Wheels mangle: "-4639def2" (auditwheel), "_x86_64" (soundfile). Anything else is another library.
  if (so > 0 && name[0] != '-' && name[0] != '_') return std::nullopt;
  name.remove_prefix(so + 3);
  VersionedName parsed;
  while (!name.empty()) {
    if (name[0] != '.') return std::nullopt;
    name.remove_prefix(1);
    int number = 0;
    const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (status != std::errc() || number < 0) return std::nullopt;
    parsed.version.push_back(number);
    name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  }
  return parsed;
}

/// A name without a version (a wheel's) is taken for any major; its own version check comes after opening.
bool in_range(const VersionedName& name, int lowest_major, int highest_major) {
  return name.version.empty() || (name.version[0] >= lowest_major && name.version[0] <= highest_major);
}

int major_of(const VersionedName& name) { return name.version.empty() ? 0 : name.version[0]; }

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool same_file(const std::string& a, const std::string& b) {
  struct stat sa {
  }, sb{};
  return stat(a.c_str(), &sa) == 0 && stat(b.c_str(), &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool exists(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0;
}

/// "libavformat.so.59" of "libavformat.so.59.27.100"; a mangled name is its own soname.
std::string soname_of(const LibraryPlace& place, const std::string& stem) {
  const std::string name(base_name(place.path));
  const bool plain = name.compare(stem.size(), 3, ".so") == 0;
  return plain && place.major > 0 ? stem + ".so." + std::to_string(place.major) : name;
}

/// Looks into one directory and records what was there.
void look_into(const std::string& directory, LibrarySource source, const LibraryRequest& request,
               LibrarySearch& search) {
  for (const LibraryPlace& place : search.looked) {
    if (place.path == directory) return;
  }
  auto files = list_library_files(directory, request.stem, request.lowest_major, request.highest_major, source);
  LibraryPlace looked{directory, source, 0, {}};
  if (!files.empty()) {
    looked.note = std::string(base_name(files.front().path));
  } else {
    looked.note = is_directory(directory) ? "nothing there" : "no such directory";
  }
  search.looked.push_back(std::move(looked));
  for (LibraryPlace& file : files) search.found.push_back(std::move(file));
}

/// Puts the highest major first among the places from `begin` on: one place of the order may be several directories.
void sort_by_major(std::vector<LibraryPlace>& places, std::size_t begin) {
  std::stable_sort(places.begin() + static_cast<std::ptrdiff_t>(begin), places.end(),
                   [](const LibraryPlace& a, const LibraryPlace& b) { return a.major > b.major; });
}

/// The variable's value is a library file or a directory that holds one.
Result<LibrarySearch> find_by_setting(const LibraryRequest& request, const std::string& value) {
  LibrarySearch search;
  const std::string what = "cannot use " + request.setting + "=" + value;
  if (is_directory(value)) {
    look_into(value, LibrarySource::kSetting, request, search);
  } else if (exists(value)) {
    LibraryPlace file{value, LibrarySource::kSetting, 0, {}};
    if (const auto parsed = parse_name(base_name(value), request.stem)) file.major = major_of(*parsed);
    search.looked.push_back(file);
    search.found.push_back(std::move(file));
  } else {
    return make_error(ErrorCode::kMissingDependency, Stage::kDependency, what, request.setting,
                      request.stem + " at the path that " + request.setting + " names", "no such file or directory",
                      "correct or unset " + request.setting);
  }
  if (search.found.empty()) {
    return make_error(ErrorCode::kMissingDependency, Stage::kDependency, what, request.setting,
                      request.stem + ".so." + std::to_string(request.lowest_major) + " to " +
                          std::to_string(request.highest_major) + " in that directory",
                      "none there", "correct or unset " + request.setting);
  }
  return search;
}

void apply_mapped(const LibraryRequest& request, LibrarySearch& search) {
  const auto mapped = mapped_libraries();
  for (LibraryPlace& place : search.found) {
    const std::string soname = soname_of(place, request.stem);
    for (const MappedLibrary& library : mapped) {
      if (library.soname != soname) continue;
      if (same_file(library.path, place.path)) continue;
      if (place.source == LibrarySource::kSetting) {
        place.note = "another copy of " + soname + " is mapped already: " + library.path;
        continue;
      }
      place.note = "is mapped already, instead of " + place.path;
      place.path = library.path;
      place.source = LibrarySource::kMapped;
      break;
    }
  }
  const bool by_setting = !search.found.empty() && search.found.front().source == LibrarySource::kSetting;
  if (by_setting) return;
  for (const MappedLibrary& library : mapped) {
    const auto parsed = parse_name(base_name(library.path), request.stem);
    if (!parsed || !in_range(*parsed, request.lowest_major, request.highest_major)) continue;
    const bool known = std::any_of(search.found.begin(), search.found.end(),
                                   [&](const LibraryPlace& place) { return same_file(place.path, library.path); });
    if (!known) search.found.push_back({library.path, LibrarySource::kMapped, major_of(*parsed), "is mapped already"});
  }
}

/// DT_SONAME out of the dynamic section of a mapped object. The loader has relocated and checked it already.
std::string mapped_soname(const dl_phdr_info& info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    if (info.dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(info.dlpi_addr + info.dlpi_phdr[i].p_vaddr);
    ElfW(Addr) strings = 0;
    ElfW(Addr) soname = 0;
    bool has_soname = false;
    for (; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == DT_STRTAB) strings = entry->d_un.d_ptr;
      if (entry->d_tag == DT_SONAME) {
        soname = entry->d_un.d_val;
        has_soname = true;
      }
    }
    if (!has_soname || strings == 0) return {};
    if (strings < info.dlpi_addr) strings += info.dlpi_addr;  // musl and the vDSO leave it unrelocated
    return reinterpret_cast<const char*>(strings + soname);
  }
  return {};
}

int collect_mapped(dl_phdr_info* info, std::size_t, void* list) {
  if (info->dlpi_name == nullptr || info->dlpi_name[0] != '/') return 0;  // the program itself, the vDSO
  static_cast<std::vector<MappedLibrary>*>(list)->push_back({info->dlpi_name, mapped_soname(*info)});
  return 0;
}

}  // namespace

const char* library_source_name(LibrarySource source) {
  switch (source) {
    case LibrarySource::kSetting: return "env";
    case LibrarySource::kMapped: return "mapped";
    case LibrarySource::kEnvironment: return "venv";
    case LibrarySource::kSystem: return "system";
    case LibrarySource::kWheel: return "wheel";
  }
  return "unknown";
}

std::vector<MappedLibrary> mapped_libraries() {
  std::vector<MappedLibrary> list;
  dl_iterate_phdr(collect_mapped, &list);
  return list;
}

void set_wheel_directories(std::vector<std::string> directories) {
  const std::lock_guard lock(wheel_mutex);
  wheel_list() = std::move(directories);
}

std::vector<std::string> wheel_directories() {
  std::vector<std::string> all = split_path_list(std::getenv("TONEARM_WHEEL_PATH"));
  const std::lock_guard lock(wheel_mutex);
  all.insert(all.end(), wheel_list().begin(), wheel_list().end());
  return all;
}

std::vector<LibraryPlace> list_library_files(const std::string& directory, const std::string& stem, int lowest_major,
                                             int highest_major, LibrarySource source) {
  struct Match {
    LibraryPlace place;
    std::vector<int> version;
  };
  std::vector<Match> matches;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(directory.c_str()), closedir);
  if (!dir) return {};
  while (const dirent* entry = readdir(dir.get())) {
    const auto parsed = parse_name(entry->d_name, stem);
    if (!parsed) continue;
    // Only wheels ship files without a version in the name; elsewhere "libx.so" is the link of a development package
    // (its target is listed anyway) and "libx_y.so" is another library.
    if (parsed->version.empty() && source != LibrarySource::kWheel) continue;
    if (!in_range(*parsed, lowest_major, highest_major)) continue;
    matches.push_back({{directory + "/" + entry->d_name, source, major_of(*parsed), {}}, parsed->version});
  }
  // The highest version first; of equal ones the shorter name (the soname's link) first.
  std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
    if (a.place.major != b.place.major) return a.place.major > b.place.major;
    if (a.version.size() != b.version.size()) return a.version.size() < b.version.size();
    if (a.version != b.version) return a.version > b.version;
    return a.place.path < b.place.path;
  });
  std::vector<LibraryPlace> places;
  for (Match& match : matches) {
    const bool again = std::any_of(places.begin(), places.end(),
                                   [&](const LibraryPlace& place) { return same_file(place.path, match.place.path); });
    if (!again) places.push_back(std::move(match.place));
  }
  return places;
}

Result<LibrarySearch> find_library(const LibraryRequest& request) {
  if (const char* value = std::getenv(request.setting.c_str()); value != nullptr && value[0] != '\0') {
    auto search = find_by_setting(request, value);
    if (search) apply_mapped(request, *search);
    return search;
  }
  LibrarySearch search;
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const char* prefix = std::getenv(variable);
    if (prefix == nullptr || prefix[0] == '\0') continue;
    const std::size_t begin = search.found.size();
    look_into(std::string(prefix) + "/lib", LibrarySource::kEnvironment, request, search);
    sort_by_major(search.found, begin);
  }
  const std::size_t system_begin = search.found.size();
  for (const std::string& directory : loader_directories(request.stem)) {
    look_into(directory, LibrarySource::kSystem, request, search);
  }
  sort_by_major(search.found, system_begin);
  const std::size_t wheel_begin = search.found.size();
  for (const std::string& directory : wheel_directories()) {
    look_into(directory + "/" + request.wheel_folder, LibrarySource::kWheel, request, search);
  }
  sort_by_major(search.found, wheel_begin);
  apply_mapped(request, search);
  // /lib is /usr/lib on most systems: the same file counts once.
  std::vector<LibraryPlace> distinct;
  for (LibraryPlace& place : search.found) {
    const bool again = std::any_of(distinct.begin(), distinct.end(), [&](const LibraryPlace& other) {
      return other.path == place.path || same_file(other.path, place.path);
    });
    if (!again) distinct.push_back(std::move(place));
  }
  search.found = std::move(distinct);
  return search;
}

Error missing_library(const LibraryRequest& request, const LibrarySearch& search) {
  std::string needed = request.stem + ".so." + std::to_string(request.lowest_major);
  if (request.highest_major != request.lowest_major) needed += " to ." + std::to_string(request.highest_major);
  std::string found = "none in ";
  for (std::size_t i = 0; i < search.looked.size(); ++i) {
    if (i > 0) found += ", ";
    found += search.looked[i].path;
    found += std::string(" (") + library_source_name(search.looked[i].source) + ")";
  }
  return make_error(ErrorCode::kMissingDependency, Stage::kDependency, "no " + request.stem + " found", request.stem,
                    std::move(needed), std::move(found), request.next);
}

}  // namespace tonearm::core
