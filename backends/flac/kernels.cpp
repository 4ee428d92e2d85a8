// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every body is written once as an always-inline function and instantiated in two sets of entry points, one of them
// with a target attribute: no second translation unit whose inline functions could leak newer instructions.
#include "backends/flac/kernels.h"

#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define TONEARM_INLINE inline __attribute__((always_inline))

namespace tonearm::flac {
namespace {

using core::SampleType;

// ---- Rice codes ---------------------------------------------------------------------------------------------------

constexpr std::int32_t unzigzag(std::uint32_t u) { return static_cast<std::int32_t>((u >> 1) ^ (0U - (u & 1))); }

/// A code of any length, at most 2^32 - 1 before unfolding. Out of line, so that the loops keep theirs in registers.
__attribute__((noinline)) bool read_long_rice(BitReader& reader, std::int32_t& out, unsigned k) {
  const std::uint32_t limit = UINT32_MAX >> k;
  const std::uint32_t quotient = reader.read_unary(limit);
  if (quotient > limit) return false;
  out = unzigzag(quotient << k | reader.read(k));
  return true;
}

/// `kPerRefill` codes are taken from the cache before it is filled again: the refill is a chain of some 12 cycles,
/// a code one of 4. Codes that do not fit into what is left (rare, so well predicted) take the long way.
template <int kPerRefill>
TONEARM_INLINE bool read_rice_unrolled(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {
  BitReader r = reader;  // fields in registers
  std::size_t i = 0;
  while (i + kPerRefill <= count) {
    r.refill();
    for (int j = 0; j < kPerRefill; ++j) {
      // The lowest bit is never among the `count` valid ones of a code that fits; it keeps clz defined.
      const auto zeros = static_cast<unsigned>(std::countl_zero(r.cache | 1));
      const unsigned length = zeros + 1 + k;
      if (length > r.count) [[unlikely]] {
        reader = r;
        if (!read_long_rice(reader, out[i + static_cast<std::size_t>(j)], k)) return false;
        r = reader;
        r.refill();
        continue;
      }
      const std::uint64_t ones = r.cache << zeros;  // a one bit, then k bits of remainder
      const auto tail = static_cast<std::uint32_t>(ones >> (63 - k));
      out[i + static_cast<std::size_t>(j)] = unzigzag((zeros << k) + tail - (1U << k));
      r.cache = ones << 1 << k;
      r.count -= length;
    }
    i += kPerRefill;
  }
  reader = r;
  for (; i < count; ++i) {
    if (!read_long_rice(reader, out[i], k)) return false;
  }
  return true;
}

TONEARM_INLINE bool read_rice_body(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {
  // A code takes k + 2 bits in the mean where the parameter is well chosen; 56 bits are there after a refill.
  if (k <= 8) return read_rice_unrolled<4>(reader, out, count, k);
  if (k <= 13) return read_rice_unrolled<3>(reader, out, count, k);
  return read_rice_unrolled<2>(reader, out, count, k);
}

// ---- Prediction ---------------------------------------------------------------------------------------------------

template <class Wide, std::size_t... kTap>
TONEARM_INLINE Wide dot(const std::int32_t* newest, const std::int32_t* c, std::index_sequence<kTap...>) {
  // Unsigned, so that overflow in crafted streams wraps.
  return (... + (static_cast<Wide>(newest[-static_cast<std::ptrdiff_t>(kTap)]) * static_cast<Wide>(c[kTap])));
}

template <class Wide, unsigned kOrder>
TONEARM_INLINE void restore_order(std::int32_t* data, std::size_t count, const std::int32_t* coefficients,
                                  unsigned shift) {
  std::int32_t c[kOrder];
  for (unsigned i = 0; i < kOrder; ++i) c[i] = coefficients[i];
  using Signed = std::make_signed_t<Wide>;
  for (std::size_t i = kOrder; i < count; ++i) {
    const Wide sum = dot<Wide>(data + i - 1, c, std::make_index_sequence<kOrder>());
    const auto prediction = static_cast<std::uint32_t>(static_cast<Signed>(sum) >> shift);
    data[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(data[i]) + prediction);
  }
}

template <class Wide>
TONEARM_INLINE void restore_lpc_body(std::int32_t* data, std::size_t count, const std::int32_t* c, unsigned order,
                                     unsigned shift) {
  switch (order) {
    case 1: return restore_order<Wide, 1>(data, count, c, shift);
    case 2: return restore_order<Wide, 2>(data, count, c, shift);
    case 3: return restore_order<Wide, 3>(data, count, c, shift);
    case 4: return restore_order<Wide, 4>(data, count, c, shift);
    case 5: return restore_order<Wide, 5>(data, count, c, shift);
    case 6: return restore_order<Wide, 6>(data, count, c, shift);
    case 7: return restore_order<Wide, 7>(data, count, c, shift);
    case 8: return restore_order<Wide, 8>(data, count, c, shift);
    case 9: return restore_order<Wide, 9>(data, count, c, shift);
    case 10: return restore_order<Wide, 10>(data, count, c, shift);
    case 11: return restore_order<Wide, 11>(data, count, c, shift);
    case 12: return restore_order<Wide, 12>(data, count, c, shift);
    default: break;
  }
  // Orders 13 to 32 are outside the streamable subset: one loop for all of them.
  using Signed = std::make_signed_t<Wide>;
  for (std::size_t i = order; i < count; ++i) {
    Wide sum = 0;
    for (unsigned j = 0; j < order; ++j) sum += static_cast<Wide>(data[i - 1 - j]) * static_cast<Wide>(c[j]);
    const auto prediction = static_cast<std::uint32_t>(static_cast<Signed>(sum) >> shift);
    data[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(data[i]) + prediction);
  }
}

TONEARM_INLINE void restore_fixed_body(std::int32_t* data, std::size_t count, unsigned order) {
  // Each order is a running sum of the one below: `order` additions a sample, no multiplication.
  if (order == 0 || count <= order) return;
  std::uint32_t x[4] = {};
  const auto at = [&](unsigned i) { return static_cast<std::uint32_t>(data[i]); };
  // x[d]: the d-th difference at the last warm-up sample.
  if (order >= 1) x[0] = at(order - 1);
  if (order >= 2) x[1] = at(order - 1) - at(order - 2);
  if (order >= 3) x[2] = at(order - 1) - 2 * at(order - 2) + at(order - 3);
  if (order >= 4) x[3] = at(3) - 3 * at(2) + 3 * at(1) - at(0);
  switch (order) {
    case 1:
      for (std::size_t i = 1; i < count; ++i) {
        x[0] += static_cast<std::uint32_t>(data[i]);
        data[i] = static_cast<std::int32_t>(x[0]);
      }
      return;
    case 2:
      for (std::size_t i = 2; i < count; ++i) {
        x[1] += static_cast<std::uint32_t>(data[i]);
        x[0] += x[1];
        data[i] = static_cast<std::int32_t>(x[0]);
      }
      return;
    case 3:
      for (std::size_t i = 3; i < count; ++i) {
        x[2] += static_cast<std::uint32_t>(data[i]);
        x[1] += x[2];
        x[0] += x[1];
        data[i] = static_cast<std::int32_t>(x[0]);
      }
      return;
    default:
      for (std::size_t i = 4; i < count; ++i) {
        x[3] += static_cast<std::uint32_t>(data[i]);
        x[2] += x[3];
        x[1] += x[2];
        x[0] += x[1];
        data[i] = static_cast<std::int32_t>(x[0]);
      }
  }
}

// ---- Stereo and conversion ----------------------------------------------------------------------------------------

template <class T>
struct Store;

template <>
struct Store<float> {
  float scale;
  explicit Store(const ConvertTarget& t) : scale(t.scale) {}
  TONEARM_INLINE float operator()(std::uint32_t x) const {
    return static_cast<float>(static_cast<std::int32_t>(x)) * scale;
  }
};

template <class T>
requires(sizeof(T) <= 4) struct Store<T> {
  unsigned shift;
  explicit Store(const ConvertTarget& t) : shift(t.shift) {}
  TONEARM_INLINE T operator()(std::uint32_t x) const { return static_cast<T>(x << shift); }
};

template <class T>
TONEARM_INLINE void convert_as(const std::int32_t* __restrict in, std::size_t count, const ConvertTarget& target,
                               T* __restrict out) {
  const Store<T> store(target);
  for (std::size_t i = 0; i < count; ++i) out[i] = store(static_cast<std::uint32_t>(in[i]));
}

template <class T>
TONEARM_INLINE void convert_stereo_as(Stereo stereo, const std::int32_t* __restrict first,
                                      const std::int32_t* __restrict second, std::size_t count,
                                      const ConvertTarget& target, T* __restrict left, T* __restrict right) {
  const Store<T> store(target);
  switch (stereo) {
    case Stereo::kIndependent: return;
    case Stereo::kLeftSide:
      for (std::size_t i = 0; i < count; ++i) {
        const auto l = static_cast<std::uint32_t>(first[i]), s = static_cast<std::uint32_t>(second[i]);
        left[i] = store(l);
        right[i] = store(l - s);
      }
      return;
    case Stereo::kSideRight:
      for (std::size_t i = 0; i < count; ++i) {
        const auto s = static_cast<std::uint32_t>(first[i]), r = static_cast<std::uint32_t>(second[i]);
        left[i] = store(r + s);
        right[i] = store(r);
      }
      return;
    case Stereo::kMidSide:
      // mid = (left + right) >> 1 and side = left - right: left = mid + ceil(side / 2), right = left - side.
      for (std::size_t i = 0; i < count; ++i) {
        const auto m = static_cast<std::uint32_t>(first[i]), s = static_cast<std::uint32_t>(second[i]);
        const std::uint32_t l = m + static_cast<std::uint32_t>(second[i] >> 1) + (s & 1);
        left[i] = store(l);
        right[i] = store(l - s);
      }
      return;
  }
}

TONEARM_INLINE void convert_body(const std::int32_t* in, std::size_t count, const ConvertTarget& target, void* out) {
  switch (target.type) {
    case SampleType::kInt16: return convert_as(in, count, target, static_cast<std::int16_t*>(out));
    case SampleType::kInt32: return convert_as(in, count, target, static_cast<std::int32_t*>(out));
    default: return convert_as(in, count, target, static_cast<float*>(out));
  }
}

TONEARM_INLINE void convert_stereo_body(Stereo stereo, const std::int32_t* first, const std::int32_t* second,
                                        std::size_t count, const ConvertTarget& target, void* left, void* right) {
  switch (target.type) {
    case SampleType::kInt16:
      return convert_stereo_as(stereo, first, second, count, target, static_cast<std::int16_t*>(left),
                               static_cast<std::int16_t*>(right));
    case SampleType::kInt32:
      return convert_stereo_as(stereo, first, second, count, target, static_cast<std::int32_t*>(left),
                               static_cast<std::int32_t*>(right));
    default:
      return convert_stereo_as(stereo, first, second, count, target, static_cast<float*>(left),
                               static_cast<float*>(right));
  }
}

// ---- Entry points -------------------------------------------------------------------------------------------------

#define TONEARM_FLAC_KERNELS(ATTRIBUTE, RESTORE_NARROW)                                                               \
  ATTRIBUTE bool read_rice(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {                     \
    return read_rice_body(reader, out, count, k);                                                                     \
  }                                                                                                                   \
  ATTRIBUTE void restore_lpc(std::int32_t* data, std::size_t count, const std::int32_t* coefficients, unsigned order, \
                             unsigned shift, bool narrow) {                                                           \
    if (narrow) return RESTORE_NARROW(data, count, coefficients, order, shift);                                       \
    restore_lpc_body<std::uint64_t>(data, count, coefficients, order, shift);                                         \
  }                                                                                                                   \
  ATTRIBUTE void restore_fixed(std::int32_t* data, std::size_t count, unsigned order) {                               \
    restore_fixed_body(data, count, order);                                                                           \
  }                                                                                                                   \
  ATTRIBUTE void convert(const std::int32_t* in, std::size_t count, const ConvertTarget& target, void* out) {         \
    convert_body(in, count, target, out);                                                                             \
  }                                                                                                                   \
  ATTRIBUTE void convert_stereo(Stereo stereo, const std::int32_t* first, const std::int32_t* second,                 \
                                std::size_t count, const ConvertTarget& target, void* left, void* right) {            \
    convert_stereo_body(stereo, first, second, count, target, left, right);                                           \
  }                                                                                                                   \
  constexpr Kernels kSet{read_rice, restore_lpc, restore_fixed, convert, convert_stereo};

namespace portable {
TONEARM_FLAC_KERNELS(, restore_lpc_body<std::uint32_t>)
}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {
#define TONEARM_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))

/// Prediction turned round: each finished sample is multiplied by taps 2, 3, ... at once and added to the sums of the
/// samples to come, which wait in `pending`, nearest first. The two newest taps stay scalar: the chain from sample to
/// sample is one multiplication, and the vector's way there and back has three samples of time.
/// Order 8: 2.0 ns a sample instead of 2.7, order 12: 2.0 instead of 3.5 (Zen 4).
template <int kVectors>
TONEARM_AVX2 inline void restore_turned(std::int32_t* data, std::size_t count, const std::int32_t* c, unsigned order,
                                        unsigned shift) {
  std::int32_t taps[4 * kVectors] = {};
  for (unsigned i = 2; i < order; ++i) taps[i - 2] = c[i];
  __m128i tap[kVectors], pending[kVectors];
  for (int v = 0; v < kVectors; ++v) {
    tap[v] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(taps + 4 * v));
    pending[v] = _mm_setzero_si128();
  }
  const auto c0 = static_cast<std::uint32_t>(c[0]), c1 = static_cast<std::uint32_t>(c[1]);
  std::uint32_t sum0 = 0, sum1 = 0, sum2 = 0;  // of the older taps, for the next three samples
  std::uint32_t last = 0, before = 0;
  for (std::size_t i = 0; i < count; ++i) {
    auto x = static_cast<std::uint32_t>(data[i]);
    if (i >= order) {
      const std::uint32_t sum = (sum0 + c1 * before) + c0 * last;
      x += static_cast<std::uint32_t>(static_cast<std::int32_t>(sum) >> shift);
      data[i] = static_cast<std::int32_t>(x);
    }
    const __m128i sample = _mm_set1_epi32(static_cast<int>(x));
    for (int v = 0; v < kVectors; ++v) {
      const __m128i next = v + 1 < kVectors ? pending[v + 1 < kVectors ? v + 1 : v] : _mm_setzero_si128();
      pending[v] = _mm_add_epi32(_mm_alignr_epi8(next, pending[v], 4), _mm_mullo_epi32(sample, tap[v]));
    }
    sum0 = sum1;
    sum1 = sum2;
    sum2 = static_cast<std::uint32_t>(_mm_cvtsi128_si32(pending[0]));
    before = last;
    last = x;
  }
}

TONEARM_AVX2 inline void restore_narrow(std::int32_t* data, std::size_t count, const std::int32_t* c, unsigned order,
                                        unsigned shift) {
  if (order < 6 || order > 14) return restore_lpc_body<std::uint32_t>(data, count, c, order, shift);
  if (order <= 10) return restore_turned<2>(data, count, c, order, shift);
  restore_turned<3>(data, count, c, order, shift);
}

TONEARM_FLAC_KERNELS(TONEARM_AVX2, restore_narrow)
#undef TONEARM_AVX2
}  // namespace avx2
#endif

}  // namespace

const Kernels& portable_kernels() { return portable::kSet; }

const Kernels& kernels() {
#if defined(__x86_64__)
  // Every CPU with AVX2 and BMI2 has LZCNT, which clang 14 cannot be asked for.
  static const bool modern = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2");
  if (modern) return avx2::kSet;
#endif
  return portable::kSet;
}

}  // namespace tonearm::flac
