// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The NVIDIA driver, through libcuda.so.1 itself: cudart answers 35 for "no driver" and "old driver" alike.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>

#include "core/doctor/examination.h"
#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr const char* kSoname = "libcuda.so.1";
constexpr int kBuiltFor = 13000;  // CUDA 13.0, as cuDriverGetVersion counts; needs driver 580 or newer

/// Runs in the child. "INIT VERSION", decimal.
std::string ask_driver(const std::vector<void*>& handles) {
  using Init = int (*)(unsigned);
  using GetVersion = int (*)(int*);
  const auto init = reinterpret_cast<Init>(::dlsym(handles.back(), "cuInit"));
  const auto get_version = reinterpret_cast<GetVersion>(::dlsym(handles.back(), "cuDriverGetVersion"));
  if (init == nullptr || get_version == nullptr) return "-1 0";
  int version = 0;
  const int status = init(0);
  if (get_version(&version) != 0) version = 0;
  return fmt::format("{} {}", status, version);
}

struct DriverCode {
  int status;
  const char* code;
  const char* found;
  const char* next;
};

constexpr DriverCode kDriverCodes[] = {
    {34, "cuda-stub-driver", "the toolkit's stub, not a driver", "remove the stubs directory from the loader's path"},
    {304, "cuda-device-node", "the device node cannot be opened", "check the permissions of /dev/nvidia*"},
    {802, "cuda-fabric-manager", "the NVSwitch fabric is not ready", "systemctl start nvidia-fabricmanager"},
    {803, "cuda-driver-mismatch", "driver library and kernel module differ",
     "reboot, so that the new module is loaded"},
    {804, "cuda-compat-unsupported", "a cuda-compat library on hardware that it does not serve",
     "remove the compat directory from the loader's path"},
    {999, "cuda-unknown", "an unknown error (999)", "reload the module nvidia_uvm, or reboot"},
};

Finding driver_finding(const Examination& examination, int status, const std::string& path) {
  Finding finding;
  finding.subject = path;
  finding.needed = "a driver that starts (cuInit)";
  finding.evidence = fmt::format("cuInit returned {}", status);
  if (status == 100 || status == 101) {
    const auto it = examination.options.settings.find("CUDA_VISIBLE_DEVICES");
    if (it != examination.options.settings.end()) {
      finding.code = "cuda-hidden";
      finding.subject = "CUDA_VISIBLE_DEVICES";
      finding.found = fmt::format("CUDA_VISIBLE_DEVICES={}", it->second);
      finding.next = "unset CUDA_VISIBLE_DEVICES, or name a device that exists";
    } else {
      finding.code = "cuda-no-device";
      finding.found = "the driver sees no device";
      finding.next = "check `nvidia-smi -L`; in a container, start it with --gpus all";
    }
    return finding;
  }
  for (const auto& entry : kDriverCodes) {
    if (entry.status != status) continue;
    finding.code = entry.code;
    finding.found = entry.found;
    finding.next = entry.next;
    return finding;
  }
  finding.code = "cuda-error";
  finding.found = fmt::format("error {}", status);
  finding.next = "look the number up in cuda.h (CUresult), and check `nvidia-smi`";
  return finding;
}

}  // namespace

void examine_cuda(Examination* examination) {
  Walker search(examination->options.loader);
  const auto path = search.find_soname(kSoname, Severity::kError);
  examination->add(search.findings());
  if (path.empty()) {
    Finding finding;
    finding.code = "cuda-no-driver";
    finding.subject = kSoname;
    finding.needed = "NVIDIA's driver library";
    finding.found = ::access("/.dockerenv", F_OK) == 0 ? "none, in a container" : "none";
    finding.chain = {"tonearm", kSoname};
    finding.evidence = fmt::format("looked in {}", search.places());
    finding.next = ::access("/.dockerenv", F_OK) == 0 ? "start the container with --gpus all (NVIDIA container toolkit)"
                                                      : "install NVIDIA's driver, 580 or newer";
    if (examination->has_error()) {
      examination->component.state = "broken";
    } else {
      examination->absent(std::move(finding));
    }
    return;
  }
  examination->component.path = path;
  examination->component.source = "system";
  Walker walker(examination->options.loader);
  walker.add_root(path);
  walker.check_closure();
  examination->add(walker.findings());
  if (has_error(walker.findings())) {
    examination->component.state = "broken";
    return;
  }
  if (!examination->options.open_in_child) return;
  OpenRequest request;
  request.paths = walker.load_order();
  request.roots = {walker.objects().front().path};
  request.probe = ask_driver;
  const auto outcome = open_in_child(request);
  if (outcome.fate != OpenOutcome::Fate::kOpened) {
    examination->component.state = "broken";
    return examination->add(outcome_finding(outcome, request.deadline));
  }
  const auto it = outcome.texts.find("probe");
  const std::string answer = it == outcome.texts.end() ? "-1 0" : it->second;
  char* rest = nullptr;
  const int status = static_cast<int>(std::strtol(answer.c_str(), &rest, 10));
  const int version = static_cast<int>(std::strtol(rest, nullptr, 10));
  if (version > 0) examination->component.version = fmt::format("{}.{}", version / 1000, version % 1000 / 10);
  if (status != 0) {
    examination->component.state = "broken";
    return examination->add(driver_finding(*examination, status, path));
  }
  if (version / 1000 < kBuiltFor / 1000) {
    Finding finding;
    finding.code = "cuda-driver-too-old";
    finding.subject = path;
    finding.needed = "a driver for CUDA 13.0: 580 or newer";
    finding.found = fmt::format("one for CUDA {}", examination->component.version);
    finding.next = "upgrade the driver to 580 or newer";
    examination->component.state = "broken";
    examination->add(std::move(finding));
  }
}

}  // namespace tonearm::doctor
