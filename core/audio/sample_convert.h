// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From raw interleaved samples, as files hold them, to planar memory.
// Place in the flow: decoders of uncompressed audio call it per block. Knows nothing of containers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/audio/planar.h"
#include "core/base/result.h"

namespace tonearm::core {

/// How one sample lies in its bytes. Integers with fewer valid bits than their container are left-justified, as the
/// standards ask; they need no entry of their own (12 bits in 2 bytes are kS16, 24 bits on top of 4 bytes are kS32).
enum class SampleEncoding : int {
  kU8,
  kS8,
  kS16,
  kS24,
  kS32,
  kS64,
  kS24Low32,  ///< 24 bits at the low end of 4 bytes; the high byte is ignored (ALSA's S24_LE)
  kF32,
  kF64,
  kALaw,
  kMuLaw,  ///< ITU-T G.711
};
inline constexpr int kNumSampleEncodings = 11;

constexpr int encoded_bytes(SampleEncoding encoding) {
  switch (encoding) {
    case SampleEncoding::kU8:
    case SampleEncoding::kS8:
    case SampleEncoding::kALaw:
    case SampleEncoding::kMuLaw: return 1;
    case SampleEncoding::kS16: return 2;
    case SampleEncoding::kS24: return 3;
    case SampleEncoding::kS32:
    case SampleEncoding::kS24Low32:
    case SampleEncoding::kF32: return 4;
    case SampleEncoding::kS64:
    case SampleEncoding::kF64: return 8;
  }
  return 0;
}

/// The type that holds the samples as they are. 24 bits are left-justified in int32; signed 8 bits become uint8 with
/// an offset of 128; 64-bit integers become float64, x / 2^63; A-law and mu-law expand to int16.
constexpr SampleType native_type(SampleEncoding encoding) {
  switch (encoding) {
    case SampleEncoding::kU8:
    case SampleEncoding::kS8: return SampleType::kUInt8;
    case SampleEncoding::kS16:
    case SampleEncoding::kALaw:
    case SampleEncoding::kMuLaw: return SampleType::kInt16;
    case SampleEncoding::kS24:
    case SampleEncoding::kS32:
    case SampleEncoding::kS24Low32: return SampleType::kInt32;
    case SampleEncoding::kF32: return SampleType::kFloat32;
    case SampleEncoding::kS64:
    case SampleEncoding::kF64: return SampleType::kFloat64;
  }
  return SampleType::kFloat32;
}

/// Interleaved raw samples: frame after frame, num_channels samples each.
struct RawLayout {
  SampleEncoding encoding = SampleEncoding::kS16;
  bool big_endian = false;
  int num_channels = 1;  ///< >= 1

  std::size_t frame_bytes() const {
    return static_cast<std::size_t>(encoded_bytes(encoding)) * static_cast<std::size_t>(num_channels);
  }
};

/// Converts out.num_frames frames from the start of `in`, which may lie at any address.
///
/// out:   num_channels as in the layout; type kFloat32 or native_type(encoding); written whole
/// Float: x / 2^(bits-1), for unsigned 8 bits (x - 128) / 128; rounded once, to nearest, where float32 is narrower.
/// Threads: safe to call concurrently. Does not allocate.
/// Errors: kInvalidArgument (other channels or type, `in` too short).
Result<void> convert_samples(const RawLayout& layout, std::span<const std::byte> in, const PlanarView& out);

/// True where one channel of raw bytes is already what `type` holds: reading the file is the conversion.
bool is_identity(const RawLayout& layout, SampleType type);

struct SampleKernels;

/// The kernels this processor can run, slowest first; convert_samples() uses the last. For tests.
std::vector<const SampleKernels*> sample_kernels();
const char* kernels_name(const SampleKernels& kernels);  ///< "baseline", "avx2", "avx512"
Result<void> convert_samples_with(const SampleKernels& kernels, const RawLayout& layout, std::span<const std::byte> in,
                                  const PlanarView& out);

}  // namespace tonearm::core
