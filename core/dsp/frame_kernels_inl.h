// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bodies of FrameKernels; see kernels.h for the layouts and simd_inl.h for how this file is compiled.

namespace {

// A whole tile of windows within the signal, each `hop` samples, fewer than `length`, after the one before it. Row
// i + hop is row i moved down by one lane, with one new sample: only the first hop rows are transposed.
template <class T, bool kWeighed>
void load_overlapping(const FrameJob<T>& job, const T* in, Vector<T>* x) {
  constexpr int n = kLanes<T>;
  const std::int64_t hop = job.hop, length = job.length;
  const T* window = job.window;
  for (std::int64_t i = 0; i + n <= hop && i + n <= length; i += n) {
    Vector<T> rows[n];
    const T* row = in + i;
#pragma GCC unroll 16
    for (int l = 0; l < n; ++l, row += hop) {
      rows[l] = load_unaligned<T>(row);
      // The next tile's, in their order: its rows are more streams than a processor follows.
      __builtin_prefetch(in + n * (hop + i + l));
    }
    transpose<T>(rows);
    row -= hop;
    for (std::int64_t at = i;;) {
#pragma GCC unroll 16
      for (int r = 0; r < n; ++r) x[at + r] = kWeighed ? rows[r] * window[at + r] : rows[r];
      at += hop;
      row += hop;
      if (at + n > length) break;
#pragma GCC unroll 16
      for (int r = 0; r < n; ++r) rows[r] = move_down<Vector<T>, T, n>(rows[r], row[r]);
    }
  }
  // What is no whole block before the next hop or the end.
  for (std::int64_t begin = 0; begin < length; begin += hop) {
    const std::int64_t end = begin + hop < length ? begin + hop : length;
    for (std::int64_t i = end - (end - begin) % n; i < end; ++i) {
      Vector<T> row;
      for (int l = 0; l < n; ++l) row[l] = in[l * hop + i];
      x[i] = kWeighed ? row * window[i] : row;
    }
  }
}

// The windows' samples, [length][lanes]; with kWeighed times their weights. A lane without a window repeats the first.
template <class In, class T, bool kWeighed>
void load_frames(const FrameJob<T>& job, Vector<T>* x) {
  constexpr int n = kLanes<T>;
  const In* in = static_cast<const In*>(job.in);
  if constexpr (sizeof(In) == sizeof(T)) {
    const std::int64_t end = job.start + static_cast<std::int64_t>(n - 1) * job.hop + job.length;
    if (job.num_frames == n && job.hop < job.length && job.start >= 0 && end <= job.num_samples)
      return load_overlapping<T, kWeighed>(job, in + job.start, x);
  }
  // Where each window lies: in the signal, or, if it reaches past that, in a copy with its padding.
  const In* rows[n];
  In* copy = static_cast<In*>(job.scratch_b);
  for (int l = 0; l < n; ++l) {
    const std::int64_t start = job.start + static_cast<std::int64_t>(l) * job.hop;
    if (l >= job.num_frames) {
      rows[l] = rows[0];
    } else if (start >= 0 && start + job.length <= job.num_samples) {
      rows[l] = in + start;
    } else {
      const auto pad = [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          copy[i] = padded_sample<In>(in, start + i, job.num_samples, job.zeros, job.pad_mode);
      };
      const std::int64_t length = job.length, left = job.num_samples - start;
      const std::int64_t first = start >= 0 ? 0 : start > -length ? -start : length;
      const std::int64_t last = left >= length ? length : left > first ? left : first;
      pad(0, first);
      for (std::int64_t i = first; i < last; ++i) copy[i] = in[start + i];
      pad(last, length);
      rows[l] = copy;
      copy += job.length;
    }
  }
  int i = 0;
  if constexpr (sizeof(In) == sizeof(T)) {
    for (; i + n <= job.length; i += n) {
      Vector<T> block[n];
#pragma GCC unroll 16
      for (int l = 0; l < n; ++l) block[l] = load_unaligned<T>(rows[l] + i);
      transpose<T>(block);
#pragma GCC unroll 16
      for (int r = 0; r < n; ++r) x[i + r] = kWeighed ? block[r] * job.window[i + r] : block[r];
    }
  }
  for (; i < job.length; ++i) {
    Vector<T> row;
    for (int l = 0; l < n; ++l) row[l] = static_cast<T>(rows[l][i]);
    x[i] = kWeighed ? row * job.window[i] : row;
  }
}

// Kaldi's order: dither, mean, energy, pre-emphasis, window, energy again.
template <class T>
void prepare_frames(const FrameJob<T>& job, Vector<T>* w) {
  if (job.dither != 0)
    for (int i = 0; i < job.length; ++i)
      for (int l = 0; l < job.num_frames; ++l)
        w[i][l] += static_cast<T>(job.dither * job.noise(job.noise_key, job.first_frame + static_cast<std::uint64_t>(l),
                                                         static_cast<std::uint64_t>(i)));
  Vector<T> mean = {};
  if (job.remove_dc) {
    Vector<T> sum[4] = {};  // four chains: one would wait for each addition
    int i = 0;
    for (; i + 4 <= job.length; i += 4)
      for (int j = 0; j < 4; ++j) sum[j] += w[i + j];
    for (; i < job.length; ++i) sum[0] += w[i];
    mean = ((sum[0] + sum[1]) + (sum[2] + sum[3])) / static_cast<T>(job.length);
  }
  const bool measured = job.energy_raw != nullptr;
  Vector<T> raw = {}, windowed = {};
  Vector<T> before = w[0] - mean;  // the first sample stands for its own predecessor
  for (int i = 0; i < job.length; ++i) {
    const Vector<T> x = w[i] - mean;
    const Vector<T> y = (job.preemphasis == 0 ? x : x - job.preemphasis * before) * job.window[i];
    before = x;
    w[i] = y;
    if (measured) {
      raw += x * x;
      windowed += y * y;
    }
  }
  if (!measured) return;
  *static_cast<Vector<T>*>(job.energy_raw) = raw;
  *static_cast<Vector<T>*>(job.energy_windowed) = windowed;
}

template <class In, class T>
void frames(const FrameJob<T>& job) {
  using V = Vector<T>;
  V* x = static_cast<V*>(job.samples);
  const int size = job.fft.size;
  for (int i = 0; i < job.offset; ++i) x[i] = V{};
  for (int i = job.offset + job.length; i < size; ++i) x[i] = V{};
  V* w = x + job.offset;
  if (job.dither != 0 || job.remove_dc || job.preemphasis != 0 || job.energy_raw != nullptr) {
    load_frames<In, T, false>(job, w);
    prepare_frames<T>(job, w);
  } else {
    load_frames<In, T, true>(job, w);
  }
  Pair<V>* a = static_cast<Pair<V>*>(job.scratch_a);
  Pair<V>* b = static_cast<Pair<V>*>(job.scratch_b);
  if (job.bins != nullptr) {
    Pair<V>* bins = static_cast<Pair<V>*>(job.bins);
    real_fft<V, T>(job.fft, x, a, b, [&](int k, const Pair<V>& bin) { bins[k] = bin; });
  } else {
    V* power = static_cast<V*>(job.power);
    real_fft<V, T>(job.fft, x, a, b, [&](int k, const Pair<V>& bin) { power[k] = bin.re * bin.re + bin.im * bin.im; });
  }
}

template <class T>
void mel(const MelJob<T>& job) {
  const Vector<T>* power = static_cast<const Vector<T>*>(job.power);
  Vector<T>* out = static_cast<Vector<T>*>(job.out);
  for (int m = 0; m < job.num_mels; ++m) {
    const Vector<T>* p = power + job.first[m];
    Vector<T> sum = {};
    for (int i = job.offset[m]; i < job.offset[m + 1]; ++i) sum += *p++ * job.weights[i];
    out[m] = sum;
  }
}

// Natural logarithm of floats: x = m * 2^e with m in [sqrt(1/2), sqrt(2)), then Cephes' logf polynomial in m - 1. ln 2
// is split so that e times its upper part is exact. kNormal: x is a normal positive number, infinity or NaN.
template <bool kNormal>
TONEARM_INLINE Vector<float> log_vector(Vector<float> x) {
  typedef std::int32_t Bits __attribute__((vector_size(TONEARM_VECTOR_BYTES)));
  // Numbers below the smallest normal one are scaled up by 2^23 first.
  const auto tiny = x < 1.17549435e-38f;
  const Vector<float> normal = kNormal ? x : tiny ? x * 8388608.0f : x;
  const Bits bits = (Bits)normal;
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  const Bits shifted = bits - kSqrtHalf;
  const Bits exponent = shifted >> 23;
  const Vector<float> m = (Vector<float>)(bits - (exponent << 23));
  Vector<float> e = __builtin_convertvector(exponent, Vector<float>);
  if (!kNormal) e = tiny ? e - 23.0f : e;
  const Vector<float> f = m - 1.0f;
  Vector<float> y = f * 7.0376836292e-2f - 1.1514610310e-1f;
  y = y * f + 1.1676998740e-1f;
  y = y * f - 1.2420140846e-1f;
  y = y * f + 1.4249322787e-1f;
  y = y * f - 1.6668057665e-1f;
  y = y * f + 2.0000714765e-1f;
  y = y * f - 2.4999993993e-1f;
  y = y * f + 3.3333331174e-1f;
  const Vector<float> square = f * f;
  y = y * f * square + e * -2.12194440e-4f - 0.5f * square;
  Vector<float> result = f + y + e * 0.693359375f;
  const Vector<float> infinity = Vector<float>{} + __builtin_inff();
  if (kNormal) return x < infinity ? result : x;
  result = x == infinity ? infinity : result;
  result = x == 0.0f ? -infinity : result;
  return x >= 0.0f ? result : Vector<float>{} + __builtin_nanf("");  // below zero, and NaN
}

// A NaN wins.
inline Vector<float> greater(Vector<float> value, Vector<float> peak) {
  // NaN differs from itself. NOLINTNEXTLINE(misc-redundant-expression)
  return ((value > peak) | (value != value)) ? value : peak;
}

void log_in_place(const LogJob<float>& job) {
  constexpr int n = kLanes<float>;
  Vector<float>* values = reinterpret_cast<Vector<float>*>(job.values);
  Vector<float>& peak = *reinterpret_cast<Vector<float>*>(job.peak);
  const int count = job.count / n;
  if (job.floor < 1.17549435e-38f) {
    for (int i = 0; i < count; ++i) {
      const Vector<float> x = values[i] + job.offset;
      values[i] = log_vector<false>(x < job.floor ? Vector<float>{} + job.floor : x) * job.scale;
      peak = greater(values[i], peak);
    }
    return;
  }
  // The bits of numbers that are not negative are in the order of the numbers, and those of NaN above them.
  typedef std::uint32_t Bits __attribute__((vector_size(TONEARM_VECTOR_BYTES)));
  Bits greatest = {};
  for (int i = 0; i < count; ++i) {
    const Vector<float> y = values[i] + job.offset;
    const Vector<float> x = y < job.floor ? Vector<float>{} + job.floor : y;
    greatest = (Bits)x > greatest ? (Bits)x : greatest;
    values[i] = log_vector<true>(x) * job.scale;
  }
  peak = greater(log_vector<true>((Vector<float>)greatest) * job.scale, peak);
}

template <class T>
void dense(const DenseJob<T>& job) {
  const Vector<T>* in = static_cast<const Vector<T>*>(job.in);
  Vector<T>* out = static_cast<Vector<T>*>(job.out);
  const T* w = job.weights;
  for (int k = 0; k < job.num_out; k += kDenseRows) {
    Vector<T> sum[kDenseRows] = {};
    for (int m = 0; m < job.num_in; ++m, w += kDenseRows) {
#pragma GCC unroll 10
      for (int r = 0; r < kDenseRows; ++r) sum[r] += in[m] * w[r];
    }
#pragma GCC unroll 10
    for (int r = 0; r < kDenseRows; ++r) out[(k + r) * job.out_step] = sum[r];
  }
}

void fold(const FoldJob& job) {
  using V = Vector<float>;
  const V* in = static_cast<const V*>(job.in);
  V* sums = static_cast<V*>(job.sums);
  V* differences = static_cast<V*>(job.differences);
  const auto clamped = [&](int i) { return in[i] < job.floor ? V{} + job.floor : in[i]; };
  const int half = job.num_in / 2;
  for (int i = 0; i < half; ++i) {
    const V a = clamped(i), b = clamped(job.num_in - 1 - i);
    sums[i] = a + b;
    differences[i] = a - b;
  }
  if (job.num_in % 2 != 0) sums[half] = clamped(half);
}

template <class Out, class T>
void store(const StoreJob& job) {
  constexpr int n = kLanes<T>;
  const Vector<T>* rows = static_cast<const Vector<T>*>(job.rows);
  Out* out = static_cast<Out*>(job.out);
  int row = 0;
  if constexpr (sizeof(Out) == sizeof(T)) {
    if (job.lane_stride == 1 && job.used == n)
      for (; row < job.num_rows; ++row) store_unaligned<T>(out + row * job.row_stride, rows[row]);
    if (job.row_stride == 1)
      for (; row + n <= job.num_rows; row += n) {
        Vector<T> block[n];
#pragma GCC unroll 16
        for (int i = 0; i < n; ++i) block[i] = rows[row + i];
        transpose<T>(block);
        for (int l = 0; l < job.used; ++l) store_unaligned<T>(out + l * job.lane_stride + row, block[l]);
      }
  }
  for (; row < job.num_rows; ++row)
    for (int l = 0; l < job.used; ++l) out[row * job.row_stride + l * job.lane_stride] = static_cast<Out>(rows[row][l]);
}

}  // namespace
