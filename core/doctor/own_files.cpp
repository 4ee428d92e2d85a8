// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What we ship ourselves: every file against the build manifest, then libtonearm.so as the loader sees it, and the
// Python that the extension was built for.
#include <algorithm>
#include <filesystem>

#include "core/doctor/package.h"
#include "core/doctor/sha256.h"
#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

std::string name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

Finding own_finding(const char* code, const std::string& path, std::string needed, std::string found,
                    const std::string& manifest) {
  Finding finding;
  finding.code = code;
  finding.subject = path;
  finding.needed = std::move(needed);
  finding.found = std::move(found);
  finding.chain = {"tonearm", name_of(path)};
  finding.evidence = fmt::format("{} was written when tonearm was installed", manifest);
  finding.next = path.find("/site-packages/") != std::string::npos ? restore_advice(path)
                                                                   : "install tonearm again, as it was installed";
  return finding;
}

/// Compares one file; what is wrong with it as a file comes before the hash.
void check_file(Examination* examination, const ShippedFile& file, const std::string& manifest) {
  FileProblem problem;
  const auto bytes = open_bytes(file.path, &problem, nullptr);
  if (problem.fault == FileFault::kMissing || problem.fault == FileFault::kDanglingLink) {
    return examination->add(own_finding("file-missing", file.path, file.path, "nothing there", manifest));
  }
  if (!problem && bytes->size() == file.bytes && sha256(*bytes) == file.sha256) return;
  const bool is_object = file.path.find(".so") != std::string::npos || name_of(file.path) == "tonearm-doctor";
  ElfFile elf;
  if (!problem && is_object) problem = parse_elf(*bytes, true, &elf);
  auto finding =
      problem ? file_finding(problem, Severity::kError, file.path, {"tonearm", name_of(file.path)})
              : own_finding("file-altered", file.path, fmt::format("{} bytes with SHA-256 {}", file.bytes, file.sha256),
                            fmt::format("{} bytes with another", bytes->size()), manifest);
  if (problem) finding.next = own_finding("", file.path, "", "", manifest).next;
  examination->add(std::move(finding));
}

/// "3.11" of "cpython-311-x86_64-linux-gnu"; other words as they are.
std::string readable_python(const std::string& tag) {
  static constexpr std::string_view kPrefix = "cpython-3";
  if (!tag.starts_with(kPrefix)) return tag;
  return "3." + tag.substr(kPrefix.size(), tag.find('-', kPrefix.size()) - kPrefix.size());
}

}  // namespace

void examine_core(Examination* examination) {
  auto& component = examination->component;
  component.version = TONEARM_VERSION;
  component.provides = {"wav", "aiff", "au", "caf", "flac"};
  const auto& path = examination->options.manifest;
  const auto library = std::filesystem::path(path).parent_path() / "libtonearm.so";
  std::string problem;
  const auto manifest = read_manifest(path, &problem);
  std::error_code error;
  if (!manifest) {
    // A build tree has none; an installed library that lost its manifest has lost a file.
    if (!std::filesystem::exists(library, error)) return;
    examination->add(own_finding("file-missing", path, "the manifest of this installation", problem, path));
  } else {
    for (const auto& file : manifest->files) check_file(examination, file, path);
  }
  if (examination->has_error()) {
    component.state = "broken";
    return;
  }
  if (!std::filesystem::exists(library, error)) return;
  component.path = library;
  component.source = library.string().find("/site-packages/") != std::string::npos ? "wheel" : "system";
  if (!examination->examine({library})) component.state = "broken";
}

void examine_python(Examination* examination) {
  auto& component = examination->component;
  for (const auto& site : examination->options.wheel_dirs) {
    auto files = list_files(site + "/tonearm", "_native", ".so");
    if (files.empty()) continue;
    component.path = files.front();
    component.source = "wheel";
    // The running Python is told by who starts us, else by the directory's name.
    std::string running = examination->options.python;
    if (const auto at = site.find("/python3."); running.empty() && at != std::string::npos) {
      running = "cpython-3" + site.substr(at + 9, site.find('/', at + 1) - at - 9);
    }
    if (running.empty()) return;
    std::string problem;
    const auto manifest = read_manifest(site + "/tonearm/lib/tonearm-manifest.json", &problem);
    std::string built;
    for (const auto& file : files) {
      const auto name = name_of(file);  // "_native.cpython-311-x86_64-linux-gnu.so", or plain "_native.so"
      const auto tag = name.find(".cpython-");
      const auto of_file = tag != std::string::npos ? name.substr(tag + 1, name.rfind(".so") - tag - 1)
                           : manifest               ? manifest->python
                                                    : std::string();
      component.path = file;
      if (of_file.empty() || of_file == running || of_file.starts_with(running + "-")) return;
      if (built.empty()) built = of_file;
    }
    Finding finding;
    finding.code = "built-for-other-python";
    finding.subject = files.front();
    finding.needed = fmt::format("an extension built for Python {}", readable_python(running));
    finding.found = fmt::format("{}, built for Python {}", name_of(files.front()), readable_python(built));
    finding.chain = {"tonearm", name_of(files.front())};
    finding.headline = fmt::format("tonearm was built for Python {}, this is Python {}", readable_python(built),
                                   readable_python(running));
    finding.next = "pip install --force-reinstall --no-deps tonearm, with the Python that will use it";
    component.state = "broken";
    return examination->add(std::move(finding));
  }
  examination->absent(missing_package("tonearm"));
}

}  // namespace tonearm::doctor
