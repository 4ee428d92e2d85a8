// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Walks what the loader would load for an object, in the loader's order, and names what would stop it.
// Place in the flow: between the ELF reader and the components; loads nothing, changes nothing.
// Follows glibc's elf/dl-load.c: DT_RPATH of the chain unless the object has DT_RUNPATH, LD_LIBRARY_PATH, DT_RUNPATH,
// ld.so.cache, default directories; glibc-hwcaps subdirectories first in each.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/doctor/elf_file.h"
#include "core/doctor/findings.h"
#include "core/doctor/ld_cache.h"

namespace tonearm::doctor {

/// What the loader takes from outside the files. A value, so that tests need not touch the process's own environment.
struct LoaderEnvironment {
  std::string library_path;  ///< LD_LIBRARY_PATH
  std::string preload;       ///< LD_PRELOAD
  std::string cache_path = "/etc/ld.so.cache";
  std::vector<std::string> default_dirs;
  std::string lib_token;                  ///< what $LIB stands for
  int cpu_level = 1;                      ///< 1 to 4: x86-64-v1 to v4; 0 elsewhere
  std::uint64_t static_tls_bytes = 1664;  ///< room for initial-exec TLS of libraries opened late
  std::uint64_t address_space_bytes = 0;  ///< what is left under RLIMIT_AS; 0: no limit
  std::uint64_t address_space_limit = 0;  ///< RLIMIT_AS itself; 0: no limit
  int glibc_minor = 0;                    ///< 36 for 2.36

  /// This process's.
  static LoaderEnvironment of_process();
};

/// One object of the closure.
struct Object {
  std::string path;  ///< as the loader would name it, not resolved
  ElfFile elf;
  std::string source;  ///< "RPATH", "LD_LIBRARY_PATH", "RUNPATH", "ld.so.cache", "default directory", "path"
  int loader = -1;     ///< index of who asked first; -1 for a root
  std::vector<std::string> known_as;
  FileIdentity identity;
};

/// What the walk looks at beyond files, needs and versions.
struct WalkOptions {
  bool check_symbols = true;   ///< every undefined symbol against the closure's exports; the costly part
  bool accept_program = true;  ///< the first object may be a program
  bool neighbours = false;     ///< what is found nowhere is taken from beside who needs it, as backends/ffmpeg does
  std::map<std::string, std::string>
      mapped{};  ///< soname to path of what the process holds: it serves before any search
};

/// A closure, grown root by root as a process would: what an earlier root mapped satisfies later ones by soname.
class Walker {
 public:
  explicit Walker(LoaderEnvironment environment, WalkOptions options = {});

  /// Adds the object at `path` and all it needs. False when the object itself or something it needs is at fault.
  bool add_root(const std::string& path);
  /// Finds `soname` as dlopen would from a program without RPATH, then adds it.
  bool add_soname(const std::string& soname);
  /// Where dlopen would find `soname`, or "". Bad candidates become findings of `severity` when a later place has a
  /// good one.
  std::string find_soname(const std::string& soname, Severity bad_candidate_severity);
  /// Versions, TLS, stack, symbols: what needs the whole closure. Call once, after the last root.
  void check_closure();

  /// Undefined symbols of the object at `path` that nothing in the closure has, in the table's order; those of a named
  /// provider that was not found are left out. `exports` receives everything that the closure exports.
  std::vector<SymbolNeed> unresolved_symbols(const std::string& path, SymbolSet* exports) const;

  const std::vector<Object>& objects() const { return objects_; }
  /// Paths of all objects, what is needed before what needs it; the C library's own left out.
  std::vector<std::string> load_order() const;
  const std::vector<Finding>& findings() const { return findings_; }
  const LoaderEnvironment& environment() const { return environment_; }
  const LdCache& cache() const { return cache_; }
  /// The directories that were searched, for texts: LD_LIBRARY_PATH's, the cache, the default ones.
  std::string places() const;

 private:
  struct Candidate {
    std::string path;
    std::string source;
    bool stops_loader = false;  // the loader gives up here instead of trying the next place
    FileProblem problem;
  };
  struct Search {
    std::string path;  // "" when nothing will do
    std::string source;
    std::unique_ptr<Bytes> bytes;
    ElfFile elf;
    FileIdentity identity;
    std::vector<Candidate> passed;
  };

  Search search(const std::string& name, int loader) const;
  bool try_path(const std::string& path, const std::string& source, Search* search) const;
  bool try_dirs(const std::vector<std::string>& dirs, const std::string& name, const std::string& source,
                Search* search) const;
  bool load(const std::string& name, int loader);
  bool add_dependencies(std::size_t first);
  void report_missing(const std::string& name, int loader, const std::vector<Candidate>& passed);
  void report_passed(const std::vector<Candidate>& passed, int loader, const std::string& used);
  std::vector<std::string> split_path(const std::string& list, const char* separators, const Object* owner) const;
  std::vector<std::string> chain_of(int index) const;
  int find_loaded(const std::string& name) const;
  std::string shadowed_by(const Object& object) const;
  void check_versions();
  void check_object(const Object& object, int index);
  void check_tls();
  void check_address_space();
  void check_symbols();
  void report_symbols(int index, const std::vector<SymbolNeed>& missing);
  bool out_of_place(const Object& object) const;
  void add_finding(Finding finding);
  void add_object(Object object, const Bytes& bytes);

  LoaderEnvironment environment_;
  WalkOptions options_;
  LdCache cache_;
  std::vector<Object> objects_;
  std::vector<std::vector<SymbolNeed>> needs_;  // of each object; read with its headers, so that a file is opened once
  SymbolSet exports_;
  int unreadable_ = -1;  // the first object whose symbol table leaves the file
  std::vector<Finding> findings_;
  std::map<std::string, int> by_name_;
  std::set<std::string> suspect_;      // paths whose versions are wrong or absent: their symbols are not blamed again
  std::set<std::string> unversioned_;  // paths without version nodes that someone wants nodes of
  std::set<std::string> reported_;     // code and subject, so that one fault is told once
  bool incomplete_ = false;
};

/// The C++ name of a symbol, or the symbol itself.
std::string demangled(const std::string& symbol);

/// Absolute form of a path, links kept.
std::string absolute_path(const std::string& path);

}  // namespace tonearm::doctor
