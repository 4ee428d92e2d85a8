// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/upload.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace tonearm::cuda {

using core::ErrorCode;
using core::Result;
using core::Stage;

Result<Upload> Upload::make(const DeviceApi& api, int device, void* stream, Allocate allocate) {
  auto ring = StagingRing::take(api, device);
  if (!ring) return ring.error();
  return Upload(std::move(*ring), stream, std::move(allocate));
}

Upload::~Upload() {
  // After a failure, too: the caller's memory goes back to work on its stream, which must not meet a late copy.
  if (ring_ != nullptr) (void)ring_->precede(stream_);
}

Result<void> Upload::begin(core::SampleType type, int num_channels, std::int64_t num_frames) {
  // Memory of a beginning before this one is given back now.
  if (auto ok = ring_->precede(stream_); !ok) return ok;
  const std::size_t frame_bytes = core::sample_bytes(type) * static_cast<std::size_t>(num_channels);
  if (frame_bytes > kSlotBytes)
    return core::make_error(ErrorCode::kLimitReached, Stage::kConvert, "cannot upload: too many channels", "device",
                            "frames of at most " + std::to_string(kSlotBytes) + " bytes",
                            std::to_string(num_channels) + " channels", "read to the CPU, and move the tensor");
  num_frames_ = 0;
  planes_ = {nullptr, type, num_channels, num_frames, num_frames};
  auto* const memory = static_cast<std::byte*>(allocate_(type, num_channels, num_frames));
  if (memory == nullptr && num_frames > 0)
    return core::make_error(ErrorCode::kOutOfMemory, Stage::kConvert, "cannot upload: no device memory", "device",
                            std::to_string(frame_bytes * static_cast<std::size_t>(num_frames)) + " bytes", "none");
  planes_.data = memory;
  // Its memory may have been somebody else's whose work on the stream is not done.
  return ring_->follow(stream_);
}

Result<core::PlanarView> Upload::room(std::int64_t num_frames) {
  auto slot = ring_->room();
  if (!slot) return slot.error();
  const std::size_t sample = core::sample_bytes(planes_.type);
  const auto capacity =
      static_cast<std::int64_t>(kSlotBytes / (sample * static_cast<std::size_t>(planes_.num_channels)));
  stride_ = std::min(num_frames, capacity);
  return core::PlanarView{*slot, planes_.type, planes_.num_channels, stride_, stride_};
}

Result<void> Upload::take(std::int64_t num_frames) {
  if (num_frames == 0) return {};
  const std::size_t sample = core::sample_bytes(planes_.type);
  const core::PlanarView to = planes_.slice(num_frames_, num_frames);
  num_frames_ += num_frames;
  const auto pitch = [&](std::int64_t stride) { return static_cast<std::size_t>(stride) * sample; };
  return ring_->send(pitch(stride_), {to.data, pitch(to.channel_stride)}, pitch(num_frames),
                     static_cast<std::size_t>(to.num_channels));
}

Result<void> Upload::finish() { return ring_->precede(stream_); }

Result<void> upload_rows(const DeviceApi& api, int device, void* stream, const Rows& from, const Rows& to,
                         std::size_t row_bytes, std::size_t num_rows) {
  if (row_bytes == 0 || num_rows == 0) return {};
  auto ring = StagingRing::take(api, device);
  if (!ring) return ring.error();
  StagingRing& staging = **ring;
  const auto copy = [&]() -> Result<void> {
    // Whole rows where they fit a slot, else parts of one.
    const std::size_t part_bytes = std::min(row_bytes, kSlotBytes);
    const std::size_t part_rows = std::min(num_rows, kSlotBytes / part_bytes);
    for (std::size_t row = 0; row < num_rows; row += part_rows) {
      const std::size_t rows = std::min(part_rows, num_rows - row);
      for (std::size_t at = 0; at < row_bytes; at += part_bytes) {
        const std::size_t bytes = std::min(part_bytes, row_bytes - at);
        const auto slot = staging.room();
        if (!slot) return slot.error();
        for (std::size_t r = 0; r < rows; ++r)
          std::memcpy(*slot + r * bytes, from.data + (row + r) * from.pitch + at, bytes);
        if (auto sent = staging.send(bytes, {to.data + row * to.pitch + at, to.pitch}, bytes, rows); !sent) return sent;
      }
    }
    return {};
  };
  if (auto ok = staging.follow(stream); !ok) return ok;
  const auto copied = copy();
  const auto ordered = staging.precede(stream);
  return copied ? ordered : copied;
}

}  // namespace tonearm::cuda
