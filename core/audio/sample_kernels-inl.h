// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The inner loops. Each sample_kernels_<level>.cpp includes this once, with TONEARM_KERNELS (name of the table) and
// TONEARM_KERNELS_NAME (its text) defined and the level's -m flags set. Plain loops, which gcc and clang vectorise at
// -O3; packed 24 bit is the exception and uses byte shuffles. Everything but the table is local to the file.
#include "core/audio/sample_kernels.h"

namespace tonearm::core {
namespace {

template <class T>
inline T load(const std::uint8_t* p) {
  T value;
  __builtin_memcpy(&value, p, sizeof value);
  return value;
}

inline std::uint16_t swap_bytes(std::uint16_t v) { return __builtin_bswap16(v); }
inline std::uint32_t swap_bytes(std::uint32_t v) { return __builtin_bswap32(v); }
inline std::uint64_t swap_bytes(std::uint64_t v) { return __builtin_bswap64(v); }

/// An unsigned integer of the file, on a little-endian host.
template <class T, bool kBig>
inline T load_int(const std::uint8_t* p) {
  const T value = load<T>(p);
  return kBig ? swap_bytes(value) : value;
}

template <bool kBig>
struct U8 {
  static constexpr std::size_t kBytes = 1;
  using Native = std::uint8_t;
  static Native native(const std::uint8_t* p) { return *p; }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(*p - 128) * 0x1p-7f; }
};

template <bool kBig>
struct S8 {
  static constexpr std::size_t kBytes = 1;
  using Native = std::uint8_t;
  static Native native(const std::uint8_t* p) { return static_cast<std::uint8_t>(*p ^ 0x80); }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(static_cast<std::int8_t>(*p)) * 0x1p-7f; }
};

template <bool kBig>
struct S16 {
  static constexpr std::size_t kBytes = 2;
  using Native = std::int16_t;
  static Native native(const std::uint8_t* p) { return static_cast<std::int16_t>(load_int<std::uint16_t, kBig>(p)); }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-15f; }
};

template <bool kBig>
struct S24 {
  static constexpr std::size_t kBytes = 3;
  using Native = std::int32_t;
  static Native native(const std::uint8_t* p) {
    const std::uint32_t low = kBig ? p[2] : p[0];
    const std::uint32_t high = kBig ? p[0] : p[2];
    return static_cast<std::int32_t>(high << 24 | std::uint32_t{p[1]} << 16 | low << 8);
  }
  // Left-justified values have 24 significant bits: the float is exact.
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-31f; }
};

template <bool kBig>
struct S32 {
  static constexpr std::size_t kBytes = 4;
  using Native = std::int32_t;
  static Native native(const std::uint8_t* p) { return static_cast<std::int32_t>(load_int<std::uint32_t, kBig>(p)); }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-31f; }
};

template <bool kBig>
struct S64 {
  static constexpr std::size_t kBytes = 8;
  using Native = double;
  static std::int64_t value(const std::uint8_t* p) {
    return static_cast<std::int64_t>(load_int<std::uint64_t, kBig>(p));
  }
  static Native native(const std::uint8_t* p) { return static_cast<double>(value(p)) * 0x1p-63; }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(value(p)) * 0x1p-63f; }
};

template <bool kBig>
struct S24Low32 {
  static constexpr std::size_t kBytes = 4;
  using Native = std::int32_t;
  static Native native(const std::uint8_t* p) {
    return static_cast<std::int32_t>(load_int<std::uint32_t, kBig>(p) << 8);
  }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-31f; }
};

template <bool kBig>
struct F32 {
  static constexpr std::size_t kBytes = 4;
  using Native = float;
  static Native native(const std::uint8_t* p) { return __builtin_bit_cast(float, load_int<std::uint32_t, kBig>(p)); }
  static float to_float(const std::uint8_t* p) { return native(p); }
};

template <bool kBig>
struct F64 {
  static constexpr std::size_t kBytes = 8;
  using Native = double;
  static Native native(const std::uint8_t* p) { return __builtin_bit_cast(double, load_int<std::uint64_t, kBig>(p)); }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)); }
};

template <bool kBig>
struct ALaw {
  static constexpr std::size_t kBytes = 1;
  using Native = std::int16_t;
  static Native native(const std::uint8_t* p) { return kG711.alaw[*p]; }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-15f; }
};

template <bool kBig>
struct MuLaw {
  static constexpr std::size_t kBytes = 1;
  using Native = std::int16_t;
  static Native native(const std::uint8_t* p) { return kG711.mulaw[*p]; }
  static float to_float(const std::uint8_t* p) { return static_cast<float>(native(p)) * 0x1p-15f; }
};

