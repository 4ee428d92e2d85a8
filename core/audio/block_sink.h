// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where a read puts its samples instead of into one buffer: memory of somebody else's, a block at a time.
// Place in the flow: filled by core/face/read.h; the way to a device (cuda/upload.h) is one.
#pragma once

#include <cstdint>

#include "core/audio/planar.h"

namespace tonearm::core {

/// Called as begin (room take)*, by one thread; begin again where another backend starts over: what came before is
/// void.
class BlockSink {
 public:
  virtual ~BlockSink() = default;

  /// At most `num_frames` frames of this kind will come.
  virtual Result<void> begin(SampleType type, int num_channels, std::int64_t num_frames) = 0;
  /// Memory for the next frames: 1 to `num_frames` of them. Valid until take().
  virtual Result<PlanarView> room(std::int64_t num_frames) = 0;
  /// The first `num_frames` frames of it have come.
  virtual Result<void> take(std::int64_t num_frames) = 0;
};

}  // namespace tonearm::core
