// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The loops in which a FLAC decoder spends its time: Rice codes, prediction, stereo and conversion.
// Place in the flow: called once per partition, subframe or block by frame.cpp and flac_decoder.cpp.
// Built for plain x86-64 (or any CPU) and for AVX2 with BMI2 and LZCNT; kernels() picks one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "backends/flac/bit_reader.h"
#include "core/audio/planar.h"

namespace tonearm::flac {

/// How two coded channels make left and right (RFC 9639 section 9.1.3).
enum class Stereo : int { kIndependent, kLeftSide, kSideRight, kMidSide };

/// Where a converted channel goes: `type` of core/audio, a pointer to its first sample, and how to scale:
/// float32: sample * scale; int16 and int32: sample << shift (left-justified).
struct ConvertTarget {
  core::SampleType type = core::SampleType::kFloat32;
  float scale = 1;
  unsigned shift = 0;
};

/// A linear predictor of up to kFusedOrder taps and what it remembers between the partitions of a subframe.
inline constexpr unsigned kFusedOrder = 14;
struct Predictor {
  unsigned order = 0;             ///< 1 to kFusedOrder
  unsigned shift = 0;             ///< 0 to 15
  bool narrow = false;            ///< every prediction before the shift fits 32 bits, or shift is 0 (wrapping is exact)
  std::int32_t coefficients[32];  ///< the first belongs to the previous sample; a fixed predictor's fit as well
  alignas(32) std::uint64_t pending[12];  ///< the rest is the kernels' own
  std::uint64_t sums[3];
  std::uint64_t newest[2];
};

/// Rice decoding and prediction in one pass. Arithmetic wraps as in Kernels::restore_lpc.
struct FusedKernels {
  /// Takes the `order` samples before the first residual.
  void (*start)(Predictor& predictor, const std::int32_t* warm_up);
  /// `count` Rice codes as finished samples. False: a code of more than 32 bits.
  bool (*read_predicted)(BitReader& reader, Predictor& predictor, std::int32_t* out, std::size_t count, unsigned k);
  /// `count` residuals (of a partition without Rice codes) become samples.
  void (*restore)(Predictor& predictor, std::int32_t* data, std::size_t count);
};

struct Kernels {
  /// Reads `count` Rice codes of parameter `k` (0 to 30) as signed residuals. False: a code of more than 32 bits.
  bool (*read_rice)(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k);

  /// data[0, order) are samples, data[order, count) residuals on entry and samples on return. order 1 to 32;
  /// coefficients[0] belongs to the previous sample; shift 0 to 15. `narrow` promises that every prediction before
  /// the shift fits 32 bits. Arithmetic wraps, so that crafted streams have a defined (wrong) value.
  void (*restore_lpc)(std::int32_t* data, std::size_t count, const std::int32_t* coefficients, unsigned order,
                      unsigned shift, bool narrow);

  /// The same for the fixed predictors, order 0 to 4 (RFC 9639 section 9.2.5). Wrapping is exact: no shift follows.
  void (*restore_fixed)(std::int32_t* data, std::size_t count, unsigned order);

  /// One channel as it is.
  void (*convert)(const std::int32_t* in, std::size_t count, const ConvertTarget& target, void* out);

  /// Undoes the stereo coding (not kIndependent) and converts, in one pass.
  void (*convert_stereo)(Stereo stereo, const std::int32_t* first, const std::int32_t* second, std::size_t count,
                         const ConvertTarget& target, void* left, void* right);

  /// Null where one pass is no faster than two.
  const FusedKernels* fused;
};

/// The fastest set this CPU runs.
const Kernels& kernels();

/// The set that needs no CPU feature; tests hold the other to it.
const Kernels& portable_kernels();

}  // namespace tonearm::flac