template <class Encoding>
void decode_float(const std::uint8_t* __restrict in, std::size_t num_samples, void* out) {
  float* __restrict samples = static_cast<float*>(out);
  for (std::size_t i = 0; i < num_samples; ++i) samples[i] = Encoding::to_float(in + i * Encoding::kBytes);
}

template <class Encoding>
void decode_native(const std::uint8_t* __restrict in, std::size_t num_samples, void* out) {
  auto* __restrict samples = static_cast<typename Encoding::Native*>(out);
  for (std::size_t i = 0; i < num_samples; ++i) samples[i] = Encoding::native(in + i * Encoding::kBytes);
}

// Packed 24 bit: whole vectors of 4-byte lanes from 3-byte samples. Compilers do not find this shuffle by themselves;
// the scalar loop is three times slower.
#if defined(__AVX512BW__) || defined(__AVX2__) || defined(__SSSE3__) || defined(__ARM_NEON)
#if defined(__AVX512BW__)
#define TONEARM_LANES 16
#elif defined(__AVX2__)
#define TONEARM_LANES 8
#else
#define TONEARM_LANES 4
#endif
constexpr std::size_t kLanes = TONEARM_LANES;
typedef std::uint8_t ByteLanes __attribute__((vector_size(kLanes * 4)));
typedef std::int32_t IntLanes __attribute__((vector_size(kLanes * 4)));
typedef float FloatLanes __attribute__((vector_size(kLanes * 4)));

/// kLanes samples, left-justified. Reads 4 * kLanes bytes, of which 3 * kLanes count.
template <bool kBig>
inline IntLanes expand24(const std::uint8_t* p) {
  ByteLanes bytes;
  __builtin_memcpy(&bytes, p, sizeof bytes);
  // First 12 bytes to each block of 16, then bytes within blocks: two cheap shuffles instead of a byte shuffle across
  // blocks, which only VBMI has. Byte 0 of each lane is cleared by the mask.
#define TONEARM_LANES_LE(o) o, o, o + 1, o + 2, o, o + 3, o + 4, o + 5, o, o + 6, o + 7, o + 8, o, o + 9, o + 10, o + 11
#define TONEARM_LANES_BE(o) o, o + 2, o + 1, o, o, o + 5, o + 4, o + 3, o, o + 8, o + 7, o + 6, o, o + 11, o + 10, o + 9
#if TONEARM_LANES == 16
  IntLanes words = reinterpret_cast<IntLanes>(bytes);
  words = __builtin_shufflevector(words, words, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
  bytes = reinterpret_cast<ByteLanes>(words);
  bytes = kBig ? __builtin_shufflevector(bytes, bytes, TONEARM_LANES_BE(0), TONEARM_LANES_BE(16), TONEARM_LANES_BE(32),
                                         TONEARM_LANES_BE(48))
               : __builtin_shufflevector(bytes, bytes, TONEARM_LANES_LE(0), TONEARM_LANES_LE(16), TONEARM_LANES_LE(32),
                                         TONEARM_LANES_LE(48));
#elif TONEARM_LANES == 8
  IntLanes words = reinterpret_cast<IntLanes>(bytes);
  words = __builtin_shufflevector(words, words, 0, 1, 2, 2, 3, 4, 5, 5);
  bytes = reinterpret_cast<ByteLanes>(words);
  bytes = kBig ? __builtin_shufflevector(bytes, bytes, TONEARM_LANES_BE(0), TONEARM_LANES_BE(16))
               : __builtin_shufflevector(bytes, bytes, TONEARM_LANES_LE(0), TONEARM_LANES_LE(16));
#else
  bytes = kBig ? __builtin_shufflevector(bytes, bytes, TONEARM_LANES_BE(0))
               : __builtin_shufflevector(bytes, bytes, TONEARM_LANES_LE(0));
#endif
#undef TONEARM_LANES_LE
#undef TONEARM_LANES_BE
  return reinterpret_cast<IntLanes>(bytes) & ~0xFF;
}

template <bool kBig>
void decode24_float(const std::uint8_t* __restrict in, std::size_t num_samples, void* out) {
  float* __restrict samples = static_cast<float*>(out);
  std::size_t i = 0;
  // Stays clear of the end by the bytes that expand24 reads too many.
  for (; num_samples - i >= kLanes + (kLanes + 2) / 3; i += kLanes) {
    const FloatLanes lanes = __builtin_convertvector(expand24<kBig>(in + 3 * i), FloatLanes) * 0x1p-31f;
    __builtin_memcpy(samples + i, &lanes, sizeof lanes);
  }
  decode_float<S24<kBig>>(in + 3 * i, num_samples - i, samples + i);
}

template <bool kBig>
void decode24_native(const std::uint8_t* __restrict in, std::size_t num_samples, void* out) {
  std::int32_t* __restrict samples = static_cast<std::int32_t*>(out);
  std::size_t i = 0;
  for (; num_samples - i >= kLanes + (kLanes + 2) / 3; i += kLanes) {
    const IntLanes lanes = expand24<kBig>(in + 3 * i);
    __builtin_memcpy(samples + i, &lanes, sizeof lanes);
  }
  decode_native<S24<kBig>>(in + 3 * i, num_samples - i, samples + i);
}
#undef TONEARM_LANES
#else
template <bool kBig>
void decode24_float(const std::uint8_t* in, std::size_t num_samples, void* out) {
  decode_float<S24<kBig>>(in, num_samples, out);
}
template <bool kBig>
void decode24_native(const std::uint8_t* in, std::size_t num_samples, void* out) {
  decode_native<S24<kBig>>(in, num_samples, out);
}
#endif

template <class T>
void split_stereo(const void* in, std::size_t num_frames, void* left, void* right) {
  const T* __restrict samples = static_cast<const T*>(in);
  T* __restrict l = static_cast<T*>(left);
  T* __restrict r = static_cast<T*>(right);
  for (std::size_t i = 0; i < num_frames; ++i) {
    l[i] = samples[2 * i];
    r[i] = samples[2 * i + 1];
  }
}

template <class T>
void pick_channel(const void* in, std::size_t stride, std::size_t num_frames, void* out) {
  const T* __restrict samples = static_cast<const T*>(in);
  T* __restrict picked = static_cast<T*>(out);
  for (std::size_t i = 0; i < num_frames; ++i) picked[i] = samples[i * stride];
}

/// A frame is one 32-bit load; the halves are two shifts.
template <bool kBig>
void s16_stereo_to_float(const std::uint8_t* __restrict in, std::size_t num_frames, float* __restrict left,
                         float* __restrict right) {
  for (std::size_t i = 0; i < num_frames; ++i) {
    const std::uint32_t frame = load_int<std::uint32_t, kBig>(in + 4 * i);
    const std::int32_t high = static_cast<std::int32_t>(frame) >> 16;
    const std::int32_t low = static_cast<std::int32_t>(frame << 16) >> 16;
    left[i] = static_cast<float>(kBig ? high : low) * 0x1p-15f;
    right[i] = static_cast<float>(kBig ? low : high) * 0x1p-15f;
  }
}

#define TONEARM_BOTH(function, Encoding) \
  { function<Encoding<false>>, function<Encoding<true>> }

}  // namespace

