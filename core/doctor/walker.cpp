// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/walker.h"

#include <cxxabi.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <unordered_map>

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tonearm::doctor {
namespace {

constexpr std::uint64_t kDefaultOptionalTls = 512;  // glibc.rtld.optional_static_tls
constexpr std::uint64_t kOtherTlsSurplus = 1152;    // the rest of glibc's default of 1664 bytes

std::string env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string dir_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_dir(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string replace_token(std::string text, const std::string& token, const std::string& value) {
  for (const auto& form : {"${" + token + "}", "$" + token}) {
    for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + value.size())) {
      text.replace(at, form.size(), value);
    }
  }
  return text;
}

/// The highest node of a family, by its numbers: "GLIBCXX_3.4.30" over "GLIBCXX_3.4.9".
std::string newest_node(const std::vector<VersionNode>& nodes, std::string_view family) {
  const auto numbers = [&](const std::string& name) {
    std::vector<int> parts;
    int value = -1;
    for (std::size_t i = family.size(); i <= name.size(); ++i) {
      const char c = i < name.size() ? name[i] : '.';
      if (c >= '0' && c <= '9') {
        value = std::min(std::max(value, 0) * 10 + (c - '0'), 1'000'000);
      } else if (c == '.' && value >= 0) {
        parts.push_back(value);
        value = -1;
      } else {
        return std::vector<int>();
      }
    }
    return parts;
  };
  std::string best;
  for (const auto& node : nodes) {
    if (node.name.starts_with(family) && (best.empty() || numbers(best) < numbers(node.name))) best = node.name;
  }
  return best;
}

/// The mount that holds `path`.
std::string mount_of(const std::string& path) {
  std::error_code error;
  auto at = std::filesystem::weakly_canonical(path, error);
  struct stat info {};
  if (error || ::stat(at.c_str(), &info) != 0) return path;
  const dev_t device = info.st_dev;
  while (at.has_parent_path() && at != at.parent_path()) {
    if (::stat(at.parent_path().c_str(), &info) != 0 || info.st_dev != device) break;
    at = at.parent_path();
  }
  return at.string();
}

/// The interpreter provides these to every extension module; they are in no library of the closure.
bool from_interpreter(const std::string& symbol) { return symbol.starts_with("Py") || symbol.starts_with("_Py"); }

bool is_libc_family(const std::string& soname) {
  return soname == "libc.so.6" || soname.starts_with("ld-linux") || soname == "libm.so.6" ||
         soname == "libpthread.so.0" || soname == "libdl.so.2" || soname == "librt.so.1";
}

}  // namespace

std::string demangled(const std::string& symbol) {
  if (!symbol.starts_with("_Z")) return symbol;  // the C function `c` would come out as `char`
  int status = 0;
  char* text = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
  if (status != 0 || text == nullptr) return symbol;
  std::string result(text);
  std::free(text);
  return result;
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::absolute(path, error);
  return error ? path : full.lexically_normal().string();
}

LoaderEnvironment LoaderEnvironment::of_process() {
  LoaderEnvironment environment;
  environment.library_path = env("LD_LIBRARY_PATH");
  environment.preload = env("LD_PRELOAD");
  environment.cpu_level = own_cpu_level();
  const std::string triplet = own_machine() == EM_AARCH64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
  if (is_dir("/lib/" + triplet)) {
    environment.default_dirs = {"/lib/" + triplet, "/usr/lib/" + triplet, "/lib", "/usr/lib"};
    environment.lib_token = "lib/" + triplet;
  } else {
    environment.default_dirs = {"/lib64", "/usr/lib64"};
    environment.lib_token = "lib64";
  }
  std::uint64_t optional_tls = kDefaultOptionalTls;
  const std::string tunables = env("GLIBC_TUNABLES");
  static constexpr std::string_view kTunable = "glibc.rtld.optional_static_tls=";
  if (const auto at = tunables.find(kTunable); at != std::string::npos) {
    optional_tls = std::strtoull(tunables.c_str() + at + kTunable.size(), nullptr, 0);
  }
  environment.static_tls_bytes = kOtherTlsSurplus + optional_tls;
  if (std::sscanf(::gnu_get_libc_version(), "2.%d", &environment.glibc_minor) != 1) environment.glibc_minor = 0;

  struct rlimit limit {};
  if (::getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    environment.address_space_limit = limit.rlim_cur;
    unsigned long pages = 0;
    if (std::FILE* statm = std::fopen("/proc/self/statm", "r")) {
      if (std::fscanf(statm, "%lu", &pages) != 1) pages = 0;
      std::fclose(statm);
    }
    const std::uint64_t used = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    environment.address_space_bytes = limit.rlim_cur > used ? limit.rlim_cur - used : 1;
  }
  return environment;
}

