// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The NVIDIA driver, through libcuda.so.1 itself: cudart answers 35 for "no driver" and "old driver" alike.
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/doctor/examination.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tonearm::doctor {
namespace {

constexpr const char* kSoname = "libcuda.so.1";
constexpr const char* kBuiltFor = "13.0";  // where the manifest does not say; needs driver 580 or newer

/// Runs in the child, or where the driver is open: "status" of cuInit and its "name", the driver API's "version"
/// (13000), the "devices" as "12.0,8.6,". Creates no context.
std::map<std::string, std::string> ask_driver(const std::vector<void*>& handles) {
  const auto find = [&](const char* name) { return ::dlsym(handles.back(), name); };
  const auto init = reinterpret_cast<int (*)(unsigned)>(find("cuInit"));
  const auto get_version = reinterpret_cast<int (*)(int*)>(find("cuDriverGetVersion"));
  if (init == nullptr || get_version == nullptr) return {};
  std::map<std::string, std::string> answers;
  const int status = init(0);
  int version = 0;
  if (get_version(&version) != 0) version = 0;
  answers["status"] = fmt::format("{}", status);
  answers["version"] = fmt::format("{}", version);
  const char* text = nullptr;
  const auto get_name = reinterpret_cast<int (*)(int, const char**)>(find("cuGetErrorName"));
  if (status != 0 && get_name != nullptr && get_name(status, &text) == 0 && text != nullptr) answers["name"] = text;

  static constexpr int kMajor = 75, kMinor = 76;  // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_*
  const auto get_count = reinterpret_cast<int (*)(int*)>(find("cuDeviceGetCount"));
  const auto get_device = reinterpret_cast<int (*)(int*, int)>(find("cuDeviceGet"));
  const auto get_attribute = reinterpret_cast<int (*)(int*, int, int)>(find("cuDeviceGetAttribute"));
  int count = 0;
  if (status != 0 || get_count == nullptr || get_device == nullptr || get_attribute == nullptr) return answers;
  if (get_count(&count) != 0) return answers;
  for (int i = 0; i < count; ++i) {
    int device = 0, major = 0, minor = 0;
    if (get_device(&device, i) != 0 || get_attribute(&major, kMajor, device) != 0) continue;
    if (get_attribute(&minor, kMinor, device) == 0) answers["devices"] += fmt::format("{}.{},", major, minor);
  }
  return answers;
}

/// 1200 of "12.0": releases and compute capabilities as comparable numbers.
int number_of(const std::string& release) {
  char* rest = nullptr;
  const long major = std::strtol(release.c_str(), &rest, 10);
  return static_cast<int>(major * 100 + (*rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0));
}

/// Machine code for X.Y runs on X.Z with Z >= Y; PTX for P is compiled for any device from P on.
bool serves(const Manifest& manifest, const std::string& device) {
  const int wanted = number_of(device);
  const auto machine = [&](const std::string& kernel) {
    return number_of(kernel) / 100 == wanted / 100 && number_of(kernel) <= wanted;
  };
  return std::any_of(manifest.kernels.begin(), manifest.kernels.end(), machine) ||
         std::any_of(manifest.ptx.begin(), manifest.ptx.end(),
                     [&](const std::string& ptx) { return number_of(ptx) <= wanted; });
}

/// `devices`: "12.0,8.6,".
void check_device_number(Examination* examination, const std::string& devices) {
  const auto count = std::count(devices.begin(), devices.end(), ',');
  const int wanted = examination->options.cuda_device;
  if (wanted < count) return;
  Finding finding;
  finding.code = "cuda-no-device";
  finding.subject = examination->component.path;
  finding.needed = fmt::format("CUDA device {}", wanted);
  finding.found = count == 1 ? "one device, number 0" : fmt::format("{} devices, numbered from 0", count);
  finding.evidence = fmt::format("compute capabilities: {}", devices);
  finding.next = "name a device that `nvidia-smi -L` lists";
  examination->add(std::move(finding));
}

void check_kernels(Examination* examination, const Manifest& manifest, const std::string& devices) {
  if (manifest.kernels.empty() && manifest.ptx.empty()) return;
  int index = -1;
  for (std::size_t at = 0; at < devices.size();) {
    const auto end = devices.find(',', at);
    const auto device = devices.substr(at, end - at);
    at = end + 1;
    ++index;
    if (examination->options.cuda_device >= 0 && examination->options.cuda_device != index) continue;
    if (serves(manifest, device)) continue;
    Finding finding;
    finding.code = "cuda-arch-not-built";
    finding.subject = examination->component.path;
    finding.needed = fmt::format("kernels for compute capability {}", device);
    finding.found = fmt::format("kernels for {}{}{}", fmt::join(manifest.kernels, ", "),
                                manifest.ptx.empty() ? "" : ", PTX for ", fmt::join(manifest.ptx, ", "));
    finding.evidence = examination->options.manifest;
    finding.next = fmt::format("use a build of tonearm that names {}, or the CPU", device);
    examination->component.state = "broken";
    examination->add(std::move(finding));
  }
}

/// The driver's API against the release that the kernels were built with. Within one major release an older driver
/// runs newer kernels; only PTX may fail.
void check_release(Examination* examination, const std::string& built) {
  const auto& have = examination->component.version;
  if (have.empty() || number_of(have) >= number_of(built)) return;
  const bool same_major = number_of(have) / 100 == number_of(built) / 100;
  Finding finding;
  finding.code = "cuda-driver-too-old";
  finding.severity = same_major ? Severity::kNote : Severity::kError;
  finding.subject = examination->component.path;
  finding.needed = fmt::format("a driver for CUDA {}{}", built, number_of(built) / 100 == 13 ? ": 580 or newer" : "");
  finding.found = fmt::format("one for CUDA {}{}", have, same_major ? ", which serves all of this major release" : "");
  finding.next = "upgrade NVIDIA's driver";
  if (!same_major) examination->component.state = "broken";
  examination->add(std::move(finding));
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

/// The entry of LD_LIBRARY_PATH that leads to `path`, in words, or "".
std::string entry_of(const Examination& examination, const std::string& path) {
  const auto dir = path.substr(0, path.rfind('/'));
  const bool listed = (":" + examination.options.loader.library_path + ":").find(":" + dir + ":") != std::string::npos;
  return listed ? fmt::format("; found through {} in LD_LIBRARY_PATH", dir) : std::string();
}

Finding driver_finding(const Examination& examination, int status, const std::string& name, const std::string& path) {
  Finding finding;
  finding.subject = path;
  finding.needed = "a driver that starts (cuInit)";
  finding.evidence = fmt::format("cuInit returned {}{}", status, entry_of(examination, path));
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
  finding.found = name.empty() ? fmt::format("error {}", status) : fmt::format("error {}, {}", status, name);
  finding.next = "look the number up in cuda.h (CUresult), and check `nvidia-smi`";
  return finding;
}

/// Opens the driver in this process.
OpenOutcome open_here(const std::string& path) {
  OpenOutcome outcome;
  outcome.at = path;
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);  // never closed: the runtime will want it
  if (handle == nullptr) {
    const char* text = ::dlerror();
    outcome.fate = OpenOutcome::Fate::kRefused;
    outcome.detail = text == nullptr ? "no reason given" : text;
    return outcome;
  }
  outcome.fate = OpenOutcome::Fate::kOpened;
  outcome.texts = ask_driver({handle});
  return outcome;
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
  if (!examination->options.open_in_child && !examination->options.open_driver) return;
  OpenRequest request;
  request.paths = walker.load_order();
  request.roots = {walker.objects().front().path};
  request.probe = ask_driver;
  auto outcome = examination->options.open_driver ? open_here(path) : open_in_child(request);
  if (outcome.fate != OpenOutcome::Fate::kOpened) {
    examination->component.state = "broken";
    return examination->add(outcome_finding(outcome, request.deadline));
  }
  const auto number = [&](const char* key) {
    return static_cast<int>(std::strtol(outcome.texts[key].c_str(), nullptr, 10));
  };
  const int status = outcome.texts["status"].empty() ? -1 : number("status");
  const int version = number("version");
  if (version > 0) examination->component.version = fmt::format("{}.{}", version / 1000, version % 1000 / 10);
  if (status != 0) {
    examination->component.state = "broken";
    return examination->add(driver_finding(*examination, status, outcome.texts["name"], path));
  }
  std::string problem;
  const auto manifest = read_manifest(examination->options.manifest, &problem).value_or(Manifest());
  check_release(examination, manifest.cuda.empty() ? kBuiltFor : manifest.cuda);
  if (!examination->has_error()) check_device_number(examination, outcome.texts["devices"]);
  if (!examination->has_error()) check_kernels(examination, manifest, outcome.texts["devices"]);
}

}  // namespace tonearm::doctor