// The rows follow SampleEncoding.
const SampleKernels TONEARM_KERNELS = {
    TONEARM_KERNELS_NAME,
    {TONEARM_BOTH(decode_float, U8),
     TONEARM_BOTH(decode_float, S8),
     TONEARM_BOTH(decode_float, S16),
     {decode24_float<false>, decode24_float<true>},
     TONEARM_BOTH(decode_float, S32),
     TONEARM_BOTH(decode_float, S64),
     TONEARM_BOTH(decode_float, S24Low32),
     TONEARM_BOTH(decode_float, F32),
     TONEARM_BOTH(decode_float, F64),
     TONEARM_BOTH(decode_float, ALaw),
     TONEARM_BOTH(decode_float, MuLaw)},
    {TONEARM_BOTH(decode_native, U8),
     TONEARM_BOTH(decode_native, S8),
     TONEARM_BOTH(decode_native, S16),
     {decode24_native<false>, decode24_native<true>},
     TONEARM_BOTH(decode_native, S32),
     TONEARM_BOTH(decode_native, S64),
     TONEARM_BOTH(decode_native, S24Low32),
     TONEARM_BOTH(decode_native, F32),
     TONEARM_BOTH(decode_native, F64),
     TONEARM_BOTH(decode_native, ALaw),
     TONEARM_BOTH(decode_native, MuLaw)},
    {split_stereo<std::uint8_t>, split_stereo<std::uint16_t>, split_stereo<std::uint32_t>, split_stereo<std::uint64_t>},
    {pick_channel<std::uint8_t>, pick_channel<std::uint16_t>, pick_channel<std::uint32_t>, pick_channel<std::uint64_t>},
    {s16_stereo_to_float<false>, s16_stereo_to_float<true>},
};

#undef TONEARM_BOTH

}  // namespace tonearm::core
