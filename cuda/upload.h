// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Samples to device memory through page-locked memory, while they are decoded.
// Place in the flow: between the read line, whose sink this is, and memory that the caller (torch) has on a device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/audio/block_sink.h"
#include "cuda/staging.h"

namespace tonearm::cuda {

/// Planes (channel, frame) into device memory. Work that `stream` is given after finish() or the destructor finds all
/// that was taken; the host never waits for it. One thread at a time.
class Upload final : public core::BlockSink {
 public:
  /// Memory for so many samples, contiguous, for work on `stream` to use; null: there is none.
  using Allocate = std::function<void*(core::SampleType type, int num_channels, std::int64_t num_frames)>;

  /// `api` must outlive it. Errors: kCuda.
  static core::Result<Upload> make(const DeviceApi& api, int device, void* stream, Allocate allocate);
  Upload(Upload&&) = default;
  Upload& operator=(Upload&&) = delete;
  ~Upload() override;

  core::Result<void> begin(core::SampleType type, int num_channels, std::int64_t num_frames) override;
  core::Result<core::PlanarView> room(std::int64_t num_frames) override;
  core::Result<void> take(std::int64_t num_frames) override;
  /// Errors: kCuda.
  core::Result<void> finish();

  core::SampleType type() const { return planes_.type; }
  int num_channels() const { return planes_.num_channels; }
  std::int64_t num_frames() const { return num_frames_; }  ///< that were taken

 private:
  Upload(std::shared_ptr<StagingRing> ring, void* stream, Allocate allocate)
      : ring_(std::move(ring)), stream_(stream), allocate_(std::move(allocate)) {}

  std::shared_ptr<StagingRing> ring_;
  void* stream_;
  Allocate allocate_;
  core::PlanarView planes_{};  // on the device
  std::int64_t num_frames_ = 0;
  std::int64_t stride_ = 0;  // of the slot, in frames
};

/// Copies rows of host memory, `pitch` apart, to device memory in the order of `stream`. `from` may be written to when
/// this returns; the copy may be under way. Errors: kCuda.
core::Result<void> upload_rows(const DeviceApi& api, int device, void* stream, const Rows& from, const Rows& to,
                               std::size_t row_bytes, std::size_t num_rows);

}  // namespace tonearm::cuda
