// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Constant tables on a device: gathered on the host, uploaded once, freed with the plan.
// Place in the flow: inside this room, under both plans.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "cuda/device_api.h"

namespace tonearm::cuda {

/// The error for a call of the runtime that failed; `what` names the kernel or the step.
inline core::Error cuda_error(const std::string& what, const Status& status) {
  return core::make_error(core::ErrorCode::kCuda, core::Stage::kConvert, "CUDA failed: " + what, what, "success",
                          std::string(status.name) + " (" + std::to_string(status.code) + "): " + status.text,
                          "`tonearm doctor cuda` examines the driver and the devices");
}

inline core::Result<void> checked(const char* what, const Status& status) {
  if (status.code != 0) return cuda_error(what, status);
  return {};
}

/// Owns one block of device memory. Copies share it.
class DeviceTables {
 public:
  DeviceTables() = default;

  /// Adds a table and returns where it will stand; 16 bytes apart, as vector loads want.
  template <class T>
  std::size_t add(const T* values, std::size_t count) {
    const std::size_t at = (bytes_.size() + 15) / 16 * 16;
    bytes_.resize(at + count * sizeof(T));
    if (count > 0) std::memcpy(bytes_.data() + at, values, count * sizeof(T));
    return at;
  }
  template <class T>
  std::size_t add(const std::vector<T>& values) {
    return add(values.data(), values.size());
  }

  /// Errors: kCuda.
  core::Result<void> upload(const DeviceApi& api, int device) {
    void* address = nullptr;
    const Status status = api.upload(device, bytes_.data(), bytes_.size(), &address);
    if (status.code != 0) return cuda_error("upload of tables", status);
    memory_ = std::shared_ptr<void>(address, [&api, device](void* memory) { api.release(device, memory); });
    bytes_ = {};
    return {};
  }

  /// The table that add() put at `at`.
  template <class T>
  const T* get(std::size_t at) const {
    return reinterpret_cast<const T*>(static_cast<const std::byte*>(memory_.get()) + at);
  }

 private:
  std::vector<std::byte> bytes_;
  std::shared_ptr<void> memory_;
};

}  // namespace tonearm::cuda
