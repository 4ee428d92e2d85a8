// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Body of ResampleKernels::blocks; see resample_blocks.h for the arithmetic and simd_inl.h for how this file is
// compiled.

namespace {

// Half a spectrum [size / 2 + 1] to `size` real values, times `size`, two to a pair of `out`, which may be `bins`.
// a: scratch of size / 2.
template <class V, class T>
void inverse_real_fft(const RealFft<T>& f, const Pair<V>* bins, Pair<V>* a, Pair<V>* out) {
  const int h = f.size / 2;
  for (int k = 0; k < h; ++k) {
    const Pair<V> u = bins[k], v = bins[h - k];
    const T c = f.post[2 * k], s = f.post[2 * k + 1];
    const Pair<V> even = {u.re + v.re, u.im - v.im};
    const Pair<V> turned = {u.re - v.re, u.im + v.im};
    const Pair<V> odd = {turned.re * c + turned.im * s, turned.im * c - turned.re * s};
    // Real and imaginary parts exchanged before and after: a forward transform of that is the inverse.
    a[k] = {even.im + odd.re, even.re - odd.im};
  }
  complex_fft<V, T>(f.stages, a, f.stages.num_stages);
  for (int k = 0; k < h; ++k) out[k] = {a[f.stages.place[k]].im, a[f.stages.place[k]].re};
}

void blocks(const BlockJob& job) {
  using V = Vector<float>;
  constexpr int n = kLanes<float>;
  const std::int64_t longest = job.forward.size > job.inverse.size ? job.forward.size : job.inverse.size;
  const std::int64_t pairs = longest / 2 + 1;
  Pair<V>* a = static_cast<Pair<V>*>(job.scratch);
  Pair<V>* bins = a + pairs;
  const int half_out = job.inverse.size / 2;
  for (std::int64_t block = 0; block < job.num_blocks; block += n) {
    const int lanes_used = job.num_blocks - block < n ? static_cast<int>(job.num_blocks - block) : n;
    const std::int64_t first = job.block_begin + block;
    V* tile = reinterpret_cast<V*>(a);
    const V bad =
        load_tile<float, float>(job, first * job.hop_in - job.skip_in, job.hop_in, lanes_used, job.block_in, tile);
    for (int l = 0; l < lanes_used; ++l) job.is_finite[block + l] = bad[l] == 0;
    real_fft<V, float>(job.forward, tile, nullptr, nullptr, [&](int k, const Pair<V>& bin) { bins[k] = bin; });
    // `a` is free again: the output's spectrum goes there, and then the output itself.
    for (int p = 0; p <= half_out; ++p) {
      Pair<V> sum = {};
      for (std::int32_t t = job.first_term[p]; t < job.first_term[p + 1]; ++t) {
        const BlockTerm term = job.terms[t];
        sum.re += bins[term.bin].re * term.re;
        sum.im += bins[term.bin].im * term.im;
      }
      a[p] = sum;
    }
    inverse_real_fft<V, float>(job.inverse, a, bins, a);
    float* out = static_cast<float*>(job.out) + (first * job.hop_out - job.out_begin);
    store_rows<float, float>(tile + job.skip_out, out, job.hop_out, lanes_used, job.rows_out);
  }
}

}  // namespace
