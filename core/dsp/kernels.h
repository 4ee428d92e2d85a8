// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The inner loops, compiled once per instruction set and chosen once at run time.
// Place in the flow: below resample.cpp and the features; jobs are plain memory, so nothing here allocates or fails.
//
// Every kernel puts independent work (periods, windows) in the lanes of a vector: a lane's arithmetic never depends on
// its neighbours, so results do not depend on how work was grouped.
#pragma once

#include <cstdint>
#include <vector>

#include "core/dsp/fft.h"

namespace tonearm::core {

/// Rows a tile may have before the phases are split; with 16 float lanes 512 rows fill a 32 KiB L1 cache.
inline constexpr std::int64_t kTileRows = 512;
/// Neighbouring output phases that share one pass over their joint input rows.
inline constexpr int kBlockPhases = 4;

/// Rows of a tile: the whole period where it is short or no longer than its overlap, else a bounded part of it.
constexpr std::int64_t banded_tile_rows(std::int64_t rows, std::int64_t period_in) {
  const std::int64_t whole = rows + period_in;
  const std::int64_t bound = 3 * rows > kTileRows ? 3 * rows : kTileRows;
  return whole < bound ? whole : bound;
}

/// Polyphase with one table row per phase. Lane = period; a period is period_in inputs and period_out outputs.
struct BandedJob {
  const void* in;  ///< sample at absolute index in_begin; zero outside [in_begin, in_end)
  std::int64_t in_begin, in_end;
  void* out;  ///< frame at absolute index out_begin
  std::int64_t out_begin;
  std::int64_t period_begin, num_periods;
  std::int64_t phase_begin, phase_end;  ///< half open, within [0, period_out)
  std::int64_t period_in, period_out;
  const void* coef;                 ///< [num_blocks][rows][kBlockPhases], zero outside a phase's support
  const std::int32_t* block_first;  ///< [num_blocks]: first input row, relative to the cycle's start
  const std::int32_t* support;      ///< [num_blocks][kBlockPhases][2]: half-open rows that the phase may touch
  std::int64_t num_blocks;          ///< distinct blocks; the pattern repeats every num_blocks blocks ...
  std::int64_t cycle_in;            ///< ... and this many inputs
  int rows;
  void* tile;    ///< banded_tile_rows() * lanes compute values, 64-byte aligned
  void* result;  ///< (period_out rounded up to kBlockPhases) * lanes
};

/// Polyphase by interpolation between table rows. Sums over taps in vectors, in an order fixed per output.
struct InterpolatedJob {
  const void* in;
  std::int64_t in_begin, in_end;
  void* out;
  std::int64_t out_begin, out_end;  ///< outputs to write; out points at out_begin
  std::int64_t o, n;
  double half_width;
  const void* coef;  ///< [subphases + 3][taps]; row r is the filter at fraction (r - 1) / subphases
  int subphases;
  int taps;  ///< a multiple of 16; tap i sits at input frame floor(position) + first_tap + i
  std::int64_t first_tap;
};

/// One product of BlockJob: bin `bin` of the input's spectrum, weighed; `im` is -`re` where it is the mirrored bin.
struct BlockTerm {
  std::int32_t bin;
  float re, im;
};

/// Overlapping blocks of float through their spectra (resample_blocks.h). Lane = block.
struct BlockJob {
  const void* in;  ///< sample at absolute index in_begin; zero outside [in_begin, in_end)
  std::int64_t in_begin, in_end;
  void* out;  ///< frame at absolute index out_begin
  std::int64_t out_begin;
  std::int64_t block_begin, num_blocks;
  std::int64_t rows_out;  ///< outputs written of each block, at most hop_out
  std::int64_t block_in, hop_in, hop_out, skip_in, skip_out;
  RealFft<float> forward, inverse;  ///< both packed
  const BlockTerm* terms;           ///< those of output bin p: [first_term[p], first_term[p + 1])
  const std::int32_t* first_term;   ///< [inverse.size / 2 + 2]
  void* scratch;                    ///< 2 * (longer size + 2) values * lanes, 64-byte aligned
  bool* is_finite;                  ///< [num_blocks]: written; outputs of other blocks are meaningless
};

struct ResampleKernels {
  const char* isa;  ///< "x86-64-v4", ...
  int float_lanes;
  int double_lanes;
  void (*banded_f32)(const BandedJob&);         ///< float in, float out, float arithmetic
  void (*banded_f64)(const BandedJob&);         ///< double throughout
  void (*banded_f32_in_f64)(const BandedJob&);  ///< float in and out, double arithmetic and table
  void (*interpolated_f32)(const InterpolatedJob&);
  void (*interpolated_f64)(const InterpolatedJob&);
  void (*interpolated_f32_in_f64)(const InterpolatedJob&);
  void (*blocks_f32)(const BlockJob&);
};

/// What stands where a window reaches past the signal.
enum class PadMode { kConstant, kReflect, kReplicate, kMirror };

/// Samples to spectra. Lane = window; all lanes of one call are consecutive windows of one signal.
template <class T>
struct FrameJob {
  const void* in;  ///< float or double samples
  std::int64_t num_samples;
  std::int64_t start;  ///< sample index of the first window's first value; may be negative
  int num_frames;      ///< 1 .. lanes
  int hop;
  int length;          ///< values loaded per window; the rest of fft.size is zero
  int offset;          ///< where they stand within fft.size
  std::int64_t zeros;  ///< the signal is taken to have this many zeros on both sides before padding
  PadMode pad_mode;
  const T* window;  ///< [length]
  bool remove_dc;
  T preemphasis;  ///< 0: none
  double dither;  ///< 0: none
  double (*noise)(std::uint64_t signal_key, std::uint64_t frame, std::uint64_t index);
  std::uint64_t noise_key, first_frame;
  RealFft<T> fft;
  // Scratch and results, [..][lanes], 64-byte aligned.
  void* samples;          ///< [fft.size]; overwritten
  void* scratch_a;        ///< [stages.size] pairs
  void* scratch_b;        ///< the same
  void* bins;             ///< [fft.size / 2 + 1] pairs: the spectrum; null: `power` instead
  void* power;            ///< [fft.size / 2 + 1] squared magnitudes
  void* energy_raw;       ///< [1] sum of squares after DC removal; null: neither energy
  void* energy_windowed;  ///< [1] sum of squares after the window
};

/// out[m] = sum of weights * power, both [..][lanes].
template <class T>
struct MelJob {
  const void* power;
  void* out;
  int num_mels;
  const int* first;
  const int* offset;
  const T* weights;
};

/// values = scale * ln(max(values + offset, floor)), in place. Within 2 ulp of the logarithm; NaN stays NaN.
template <class T>
struct LogJob {
  T* values;
  int count;  ///< a multiple of the lanes; values are 64-byte aligned
  T offset;
  T floor;  ///< -infinity: none
  T scale;
  T* peak;  ///< [lanes], raised to the greatest result of its lane, or NaN once there was one
};

/// Outputs of a dense product that share one pass over its inputs.
inline constexpr int kDenseRows = 10;

/// out[k * out_step] = sum over m of weights[k][m] * in[m], both [..][lanes]; out has room for whole groups of rows.
template <class T>
struct DenseJob {
  const void* in;
  void* out;
  int num_out;
  int out_step;
  int num_in;
  const T* weights;  ///< [num_out / kDenseRows, rounded up][num_in][kDenseRows]
};

/// x[i] = max(in[i], floor), [num_in][lanes] floats; sums[i] = x[i] + x[num_in - 1 - i], the middle of an odd number by
/// itself; differences[i] = x[i] - x[num_in - 1 - i].
struct FoldJob {
  const void* in;
  void* sums;         ///< [(num_in + 1) / 2][lanes]
  void* differences;  ///< [num_in / 2][lanes]
  int num_in;
  float floor;  ///< -infinity: none
};

/// out[row * row_stride + lane * lane_stride] = rows[row][lane] for the lanes below `used`.
struct StoreJob {
  const void* rows;
  int num_rows;
  int used;
  void* out;
  std::int64_t row_stride, lane_stride;
};

struct FrameKernels {
  int float_lanes;
  int double_lanes;
  void (*frames_f32)(const FrameJob<float>&);
  void (*frames_f64)(const FrameJob<double>&);
  void (*frames_f32_in_f64)(const FrameJob<double>&);
  void (*mel_f32)(const MelJob<float>&);
  void (*mel_f64)(const MelJob<double>&);
  void (*log_f32)(const LogJob<float>&);
  void (*fold_f32)(const FoldJob&);
  void (*dense_f32)(const DenseJob<float>&);
  void (*dense_f64)(const DenseJob<double>&);
  void (*store_f32)(const StoreJob&);
  void (*store_f64)(const StoreJob&);
  void (*store_f64_as_f32)(const StoreJob&);
};

/// The best sets this processor runs.
const FrameKernels& frame_kernels();
const ResampleKernels& resample_kernels();

/// Instruction sets that this processor runs, the best last: "baseline", "x86-64-v3", "x86-64-v4".
std::vector<const char*> runnable_isas();
/// For tests: the kernels of one of runnable_isas() from now on. Not while anything computes.
void use_isa_for_tests(const char* isa);

}  // namespace tonearm::core
