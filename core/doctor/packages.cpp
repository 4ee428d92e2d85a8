// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// torch, soundfile and our own extension, as installed: read as files, no Python is run.
#include <algorithm>
#include <filesystem>

#include "core/doctor/package.h"
#include "fmt/format.h"

namespace tonearm::doctor {

void examine_torch(Examination* examination) {
  const auto torch = find_package(*examination, "torch");
  if (!torch) return examination->absent(missing_package("torch"));
  examination->component.version = torch->version;
  examination->component.path = torch->site + "/torch";
  examination->component.source = "wheel";
  for (const char* name : {"libc10.so", "libtorch_cpu.so", "libtorch_python.so"}) {
    const auto path = torch->site + "/torch/lib/" + name;
    if (std::error_code error; std::filesystem::exists(path, error)) continue;
    Finding finding;
    finding.code = "missing-library";
    finding.subject = name;
    finding.needed = path;
    finding.found = "nothing there";
    finding.chain = {"torch", name};
    finding.next = "pip install --force-reinstall torch";
    examination->add(std::move(finding));
  }
  Walker walker(examination->options.loader, {.check_symbols = false});
  for (const auto& root : torch_roots(*torch)) walker.add_root(root);
  walker.check_closure();
  examination->add(walker.findings());
  if (examination->has_error()) examination->component.state = "broken";
}

void examine_soundfile(Examination* examination) {
  const auto package = find_package(*examination, "soundfile");
  if (!package) return examination->absent(missing_package("soundfile"));
  examination->component.version = package->version;
  examination->component.source = "wheel";
  // The package opens its own copy where it has one, else the system's.
  const auto own = list_files(package->site + "/_soundfile_data", "libsndfile", ".so");
  std::string path = own.empty() ? std::string() : own.front();
  if (path.empty()) {
    Walker search(examination->options.loader);
    path = search.find_soname("libsndfile.so.1", Severity::kError);
    examination->add(search.findings());
    if (path.empty() && !examination->has_error()) {
      Finding finding;
      finding.code = "missing-library";
      finding.subject = "libsndfile.so.1";
      finding.needed = "libsndfile.so.1";
      finding.found = "neither in the package nor on the loader's path";
      finding.chain = {"soundfile", "libsndfile.so.1"};
      finding.evidence = fmt::format("looked in {}", search.places());
      finding.next = install_advice("libsndfile.so.1");
      examination->add(std::move(finding));
    }
  }
  examination->component.path = path;
  if (path.empty() || !examination->examine({path}, {}, nullptr)) examination->component.state = "broken";
}

void examine_python(Examination* examination) {
  for (const auto& site : examination->options.wheel_dirs) {
    const auto files = list_files(site + "/tonearm", "_native", ".so");
    if (files.empty()) continue;
    examination->component.path = files.front();
    examination->component.source = "wheel";
    const auto release_at = site.find("/python3.");
    if (release_at == std::string::npos) return;
    const auto running = site.substr(release_at + 7, site.find('/', release_at + 1) - release_at - 7);  // "3.11"
    std::string tag = "cpython-" + running;
    std::erase(tag, '.');
    for (const auto& file : files) {
      const bool other = file.find(".cpython-") != std::string::npos && file.find("." + tag + "-") == std::string::npos;
      if (!other) {
        examination->component.path = file;
        return;
      }
    }
    Finding finding;
    finding.code = "built-for-other-python";
    finding.subject = files.front();
    finding.needed = fmt::format("an extension built for Python {}", running);
    finding.found = std::filesystem::path(files.front()).filename().string();
    finding.next = "pip install --force-reinstall tonearm, with the Python that will use it";
    examination->component.state = "broken";
    return examination->add(std::move(finding));
  }
  auto finding = missing_package("tonearm");
  examination->absent(std::move(finding));
}

}  // namespace tonearm::doctor
