// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling on a device: the plan. The filter and its tables are those of core/dsp/resample.h; hq is computed in the
// time domain.
// Place in the flow: above the kernels, below the C ABI.
#pragma once

#include "core/dsp/resample_plan.h"
#include "cuda/batch.h"
#include "cuda/tables.h"

namespace tonearm::cuda {

/// Immutable; safe to share between threads. Deterministic; a signal's result depends on nothing else in the batch.
class DeviceResampler {
 public:
  /// Allocates on the device and waits for the upload. `api` must outlive the plan.
  /// Errors: kInvalidArgument (rates so far apart that one output takes more than a million samples), kCuda.
  static core::Result<DeviceResampler> make(const core::ResamplePlan& plan, const DeviceApi& api, int device);

  /// Launches on `stream`: one kernel for up to kSignalsPerLaunch signals of different lengths, or any number of equal
  /// ones. Errors: kInvalidArgument naming the field, kLimitReached, kCuda naming the kernel.
  core::Result<void> run(const tonearm_cuda_batch& batch, void* stream) const;

 private:
  explicit DeviceResampler(const DeviceApi& api, int device) : api_(&api), device_(device) {}

  const DeviceApi* api_;
  int device_;
  DeviceTables tables_;
  bool wide_ = false;
  core::Engine engine_ = core::Engine::kBanded;
  std::size_t shared_bytes_ = 0;
  ResampleJob job_{};  // without its batch
};

}  // namespace tonearm::cuda
