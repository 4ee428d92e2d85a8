// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/open.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>
#include <set>
#include <string>

#include "core/doctor/doctor.h"
#include "core/library/library.h"

namespace tonearm::cuda {
namespace {

using core::ErrorCode;
using core::Result;
using core::Stage;

constexpr const char* kFileName = "libtonearm_cuda.so";
constexpr const char* kNext =
    "install a build of tonearm with CUDA kernels (nvcc there, -DTONEARM_CUDA=ON), or use the CPU";

/// Beside the library, or the program, that holds this function.
std::string library_path() {
  Dl_info info{};
  const bool known = ::dladdr(reinterpret_cast<void*>(&library_path), &info) != 0 && info.dli_fname != nullptr;
  const auto dir = std::filesystem::absolute(known ? info.dli_fname : ".").parent_path();
  return dir / kFileName;
}

Result<const DeviceApi*> open_library() {
  const std::string path = library_path();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    doctor::Finding finding;
    finding.code = "file-missing";
    finding.component = "core";
    finding.subject = path;
    finding.needed = "the CUDA kernels of this build";
    finding.found = "nothing there: this tonearm was built without nvcc, or the file was lost";
    finding.chain = {"tonearm", kFileName};
    finding.next = kNext;
    auto error = core::make_error(ErrorCode::kMissingDependency, Stage::kDependency,
                                  "cannot compute on a CUDA device: no kernels", finding.subject, finding.needed,
                                  finding.found, finding.next);
    error.finding = doctor::finding_json(finding);
    return error;
  }
  if (auto ok = doctor::check_before_opening({path}); !ok) return ok.error();
  auto library = core::OpenLibrary::open(path, kNext);
  if (!library) return library.error();
  const DeviceApi* (*get_api)() = nullptr;
  if (auto ok = library->load(kDeviceApiSymbol, get_api); !ok) return ok.error();
  const DeviceApi* api = get_api();
  if (api->version != kDeviceApiVersion)
    return core::make_error(ErrorCode::kMissingDependency, Stage::kDependency,
                            "cannot use the library \"" + path + "\"", path,
                            "the kernels of this build, interface " + std::to_string(kDeviceApiVersion),
                            "interface " + std::to_string(api->version), "install tonearm again, all of it");
  library->keep();
  return api;
}

}  // namespace

Result<const DeviceApi*> open_device(int device) {
  static std::mutex mutex;
  static const DeviceApi* api = nullptr;
  static std::set<int> able;
  if (device < 0)
    return core::make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: device", "device",
                            "0 or more", std::to_string(device));
  const std::lock_guard<std::mutex> lock(mutex);
  if (able.count(device) > 0) return api;
  // Failures are examined anew each time: a driver can be installed while we run.
  if (auto ok = doctor::check_cuda_device(device); !ok) return ok.error();
  if (api == nullptr) {
    const auto opened = open_library();
    if (!opened) return opened.error();
    api = *opened;
  }
  able.insert(device);
  return api;
}

}  // namespace tonearm::cuda
