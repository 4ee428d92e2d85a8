// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The transform of fft.h over values V with tables of T. Needs nothing of the standard library; included inside an
// unnamed namespace per instruction set (see simd_inl.h) and by fft.cpp for doubles.

namespace {

template <class V>
struct Pair {
  V re, im;
};

// cos and sin of 2 pi (k + 1) / R for k in 0 .. (R - 3) / 2; functions, because a device sees no static arrays.
template <int R>
struct Roots;
template <>
struct Roots<3> {
  static TONEARM_HOST_DEVICE constexpr double c(int) { return -0.5; }
  static TONEARM_HOST_DEVICE constexpr double s(int) { return 0.86602540378443864676; }
};
template <>
struct Roots<5> {
  static TONEARM_HOST_DEVICE constexpr double c(int k) {
    return k == 0 ? 0.30901699437494742410 : -0.80901699437494742410;
  }
  static TONEARM_HOST_DEVICE constexpr double s(int k) {
    return k == 0 ? 0.95105651629515357212 : 0.58778525229247312917;
  }
};
template <>
struct Roots<7> {
  static TONEARM_HOST_DEVICE constexpr double c(int k) {
    return k == 0 ? 0.62348980185873353053 : k == 1 ? -0.22252093395631440429 : -0.90096886790241912624;
  }
  static TONEARM_HOST_DEVICE constexpr double s(int k) {
    return k == 0 ? 0.78183148246802980871 : k == 1 ? 0.97492791218182360702 : 0.43388373911755812048;
  }
};

// Discrete transform of R values in place. Odd R pairs a[j] with a[R - j]: half the products.
template <class V, class T, int R>
TONEARM_INLINE void small_dft(Pair<V>* a) {
  if constexpr (R == 2) {
    const Pair<V> d = {a[0].re - a[1].re, a[0].im - a[1].im};
    a[0] = {a[0].re + a[1].re, a[0].im + a[1].im};
    a[1] = d;
  } else if constexpr (R == 4) {
    const Pair<V> s02 = {a[0].re + a[2].re, a[0].im + a[2].im}, d02 = {a[0].re - a[2].re, a[0].im - a[2].im};
    const Pair<V> s13 = {a[1].re + a[3].re, a[1].im + a[3].im}, d13 = {a[1].re - a[3].re, a[1].im - a[3].im};
    a[0] = {s02.re + s13.re, s02.im + s13.im};
    a[1] = {d02.re + d13.im, d02.im - d13.re};
    a[2] = {s02.re - s13.re, s02.im - s13.im};
    a[3] = {d02.re - d13.im, d02.im + d13.re};
  } else if constexpr (R == 8) {
    const T r = static_cast<T>(0.70710678118654752440);
    Pair<V> even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
    small_dft<V, T, 4>(even);
    small_dft<V, T, 4>(odd);
    odd[1] = {(odd[1].re + odd[1].im) * r, (odd[1].im - odd[1].re) * r};
    odd[2] = {odd[2].im, -odd[2].re};
    odd[3] = {(odd[3].im - odd[3].re) * r, -(odd[3].re + odd[3].im) * r};
    TONEARM_UNROLL(4)
    for (int k = 0; k < 4; ++k) {
      a[k] = {even[k].re + odd[k].re, even[k].im + odd[k].im};
      a[k + 4] = {even[k].re - odd[k].re, even[k].im - odd[k].im};
    }
  } else {
    constexpr int h = (R - 1) / 2;
    Pair<V> sum[h], diff[h];
    Pair<V> out0 = a[0];
    TONEARM_UNROLL(3)
    for (int j = 0; j < h; ++j) {
      sum[j] = {a[j + 1].re + a[R - 1 - j].re, a[j + 1].im + a[R - 1 - j].im};
      diff[j] = {a[j + 1].re - a[R - 1 - j].re, a[j + 1].im - a[R - 1 - j].im};
      out0.re += sum[j].re;
      out0.im += sum[j].im;
    }
    Pair<V> out[h], mirror[h];
    TONEARM_UNROLL(3)
    for (int k = 0; k < h; ++k) {
      Pair<V> even = a[0];
      Pair<V> odd = {};
      TONEARM_UNROLL(3)
      for (int j = 0; j < h; ++j) {
        const int turn = (k + 1) * (j + 1) % R;
        const int root = turn <= h ? turn - 1 : R - turn - 1;
        const T c = static_cast<T>(Roots<R>::c(root));
        const T s = static_cast<T>(turn <= h ? Roots<R>::s(root) : -Roots<R>::s(root));
        even.re += c * sum[j].re;
        even.im += c * sum[j].im;
        odd.re += s * diff[j].im;
        odd.im -= s * diff[j].re;
      }
      out[k] = {even.re + odd.re, even.im + odd.im};
      mirror[k] = {even.re - odd.re, even.im - odd.im};
    }
    a[0] = out0;
    TONEARM_UNROLL(3)
    for (int k = 0; k < h; ++k) {
      a[k + 1] = out[k];
      a[R - 1 - k] = mirror[k];
    }
  }
}

// One pass in place over groups of n values. The last one's twiddles are all 1: it goes without.
template <class V, class T, int R>
void fft_stage(int size, int n, const T* twiddle, Pair<V>* data) {
  const int m = n / R;
  for (Pair<V>* group = data; group < data + size; group += n) {
    const T* w = twiddle;
    for (int p = 0; p < m; ++p, w += 2 * (R - 1)) {
      Pair<V> a[R];
      TONEARM_UNROLL(8)
      for (int j = 0; j < R; ++j) a[j] = group[p + m * j];
      small_dft<V, T, R>(a);
      group[p] = a[0];
      TONEARM_UNROLL(8)
      for (int k = 1; k < R; ++k) {
        const T c = w[2 * (k - 1)], s = w[2 * (k - 1) + 1];
        group[p + m * k] = m == 1 ? a[k] : Pair<V>{a[k].re * c - a[k].im * s, a[k].re * s + a[k].im * c};
      }
    }
  }
}

// The first `num_stages` of a forward transform in place. After all of them bin k is at f.place[k].
template <class V, class T>
void complex_fft(const FftStages<T>& f, Pair<V>* data, int num_stages) {
  int n = f.size;
  const T* twiddle = f.twiddle;
  for (int i = 0; i < num_stages; ++i) {
    const int r = f.radix[i];
    switch (r) {
      case 2: fft_stage<V, T, 2>(f.size, n, twiddle, data); break;
      case 3: fft_stage<V, T, 3>(f.size, n, twiddle, data); break;
      case 4: fft_stage<V, T, 4>(f.size, n, twiddle, data); break;
      case 5: fft_stage<V, T, 5>(f.size, n, twiddle, data); break;
      case 7: fft_stage<V, T, 7>(f.size, n, twiddle, data); break;
      default: fft_stage<V, T, 8>(f.size, n, twiddle, data); break;
    }
    twiddle += 2 * (r - 1) * (n / r);
    n /= r;
  }
}

// Bins k and h - k, h = size / 2, of real values whose packed transform has u and v there. With E and O the transforms
// of the even and the odd values they are E + w O and the conjugate of E - w O.
template <class V, class T, class Emit>
TONEARM_INLINE void unpack(const RealFft<T>& f, int k, const Pair<V>& u, const Pair<V>& v, const Emit& emit) {
  const T c = f.post[2 * k], s = f.post[2 * k + 1];
  const Pair<V> e = {(u.re + v.re) * T(0.5), (u.im - v.im) * T(0.5)};
  const Pair<V> o = {(u.im + v.im) * T(0.5), (v.re - u.re) * T(0.5)};
  const Pair<V> t = {o.re * c - o.im * s, o.re * s + o.im * c};
  emit(k, Pair<V>{e.re + t.re, e.im + t.im});
  if (2 * k != f.stages.size) emit(f.stages.size - k, Pair<V>{e.re - t.re, t.im - e.im});
}

template <class V, class T, int R>
TONEARM_INLINE void last_stage(const Pair<V>* group, Pair<V>* bins) {
  TONEARM_UNROLL(8)
  for (int j = 0; j < R; ++j) bins[j] = group[j];
  if constexpr (R > 1) small_dft<V, T, R>(bins);
}

// The last stage (R: its radix) of a packed transform and what comes after it, in registers: passes over memory cost
// more than their arithmetic.
template <class V, class T, int R, class Emit>
void finish_packed_fft(const RealFft<T>& f, const Pair<V>* data, const Emit& emit) {
  // Group q becomes bins q, q + groups, ... Their mirror images are those of group groups - q, in reverse.
  const int* place = f.stages.place;
  const int groups = f.stages.size / R;
  Pair<V> a[R], b[R];
  last_stage<V, T, R>(data, a);
  unpack(f, 0, a[0], a[0], emit);
  TONEARM_UNROLL(8)
  for (int k = 1; k <= R / 2; ++k) unpack(f, groups * k, a[k], a[R - k], emit);
  for (int q = 1; q < groups - q; ++q) {
    last_stage<V, T, R>(data + place[q], a);
    last_stage<V, T, R>(data + place[groups - q], b);
    TONEARM_UNROLL(8)
    for (int k = 0; k < R; ++k) unpack(f, q + groups * k, a[k], b[R - 1 - k], emit);
  }
  if (groups % 2 != 0) return;
  last_stage<V, T, R>(data + place[groups / 2], a);
  TONEARM_UNROLL(8)
  for (int k = 0; k < (R + 1) / 2; ++k) unpack(f, groups / 2 + groups * k, a[k], a[R - 1 - k], emit);
}

// Calls emit(k, bin) once for each bin of x [size], in any order; x is overwritten. a, b: scratch of stages.size each,
// which a packed transform leaves alone.
template <class V, class T, class Emit>
void real_fft(const RealFft<T>& f, V* x, Pair<V>* a, Pair<V>* b, const Emit& emit) {
  const int n = f.size;
  const FftStages<T>& stages = f.stages;
  if (f.bluestein) {
    const int m = stages.size;
    for (int i = 0; i < n; ++i) a[i] = {x[i] * f.chirp[2 * i], x[i] * f.chirp[2 * i + 1]};
    for (int i = n; i < m; ++i) a[i] = Pair<V>{V{}, V{}};
    complex_fft<V, T>(stages, a, stages.num_stages);
    // Product with the filter, real and imaginary parts exchanged: a forward transform of that is the inverse.
    for (int i = 0; i < m; ++i) {
      const Pair<V> y = a[stages.place[i]];
      const T c = f.filter[2 * i], s = f.filter[2 * i + 1];
      b[i] = {y.re * s + y.im * c, y.re * c - y.im * s};
    }
    complex_fft<V, T>(stages, b, stages.num_stages);
    for (int k = 0; k <= n / 2; ++k) {
      const Pair<V> z = b[stages.place[k]];
      const T c = f.chirp[2 * k], s = f.chirp[2 * k + 1];
      emit(k, Pair<V>{z.im * c - z.re * s, z.im * s + z.re * c});
    }
    return;
  }
  if (!f.packed) {
    for (int i = 0; i < n; ++i) a[i] = {x[i], V{}};
    complex_fft<V, T>(stages, a, stages.num_stages);
    for (int k = 0; k <= n / 2; ++k) emit(k, a[stages.place[k]]);
    return;
  }
  // Neighbours are the parts of one complex value as they lie.
  Pair<V>* z = reinterpret_cast<Pair<V>*>(x);
  if (stages.num_stages == 0) return finish_packed_fft<V, T, 1>(f, z, emit);
  complex_fft<V, T>(stages, z, stages.num_stages - 1);
  switch (stages.radix[stages.num_stages - 1]) {
    case 2: return finish_packed_fft<V, T, 2>(f, z, emit);
    case 3: return finish_packed_fft<V, T, 3>(f, z, emit);
    case 4: return finish_packed_fft<V, T, 4>(f, z, emit);
    case 5: return finish_packed_fft<V, T, 5>(f, z, emit);
    case 7: return finish_packed_fft<V, T, 7>(f, z, emit);
    default: return finish_packed_fft<V, T, 8>(f, z, emit);
  }
}

}  // namespace
