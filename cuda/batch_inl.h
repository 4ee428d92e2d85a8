// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Which signal a block works on, and its samples. Compiled by nvcc, and as host code by the emulation.

namespace {

/// The signal that tile `tile` of the batch belongs to.
__device__ inline Signal find_signal(const Batch& batch, std::int64_t tile) {
  if (batch.uniform) {
    const std::int64_t s = (tile - batch.signals[0].first_tile) / batch.step.first_tile;
    Signal signal = batch.signals[0];
    const std::int64_t first_of_item = (s - s % batch.signals_per_item) * batch.step.values_tile;
    signal.in_offset += s * batch.step.in_offset;
    signal.out_offset += s * batch.step.out_offset;
    signal.first_tile += s * batch.step.first_tile;
    signal.values_tile += s * batch.step.values_tile;
    signal.peak_begin += first_of_item;
    signal.peak_end += first_of_item;
    signal.noise_key = core::noise_key(batch.dither_seed, static_cast<std::uint64_t>(s));
    return signal;
  }
  // The last signal that begins at or before the tile: those without tiles share their first one with the next.
  int low = 0;
  int high = batch.num_signals;
  while (high - low > 1) {
    const int middle = (low + high) / 2;
    if (batch.signals[middle].first_tile <= tile)
      low = middle;
    else
      high = middle;
  }
  return batch.signals[low];
}

/// Samples of one signal as floats, behind an index like an array's.
template <class In>
struct Samples {
  const In* data;
  float scale;
  __device__ __forceinline__ float operator[](std::int64_t i) const { return static_cast<float>(data[i]) * scale; }
};

/// f(Samples) of the type that the batch holds.
template <class F>
__device__ __forceinline__ void with_samples(const Batch& batch, const Signal& signal, const F& f) {
  if (batch.is_int16)
    f(Samples<std::int16_t>{static_cast<const std::int16_t*>(batch.in) + signal.in_offset, batch.in_scale});
  else
    f(Samples<float>{static_cast<const float*>(batch.in) + signal.in_offset, batch.in_scale});
}

/// A NaN wins, as in torch's amax.
__device__ __forceinline__ float greater(float a, float b) { return a > b || a != a ? a : b; }

}  // namespace