Walker::Walker(LoaderEnvironment environment, WalkOptions options)
    : environment_(std::move(environment)),
      options_(std::move(options)),
      cache_(LdCache::read_file(environment_.cache_path, environment_.cpu_level)) {}

std::string Walker::places() const {
  std::vector<std::string> places;
  for (const auto& dir : split_path(environment_.library_path, ":;", nullptr)) {
    places.push_back(fmt::format("LD_LIBRARY_PATH {}", dir));
  }
  places.push_back(cache_.problem().empty() ? environment_.cache_path
                                            : fmt::format("{} ({})", environment_.cache_path, cache_.problem()));
  places.insert(places.end(), environment_.default_dirs.begin(), environment_.default_dirs.end());
  return fmt::format("{}", fmt::join(places, ", "));
}

std::vector<std::string> Walker::split_path(const std::string& list, const char* separators,
                                            const Object* owner) const {
  std::vector<std::string> dirs;
  if (list.empty()) return dirs;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find_first_of(separators, at), list.size());
    std::string dir = list.substr(at, end - at);
    at = end + 1;
    if (dir.empty()) dir = ".";  // an empty entry is the working directory
    if (dir.find('$') != std::string::npos) {
      dir = replace_token(dir, "ORIGIN", owner == nullptr ? "." : dir_of(owner->path));
      dir = replace_token(dir, "LIB", environment_.lib_token);
      dir = replace_token(dir, "PLATFORM", own_machine() == EM_AARCH64 ? "aarch64" : "x86_64");
    }
    while (dir.size() > 1 && dir.back() == '/') dir.pop_back();
    if (std::find(dirs.begin(), dirs.end(), dir) == dirs.end()) dirs.push_back(dir);
  }
  return dirs;
}

bool Walker::try_path(const std::string& path, const std::string& source, Search* search) const {
  FileProblem problem;
  auto bytes = open_bytes(path, &problem, &search->identity);
  if (bytes) problem = parse_elf(*bytes, false, &search->elf);
  if (!problem) {
    search->path = path;
    search->source = source;
    search->bytes = std::move(bytes);
    return true;
  }
  if (problem.fault == FileFault::kMissing) return false;
  const bool passes = problem.fault == FileFault::kDanglingLink || problem.fault == FileFault::kUnreadable ||
                      problem.fault == FileFault::kWrongArchitecture;
  search->passed.push_back({path, source, !passes, std::move(problem)});
  return false;
}

bool Walker::try_dirs(const std::vector<std::string>& dirs, const std::string& name, const std::string& source,
                      Search* search) const {
  for (const auto& dir : dirs) {
    if (environment_.cpu_level >= 2 && is_dir(dir + "/glibc-hwcaps")) {
      for (int level = environment_.cpu_level; level >= 2; --level) {
        if (try_path(fmt::format("{}/glibc-hwcaps/x86-64-v{}/{}", dir, level, name), source, search)) return true;
      }
    }
    if (try_path(dir + "/" + name, source, search)) return true;
  }
  return false;
}

