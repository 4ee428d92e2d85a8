// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Features on a device: the plan. Turns a designed feature into tables, launch shapes and workspace; then runs.
// Place in the flow: above the kernels, below the C ABI; the definitions are those of core/dsp/features.h.
#pragma once

#include <utility>

#include "core/dsp/features.h"
#include "cuda/batch.h"
#include "cuda/tables.h"

namespace tonearm::cuda {

/// Immutable; safe to share between threads. Accuracy: that of the CPU path against the definition in double, within
/// twice its tolerances of it. Deterministic; a signal's result depends on itself and its item only.
class DeviceFeatures {
 public:
  /// Allocates on the device and waits for the upload. `api` must outlive the plan.
  /// Errors: kInvalidArgument (n_fft that no kernel has), kCuda.
  static core::Result<DeviceFeatures> make(const core::FeaturePlan& plan, const DeviceApi& api, int device);

  /// Device memory that run() needs beside the batch.
  core::Result<std::size_t> workspace_bytes(const tonearm_cuda_batch& batch) const;

  /// Launches on `stream`: one kernel for up to kSignalsPerLaunch signals of different lengths or any number of equal
  /// ones, and another of the same where a maximum or a mean over a whole signal is asked for.
  /// Errors: kInvalidArgument naming the field, kLimitReached, kCuda naming the kernel.
  core::Result<void> run(const tonearm_cuda_batch& batch, void* workspace, std::size_t workspace_bytes,
                         void* stream) const;

 private:
  DeviceFeatures(core::FeaturePlan plan, const DeviceApi& api, int device)
      : plan_(std::move(plan)), api_(&api), device_(device) {}
  core::Result<TiledBatch> tile(const tonearm_cuda_batch& batch) const;
  std::size_t peaks_bytes(std::int64_t num_tiles) const;
  std::size_t kept_bytes(std::int64_t num_tiles) const;

  core::FeaturePlan plan_;
  const DeviceApi* api_;
  int device_;
  DeviceTables tables_;
  FftKind kind_ = FftKind::kGeneric;
  LaunchShape shape_{};
  FeatureJob job_{};  // without its batch
  bool has_peak_ = false, keeps_ = false, has_mean_ = false;
};

}  // namespace tonearm::cuda
