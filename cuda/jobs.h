// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the kernels are told: plain values and device pointers, passed whole as kernel parameters, so that a launch
// needs no upload and can be captured in a graph. Place in the flow: filled by the plans of this room, read by the
// kernels (*_inl.h).
#pragma once

#include <cstdint>

#include "core/dsp/kernels.h"
#include "core/dsp/resample_design.h"

namespace tonearm::cuda {

/// Signals of different lengths that one launch takes; more of them are launched in turn.
inline constexpr int kSignalsPerLaunch = 48;
/// What every device takes as parameters of a kernel.
inline constexpr int kMaxJobBytes = 4096;

/// One channel of audio and its result. Tiles are counted over the whole batch.
struct Signal {
  std::int64_t in_offset;   ///< samples from Batch::in
  std::int64_t length;      ///< samples
  std::int64_t out_offset;  ///< values from Batch::out
  std::int64_t out_length;  ///< frames, or windows
  std::int64_t first_tile;
  std::uint64_t noise_key;  ///< of its dither
  // Finishing: tiles of the features kernel, this signal's first, and those that share its maximum.
  std::int64_t values_tile, peak_begin, peak_end;
};

struct Batch {
  const void* in;
  float* out;
  bool is_int16;
  float in_scale;
  bool uniform;               ///< signal s is signals[0] plus s times `step`
  int num_signals;            ///< of this launch
  std::int64_t first_tile;    ///< of this launch's first block
  int signals_per_item;       ///< uniform: neighbours that share their maximum
  std::uint64_t dither_seed;  ///< uniform: noise_key is signal s's of it
  Signal step;                ///< uniform
  Signal signals[kSignalsPerLaunch];
};

/// How the squared magnitude becomes a value.
enum class PowerMode : int { kComplex, kMagnitude, kPower, kOther };

/// Samples to features.
struct FeatureJob {
  // Framing, as core/dsp has it.
  std::int64_t row_stride;  ///< values between rows [value][window]; 0: the signal's number of windows
  int length, offset, hop, lead, zeros;
  core::PadMode pad_mode;
  const float* window;  ///< [length]

  // The block: tile_windows windows, each by `lanes` threads.
  int tile_windows, lanes;
  int rows;                    ///< of each of the two planes of shared memory, [rows][tile_windows]
  int step, pitch;             ///< samples are staged in rows of `step`, `pitch` apart; row r from the r-th window on
  std::uint32_t step_inverse;  ///< ceil(2^32 / step); 0 for step 1

  // Transform.
  int n_fft, size;  ///< `size` complex values: half of n_fft where that is even
  bool packed;
  int num_stages;
  int radix[14];
  const float *twiddle, *post;
  const std::uint16_t* order;  ///< where the generic transform leaves each element; null: in order

  // Kaldi.
  bool remove_dc;
  float preemphasis;
  double dither;
  bool raw_energy;
  int energy_at;  ///< column of the log energy; -1: none
  float energy_floor;

  // Values.
  PowerMode power_mode;
  float half_power;  ///< kOther: the exponent of the squared magnitude
  int num_mels, num_coefs, num_values;
  const int *mel_first, *mel_offset;
  const float *mel_weights, *dct;  ///< dct: [num_coefs][num_mels]
  bool has_log;                    ///< value = log_scale * ln(max(value + log_offset, log_floor))
  float log_offset, log_floor, log_scale;
  bool window_major;
  int shift, zero_at;  ///< value v goes to column v + shift; value 0 to `zero_at`, -1: nowhere

  float* tile_peaks;  ///< [tiles of the batch], or null
  float* kept;        ///< [tiles of the batch][num_mels][tile_windows]: logarithms that wait for the maximum, or null

  Batch batch;
};

/// What must know the whole item: a floor below its maximum, then Whisper's scale or a cosine transform; or means.
struct FinishJob {
  std::int64_t row_stride;
  int tile_windows;  ///< of the features kernel
  int windows_per_block;
  int num_values, num_mels;
  float below_peak;
  bool whisper;
  const float* tile_peaks;
  const float *kept, *dct;  ///< null where values are clamped in place
  Batch batch;
};

/// Resampling by a table with a row per phase (core/dsp/resample_plan.h), by interpolation between rows, or by the
/// formula.
struct ResampleJob {
  std::int64_t o, n;
  const void* coef;
  // Banded. A tile is `cycles` cycles of `group_blocks` neighbouring blocks of kBlockPhases phases.
  const std::int32_t *block_first, *support;
  std::int64_t num_blocks, cycle_in;
  int rows;
  int cycles, group_blocks, num_groups;
  int span, pitch;  ///< samples of one cycle in the tile, and the distance between cycles
  core::SincDesign design;
  // Interpolated.
  int subphases, taps;
  std::int64_t first_tap;

  Batch batch;
};

static_assert(sizeof(FeatureJob) <= kMaxJobBytes && sizeof(FinishJob) <= kMaxJobBytes);
static_assert(sizeof(ResampleJob) <= kMaxJobBytes);

/// Threads of the kernels whose blocks are all alike.
inline constexpr int kFinishThreads = 256;
inline constexpr int kResampleThreads = 256;
/// Outputs of one block of the kernels that give each output a warp.
inline constexpr int kInterpolatedTile = 64;
/// Values of one block of the mean kernel.
inline constexpr int kMeanValues = 32;

}  // namespace tonearm::cuda
