// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Bodies of ResampleKernels; see kernels.h for the layouts and simd_inl.h for how this file is compiled.

namespace {

// tile[row][lane] = in[origin + lane * stride + row], zero outside the signal. Returns zero in lanes whose values are
// all finite, NaN in others.
template <class In, class T, class Job>
Vector<T> load_tile(const Job& job, std::int64_t origin, std::int64_t stride, int lanes_used, std::int64_t rows,
                    Vector<T>* tile) {
  constexpr int n = kLanes<T>;
  const In* in = static_cast<const In*>(job.in);
  Vector<T> bad = {};
  std::int64_t row = 0;
  const bool inside = origin >= job.in_begin && lanes_used == n && origin + (n - 1) * stride + rows <= job.in_end;
  if (inside) {
    const In* base = in + (origin - job.in_begin);
    for (; row + n <= rows; row += n) {
      Vector<T> block[n];
#pragma GCC unroll 16
      for (int l = 0; l < n; ++l) {
        if constexpr (sizeof(In) == sizeof(T)) {
          block[l] = load_unaligned<T>(base + l * stride + row);
        } else {
          for (int i = 0; i < n; ++i) block[l][i] = static_cast<T>(base[l * stride + row + i]);
        }
      }
      transpose<T>(block);
#pragma GCC unroll 16
      for (int i = 0; i < n; ++i) {
        tile[row + i] = block[i];
        bad += block[i] * T(0);
      }
    }
  }
  for (; row < rows; ++row) {
    Vector<T> v = {};
    for (int l = 0; l < lanes_used; ++l) {
      const std::int64_t at = origin + l * stride + row;
      if (at >= job.in_begin && at < job.in_end) v[l] = static_cast<T>(in[at - job.in_begin]);
    }
    tile[row] = v;
    bad += v * T(0);
  }
  return bad;
}

// out[lane * stride + row] = rows[row][lane] for the first `count` rows.
template <class In, class T>
void store_rows(const Vector<T>* rows, In* out, std::int64_t stride, int lanes_used, std::int64_t count) {
  constexpr int n = kLanes<T>;
  std::int64_t row = 0;
  if constexpr (sizeof(In) == sizeof(T)) {
    for (; row + n <= count; row += n) {
      Vector<T> block[n];
#pragma GCC unroll 16
      for (int i = 0; i < n; ++i) block[i] = rows[row + i];
      transpose<T>(block);
      for (int l = 0; l < lanes_used; ++l) store_unaligned<T>(out + l * stride + row, block[l]);
    }
  }
  for (; row < count; ++row)
    for (int l = 0; l < lanes_used; ++l) out[l * stride + row] = static_cast<In>(rows[row][l]);
}

// Rows summed before they join the total: bounds the rounding of long filters.
constexpr int kSegmentRows = 64;

// Four phases over their joint rows. Even and odd rows are summed apart: twice the independent chains.
template <class T>
inline void sum_block(const Vector<T>* x, const T* coef, int rows, Vector<T>* result) {
  Vector<T> total[kBlockPhases] = {};
  for (int begin = 0; begin < rows; begin += kSegmentRows) {
    const int end = begin + kSegmentRows < rows ? begin + kSegmentRows : rows;
    Vector<T> even[kBlockPhases] = {};
    Vector<T> odd[kBlockPhases] = {};
    int row = begin;
    for (; row + 2 <= end; row += 2, coef += 2 * kBlockPhases) {
      const Vector<T> x0 = x[row];
      const Vector<T> x1 = x[row + 1];
#pragma GCC unroll 4
      for (int p = 0; p < kBlockPhases; ++p) {
        even[p] += x0 * coef[p];
        odd[p] += x1 * coef[kBlockPhases + p];
      }
    }
    if (row < end)
      for (int p = 0; p < kBlockPhases; ++p) even[p] += x[row] * coef[p];
    for (int p = 0; p < kBlockPhases; ++p) total[p] += even[p] + odd[p];
  }
  for (int p = 0; p < kBlockPhases; ++p) result[p] = total[p];
}

// The same sums, reading only rows a phase may touch: zero times NaN would spread it. Same order, hence the same bits
// wherever all is finite.
template <class T>
void sum_block_guarded(const Vector<T>* x, const T* coef, const std::int32_t* support, int rows, Vector<T>* result) {
  for (int p = 0; p < kBlockPhases; ++p) {
    Vector<T> total = {};
    for (int begin = 0; begin < rows; begin += kSegmentRows) {
      Vector<T> sums[2] = {};
      for (int row = begin; row < rows && row < begin + kSegmentRows; ++row) {
        if (row >= support[2 * p] && row < support[2 * p + 1]) sums[row & 1] += x[row] * coef[row * kBlockPhases + p];
      }
      total += sums[0] + sums[1];
    }
    result[p] = total;
  }
}

template <class In, class T>
void banded(const BandedJob& job) {
  constexpr int n = kLanes<T>;
  const T* coef = static_cast<const T*>(job.coef);
  Vector<T>* tile = static_cast<Vector<T>*>(job.tile);
  Vector<T>* result = static_cast<Vector<T>*>(job.result);
  const auto first_row = [&](std::int64_t block) {
    return job.block_first[block % job.num_blocks] + block / job.num_blocks * job.cycle_in;
  };
  const std::int64_t max_rows = banded_tile_rows(job.rows, job.period_in);
  const std::int64_t block_end = (job.phase_end + kBlockPhases - 1) / kBlockPhases;
  for (std::int64_t period = 0; period < job.num_periods; period += n) {
    const int lanes_used = job.num_periods - period < n ? static_cast<int>(job.num_periods - period) : n;
    std::int64_t block = job.phase_begin / kBlockPhases;
    while (block < block_end) {
      const std::int64_t chunk_begin = block;
      const std::int64_t lo = first_row(block);
      std::int64_t chunk_end = block + 1;
      while (chunk_end < block_end && first_row(chunk_end) + job.rows - lo <= max_rows) ++chunk_end;
      const std::int64_t rows = first_row(chunk_end - 1) + job.rows - lo;
      const std::int64_t origin = (job.period_begin + period) * job.period_in + lo;
      const Vector<T> bad = load_tile<In, T>(job, origin, job.period_in, lanes_used, rows, tile);
      bool finite = true;
      for (int l = 0; l < n; ++l) finite = finite && bad[l] == T(0);
      for (; block < chunk_end; ++block) {
        const Vector<T>* x = tile + (first_row(block) - lo);
        const std::int64_t kind = block % job.num_blocks;
        const T* c = coef + kind * job.rows * kBlockPhases;
        Vector<T>* r = result + (block - chunk_begin) * kBlockPhases;
        if (finite)
          sum_block<T>(x, c, job.rows, r);
        else
          sum_block_guarded<T>(x, c, job.support + kind * 2 * kBlockPhases, job.rows, r);
      }
      const std::int64_t computed = chunk_begin * kBlockPhases;
      const std::int64_t first = job.phase_begin > computed ? job.phase_begin : computed;
      const std::int64_t last = job.phase_end < chunk_end * kBlockPhases ? job.phase_end : chunk_end * kBlockPhases;
      In* out = static_cast<In*>(job.out) + ((job.period_begin + period) * job.period_out + first - job.out_begin);
      store_rows<In, T>(result + (first - computed), out, job.period_out, lanes_used, last - first);
    }
  }
}

template <class In, class T>
void interpolated(const InterpolatedJob& job) {
  constexpr int n = kLanes<T>;
  const In* in = static_cast<const In*>(job.in);
  In* out = static_cast<In*>(job.out);
  const T* coef = static_cast<const T*>(job.coef);
  std::int64_t whole = job.out_begin / job.n * job.o;
  std::int64_t part = job.out_begin % job.n * job.o;  // position = whole + part / n, exact
  whole += part / job.n;
  part %= job.n;
  Vector<T> iota;
  for (int l = 0; l < n; ++l) iota[l] = static_cast<T>(l);
  for (std::int64_t k = job.out_begin; k < job.out_end; ++k) {
    const double fraction = static_cast<double>(part) / static_cast<double>(job.n);
    // (part * subphases) / n splits exactly: no rounding decides which rows are used.
    const std::int64_t scaled = part * job.subphases;
    double wd[4];
    cubic_weights(static_cast<double>(scaled % job.n) / static_cast<double>(job.n), wd);
    const T w[4] = {static_cast<T>(wd[0]), static_cast<T>(wd[1]), static_cast<T>(wd[2]), static_cast<T>(wd[3])};
    const T* row0 = coef + scaled / job.n * job.taps;
    const T* row1 = row0 + job.taps;
    const T* row2 = row1 + job.taps;
    const T* row3 = row2 + job.taps;

    // The support is open: |i - fraction| < half_width.
    std::int64_t begin = floor_to_int(fraction - job.half_width) + 1 - job.first_tap;
    std::int64_t end = -floor_to_int(-(fraction + job.half_width)) - job.first_tap;
    const std::int64_t base = whole + job.first_tap;
    if (begin < 0) begin = 0;
    if (end > job.taps) end = job.taps;
    if (begin < job.in_begin - base) begin = job.in_begin - base;
    if (end > job.in_end - base) end = job.in_end - base;

    // Vectors start at multiples of the lane count in tap index, so that an edge or a chunk never regroups a sum. Lanes
    // outside the support are cleared in x, not by a zero weight: zero times NaN would spread it.
    Vector<T> sum = {};
    for (std::int64_t i = begin / n * n; i < end; i += n) {
      const Vector<T> c = load_unaligned<T>(row0 + i) * w[0] + load_unaligned<T>(row1 + i) * w[1] +
                          load_unaligned<T>(row2 + i) * w[2] + load_unaligned<T>(row3 + i) * w[3];
      Vector<T> x = {};
      const std::int64_t at = base + i;
      if (sizeof(In) == sizeof(T) && at >= job.in_begin && at + n <= job.in_end) {
        __builtin_memcpy(&x, in + (at - job.in_begin), sizeof x);
        if (i < begin || i + n > end) {
          const Vector<T> tap = iota + static_cast<T>(i);
          x = ((tap >= static_cast<T>(begin)) & (tap < static_cast<T>(end))) ? x : Vector<T>{};
        }
      } else {
        for (int l = 0; l < n; ++l)
          if (i + l >= begin && i + l < end) x[l] = static_cast<T>(in[at + l - job.in_begin]);
      }
      sum += c * x;
    }
    T total = 0;
    for (int l = 0; l < n; ++l) total += sum[l];
    out[k - job.out_begin] = static_cast<In>(total);

    part += job.o;
    whole += part / job.n;
    part %= job.n;
  }
}

}  // namespace
