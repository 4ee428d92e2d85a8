// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/non_finite.h"

#include <algorithm>
#include <bit>

namespace tonearm::core {
namespace {

/// All exponent bits set. Integers, because comparisons with NaN are what -ffast-math in an embedding build breaks, and
/// because a loop without branches is what the compiler makes vectors of.
template <class Bits>
constexpr Bits kExponent = sizeof(Bits) == 4 ? static_cast<Bits>(0x7F800000) : static_cast<Bits>(0x7FF0000000000000);

template <class Bits>
bool is_non_finite(Bits x) {
  return (x & kExponent<Bits>) == kExponent<Bits>;
}

template <class Float, class Bits>
void look_at_channel(Float* samples, std::int64_t num_frames, bool zero, NonFiniteTally& tally) {
  constexpr std::int64_t kBlock = 4096;  // looked at again, in cache, only where something was found
  for (std::int64_t begin = 0; begin < num_frames; begin += kBlock) {
    const std::int64_t end = std::min(begin + kBlock, num_frames);
    Bits found = 0;
    for (std::int64_t i = begin; i < end; ++i) found += is_non_finite(std::bit_cast<Bits>(samples[i])) ? 1 : 0;
    if (found == 0) continue;
    tally.count += static_cast<std::int64_t>(found);
    for (std::int64_t i = begin; i < end; ++i) {
      if (!is_non_finite(std::bit_cast<Bits>(samples[i]))) continue;
      if (tally.first_frame < 0 || i < tally.first_frame) tally.first_frame = i;
      if (zero) samples[i] = 0;
    }
  }
}

}  // namespace

void NonFiniteTally::add(const NonFiniteTally& part, std::int64_t frame) {
  count += part.count;
  if (first_frame < 0 && part.first_frame >= 0) first_frame = frame + part.first_frame;
}

std::string NonFiniteTally::describe(std::int64_t offset) const {
  return std::to_string(count) + (count == 1 ? " sample is" : " samples are") +
         " not finite (NaN or infinity), the first at frame " + std::to_string(offset + first_frame);
}

NonFiniteTally find_non_finite(const PlanarView& view, bool zero) {
  NonFiniteTally tally;
  for (int c = 0; c < view.num_channels; ++c) {
    if (view.type == SampleType::kFloat32) {
      look_at_channel<float, std::uint32_t>(view.channel_as<float>(c), view.num_frames, zero, tally);
    } else if (view.type == SampleType::kFloat64) {
      look_at_channel<double, std::uint64_t>(view.channel_as<double>(c), view.num_frames, zero, tally);
    }
  }
  return tally;
}

}  // namespace tonearm::core
