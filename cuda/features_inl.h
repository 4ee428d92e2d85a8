// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Samples to features in one launch: framing, window, real transform, power, mel, logarithm, cosine transform.
// Compiled by nvcc, and as host code by the emulation; see codelets_inl.h for shared memory.
//
// A block computes a tile of neighbouring windows of one signal; tile_windows threads stand side by side, `lanes` of
// them share a window. A window's arithmetic never depends on its tile, so neither do the bits.
// Deterministic: sums are taken in an order fixed by the design, and there are no atomics.

namespace {

/// Sums or maxima over the lanes of each window; scratch: a value per thread. All threads must come.
template <class Op>
__device__ __forceinline__ float reduce_lanes(float* scratch, int lane, int lanes, int w, int windows, float value,
                                              const Op& op) {
  scratch[lane * windows + w] = value;
  __syncthreads();
  int half = 1;
  while (2 * half < lanes) half *= 2;
  for (; half > 0; half /= 2) {
    if (lane < half && lane + half < lanes)
      scratch[lane * windows + w] = op(scratch[lane * windows + w], scratch[(lane + half) * windows + w]);
    __syncthreads();
  }
  const float total = scratch[w];
  __syncthreads();
  return total;
}

/// The samples of a tile's windows in shared memory, padded.
struct Staged {
  float* x;
  int step, pitch;
  std::uint32_t step_inverse;
  int w;
  /// Sample i of window w. Rows lie an odd distance apart, so that windows stand in different banks.
  __device__ __forceinline__ float at(int i) const {
    const int row = static_cast<int>((static_cast<std::uint64_t>(static_cast<std::uint32_t>(i)) * step_inverse) >> 32);
    return x[(w + row) * pitch + (i - row * step)];
  }
};

/// Dither differs from window to window: then every window has a row of its own.
template <bool kKaldi, class In>
__device__ __forceinline__ void stage_samples(const FeatureJob& job, const Samples<In>& in, std::int64_t length,
                                              std::uint64_t noise_key, std::int64_t first_window, int used, int windows,
                                              float* x) {
  const std::int64_t start = first_window * job.hop - job.lead + job.offset;
  const std::int64_t needed = static_cast<std::int64_t>(used - 1) * job.hop + job.length;
  const int rows = windows + (job.length - 1) / job.step;
  for (int i = static_cast<int>(threadIdx.x); i < rows * job.step; i += static_cast<int>(blockDim.x)) {
    const int row = i / job.step;
    const int column = i - row * job.step;
    const std::int64_t at = static_cast<std::int64_t>(row) * job.hop + column;
    float value = 0;
    if (at < needed) value = padded_sample<float>(in, start + at, length, job.zeros, job.pad_mode);
    if constexpr (kKaldi)
      if (job.dither != 0)
        value += static_cast<float>(job.dither * core::gaussian_noise(noise_key,
                                                                      static_cast<std::uint64_t>(first_window + row),
                                                                      static_cast<std::uint64_t>(column)));
    x[row * job.pitch + column] = value;
  }
}

/// What the samples of one window are before the window function: Kaldi's chain, or themselves.
template <bool kKaldi>
struct WindowInput {
  const FeatureJob& job;
  Staged staged;
  float mean = 0;