Walker::Search Walker::search(const std::string& name, int loader) const {
  Search search;
  const Object* owner = loader >= 0 ? &objects_[static_cast<std::size_t>(loader)] : nullptr;
  if (name.find('/') != std::string::npos) {
    auto path = replace_token(name, "ORIGIN", owner == nullptr ? "." : dir_of(owner->path));
    try_path(path, "path", &search);
    return search;
  }
  if (const auto it = options_.mapped.find(name); it != options_.mapped.end()) {
    if (try_path(it->second, "mapped", &search)) return search;
    search.passed.clear();  // replaced on disk since; it serves all the same, and what the disk has now is looked at
  }
  if (owner == nullptr || !owner->elf.has_runpath) {
    for (int at = loader; at >= 0; at = objects_[static_cast<std::size_t>(at)].loader) {
      const Object& object = objects_[static_cast<std::size_t>(at)];
      if (try_dirs(split_path(object.elf.rpath, ":", &object), name, "RPATH", &search)) return search;
    }
  }
  if (try_dirs(split_path(environment_.library_path, ":;", nullptr), name, "LD_LIBRARY_PATH", &search)) return search;
  if (owner != nullptr && try_dirs(split_path(owner->elf.runpath, ":", owner), name, "RUNPATH", &search)) {
    return search;
  }
  const bool no_default = owner != nullptr && (owner->elf.flags_1 & DF_1_NODEFLIB) != 0;
  const auto in_default = [&](const std::string& path) {
    const auto& dirs = environment_.default_dirs;
    return std::find(dirs.begin(), dirs.end(), dir_of(path)) != dirs.end();
  };
  if (const auto* path = cache_.find(name); path != nullptr && !(no_default && in_default(*path))) {
    if (try_path(*path, "ld.so.cache", &search)) return search;
  }
  if (!no_default && try_dirs(environment_.default_dirs, name, "default directory", &search)) return search;
  if (options_.neighbours && owner != nullptr) try_path(dir_of(owner->path) + "/" + name, "neighbour", &search);
  return search;
}

int Walker::find_loaded(const std::string& name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? -1 : it->second;
}

