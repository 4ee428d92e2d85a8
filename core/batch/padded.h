// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// PaddedSamples: many items' samples in one block, as a model takes them.
// Place in the flow: fed with a batch's results by the C ABI.
#pragma once

#include <vector>

#include "core/face/read.h"

namespace tonearm::core {

/// One block (item, channel, frame), as long as the longest item, zeros behind the others. Items are copied as they
/// come, while a processor's cache still holds them, and the block grows with them: nothing else is kept.
class PaddedSamples {
 public:
  explicit PaddedSamples(std::size_t num_items) : lengths_(num_items) {}

  /// Copies an item's samples; each item at most once. Errors: kInvalidArgument where the index is none of an item, or
  /// where rate, channels or sample type are not those of the first one added; kOutOfMemory.
  Result<void> add(std::size_t index, const PlanarBuffer& samples, int sample_rate);

  /// The block, as audio of num_items * channels channels; no samples where nothing was added. Once, at the end.
  DecodedAudio finish();

 private:
  Result<void> check(std::size_t index, const PlanarBuffer& samples, int sample_rate) const;
  Result<void> grow(const PlanarBuffer& like, std::int64_t num_frames);
  /// Frames [begin, begin + count) of an item's rows in `block`.
  PlanarView part(const PlanarBuffer& block, std::size_t index, std::int64_t begin, std::int64_t count) const;

  std::vector<std::int64_t> lengths_;  // in frames, by item; 0 of those that were not added
  PlanarBuffer block_;                 // its channels are rows: item * num_channels_ + channel
  int num_channels_ = 0;               // of each item; 0 before the first
  int sample_rate_ = 0;
};

}  // namespace tonearm::core
