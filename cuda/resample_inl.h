// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling by the tables of core/dsp/resample_plan.h. Compiled by nvcc, and as host code by the emulation.
// T is the arithmetic's type: double for vhq. Positions are exact 64-bit integers.

namespace {

template <class T>
struct alignas(4 * sizeof(T)) PhaseRow {
  T phase[core::kBlockPhases];
};

/// Rows that are summed before they join the total: bounds the rounding of long filters.
constexpr int kSegmentRows = 64;

/// A thread computes one block of neighbouring phases of one cycle; threads side by side take neighbouring cycles,
/// whose coefficients are the same and whose samples stand an odd distance apart in shared memory.
template <class T>
__global__ void __launch_bounds__(kResampleThreads, 1) resample_banded(const __grid_constant__ ResampleJob job) {
  TONEARM_SHARED_FLOATS(shared);
  constexpr int kP = core::kBlockPhases;
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t tile = job.batch.first_tile + blockIdx.x;
  const Signal signal = find_signal(job.batch, tile);
  const std::int64_t local = tile - signal.first_tile;
  const std::int64_t first_cycle = local / job.num_groups * job.cycles;
  const std::int64_t first_block = local % job.num_groups * job.group_blocks;
  const std::int64_t end_block =
      first_block + job.group_blocks < job.num_blocks ? first_block + job.group_blocks : job.num_blocks;
  const int first_row = job.block_first[first_block];
  const int result_pitch = job.group_blocks * kP + 1;
  float* const result = shared + job.cycles * job.pitch;

  with_samples(job.batch, signal, [&](const auto& in) {
    for (int i = thread; i < job.cycles * job.span; i += kResampleThreads) {
      const int cycle = i / job.span;
      const int row = i - cycle * job.span;
      const std::int64_t at = (first_cycle + cycle) * job.cycle_in + first_row + row;
      shared[cycle * job.pitch + row] = at >= 0 && at < signal.length ? in[at] : 0.0f;
    }
  });
  __syncthreads();

  const int cycle = thread % job.cycles;
  for (std::int64_t block = first_block + thread / job.cycles; block < end_block;
       block += kResampleThreads / job.cycles) {
    const float* x = shared + cycle * job.pitch + (job.block_first[block] - first_row);
    const PhaseRow<T>* coef = static_cast<const PhaseRow<T>*>(job.coef) + block * job.rows;
    // Rows that all phases touch lie between; outside, a zero weight times NaN would spread it.
    int begin[kP], end[kP];
    int core_begin = 0;
    int core_end = job.rows;
    TONEARM_UNROLL(32)
    for (int p = 0; p < kP; ++p) {
      begin[p] = job.support[(block * kP + p) * 2];
      end[p] = job.support[(block * kP + p) * 2 + 1];
      core_begin = begin[p] > core_begin ? begin[p] : core_begin;
      core_end = end[p] < core_end ? end[p] : core_end;
    }
    T total[kP] = {};
    for (int segment = 0; segment < job.rows; segment += kSegmentRows) {
      const int stop = segment + kSegmentRows < job.rows ? segment + kSegmentRows : job.rows;
      T sum[kP] = {};
      const auto add_guarded = [&](int row) {
        const T v = static_cast<T>(x[row]);
        const PhaseRow<T> c = coef[row];
        TONEARM_UNROLL(32)
        for (int p = 0; p < kP; ++p)
          if (row >= begin[p] && row < end[p]) sum[p] += v * c.phase[p];
      };
      int row = segment;
      for (; row < stop && row < core_begin; ++row) add_guarded(row);
      TONEARM_UNROLL(4)
      for (; row < stop && row < core_end; ++row) {
        const T v = static_cast<T>(x[row]);
        const PhaseRow<T> c = coef[row];
        TONEARM_UNROLL(32)
        for (int p = 0; p < kP; ++p) sum[p] += v * c.phase[p];
      }
      for (; row < stop; ++row) add_guarded(row);
      TONEARM_UNROLL(32)
      for (int p = 0; p < kP; ++p) total[p] += sum[p];
    }
    float* to = result + cycle * result_pitch + static_cast<int>(block - first_block) * kP;
    TONEARM_UNROLL(32)
    for (int p = 0; p < kP; ++p) to[p] = static_cast<float>(total[p]);
  }
  __syncthreads();

  float* const out = job.batch.out + signal.out_offset;
  const int phases = static_cast<int>(end_block - first_block) * kP;
  for (int i = thread; i < job.cycles * phases; i += kResampleThreads) {
    const int c = i / phases;
    const int j = i - c * phases;
    const std::int64_t k = ((first_cycle + c) * job.num_blocks + first_block) * kP + j;
    if (k < signal.out_length) out[k] = result[c * result_pitch + j];
  }
}

/// A warp computes one output after another: taps in lanes, then a sum in a fixed order. Weights are interpolated
/// between the rows of the table, or, where no table would be small enough, evaluated.
template <class T, bool kDirect>
__device__ __forceinline__ void resample_by_warps(const ResampleJob& job) {
  constexpr int kLanes = 32;
  constexpr int kWarps = kResampleThreads / kLanes;
  const int lane = static_cast<int>(threadIdx.x) % kLanes;
  const int warp = static_cast<int>(threadIdx.x) / kLanes;
  const std::int64_t tile = job.batch.first_tile + blockIdx.x;
  const Signal signal = find_signal(job.batch, tile);
  float* const out = job.batch.out + signal.out_offset;
  for (int i = 0; i < kInterpolatedTile / kWarps; ++i) {
    const std::int64_t k = (tile - signal.first_tile) * kInterpolatedTile + warp * (kInterpolatedTile / kWarps) + i;
    if (k >= signal.out_length) return;  // the same for the whole warp
    // position = whole + part / n, exact; part * subphases / n splits exactly, so no rounding decides the rows.
    std::int64_t whole = k / job.n * job.o;
    std::int64_t part = k % job.n * job.o;
    whole += part / job.n;
    part %= job.n;
    const double fraction = static_cast<double>(part) / static_cast<double>(job.n);
    const double half_width = job.design.half_width;
    // The support is open: |tap - fraction| < half_width. Taps beyond it are not read: zero times NaN would spread it.
    const std::int64_t first = floor_to_int(fraction - half_width) + 1;
    const std::int64_t first_tap = kDirect ? first : job.first_tap;
    const std::int64_t base = whole + first_tap;
    std::int64_t begin = first - first_tap;
    std::int64_t end = -floor_to_int(-(fraction + half_width)) - first_tap;
    begin = begin < 0 ? 0 : begin;
    begin = begin < -base ? -base : begin;
    end = !kDirect && end > job.taps ? job.taps : end;
    end = end > signal.length - base ? signal.length - base : end;

    T w[4] = {};
    const T* coef = nullptr;
    if constexpr (!kDirect) {
      const std::int64_t scaled = part * job.subphases;
      double wide[4];
      cubic_weights(static_cast<double>(scaled % job.n) / static_cast<double>(job.n), wide);
      for (int j = 0; j < 4; ++j) w[j] = static_cast<T>(wide[j]);
      coef = static_cast<const T*>(job.coef) + scaled / job.n * job.taps;
    }
    const auto weight = [&](std::int64_t tap) -> T {
      if constexpr (kDirect)
        return job.design.weight(static_cast<double>(first_tap + tap) - fraction);
      else
        return coef[tap] * w[0] + coef[job.taps + tap] * w[1] + coef[2 * job.taps + tap] * w[2] +
               coef[3 * job.taps + tap] * w[3];
    };
    T sum = 0;
    with_samples(job.batch, signal, [&](const auto& in) {
      // Lanes count from the first tap, not from the first in the signal, so that an edge never regroups a sum.
      for (std::int64_t tap = lane; tap < end; tap += kLanes)
        if (tap >= begin) sum += weight(tap) * static_cast<T>(in[base + tap]);
    });
    TONEARM_UNROLL(5)
    for (int step = kLanes / 2; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
    if (lane == 0) out[k] = static_cast<float>(sum);
  }
}

template <class T>
__global__ void __launch_bounds__(kResampleThreads, 1) resample_interpolated(const __grid_constant__ ResampleJob job) {
  resample_by_warps<T, false>(job);
}

__global__ void __launch_bounds__(kResampleThreads, 1) resample_direct(const __grid_constant__ ResampleJob job) {
  resample_by_warps<double, true>(job);
}

}  // namespace