std::vector<std::string> Walker::chain_of(int index) const {
  std::vector<std::string> chain;
  for (; index >= 0; index = objects_[static_cast<std::size_t>(index)].loader) {
    const auto& object = objects_[static_cast<std::size_t>(index)];
    chain.push_back(out_of_place(object) ? object.path : name_of(object.path));
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

/// Whether it was found before the places that the system's own configuration names.
bool Walker::out_of_place(const Object& object) const {
  return object.source == "LD_LIBRARY_PATH" || object.source == "RPATH" || object.source == "RUNPATH" ||
         object.source == "path";
}

/// The system's copy that `object` hides, or "".
std::string Walker::shadowed_by(const Object& object) const {
  if (!out_of_place(object)) return {};
  const auto* path = cache_.find(name_of(object.path));
  if (path == nullptr) path = cache_.find(object.elf.soname);
  if (path == nullptr || *path == object.path) return {};
  std::error_code error;
  return std::filesystem::equivalent(*path, object.path, error) ? std::string() : *path;
}

void Walker::add_finding(Finding finding) {
  finding.subject = finding.code == "missing-library" ? finding.subject : absolute_path(finding.subject);
  if (reported_.insert(finding.code + '\n' + finding.subject).second) findings_.push_back(std::move(finding));
}

void Walker::report_passed(const std::vector<Candidate>& passed, int loader, const std::string& used) {
  bool stopped = false;
  for (const auto& candidate : passed) {
    // The first file that stops the loader is the fault; what stands behind it the loader never sees.
    if (stopped) break;
    auto chain = chain_of(loader);
    chain.push_back(candidate.path);
    const bool fatal = candidate.stops_loader;
    stopped = fatal;
    auto finding = file_finding(candidate.problem, fatal ? Severity::kError : Severity::kNote, candidate.path, chain);
    const auto place = fmt::format("found through {}", candidate.source);
    finding.evidence = finding.evidence.empty() ? place : fmt::format("{}; {}", finding.evidence, place);
    if (!used.empty()) finding.evidence += fmt::format("; {} is whole", used);
    if (fatal && candidate.source == "LD_LIBRARY_PATH" && !used.empty()) {
      finding.next = fmt::format("remove {}, or its directory from LD_LIBRARY_PATH", candidate.path);
    }
    add_finding(std::move(finding));
  }
}

void Walker::report_missing(const std::string& name, int loader, const std::vector<Candidate>& passed) {
  Finding finding;
  finding.code = "missing-library";
  finding.subject = name;
  finding.needed = name;
  finding.found = "nothing that can be loaded";
  finding.chain = chain_of(loader);
  finding.chain.push_back(name);
  finding.evidence = fmt::format("looked in {}", places());
  finding.next = install_advice(name);

  // A file that is there but will not do is the fault itself, except a link to nothing: that only explains it.
  for (const auto& candidate : passed) {
    if (candidate.problem.fault == FileFault::kDanglingLink) {
      finding.evidence =
          fmt::format("{}: {}; {}", candidate.problem.found, candidate.problem.evidence, finding.evidence);
      continue;
    }
    auto chain = chain_of(loader);
    chain.push_back(candidate.path);
    add_finding(file_finding(candidate.problem, Severity::kError, candidate.path, std::move(chain)));
    return;
  }
  if (loader >= 0) {
    const auto& owner = objects_[static_cast<std::size_t>(loader)];
    if (const auto shadowed = shadowed_by(owner); !shadowed.empty()) {
      finding.evidence = fmt::format("{} shadows {}; {}", owner.path, shadowed, finding.evidence);
      finding.next = fmt::format("remove {}, or its directory from {}; or: {}", owner.path, owner.source, finding.next);
    }
    for (int at = owner.loader; at >= 0; at = objects_[static_cast<std::size_t>(at)].loader) {
      const auto& above = objects_[static_cast<std::size_t>(at)];
      for (const auto& dir : split_path(above.elf.runpath, ":", &above)) {
        if (::access((dir + "/" + name).c_str(), F_OK) != 0) continue;
        finding.evidence = fmt::format("it is in {}, the RUNPATH of {}, but RUNPATH is not inherited by {}", dir,
                                       name_of(above.path), name_of(owner.path));
        finding.next = fmt::format("give {} a RUNPATH of its own: patchelf --set-rpath '$ORIGIN' {}",
                                   name_of(owner.path), owner.path);
      }
    }
  }
  add_finding(std::move(finding));
}

bool Walker::load(const std::string& name, int loader) {
  if (find_loaded(name) >= 0) return true;
  Search found = search(name, loader);
  const bool stops =
      std::any_of(found.passed.begin(), found.passed.end(), [](const auto& c) { return c.stops_loader; });
  if (stops || (!found.path.empty() && !found.passed.empty())) {
    report_passed(found.passed, loader, found.path);
  } else if (found.path.empty()) {
    report_missing(name, loader, found.passed);
  }
  if (found.path.empty() || stops) {
    incomplete_ = true;
    by_name_[name] = -2;  // told once, however many objects want it
    return false;
  }
  // The loader knows a file by device and inode: two names of one file are one object.
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    if (objects_[i].identity == found.identity) {
      by_name_[name] = static_cast<int>(i);
      return true;
    }
  }
  const int index = static_cast<int>(objects_.size());
  by_name_[name] = index;
  if (!found.elf.soname.empty()) by_name_.try_emplace(found.elf.soname, index);
  add_object({found.path, std::move(found.elf), found.source, loader, {name}, found.identity}, *found.bytes);
  return true;
}

void Walker::add_object(Object object, const Bytes& bytes) {
  needs_.emplace_back();
  if (options_.check_symbols && !read_symbols(bytes, object.elf, &exports_, &needs_.back()) && unreadable_ < 0) {
    unreadable_ = static_cast<int>(objects_.size());
  }
  objects_.push_back(std::move(object));
}

bool Walker::add_dependencies(std::size_t first) {
  bool whole = true;
  for (std::size_t i = first; i < objects_.size(); ++i) {
    const auto needed = objects_[i].elf.needed;  // a copy: objects_ grows
    for (const auto& name : needed) {
      if (by_name_.contains(name)) {
        whole = whole && by_name_[name] >= 0;
        continue;
      }
      whole = load(name, static_cast<int>(i)) && whole;
    }
  }
  return whole;
}

bool Walker::add_root(const std::string& given) {
  const std::string path = absolute_path(given);
  FileProblem problem;
  Object root;
  auto bytes = open_bytes(path, &problem, &root.identity);
  if (bytes) problem = parse_elf(*bytes, options_.accept_program, &root.elf);
  if (problem) {
    incomplete_ = true;
    auto finding = file_finding(problem, Severity::kError, path, {path});
    if (problem.fault == FileFault::kMissing || problem.fault == FileFault::kDanglingLink) {
      finding.code = "missing-library";
      finding.next = fmt::format("check the path; nothing is at {}", path);
    }
    add_finding(std::move(finding));
    return false;
  }
  for (const auto& object : objects_) {
    if (object.identity == root.identity) return true;
  }
  const auto index = static_cast<int>(objects_.size());
  root.path = path;
  root.source = "root";
  by_name_[path] = index;
  if (!root.elf.soname.empty()) by_name_.try_emplace(root.elf.soname, index);
  add_object(std::move(root), *bytes);
  return add_dependencies(static_cast<std::size_t>(index));
}

bool Walker::add_soname(const std::string& soname) {
  if (find_loaded(soname) >= 0) return true;
  const std::size_t first = objects_.size();
  return load(soname, -1) && add_dependencies(first);
}

std::string Walker::find_soname(const std::string& soname, Severity bad_candidate_severity) {
  Search found = search(soname, -1);
  for (const auto& candidate : found.passed) {
    auto severity = candidate.stops_loader ? bad_candidate_severity : Severity::kNote;
    // Nothing better follows: then the candidate is the fault, whatever the loader would say about it.
    if (found.path.empty() && candidate.problem.fault != FileFault::kDanglingLink) severity = bad_candidate_severity;
    auto finding = file_finding(candidate.problem, severity, candidate.path, {candidate.path});
    if (!found.path.empty()) {
      finding.evidence += fmt::format("{}{} is whole and is used", finding.evidence.empty() ? "" : "; ", found.path);
      finding.next = fmt::format("remove {}", candidate.path);
    }
    add_finding(std::move(finding));
  }
  return found.path;
}

std::vector<std::string> Walker::load_order() const {
  std::vector<std::string> order;
  std::vector<char> state(objects_.size(), 0);  // 1: its needs are being listed, 2: listed; needs may run in a circle
  std::vector<std::size_t> stack;
  for (std::size_t root = 0; root < objects_.size(); ++root) {
    stack.push_back(root);
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      if (state[at] == 0) {
        state[at] = 1;
        for (const auto& name : objects_[at].elf.needed) {
          const int index = find_loaded(name);
          if (index >= 0 && state[static_cast<std::size_t>(index)] == 0)
            stack.push_back(static_cast<std::size_t>(index));
        }
        continue;
      }
      stack.pop_back();
      if (state[at] == 1 && !is_libc_family(objects_[at].elf.soname)) order.push_back(objects_[at].path);
      state[at] = 2;
    }
  }
  return order;
}

