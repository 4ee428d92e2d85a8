// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every body is written once as an always-inline function and instantiated in two sets of entry points, one of them
// with a target attribute: no second translation unit whose inline functions could leak newer instructions.
#include "backends/flac/kernels.h"

#include <algorithm>
#include <iterator>
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

/// A code of any length, at most 2^32 - 1 before unfolding. Out of line, so that the loops keep theirs in registers,
/// and with the cache filled again behind it.
__attribute__((noinline)) bool read_long_rice(BitReader& reader, std::int32_t& out, unsigned k) {
  const std::uint32_t limit = UINT32_MAX >> k;
  const std::uint32_t quotient = reader.read_unary(limit);
  if (quotient > limit) return false;
  out = unzigzag(quotient << k | reader.read(k));
  reader.refill();
  return true;
}

/// A code that lies in the cache whole. False (rare, so well predicted), nothing taken: it has to take the long way.
TONEARM_INLINE bool read_short_rice(BitReader& r, std::int32_t& out, unsigned k) {
  const auto zeros = static_cast<unsigned>(std::countl_zero(r.cache));
  const unsigned length = zeros + 1 + k;
  if (length > r.count) [[unlikely]]
    return false;                                                          // so length < 64 below, as count is
  const auto tail = static_cast<std::uint32_t>(r.cache >> (64 - length));  // a one bit, then k bits of remainder
  out = unzigzag(((zeros - 1) << k) + tail);
  r.cache <<= length;
  r.count -= length;
  return true;
}

/// Codes that are taken from the cache before it is filled again: the refill is a chain of some 12 cycles, a code one
/// of 4. A code takes k + 2 bits in the mean where the parameter is well chosen; 56 bits are there after a refill.
constexpr int codes_per_refill(unsigned k) { return k <= 8 ? 4 : k <= 13 ? 3 : 2; }

