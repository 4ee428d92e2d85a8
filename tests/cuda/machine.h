// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where the cases of this folder run: a program links emulated_machine.cpp, or device_machine.cpp for CUDA device 0.
#pragma once

#include <cstddef>
#include <cstdint>

#include "cuda/device_api.h"

namespace tonearm::cuda::test {

class Machine {
 public:
  virtual ~Machine() = default;

  virtual const DeviceApi& api() const = 0;
  /// A copy in memory that kernels see, exactly as large as it says; free it with release().
  virtual void* place(const void* data, std::size_t num_bytes) = 0;
  /// Waits for the kernels and copies to the host.
  virtual void fetch(const void* placed, std::size_t num_bytes, void* data) = 0;
  virtual void release(void* placed) = 0;
  /// Has threads start in another order, where that can be had.
  virtual void reseed(std::uint32_t seed) = 0;
};

Machine& machine();

}  // namespace tonearm::cuda::test
