// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What must know a whole signal: values relative to the item's maximum, and means. Compiled by nvcc, and as host code
// by the emulation. Deterministic: every block takes the maximum of all tiles in one order, with no atomics.

namespace {

/// Clamps values to `below_peak` under the item's maximum, then scales them (Whisper) or takes the cosine transform of
/// the logarithms that were kept (MFCC). A block does windows_per_block windows of one signal.
__global__ void __launch_bounds__(kFinishThreads) finish_peak(const __grid_constant__ FinishJob job) {
  TONEARM_SHARED_FLOATS(shared);
  const int thread = static_cast<int>(threadIdx.x);
  const std::int64_t block = job.batch.first_tile + blockIdx.x;
  const Signal signal = find_signal(job.batch, block);
  float peak = -INFINITY;
  for (std::int64_t i = signal.peak_begin + thread; i < signal.peak_end; i += kFinishThreads)
    peak = greater(job.tile_peaks[i], peak);
  shared[thread] = peak;
  __syncthreads();
  for (int half = kFinishThreads / 2; half > 0; half /= 2) {
    if (thread < half) shared[thread] = greater(shared[thread], shared[thread + half]);
    __syncthreads();
  }
  peak = shared[0];
  const float floor = peak - job.below_peak;
  const auto clamp = [&](float v) { return peak != peak ? peak : v < floor ? floor : v; };

  const std::int64_t begin = (block - signal.first_tile) * job.windows_per_block;
  const std::int64_t left = signal.out_length - begin;
  const int used = left < job.windows_per_block ? static_cast<int>(left) : job.windows_per_block;
  const std::int64_t stride = job.row_stride != 0 ? job.row_stride : signal.out_length;
  float* const out = job.batch.out + signal.out_offset;
  for (int i = thread; i < used * job.num_values; i += kFinishThreads) {
    const int v = i / used;
    const std::int64_t t = begin + (i - v * used);
    float value;
    if (job.kept != nullptr) {
      const float* kept = job.kept + (signal.values_tile + t / job.tile_windows) * job.num_mels * job.tile_windows +
                          t % job.tile_windows;
      const float* weight = job.dct + v * job.num_mels;
      value = 0;
      for (int m = 0; m < job.num_mels; ++m) value += clamp(kept[m * job.tile_windows]) * weight[m];
    } else {
      value = clamp(out[v * stride + t]);
      if (job.whisper) value = (value + 4) * 0.25f;
    }
    out[v * stride + t] = value;
  }
}

/// Subtracts each value's mean over the windows of its signal, [window][value]. A block does kMeanValues values; a warp
/// reads neighbours in one window.
__global__ void __launch_bounds__(kFinishThreads) finish_mean(const __grid_constant__ FinishJob job) {
  TONEARM_SHARED_FLOATS(shared);
  double* const sums = reinterpret_cast<double*>(shared);  // [rows][kMeanValues]
  constexpr int kRows = kFinishThreads / kMeanValues;
  const int column = static_cast<int>(threadIdx.x) % kMeanValues;
  const int row = static_cast<int>(threadIdx.x) / kMeanValues;
  const std::int64_t block = job.batch.first_tile + blockIdx.x;
  const Signal signal = find_signal(job.batch, block);
  const int v = static_cast<int>(block - signal.first_tile) * kMeanValues + column;
  float* const out = job.batch.out + signal.out_offset;
  double sum = 0;
  if (v < job.num_values)
    for (std::int64_t t = row; t < signal.out_length; t += kRows)
      sum += static_cast<double>(out[t * job.num_values + v]);
  sums[row * kMeanValues + column] = sum;
  __syncthreads();
  sum = 0;
  for (int r = 0; r < kRows; ++r) sum += sums[r * kMeanValues + column];
  const float mean = static_cast<float>(sum / static_cast<double>(signal.out_length));
  if (v < job.num_values)
    for (std::int64_t t = row; t < signal.out_length; t += kRows) out[t * job.num_values + v] -= mean;
}

}  // namespace
