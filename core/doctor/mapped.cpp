// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/mapped.h"

#include <link.h>

#include <algorithm>
#include <filesystem>

#include "core/doctor/walker.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tonearm::doctor {
namespace {

struct Family {
  const char* code;
  const char* component;
  Severity severity;
  bool together;  // two files of any of the stems are one too many; else two of one stem
  std::vector<const char*> stems;
  const char* harm;
};

const std::vector<Family>& families() {
  static const std::vector<Family> all = {
      {"duplicate-library", "core", Severity::kError, false, {"libtonearm"}, "settings and caches exist twice"},
      {"duplicate-library", "torch", Severity::kError, false, {"libc10"}, "two torches abort the process"},
      {"duplicate-library",
       "ffmpeg",
       Severity::kWarning,
       false,
       {"libavutil", "libavcodec", "libavformat", "libswresample"},
       "each has its own state and memory"},
      {"duplicate-library",
       "sndfile",
       Severity::kWarning,
       true,
       {"libsndfile", "libsndfile_x86_64", "libsndfile_arm64"},
       "each has its own state"},
      {"duplicate-openmp",
       "core",
       Severity::kWarning,
       true,
       {"libgomp", "libiomp5", "libomp"},
       "each starts its own threads, and some abort at the sight of another"},
  };
  return all;
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// "libavutil.so.57" and a wheel's "libavutil-3a1b.so.57" are of the stem libavutil; "libc10_cuda.so" is not of libc10.
bool has_stem(const std::string& path, std::string_view stem) {
  const auto name = name_of(path);
  return name.starts_with(stem) && name.size() > stem.size() &&
         (name[stem.size()] == '.' || name[stem.size()] == '-') && name.find(".so") != std::string::npos;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

std::vector<std::string> distinct(const std::vector<std::string>& mapped, const std::vector<const char*>& stems) {
  std::vector<std::string> files;
  for (const auto& path : mapped) {
    const bool member = std::any_of(stems.begin(), stems.end(), [&](const char* stem) { return has_stem(path, stem); });
    const bool told = std::any_of(files.begin(), files.end(), [&](const auto& file) { return same_file(file, path); });
    if (member && !told) files.push_back(path);
  }
  return files;
}

}  // namespace

std::vector<std::string> mapped_paths() {
  std::vector<std::string> paths;
  ::dl_iterate_phdr(
      [](struct dl_phdr_info* info, std::size_t, void* out) {
        if (info->dlpi_name != nullptr && info->dlpi_name[0] == '/') {
          static_cast<std::vector<std::string>*>(out)->emplace_back(info->dlpi_name);
        }
        return 0;
      },
      &paths);
  return paths;
}

std::vector<Finding> duplicate_findings(const std::vector<std::string>& mapped) {
  std::vector<Finding> findings;
  for (const auto& family : families()) {
    std::vector<std::string> files;
    if (family.together) files = distinct(mapped, family.stems);
    for (std::size_t i = 0; !family.together && i < family.stems.size() && files.size() < 2; ++i) {
      files = distinct(mapped, {family.stems[i]});
    }
    if (files.size() < 2) continue;
    Finding finding;
    finding.code = family.code;
    finding.severity = family.severity;
    finding.component = family.component;
    finding.subject = absolute_path(files.back());
    finding.needed = "one copy in a process";
    finding.found = fmt::format("{}", fmt::join(files, " and "));
    finding.evidence = family.harm;
    finding.next = fmt::format("keep one of them: have the packages that bring {} share it",
                               files.size() == 2 ? "the two" : "them");
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::string foreign_copy(const std::vector<std::string>& mapped, const std::string& soname,
                         const std::string& resolved) {
  std::string foreign;
  for (const auto& path : mapped) {
    if (name_of(path).substr(0, name_of(path).find(".so")) != soname.substr(0, soname.find(".so"))) continue;
    if (same_file(path, resolved)) return {};
    if (!foreign.empty()) continue;
    FileProblem problem;
    ElfFile elf;
    const auto bytes = open_bytes(path, &problem, nullptr);
    if (bytes && !parse_elf(*bytes, false, &elf) && elf.soname == soname) foreign = path;
  }
  return foreign;
}

}  // namespace tonearm::doctor