template <int kPerRefill>
TONEARM_INLINE bool read_rice_unrolled(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {
  BitReader r = reader;  // fields in registers
  std::size_t i = 0;
  while (i + kPerRefill <= count) {
    r.refill();
    for (int j = 0; j < kPerRefill; ++j, ++i) {
      if (!read_short_rice(r, out[i], k)) [[unlikely]] {
        reader = r;
        if (!read_long_rice(reader, out[i], k)) return false;
        r = reader;
      }
    }
  }
  reader = r;
  for (; i < count; ++i) {
    if (!read_long_rice(reader, out[i], k)) return false;
  }
  return true;
}

TONEARM_INLINE bool read_rice_body(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {
  switch (codes_per_refill(k)) {
    case 4: return read_rice_unrolled<4>(reader, out, count, k);
    case 3: return read_rice_unrolled<3>(reader, out, count, k);
    default: return read_rice_unrolled<2>(reader, out, count, k);
  }
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

/// Orders 13 to 32 are outside the streamable subset: one loop for all of them.
template <class Wide>
TONEARM_INLINE void restore_any_order(std::int32_t* data, std::size_t count, const std::int32_t* c, unsigned order,
                                      unsigned shift) {
  using Signed = std::make_signed_t<Wide>;
  for (std::size_t i = order; i < count; ++i) {
    Wide sum = 0;
    for (unsigned j = 0; j < order; ++j) sum += static_cast<Wide>(data[i - 1 - j]) * static_cast<Wide>(c[j]);
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
    default: return restore_any_order<Wide>(data, count, c, order, shift);
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

#define TONEARM_FLAC_KERNELS(ATTRIBUTE, RESTORE, FUSED)                                                               \
  ATTRIBUTE bool read_rice(BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {                     \
    return read_rice_body(reader, out, count, k);                                                                     \
  }                                                                                                                   \
  ATTRIBUTE void restore_lpc(std::int32_t* data, std::size_t count, const std::int32_t* coefficients, unsigned order, \
                             unsigned shift, bool narrow) {                                                           \
    if (narrow) return RESTORE<std::uint32_t>(data, count, coefficients, order, shift);                               \
    RESTORE<std::uint64_t>(data, count, coefficients, order, shift);                                                  \
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
  constexpr Kernels kSet{read_rice, restore_lpc, restore_fixed, convert, convert_stereo, FUSED};

namespace portable {
TONEARM_FLAC_KERNELS(, restore_lpc_body, nullptr)
}  // namespace portable

#if defined(__x86_64__)
namespace avx2 {
#define TONEARM_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt")))

// Rice decoding and prediction are two chains of dependent instructions, some 6 cycles a sample each, that wait for
// themselves. In one loop they run side by side: 16 bits, order 8: 2.4 ns a sample instead of 2.1 + 2.0 (Zen 4).
//
// The prediction is turned round: each finished sample is multiplied by taps 2, 3, ... at once and added to the sums of
// the samples to come, which wait in `pending`, nearest first. The two newest taps stay scalar: the chain from sample
// to sample is one multiplication, and the vector's way there and back has three samples of time.

/// Sums that fit 32 bits.
struct NarrowLanes {
  using Word = std::uint32_t;
  using Vector = __m128i;
  static TONEARM_AVX2 Vector zero() { return _mm_setzero_si128(); }
  static TONEARM_AVX2 Vector load(const void* p) { return _mm_load_si128(static_cast<const Vector*>(p)); }
  static TONEARM_AVX2 void store(void* p, Vector v) { _mm_store_si128(static_cast<Vector*>(p), v); }
  static TONEARM_AVX2 Word first(Vector v) { return static_cast<Word>(_mm_cvtsi128_si32(v)); }
  /// Lanes one nearer, the last from `next`.
  static TONEARM_AVX2 Vector shifted(Vector v, Vector next) { return _mm_alignr_epi8(next, v, 4); }
  static TONEARM_AVX2 Vector add_products(Vector sums, std::int32_t x, Vector taps) {
    return _mm_add_epi32(sums, _mm_mullo_epi32(_mm_set1_epi32(x), taps));
  }
};

/// Sums of 64 bits: 24-bit audio, and what else the narrow ones cannot hold.
struct WideLanes {
  using Word = std::uint64_t;
  using Vector = __m256i;
  static TONEARM_AVX2 Vector zero() { return _mm256_setzero_si256(); }
  static TONEARM_AVX2 Vector load(const void* p) { return _mm256_load_si256(static_cast<const Vector*>(p)); }
  static TONEARM_AVX2 void store(void* p, Vector v) { _mm256_store_si256(static_cast<Vector*>(p), v); }
  static TONEARM_AVX2 Word first(Vector v) { return static_cast<Word>(_mm_cvtsi128_si64(_mm256_castsi256_si128(v))); }
  static TONEARM_AVX2 Vector shifted(Vector v, Vector next) {
    constexpr int kRotate = 0b00'11'10'01;
    return _mm256_blend_epi32(_mm256_permute4x64_epi64(v, kRotate), _mm256_permute4x64_epi64(next, kRotate), 0xC0);
  }
  static TONEARM_AVX2 Vector add_products(Vector sums, std::int32_t x, Vector taps) {
    return _mm256_add_epi64(sums, _mm256_mul_epi32(_mm256_set1_epi32(x), taps));
  }
};

constexpr int kLanes = 4;

/// A Predictor in registers.
template <class Lanes, int kVectors>
struct Registers {
  using Word = typename Lanes::Word;
  using Signed = std::make_signed_t<Word>;
  typename Lanes::Vector taps[kVectors], pending[kVectors];
  Word c0, c1, sum0, sum1, sum2, last, before;
  unsigned shift;

  TONEARM_AVX2 TONEARM_INLINE explicit Registers(const Predictor& p) : shift(p.shift) {
    alignas(32) Word all[kLanes * kVectors] = {};
    for (unsigned i = 2; i < p.order; ++i) all[i - 2] = static_cast<Word>(Signed{p.coefficients[i]});
    for (int v = 0; v < kVectors; ++v) {
      taps[v] = Lanes::load(all + kLanes * v);
      pending[v] = Lanes::load(p.pending + kLanes * v);
    }
    c0 = static_cast<Word>(Signed{p.coefficients[0]});
    c1 = p.order > 1 ? static_cast<Word>(Signed{p.coefficients[1]}) : 0;
    sum0 = static_cast<Word>(p.sums[0]), sum1 = static_cast<Word>(p.sums[1]), sum2 = static_cast<Word>(p.sums[2]);
    last = static_cast<Word>(p.newest[0]), before = static_cast<Word>(p.newest[1]);
  }
  TONEARM_AVX2 TONEARM_INLINE void save(Predictor& p) const {
    for (int v = 0; v < kVectors; ++v) Lanes::store(p.pending + kLanes * v, pending[v]);
    p.sums[0] = sum0, p.sums[1] = sum1, p.sums[2] = sum2;
    p.newest[0] = last, p.newest[1] = before;
  }
  TONEARM_AVX2 TONEARM_INLINE void push(std::int32_t x) {
    for (int v = 0; v < kVectors; ++v) {
      const auto next = v + 1 < kVectors ? pending[v + 1 < kVectors ? v + 1 : v] : Lanes::zero();
      pending[v] = Lanes::add_products(Lanes::shifted(pending[v], next), x, taps[v]);
    }
    sum0 = sum1;
    sum1 = sum2;
    sum2 = Lanes::first(pending[0]);
    before = last;
    last = static_cast<Word>(Signed{x});
  }
  TONEARM_AVX2 TONEARM_INLINE std::int32_t restore(std::int32_t residual) {
    const Word sum = (sum0 + c1 * before) + c0 * last;
    const auto prediction = static_cast<std::uint32_t>(static_cast<Signed>(sum) >> shift);
    const auto x = static_cast<std::int32_t>(static_cast<std::uint32_t>(residual) + prediction);
    push(x);
    return x;
  }
};

/// Both chains in registers.
template <class Lanes, int kVectors>
struct Fused {
  BitReader& reader;
  BitReader r;
  Registers<Lanes, kVectors> p;
  std::int32_t* out;
  unsigned k;

  TONEARM_AVX2 TONEARM_INLINE bool step() {
    std::int32_t residual;
    if (!read_short_rice(r, residual, k)) [[unlikely]] {
      std::int32_t rare;  // of its own, so that the other stays in a register
      reader = r;
      if (!read_long_rice(reader, rare, k)) return false;
      r = reader;
      residual = rare;
    }
    *out++ = p.restore(residual);
    return true;
  }
};

template <class Lanes, int kVectors, int kPerRefill>
TONEARM_AVX2 bool read_predicted_unrolled(BitReader& reader, Predictor& predictor, std::int32_t* out, std::size_t count,
                                          unsigned k) {
  Fused<Lanes, kVectors> f{reader, reader, Registers<Lanes, kVectors>(predictor), out, k};
  for (std::size_t groups = count / kPerRefill; groups > 0; --groups) {
    f.r.refill();
    static_assert(kPerRefill >= 2 && kPerRefill <= 4);
    if (!f.step() || !f.step() || (kPerRefill > 2 && !f.step()) || (kPerRefill > 3 && !f.step())) return false;
  }
  reader = f.r;
  for (std::size_t left = count % kPerRefill; left > 0; --left) {
    std::int32_t residual;
    if (!read_long_rice(reader, residual, k)) return false;
    *f.out++ = f.p.restore(residual);
  }
  f.p.save(predictor);
  return true;
}

/// Calls `body` with the lanes and the number of vectors that the predictor needs.
template <class Body>
TONEARM_AVX2 auto with_registers(const Predictor& p, const Body& body) {
  const unsigned vectors = p.order <= 6 ? 1 : p.order <= 10 ? 2 : 3;
  if (p.narrow) {
    if (vectors == 1) return body.template run<NarrowLanes, 1>();
    return vectors == 2 ? body.template run<NarrowLanes, 2>() : body.template run<NarrowLanes, 3>();
  }
  if (vectors == 1) return body.template run<WideLanes, 1>();
  return vectors == 2 ? body.template run<WideLanes, 2>() : body.template run<WideLanes, 3>();
}

struct Start {
  Predictor& p;
  const std::int32_t* warm_up;
  template <class Lanes, int kVectors>
  TONEARM_AVX2 void run() const {
    std::fill(std::begin(p.pending), std::end(p.pending), 0);
    p.sums[0] = p.sums[1] = p.sums[2] = p.newest[0] = p.newest[1] = 0;
    Registers<Lanes, kVectors> registers(p);
    for (unsigned i = 0; i < p.order; ++i) registers.push(warm_up[i]);
    registers.save(p);
  }
};

struct ReadPredicted {
  BitReader& reader;
  Predictor& p;
  std::int32_t* out;
  std::size_t count;
  unsigned k;
  template <class Lanes, int kVectors>
  TONEARM_AVX2 bool run() const {
    switch (codes_per_refill(k)) {
      case 4: return read_predicted_unrolled<Lanes, kVectors, 4>(reader, p, out, count, k);
      case 3: return read_predicted_unrolled<Lanes, kVectors, 3>(reader, p, out, count, k);
      default: return read_predicted_unrolled<Lanes, kVectors, 2>(reader, p, out, count, k);
    }
  }
};

struct Restore {
  Predictor& p;
  std::int32_t* data;
  std::size_t count;
  template <class Lanes, int kVectors>
  TONEARM_AVX2 void run() const {
    Registers<Lanes, kVectors> registers(p);
    for (std::size_t i = 0; i < count; ++i) data[i] = registers.restore(data[i]);
    registers.save(p);
  }
};

void start(Predictor& p, const std::int32_t* warm_up) { with_registers(p, Start{p, warm_up}); }
bool read_predicted(BitReader& reader, Predictor& p, std::int32_t* out, std::size_t count, unsigned k) {
  return with_registers(p, ReadPredicted{reader, p, out, count, k});
}
void restore(Predictor& p, std::int32_t* data, std::size_t count) { with_registers(p, Restore{p, data, count}); }
constexpr FusedKernels kFused{start, read_predicted, restore};

// What is not fused is of a high order, or rare.
TONEARM_FLAC_KERNELS(TONEARM_AVX2, restore_any_order, &kFused)
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
