// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Small transforms in registers, built from those of core/dsp/fft_inl.h, and the transforms of a block's windows in
// shared memory. Compiled by nvcc, and as host code by the emulation.
//
// Shared memory holds two planes, real and imaginary, each [rows][windows]: threads of a warp stand side by side in
// windows, then in neighbouring elements. One buffer suffices: a stage reads all its inputs into registers before it
// writes (FixedFft), or writes where it read (GenericFft).

namespace {

/// Taylor's series of cos (term 1, from the first power) or sin (term x, from the second), |x| <= pi.
constexpr double turn_series(double x, double term, int power) {
  double sum = term;
  for (int i = power; i < power + 24; i += 2) {
    term *= -x * x / (i * (i + 1));
    sum += term;
  }
  return sum;
}
constexpr double turn_angle(int k, int n) {
  return 2 * 3.14159265358979323846 * (2 * (k % n) > n ? k % n - n : k % n) / n;
}

/// cos and -sin of 2 pi K / N, as constants.
template <int N, int K>
struct Turn {
  static constexpr float kCos = static_cast<float>(turn_series(turn_angle(K, N), 1, 1));
  static constexpr float kMinusSin = static_cast<float>(-turn_series(turn_angle(K, N), turn_angle(K, N), 2));
};

template <int I>
struct Constant {
  static constexpr int value = I;  // NOLINT: as std::integral_constant has it, which a device cannot convert
  __device__ constexpr operator int() const { return I; }
};

template <int... I, class F>
__device__ __forceinline__ void for_each_constant(std::integer_sequence<int, I...>, const F& f) {
  (f(Constant<I>{}), ...);
}
/// f(0), ..., f(N - 1), each a constant.
template <int N, class F>
__device__ __forceinline__ void static_for(const F& f) {
  for_each_constant(std::make_integer_sequence<int, N>{}, f);
}

template <int R>
__device__ __forceinline__ void dft(Pair<float>* a);

/// A * B values by Cooley and Tukey: A-point transforms of every B-th value, twiddles, B-point transforms.
template <int A, int B>
__device__ __forceinline__ void composite_dft(Pair<float>* a) {
  Pair<float> y[A * B];  // [k1][n2]
  static_for<B>([&](auto column) {
    constexpr int n2 = decltype(column)::value;
    Pair<float> t[A];
    static_for<A>([&](auto row) { t[row] = a[B * row + n2]; });
    dft<A>(t);
    static_for<A>([&](auto row) {
      constexpr int k1 = decltype(row)::value;
      using W = Turn<A * B, k1 * n2>;
      if constexpr (k1 * n2 == 0)
        y[k1 * B + n2] = t[k1];
      else
        y[k1 * B + n2] = {t[k1].re * W::kCos - t[k1].im * W::kMinusSin, t[k1].re * W::kMinusSin + t[k1].im * W::kCos};
    });
  });
  static_for<A>([&](auto row) {
    constexpr int k1 = decltype(row)::value;
    dft<B>(y + k1 * B);
    static_for<B>([&](auto k2) { a[k1 + A * k2] = y[k1 * B + k2]; });
  });
}

template <int R>
__device__ __forceinline__ void dft(Pair<float>* a) {
  if constexpr (R == 10)
    composite_dft<2, 5>(a);
  else if constexpr (R == 16)
    composite_dft<4, 4>(a);
  else if constexpr (R == 20)
    composite_dft<4, 5>(a);
  else
    small_dft<float, float, R>(a);
}

/// Where element `e` of window `w` stands in a plane. Skipping a row after every kSkip keeps the first stage's writes,
/// which are that far apart, out of one bank. kSkip 0: no rows are skipped.
template <int kSkip>
struct Planes {
  float *re, *im;
  int windows, w;
  __device__ __forceinline__ int at(int e) const {
    if constexpr (kSkip > 0) e += e / kSkip;
    return e * windows + w;
  }
  __device__ __forceinline__ Pair<float> get(int e) const { return {re[at(e)], im[at(e)]}; }
  __device__ __forceinline__ void put(int e, Pair<float> v) const {
    re[at(e)] = v.re;
    im[at(e)] = v.im;
  }
};

/// One stage of Stockham's transform of `size` elements: U butterflies of R in each thread, those below size / R. The
/// result is in order.
template <int R, int U, class PlanesType, class Load>
__device__ __forceinline__ void fft_stage_in_place(const PlanesType& planes, int size, int stride, int lane, int lanes,
                                                   const float* twiddle, const Load& load) {
  Pair<float> a[U][R];
  const int count = size / R;
  TONEARM_UNROLL(32)
  for (int u = 0; u < U; ++u) {
    const int b = lane + u * lanes;
    if (b < count) {
      TONEARM_UNROLL(32)
      for (int j = 0; j < R; ++j) a[u][j] = load(b + count * j);
    }
  }
  __syncthreads();
  TONEARM_UNROLL(32)
  for (int u = 0; u < U; ++u) {
    const int b = lane + u * lanes;
    if (b < count) {
      dft<R>(a[u]);
      const int p = b / stride;
      const int first = b - p * stride + stride * R * p;
      const float* t = twiddle + 2 * (R - 1) * p;
      planes.put(first, a[u][0]);
      TONEARM_UNROLL(32)
      for (int k = 1; k < R; ++k) {
        const float c = t[2 * (k - 1)], s = t[2 * (k - 1) + 1];
        planes.put(first + stride * k, {a[u][k].re * c - a[u][k].im * s, a[u][k].re * s + a[u][k].im * c});
      }
    }
  }
  __syncthreads();
}

/// Elements in the order of `order`, where a transform has left them.
struct OrderedPlanes {
  float *re, *im;
  int windows, w;
  const std::uint16_t* order;
  __device__ __forceinline__ int at(int e) const { return order[e] * windows + w; }
  __device__ __forceinline__ Pair<float> get(int e) const { return {re[at(e)], im[at(e)]}; }
  __device__ __forceinline__ void put(int e, Pair<float> v) const {
    re[at(e)] = v.re;
    im[at(e)] = v.im;
  }
};

/// Any product of 2, 3, 5 and 7, by the stages of the job, decimated in frequency in place: a butterfly writes where it
/// read, so a thread needs no more registers for a long transform than for a short one, and the digits of the result's
/// order are reversed. Twiddles are those of core/dsp/fft.h.
struct GenericFft {
  static constexpr int kSkip = 0;
  static constexpr int kMaxThreads = 512;
  static constexpr int kMinBlocks = 1;
  static constexpr int kElements = 16;  ///< of a window, that one thread loads

