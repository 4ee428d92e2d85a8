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
};

/// The fastest set this CPU runs.
const Kernels& kernels();

/// The set that needs no CPU feature; tests hold the other to it.
const Kernels& portable_kernels();

}  // namespace tonearm::flac