  /// Value i of the transform's input, windowed.
  __device__ __forceinline__ float at(int i) const {
    i -= job.offset;
    if (i < 0 || i >= job.length) return 0;
    if constexpr (!kKaldi) return staged.at(i) * job.window[i];
    float v = staged.at(i) - mean;
    if (job.preemphasis != 0) v -= job.preemphasis * (i > 0 ? staged.at(i - 1) - mean : v);
    return v * job.window[i];
  }
};

__device__ __forceinline__ float log_value(const FeatureJob& job, float v) {
  const float x = v + job.log_offset;
  return job.log_scale * std::log(x < job.log_floor ? job.log_floor : x);
}

__device__ __forceinline__ float power_value(const FeatureJob& job, Pair<float> bin) {
  const float square = bin.re * bin.re + bin.im * bin.im;
  switch (job.power_mode) {
    case PowerMode::kMagnitude: return std::sqrt(square);
    case PowerMode::kOther: return std::pow(square, job.half_power);
    default: return square;
  }
}

/// Turns the transform's result into bins, in place, in both planes where the result is complex, else powers in the
/// first. One thread owns both elements that a pair of bins comes from.
template <class Fft, class Bins>
__device__ __forceinline__ void finish_transform(const FeatureJob& job, const Bins& bins, int lane) {
  const auto put = [&](int k, Pair<float> bin) {
    if (job.power_mode == PowerMode::kComplex)
      bins.put(k, bin);
    else
      bins.re[bins.at(k)] = power_value(job, bin);
  };
  if (!Fft::packed(job)) {
    for (int k = lane; k <= job.n_fft / 2; k += Fft::lanes(job)) put(k, bins.get(k));
    return;
  }
  const int h = Fft::size(job);
  for (int k = lane; k <= h / 2; k += Fft::lanes(job)) {
    const Pair<float> u = bins.get(k);
    const Pair<float> v = bins.get(k == 0 ? 0 : h - k);
    const float c = job.post[2 * k], s = job.post[2 * k + 1];
    const Pair<float> even = {(u.re + v.re) * 0.5f, (u.im - v.im) * 0.5f};
    const Pair<float> odd = {(u.im + v.im) * 0.5f, (v.re - u.re) * 0.5f};
    const Pair<float> turned = {odd.re * c - odd.im * s, odd.re * s + odd.im * c};
    put(k, {even.re + turned.re, even.im + turned.im});
    if (k != h - k) put(h - k, {even.re - turned.re, turned.im - even.im});
  }
}

template <class Fft, bool kKaldi>
__global__ void __launch_bounds__(Fft::kMaxThreads, Fft::kMinBlocks) features(const __grid_constant__ FeatureJob job) {
  TONEARM_SHARED_FLOATS(shared);
  const int windows = Fft::windows(job);
  const int lanes = Fft::lanes(job);
  const int w = static_cast<int>(threadIdx.x) % windows;
  const int lane = static_cast<int>(threadIdx.x) / windows;
  const std::int64_t tile = job.batch.first_tile + blockIdx.x;
  const Signal signal = find_signal(job.batch, tile);
  const std::int64_t first_window = (tile - signal.first_tile) * windows;
  const std::int64_t left = signal.out_length - first_window;
  const int used = left < windows ? static_cast<int>(left) : windows;
  const Planes<Fft::kSkip> planes{shared, shared + job.rows * windows, windows, w};
  float* const scratch = shared + 2 * job.rows * windows;

  // The samples stand where the planes will: the first stage has read them all before it writes.
  with_samples(job.batch, signal, [&](const auto& in) {
    stage_samples<kKaldi>(job, in, signal.length, signal.noise_key, first_window, used, windows, shared);
  });
  __syncthreads();
  WindowInput<kKaldi> input{job, {shared, job.step, job.pitch, job.step_inverse, w}};
  const auto add = [](float a, float b) { return a + b; };
  float energy = 0;
  if constexpr (kKaldi) {
    if (job.remove_dc) {
      float sum = 0;
      for (int i = lane; i < job.length; i += lanes) sum += input.staged.at(i);
      input.mean = reduce_lanes(scratch, lane, lanes, w, windows, sum, add) / static_cast<float>(job.length);
    }
    if (job.energy_at >= 0 && job.raw_energy) {
      for (int i = lane; i < job.length; i += lanes) {
        const float v = input.staged.at(i) - input.mean;
        energy += v * v;
      }
    }
  }
  const auto windowed = [&](int i) {
    const float v = input.at(i);
    if constexpr (kKaldi)
      if (job.energy_at >= 0 && !job.raw_energy) energy += v * v;
    return v;
  };
  Fft::run(job, planes, lane, [&](int e) -> Pair<float> {
    if (!Fft::packed(job)) return {windowed(e), 0};
    const float re = windowed(2 * e);
    return {re, windowed(2 * e + 1)};
  });
  const auto bins = Fft::result(job, planes);
  finish_transform<Fft>(job, bins, lane);
  __syncthreads();

  // Values. They pass through the planes: the powers are in the first, the second is free unless bins are complex.
  float* const out = job.batch.out + signal.out_offset;
  const int pitch = job.num_values | 1;  // window major: a window's values side by side
  const auto place = [&](int v) { return job.window_major ? w * pitch + v : v * windows + w; };
  float* result = planes.im;
  bool is_power = false;  // the result stands where the transform left it
  if (job.num_mels > 0) {
    const bool last = job.num_coefs == 0;
    float peak = -INFINITY;
    for (int m = lane; m < job.num_mels; m += lanes) {
      const float* weight = job.mel_weights + job.mel_offset[m];
      const int count = job.mel_offset[m + 1] - job.mel_offset[m];
      const int first = job.mel_first[m];
      float sum = 0;
      for (int i = 0; i < count; ++i) sum += bins.re[bins.at(first + i)] * weight[i];
      if (job.has_log) sum = log_value(job, sum);
      if (w < used) peak = greater(sum, peak);
      planes.im[last ? place(m + job.shift) : m * windows + w] = sum;
    }
    if (job.tile_peaks != nullptr) {
      peak = reduce_lanes(scratch, lane, lanes, w, windows, peak, greater);
      if (lane == 0) scratch[w] = peak;
      __syncthreads();
      if (threadIdx.x == 0) {
        for (int i = 1; i < windows; ++i) peak = greater(scratch[i], peak);
        job.tile_peaks[tile] = peak;
      }
    }
    __syncthreads();
    if (!last && job.kept != nullptr) {
      float* kept = job.kept + tile * job.num_mels * windows;
      for (int i = static_cast<int>(threadIdx.x); i < job.num_mels * windows; i += static_cast<int>(blockDim.x))
        kept[i] = planes.im[i];
      return;
    }
    if (!last) {
      result = planes.re;
      for (int c = lane; c < job.num_coefs; c += lanes) {
        const float* weight = job.dct + c * job.num_mels;
        float sum = 0;
        for (int m = 0; m < job.num_mels; ++m) sum += planes.im[m * windows + w] * weight[m];
        const int column = c == 0 ? job.zero_at : c + job.shift;
        if (column >= 0) planes.re[place(column)] = sum;
      }
    }
  } else if (kKaldi) {
    for (int k = lane + 1; k < job.num_values; k += lanes) planes.im[place(k)] = log_value(job, bins.re[bins.at(k)]);
  } else {
    result = planes.re;
    is_power = true;
  }
  if constexpr (kKaldi) {
    if (job.energy_at >= 0) {
      energy = reduce_lanes(scratch, lane, lanes, w, windows, energy, add);
      const float value = std::log(energy < job.log_floor ? job.log_floor : energy);
      if (lane == 0) result[place(job.energy_at)] = value < job.energy_floor ? job.energy_floor : value;
    }
  }
  __syncthreads();

  if (job.window_major) {
    float* to = out + first_window * job.num_values;
    for (int i = static_cast<int>(threadIdx.x); i < used * job.num_values; i += static_cast<int>(blockDim.x)) {
      const int row = i / job.num_values;
      to[i] = result[row * pitch + (i - row * job.num_values)];
    }
    return;
  }
  if (w >= used) return;
  const std::int64_t stride = job.row_stride != 0 ? job.row_stride : signal.out_length;
  if (job.power_mode == PowerMode::kComplex) {
    const std::int64_t complex_stride = job.row_stride != 0 ? job.row_stride : 2 * signal.out_length;
    for (int k = lane; k <= job.n_fft / 2; k += lanes) {
      float* to = out + k * complex_stride + 2 * (first_window + w);
      to[0] = bins.re[bins.at(k)];
      to[1] = bins.im[bins.at(k)];
    }
    return;
  }
  for (int v = lane; v < job.num_values; v += lanes)
    out[v * stride + first_window + w] = result[is_power ? bins.at(v) : v * windows + w];
}

}  // namespace