  static __device__ __forceinline__ int lanes(const FeatureJob& job) { return job.lanes; }
  static __device__ __forceinline__ int windows(const FeatureJob& job) { return job.tile_windows; }
  static __device__ __forceinline__ int size(const FeatureJob& job) { return job.size; }
  static __device__ __forceinline__ bool packed(const FeatureJob& job) { return job.packed; }
  static __device__ __forceinline__ OrderedPlanes result(const FeatureJob& job, const Planes<kSkip>& planes) {
    return {planes.re, planes.im, planes.windows, planes.w, job.order};
  }

  /// One stage: transforms of n elements each become R of n / R.
  template <int R>
  static __device__ __forceinline__ void stage(const Planes<kSkip>& planes, int size, int n, int lane, int lanes,
                                               const float* twiddle) {
    const int m = n / R;
    for (int b = lane; b < size / R; b += lanes) {
      const int block = b / m;
      const int p = b - block * m;
      const int base = block * n + p;
      const float* t = twiddle + 2 * (R - 1) * p;
      Pair<float> a[R];
      TONEARM_UNROLL(32)
      for (int j = 0; j < R; ++j) a[j] = planes.get(base + m * j);
      dft<R>(a);
      planes.put(base, a[0]);
      TONEARM_UNROLL(32)
      for (int k = 1; k < R; ++k) {
        const float c = t[2 * (k - 1)], s = t[2 * (k - 1) + 1];
        planes.put(base + m * k, {a[k].re * c - a[k].im * s, a[k].re * s + a[k].im * c});
      }
    }
    __syncthreads();
  }

