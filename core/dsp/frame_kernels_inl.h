// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bodies of FrameKernels; see kernels.h for the layouts and simd_inl.h for how this file is compiled.

namespace {

// The sample that a window sees at `index`, which may lie outside [-zeros, num_samples + zeros).
template <class In>
inline In padded_sample(const In* in, std::int64_t index, std::int64_t num_samples, std::int64_t zeros, PadMode mode) {
  const std::int64_t length = num_samples + 2 * zeros;
  std::int64_t at = index + zeros;
  if (at < 0 || at >= length) {
    switch (mode) {
      case PadMode::kConstant: return In(0);
      case PadMode::kReplicate: at = at < 0 ? 0 : length - 1; break;
      case PadMode::kReflect:
        // One fold is enough: the plan refuses signals shorter than their padding.
        at = at < 0 ? -at : 2 * (length - 1) - at;
        break;
      case PadMode::kMirror: {
        // Kaldi's: the edge is part of its image, folded as often as a short signal needs.
        const std::int64_t period = 2 * length;
        at = (at % period + period) % period;
        if (at >= length) at = period - 1 - at;
        break;
      }
    }
  }
  at -= zeros;
  return at >= 0 && at < num_samples ? in[at] : In(0);
}

template <class In, class T>
void load_frames(const FrameJob<T>& job, Vector<T>* x) {
  constexpr int n = kLanes<T>;
  const In* in = static_cast<const In*>(job.in);
  int i = 0;
  const std::int64_t last = job.start + static_cast<std::int64_t>(n - 1) * job.hop + job.length;
  if (job.num_frames == n && job.start >= 0 && last <= job.num_samples) {
    const In* base = in + job.start;
    if constexpr (sizeof(In) == sizeof(T)) {
      for (; i + n <= job.length; i += n) {
        Vector<T> block[n];
#pragma GCC unroll 16
        for (int l = 0; l < n; ++l) block[l] = load_unaligned<T>(base + static_cast<std::int64_t>(l) * job.hop + i);
        transpose<T>(block);
#pragma GCC unroll 16
        for (int r = 0; r < n; ++r) x[i + r] = block[r];
      }
    }
    for (; i < job.length; ++i)
      for (int l = 0; l < n; ++l) x[i][l] = static_cast<T>(base[static_cast<std::int64_t>(l) * job.hop + i]);
    return;
  }
  for (; i < job.length; ++i) {
    x[i] = Vector<T>{};
    for (int l = 0; l < job.num_frames; ++l)
      x[i][l] = static_cast<T>(padded_sample(in, job.start + static_cast<std::int64_t>(l) * job.hop + i,
                                             job.num_samples, job.zeros, job.pad_mode));
  }
}

template <class In, class T>
void frames(const FrameJob<T>& job) {
  Vector<T>* x = static_cast<Vector<T>*>(job.samples);
  const int size = job.fft.size;
  for (int i = 0; i < job.offset; ++i) x[i] = Vector<T>{};
  for (int i = job.offset + job.length; i < size; ++i) x[i] = Vector<T>{};
  Vector<T>* w = x + job.offset;
  load_frames<In, T>(job, w);
  if (job.dither != 0)
    for (int i = 0; i < job.length; ++i)
      for (int l = 0; l < job.num_frames; ++l)
        w[i][l] +=
            static_cast<T>(job.dither * job.noise(job.seed, job.item, job.first_frame + static_cast<std::uint64_t>(l),
                                                  static_cast<std::uint64_t>(i)));
  if (job.remove_dc) {
    Vector<T> sum = {};
    for (int i = 0; i < job.length; ++i) sum += w[i];
    const Vector<T> mean = sum / static_cast<T>(job.length);
    for (int i = 0; i < job.length; ++i) w[i] -= mean;
  }
  Vector<T> raw = {};
  if (job.energy_raw) {
    for (int i = 0; i < job.length; ++i) raw += w[i] * w[i];
    *static_cast<Vector<T>*>(job.energy_raw) = raw;
  }
  if (job.preemphasis != 0) {
    for (int i = job.length - 1; i > 0; --i) w[i] -= job.preemphasis * w[i - 1];
    w[0] -= job.preemphasis * w[0];
  }
  for (int i = 0; i < job.length; ++i) w[i] *= job.window[i];
  if (job.energy_windowed) {
    Vector<T> sum = {};
    for (int i = 0; i < job.length; ++i) sum += w[i] * w[i];
    *static_cast<Vector<T>*>(job.energy_windowed) = sum;
  }
  Pair<Vector<T>>* bins = static_cast<Pair<Vector<T>>*>(job.bins);
  real_fft<Vector<T>, T>(job.fft, x, bins, static_cast<Pair<Vector<T>>*>(job.scratch_a),
                         static_cast<Pair<Vector<T>>*>(job.scratch_b));
  Vector<T>* power = static_cast<Vector<T>*>(job.power);
  for (int k = 0; k <= size / 2; ++k) power[k] = bins[k].re * bins[k].re + bins[k].im * bins[k].im;
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
// is split so that e times its upper part is exact.
inline Vector<float> log_vector(Vector<float> x) {
  typedef std::int32_t Bits __attribute__((vector_size(TONEARM_VECTOR_BYTES)));
  // Numbers below the smallest normal one are scaled up by 2^23 first.
  const Vector<float> up = x * 8388608.0f;
  const auto tiny = x < 1.17549435e-38f;
  const Vector<float> normal = tiny ? up : x;
  const Bits bits = (Bits)normal;
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;
  const Bits shifted = bits - kSqrtHalf;
  const Bits exponent = shifted >> 23;
  const Vector<float> m = (Vector<float>)(bits - (exponent << 23));
  Vector<float> e = __builtin_convertvector(exponent, Vector<float>);
  e = tiny ? e - 23.0f : e;
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
  result = x == infinity ? infinity : result;
  result = x == 0.0f ? -infinity : result;
  return x >= 0.0f ? result : Vector<float>{} + __builtin_nanf("");  // below zero, and NaN
}

void log_in_place(const LogJob<float>& job) {
  constexpr int n = kLanes<float>;
  Vector<float> peak = *reinterpret_cast<Vector<float>*>(job.peak);
  for (int i = 0; i < job.count; i += n) {
    Vector<float>& value = *reinterpret_cast<Vector<float>*>(job.values + i);
    const Vector<float> x = value + job.offset;
    value = log_vector(x < job.floor ? Vector<float>{} + job.floor : x) * job.scale;
    // NaN differs from itself. NOLINTNEXTLINE(misc-redundant-expression)
    peak = ((value > peak) | (value != value)) ? value : peak;
  }
  *reinterpret_cast<Vector<float>*>(job.peak) = peak;
}

template <class T>
void dense(const DenseJob<T>& job) {
  const Vector<T>* in = static_cast<const Vector<T>*>(job.in);
  Vector<T>* out = static_cast<Vector<T>*>(job.out);
  const Vector<T> floor = Vector<T>{} + job.floor;
  const T* w = job.weights;
  for (int k = 0; k < job.num_out; k += kDenseRows) {
    Vector<T> sum[kDenseRows] = {};
    for (int m = 0; m < job.num_in; ++m, w += kDenseRows) {
      const Vector<T> x = in[m] < floor ? floor : in[m];
#pragma GCC unroll 8
      for (int r = 0; r < kDenseRows; ++r) sum[r] += x * w[r];
    }
#pragma GCC unroll 8
    for (int r = 0; r < kDenseRows; ++r) out[k + r] = sum[r];
  }
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
