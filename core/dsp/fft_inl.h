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
TONEARM_HOST_DEVICE inline void small_dft(Pair<V>* a) {
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

// The last stage has one group of twiddles, all 1: it goes without.
template <class V, class T, int R>
void fft_stage(int n, int stride, const T* twiddle, const Pair<V>* in, Pair<V>* out) {
  const int m = n / R;
  if (m == 1) {
    for (int q = 0; q < stride; ++q) {
      Pair<V> a[R];
      TONEARM_UNROLL(8)
      for (int j = 0; j < R; ++j) a[j] = in[q + stride * j];
      small_dft<V, T, R>(a);
      TONEARM_UNROLL(8)
      for (int k = 0; k < R; ++k) out[q + stride * k] = a[k];
    }
    return;
  }
  for (int p = 0; p < m; ++p, twiddle += 2 * (R - 1)) {
    for (int q = 0; q < stride; ++q) {
      Pair<V> a[R];
      TONEARM_UNROLL(8)
      for (int j = 0; j < R; ++j) a[j] = in[q + stride * (p + m * j)];
      small_dft<V, T, R>(a);
      Pair<V>* y = out + q + stride * R * p;
      y[0] = a[0];
      TONEARM_UNROLL(8)
      for (int k = 1; k < R; ++k) {
        const T c = twiddle[2 * (k - 1)], s = twiddle[2 * (k - 1) + 1];
        y[stride * k] = {a[k].re * c - a[k].im * s, a[k].re * s + a[k].im * c};
      }
    }
  }
}

// Forward transform of data; returns whichever of data and other holds the result.
template <class V, class T>
Pair<V>* complex_fft(const FftStages<T>& f, Pair<V>* data, Pair<V>* other) {
  int n = f.size;
  int stride = 1;
  const T* twiddle = f.twiddle;
  for (int i = 0; i < f.num_stages; ++i) {
    const int r = f.radix[i];
    switch (r) {
      case 2: fft_stage<V, T, 2>(n, stride, twiddle, data, other); break;
      case 3: fft_stage<V, T, 3>(n, stride, twiddle, data, other); break;
      case 4: fft_stage<V, T, 4>(n, stride, twiddle, data, other); break;
      case 5: fft_stage<V, T, 5>(n, stride, twiddle, data, other); break;
      case 7: fft_stage<V, T, 7>(n, stride, twiddle, data, other); break;
      default: fft_stage<V, T, 8>(n, stride, twiddle, data, other); break;
    }
    twiddle += 2 * (r - 1) * (n / r);
    n /= r;
    stride *= r;
    Pair<V>* swap = data;
    data = other;
    other = swap;
  }
  return data;
}

// Calls emit(k, bin) for each bin of x [size], which is overwritten. a, b: scratch of stages.size each, of which the
// packed transform leaves `a` alone.
template <class V, class T, class Emit>
void real_fft(const RealFft<T>& f, V* x, Pair<V>* a, Pair<V>* b, const Emit& emit) {
  const int n = f.size;
  if (f.bluestein) {
    const int m = f.stages.size;
    for (int i = 0; i < n; ++i) a[i] = {x[i] * f.chirp[2 * i], x[i] * f.chirp[2 * i + 1]};
    for (int i = n; i < m; ++i) a[i] = Pair<V>{V{}, V{}};
    Pair<V>* y = complex_fft<V, T>(f.stages, a, b);
    // Product with the filter, real and imaginary parts exchanged: a forward transform of that is the inverse.
    for (int i = 0; i < m; ++i) {
      const T c = f.filter[2 * i], s = f.filter[2 * i + 1];
      y[i] = {y[i].re * s + y[i].im * c, y[i].re * c - y[i].im * s};
    }
    const Pair<V>* z = complex_fft<V, T>(f.stages, y, y == a ? b : a);
    for (int k = 0; k <= n / 2; ++k) {
      const T c = f.chirp[2 * k], s = f.chirp[2 * k + 1];
      emit(k, Pair<V>{z[k].im * c - z[k].re * s, z[k].im * s + z[k].re * c});
    }
    return;
  }
  if (!f.packed) {
    for (int i = 0; i < n; ++i) a[i] = {x[i], V{}};
    const Pair<V>* z = complex_fft<V, T>(f.stages, a, b);
    for (int k = 0; k <= n / 2; ++k) emit(k, z[k]);
    return;
  }
  // Neighbours are the parts of one complex value as they lie. With E and O the transforms of the even and the odd
  // values, bin k is E + w O and bin h - k the conjugate of E - w O.
  const int h = n / 2;
  const Pair<V>* z = complex_fft<V, T>(f.stages, reinterpret_cast<Pair<V>*>(x), b);
  for (int k = 0; k <= h / 2; ++k) {
    const Pair<V> u = z[k];
    const Pair<V> v = z[k == 0 ? 0 : h - k];
    const T c = f.post[2 * k], s = f.post[2 * k + 1];
    const Pair<V> e = {(u.re + v.re) * T(0.5), (u.im - v.im) * T(0.5)};
    const Pair<V> o = {(u.im + v.im) * T(0.5), (v.re - u.re) * T(0.5)};
    const Pair<V> t = {o.re * c - o.im * s, o.re * s + o.im * c};
    emit(k, Pair<V>{e.re + t.re, e.im + t.im});
    if (k != h - k) emit(h - k, Pair<V>{e.re - t.re, t.im - e.im});
  }
}

}  // namespace