void Walker::check_closure() {
  check_versions();
  for (std::size_t i = 0; i < objects_.size(); ++i) check_object(objects_[i], static_cast<int>(i));
  check_tls();
  check_address_space();
  if (options_.check_symbols && !incomplete_) check_symbols();
}

void Walker::check_versions() {
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    const auto& needer = objects_[i];
    for (const auto& need : needer.elf.version_needs) {
      const int provider_index = find_loaded(need.file);
      if (provider_index < 0) continue;
      const auto& provider = objects_[static_cast<std::size_t>(provider_index)];
      if (!provider.elf.has_version_defs) {
        unversioned_.insert(provider.path);
        continue;
      }
      std::vector<std::string> missing;
      for (const auto& node : need.nodes) {
        const auto& defs = provider.elf.version_defs;
        const bool there =
            std::any_of(defs.begin(), defs.end(), [&](const VersionNode& def) { return def.name == node.name; });
        if (!there && !node.weak) missing.push_back(node.name);
      }
      if (missing.empty()) continue;
      suspect_.insert(provider.path);

      Finding finding;
      finding.needed = fmt::format("{} of {}, for {}", fmt::join(missing, ", "), need.file, needer.path);
      finding.chain = chain_of(static_cast<int>(i));
      const bool glibc = is_libc_family(need.file) && missing.front().starts_with("GLIBC_");
      const bool libstdcxx = need.file.starts_with("libstdc++.so");
      const std::string family = missing.front().substr(0, missing.front().find('_') + 1);
      const auto newest = newest_node(provider.elf.version_defs, family);
      finding.found =
          fmt::format("{} goes up to {}", provider.path, newest.empty() ? "nothing of that family" : newest);
      const auto shadowed = shadowed_by(provider);
      if (!shadowed.empty()) finding.evidence = fmt::format("{} shadows {}", provider.path, shadowed);
      if (glibc || libstdcxx) {
        finding.code = glibc ? "glibc-too-old" : "libstdcxx-too-old";
        finding.subject = shadowed.empty() ? needer.path : provider.path;
        suspect_.insert(finding.subject);
        if (!shadowed.empty()) {
          finding.next = fmt::format("remove {}, or its directory from {}", provider.path, provider.source);
        } else if (glibc) {
          finding.next = fmt::format("use a build of {} for this system, or a newer system", name_of(needer.path));
        } else {
          finding.next = fmt::format("upgrade libstdc++: {}", install_advice("libstdc++.so.6"));
        }
      } else {
        finding.code = "version-node-missing";
        finding.subject = provider.path;
        finding.chain.push_back(provider.path);
        std::vector<std::string> provided;
        for (const auto& def : provider.elf.version_defs) provided.push_back(def.name);
        if (provided.size() > 4) provided.resize(4);
        finding.found = fmt::format("{} claims {}, provides {}", provider.path, need.file, fmt::join(provided, ", "));
        finding.next = shadowed.empty()
                           ? restore_advice(provider.path)
                           : fmt::format("remove {}, or its directory from {}", provider.path, provider.source);
      }
      add_finding(std::move(finding));
    }
  }
}

