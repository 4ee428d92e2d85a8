// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// torch and soundfile, as installed: read as files, no Python is run.
#include <algorithm>
#include <filesystem>
#include <string_view>

#include "core/doctor/package.h"
#include "fmt/format.h"

namespace tonearm::doctor {

namespace {

Finding without_cuda(const Examination& examination, const std::string& subject) {
  Finding finding;
  finding.code = "torch-without-cuda";
  finding.severity = examination.cuda_asked ? Severity::kError : Severity::kNote;
  finding.subject = subject;
  finding.needed = "a torch with CUDA";
  finding.chain = {"torch", "libtorch_cuda.so"};
  return finding;
}

/// A C++ program that links libtorch may lose libtorch_cuda: nothing in it is called by name, so the linker drops it.
void check_program(Examination* examination) {
  const auto& mapped = examination->options.mapped;
  const auto of_name = [&](std::string_view name) {
    return std::find_if(mapped.begin(), mapped.end(), [&](const auto& path) { return path.ends_with(name); });
  };
  const auto cpu = of_name("/libtorch_cpu.so");
  if (cpu == mapped.end() || of_name("/libtorch_cuda.so") != mapped.end()) return;
  const auto beside = std::filesystem::path(*cpu).parent_path() / "libtorch_cuda.so";
  if (std::error_code error; !std::filesystem::exists(beside, error)) return;
  auto finding = without_cuda(*examination, beside);
  finding.found = "it is installed, but this program never mapped it: the linker dropped what nothing calls by name";
  finding.next = "link it with -Wl,--no-as-needed -ltorch_cuda";
  examination->add(std::move(finding));
}

}  // namespace

void examine_torch(Examination* examination) {
  check_program(examination);
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
  if (std::error_code error;
      torch->cuda.empty() && !std::filesystem::exists(torch->dir() + "/lib/libtorch_cuda.so", error)) {
    auto finding = without_cuda(*examination, torch->dir());
    finding.found = fmt::format("torch {} was built for the CPU only", torch->version);
    finding.next = "install a CUDA build: pip install torch, with the index that pytorch.org names for your driver";
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
  if (path.empty() || !examination->examine({path})) examination->component.state = "broken";
}

}  // namespace tonearm::doctor
