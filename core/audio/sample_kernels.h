// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The table of inner loops that each instruction-set level fills (sample_kernels-inl.h, compiled once per level).
// Private to core/audio. Includes nothing that defines inline functions: one compiled with AVX-512 flags here could be
// the copy that the linker keeps for everybody.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tonearm::core {

struct SampleKernels {
  using Decode = void (*)(const std::uint8_t* in, std::size_t num_samples, void* out);

  const char* name;
  /// Raw samples to float or to the native type, in order. Indices: SampleEncoding, big endian.
  Decode to_float[11][2];
  Decode to_native[11][2];
  /// Splits pairs of elements of 1, 2, 4 or 8 bytes (index 0 to 3).
  void (*split_stereo[4])(const void* in, std::size_t num_frames, void* left, void* right);
  /// Every `stride`-th element of 1, 2, 4 or 8 bytes.
  void (*pick_channel[4])(const void* in, std::size_t stride, std::size_t num_frames, void* out);
  /// The commonest file, in one pass. Index: big endian.
  void (*s16_stereo_to_float[2])(const std::uint8_t* in, std::size_t num_frames, float* left, float* right);
};

extern const SampleKernels kBaselineKernels;
#if defined(__x86_64__)
extern const SampleKernels kAvx2Kernels;    ///< needs AVX2
extern const SampleKernels kAvx512Kernels;  ///< needs AVX-512 F, BW, DQ and VL
#endif

/// G.711 expansion of all 256 codes; filled at compile time.
struct G711Tables {
  std::int16_t alaw[256];
  std::int16_t mulaw[256];
};
extern const G711Tables kG711;

}  // namespace tonearm::core