void Walker::check_object(const Object& object, int index) {
  if (object.elf.executable_stack && object.loader >= 0) {
    Finding finding;
    finding.code = "executable-stack";
    // glibc 2.41 and later refuse to make stacks executable for a library that is opened late.
    finding.severity = environment_.glibc_minor >= 41 ? Severity::kError : Severity::kWarning;
    finding.subject = object.path;
    finding.needed = "a stack that is not executable";
    finding.found = "PT_GNU_STACK asks for an executable stack, or is absent";
    finding.chain = chain_of(index);
    finding.next = fmt::format("use a newer build of {}, or clear the flag: patchelf --clear-execstack {}",
                               name_of(object.path), object.path);
    add_finding(std::move(finding));
  }
  struct statvfs mount {};
  if (::statvfs(object.path.c_str(), &mount) == 0 && (mount.f_flag & ST_NOEXEC) != 0) {
    Finding finding;
    finding.code = "noexec-mount";
    finding.subject = object.path;
    finding.needed = "a file system that allows code to be mapped";
    finding.found = fmt::format("{} is mounted noexec", mount_of(object.path));
    finding.chain = chain_of(index);
    finding.next = fmt::format("mount -o remount,exec {}, or install elsewhere", mount_of(object.path));
    add_finding(std::move(finding));
  }
}

void Walker::check_tls() {
  std::uint64_t total = 0;
  int largest = -1;
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    const auto& elf = objects_[i].elf;
    if ((elf.flags & DF_STATIC_TLS) == 0 || elf.tls_bytes == 0 || is_libc_family(elf.soname)) continue;
    total += elf.tls_bytes;
    if (largest < 0 || elf.tls_bytes > objects_[static_cast<std::size_t>(largest)].elf.tls_bytes) {
      largest = static_cast<int>(i);
    }
  }
  const bool program = !objects_.empty() && !objects_.front().elf.interpreter.empty();
  if (largest < 0 || total <= environment_.static_tls_bytes || program)
    return;  // a program's TLS is sized at its start
  const auto& object = objects_[static_cast<std::size_t>(largest)];
  Finding finding;
  finding.code = "static-tls";
  finding.subject = object.path;
  finding.needed = fmt::format("{} bytes of static TLS in all, {} of them here", total, object.elf.tls_bytes);
  finding.found = fmt::format("room for {} bytes", environment_.static_tls_bytes);
  finding.chain = chain_of(largest);
  finding.evidence = "DF_STATIC_TLS and PT_TLS";
  finding.next = fmt::format("GLIBC_TUNABLES=glibc.rtld.optional_static_tls={}", (total + 1023) / 1024 * 1024 + 1024);
  add_finding(std::move(finding));
}

void Walker::check_address_space() {
  if (environment_.address_space_limit == 0 || objects_.empty()) return;
  std::uint64_t total = 0;
  for (const auto& object : objects_) total += object.elf.mapped_bytes;
  if (total <= environment_.address_space_bytes) return;
  Finding finding;
  finding.code = "address-space-limit";
  finding.subject = objects_.front().path;
  finding.needed = fmt::format("{} KiB of address space for {} objects", total / 1024, objects_.size());
  finding.found = fmt::format("limit of {} KiB, {} KiB left", environment_.address_space_limit / 1024,
                              environment_.address_space_bytes / 1024);
  finding.chain = {name_of(objects_.front().path)};
  finding.evidence = "RLIMIT_AS";
  finding.next = "raise it: ulimit -v unlimited, or the limit of the job or service";
  add_finding(std::move(finding));
}