  template <class Load>
  static __device__ __forceinline__ void run(const FeatureJob& job, const Planes<kSkip>& planes, int lane,
                                             const Load& load) {
    const int size = job.size;
    const int lanes = job.lanes;
    {
      Pair<float> a[kElements];
      TONEARM_UNROLL(32)
      for (int u = 0; u < kElements; ++u)
        if (lane + u * lanes < size) a[u] = load(lane + u * lanes);
      __syncthreads();
      TONEARM_UNROLL(32)
      for (int u = 0; u < kElements; ++u)
        if (lane + u * lanes < size) planes.put(lane + u * lanes, a[u]);
      __syncthreads();
    }
    const float* twiddle = job.twiddle;
    int n = size;
    for (int i = 0; i < job.num_stages; ++i) {
      const int r = job.radix[i];
      switch (r) {
        case 2: stage<2>(planes, size, n, lane, lanes, twiddle); break;
        case 3: stage<3>(planes, size, n, lane, lanes, twiddle); break;
        case 4: stage<4>(planes, size, n, lane, lanes, twiddle); break;
        case 5: stage<5>(planes, size, n, lane, lanes, twiddle); break;
        case 7: stage<7>(planes, size, n, lane, lanes, twiddle); break;
        default: stage<8>(planes, size, n, lane, lanes, twiddle); break;
      }
      n /= r;
      twiddle += 2 * (r - 1) * n;
    }
  }
};

/// A packed transform of kSize = product of R..., with everything known to the compiler.
/// kBlocks: blocks that a multiprocessor shall hold at once, which bounds the registers.
template <int kWindows, int kLanes, int kBlocks, int... R>
struct FixedFft {
  static constexpr int kSize = (R * ...);
  static constexpr int kRadix[sizeof...(R)] = {R...};
  static constexpr int kSkip = kRadix[0];
  static constexpr int kMaxThreads = kWindows * kLanes;
  static constexpr int kMinBlocks = kBlocks;

  static __device__ __forceinline__ constexpr int lanes(const FeatureJob&) { return kLanes; }
  static __device__ __forceinline__ constexpr int windows(const FeatureJob&) { return kWindows; }
  static __device__ __forceinline__ constexpr int size(const FeatureJob&) { return kSize; }
  static __device__ __forceinline__ constexpr bool packed(const FeatureJob&) { return true; }
  static __device__ __forceinline__ Planes<kSkip> result(const FeatureJob&, const Planes<kSkip>& planes) {
    return planes;
  }

  template <int kStride, int First, int... Rest, class Load>
  static __device__ __forceinline__ void stages(const Planes<kSkip>& planes, int lane, const float* twiddle,
                                                const Load& load) {
    constexpr int kButterflies = (kSize / First + kLanes - 1) / kLanes;
    fft_stage_in_place<First, kButterflies>(planes, kSize, kStride, lane, kLanes, twiddle, load);
    if constexpr (sizeof...(Rest) > 0)
      stages<kStride * First, Rest...>(planes, lane, twiddle + 2 * (First - 1) * (kSize / kStride / First),
                                       [&](int e) { return planes.get(e); });
  }
  template <class Load>
  static __device__ __forceinline__ void run(const FeatureJob& job, const Planes<kSkip>& planes, int lane,
                                             const Load& load) {
    stages<1, R...>(planes, lane, job.twiddle, load);
  }
};

using Fft400 = FixedFft<16, 10, 4, 20, 10>;
using Fft512 = FixedFft<16, 16, 3, 16, 16>;
using Fft1024 = FixedFft<4, 64, 3, 8, 8, 8>;

}  // namespace
