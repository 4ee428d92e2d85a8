// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Samples that are no number (NaN) or infinite: found, counted, zeroed.
// Place in the flow: between decoders and what computes with samples; before encoders.
#pragma once

#include <cstdint>
#include <string>

#include "core/audio/planar.h"

namespace tonearm::core {

/// What is done with them. The numbers are part of the C ABI.
enum class NonFinite : int {
  kUnchecked = 0,  ///< they are as they are; nobody looks
  kKeep = 1,       ///< they are as they are, and counted
  kZero = 2,       ///< they become 0, and are counted
  kRefuse = 3,     ///< the first one is an error
};

struct NonFiniteTally {
  std::int64_t count = 0;
  std::int64_t first_frame = -1;  ///< the least frame that has one; -1: none

  /// Counts those of a part, too, which begins at `frame`, behind all that was counted.
  void add(const NonFiniteTally& part, std::int64_t frame);

  /// "3 samples are not finite (NaN or infinity), the first at frame 17". `offset` is the frame that frame 0 is of the
  /// whole.
  std::string describe(std::int64_t offset) const;
};

/// Counts in all frames of `view`; with `zero` they become 0. Integers have none.
NonFiniteTally find_non_finite(const PlanarView& view, bool zero);

}  // namespace tonearm::core