void Walker::check_symbols() {
  if (unreadable_ >= 0) {
    return add_finding(file_finding({FileFault::kMalformed, "a readable symbol table", "one that leaves the file", ""},
                                    Severity::kError, objects_[static_cast<std::size_t>(unreadable_)].path,
                                    chain_of(unreadable_)));
  }
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    std::vector<SymbolNeed> missing;
    for (auto& need : needs_[i]) {
      if (exports_.provides(need) || from_interpreter(need.name)) continue;
      const int provider = need.provider.empty() ? -1 : find_loaded(need.provider);
      if (provider >= 0 && suspect_.contains(objects_[static_cast<std::size_t>(provider)].path)) continue;
      missing.push_back(std::move(need));
    }
    if (!missing.empty()) report_symbols(static_cast<int>(i), missing);
  }
  for (const auto& path : unversioned_) {
    if (suspect_.contains(path)) continue;
    Finding note;
    note.code = "no-version-info";
    note.severity = Severity::kNote;
    note.subject = path;
    note.needed = "version nodes";
    note.found = "none; every function that is needed is there";
    add_finding(std::move(note));
  }
}

std::vector<SymbolNeed> Walker::unresolved_symbols(const std::string& path, SymbolSet* exports) const {
  std::vector<SymbolNeed> needs;
  for (const auto& object : objects_) {
    FileProblem problem;
    const auto bytes = open_bytes(object.path, &problem, nullptr);
    if (bytes) read_symbols(*bytes, object.elf, exports, object.path == path ? &needs : nullptr);
  }
  std::erase_if(needs, [&](const SymbolNeed& need) {
    return exports->provides(need) || from_interpreter(need.name) ||
           (!need.provider.empty() && find_loaded(need.provider) < 0);
  });
  return needs;
}

void Walker::report_symbols(int index, const std::vector<SymbolNeed>& missing) {
  const auto& needer = objects_[static_cast<std::size_t>(index)];
  const auto& first = missing.front();
  Finding finding;
  finding.code = "symbol-missing";
  finding.subject = needer.path;
  finding.chain = chain_of(index);

  const Object* provider = nullptr;
  if (const int at = first.provider.empty() ? -1 : find_loaded(first.provider); at >= 0) {
    provider = &objects_[static_cast<std::size_t>(at)];
  } else {
    // Without a version nothing says who should have it. Where a dependency hides the system's copy, and that copy has
    // the function, the dependency is the one to blame.
    for (const auto& name : needer.elf.needed) {
      const int dependency = find_loaded(name);
      if (dependency < 0) continue;
      const auto& object = objects_[static_cast<std::size_t>(dependency)];
      const auto shadowed = shadowed_by(object);
      FileProblem problem;
      ElfFile elf;
      SymbolSet exports;
      const auto bytes = shadowed.empty() ? nullptr : open_bytes(shadowed, &problem, nullptr);
      if (bytes && !parse_elf(*bytes, false, &elf) && read_symbols(*bytes, elf, &exports, nullptr) &&
          exports.provides(first)) {
        provider = &object;
        break;
      }
    }
  }
  finding.needed = fmt::format("{}{}{}", demangled(first.name), first.version.empty() ? "" : "@", first.version);
  finding.found = missing.size() == 1 ? "it is defined nowhere"
                                      : fmt::format("{} such symbols are defined nowhere", missing.size());
  if (demangled(first.name) != first.name) finding.evidence = first.name;
  finding.next = restore_advice(needer.path);
  if (provider != nullptr) {
    if (suspect_.contains(provider->path)) return;  // its versions were blamed: the functions follow from them
    finding.subject = provider->path;
    finding.chain.push_back(provider->path);
    finding.found = fmt::format("{} does not have {}", provider->path, missing.size() == 1 ? "it" : "them");
    const auto shadowed = shadowed_by(*provider);
    finding.next = shadowed.empty()
                       ? restore_advice(provider->path)
                       : fmt::format("remove {}, or its directory from {}", provider->path, provider->source);
    if (!shadowed.empty()) finding.evidence = fmt::format("{} shadows {}", provider->path, shadowed);
    if (unversioned_.contains(provider->path)) finding.code = "no-version-info";
    suspect_.insert(provider->path);
  }
  add_finding(std::move(finding));
}

}  // namespace tonearm::doctor
