// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From planar memory to raw interleaved samples, as files hold them: the way back of sample_convert.h.
// Place in the flow: encoders call it per block. Knows nothing of containers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/audio/planar.h"
#include "core/audio/sample_convert.h"
#include "core/base/result.h"

namespace tonearm::core {

/// What was seen while writing, added up over calls.
struct WriteTally {
  std::int64_t samples = 0;
  std::int64_t beyond = 0;        ///< beyond +-1 and clipped
  std::int64_t not_a_number = 0;  ///< their value in an integer or clipped target is unspecified: refuse the result
};

struct WriteRules {
  int valid_bits = 0;       ///< of an integer encoding, left-justified; 0: all of them
  bool clip_float = false;  ///< a float target is limited to [-1, 1] too
};

/// Converts all frames of `in` (any SampleType, any stride) to `out`, which may lie at any address.
///
/// Integers in memory are full scale: x / 2^(bits-1), for uint8 (x - 128) / 128, as when reading. A narrower target
/// rounds half to even; the largest values stop at its largest. Where a target can hold the source's samples, reading
/// them back gives the same bits.
/// Threads: safe to call concurrently. Does not allocate.
/// Errors: kInvalidArgument (other channels, `out` of another size, kS64 or kS24Low32, which are only read).
Result<void> write_samples(const PlanarView& in, const RawLayout& layout, const WriteRules& rules,
                           std::span<std::byte> out, WriteTally& tally);

}  // namespace tonearm::core
