// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Spectrogram, mel spectrogram, MFCC, LFCC, Kaldi's features, Whisper log-mel: options, plan, one call.
// Place in the flow: after resampling. Knows nothing of torch or CUDA. Names and defaults are torchaudio's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/audio/planar.h"
#include "core/base/result.h"
#include "core/dsp/kernels.h"
#include "core/dsp/mel.h"
#include "core/dsp/window.h"

namespace tonearm::core {

enum class SpectrumNorm {
  kNone,
  kWindow,       ///< divide by sqrt(sum of window^2)
  kFrameLength,  ///< divide by sqrt(n_fft)
};

struct SpectrogramOptions {
  int n_fft = 400;     ///< in [1, 65536]
  int win_length = 0;  ///< 0: n_fft; shorter windows are centred in n_fft
  int hop_length = 0;  ///< 0: win_length / 2
  int pad = 0;         ///< zeros on both sides, before centring
  WindowType window = WindowType::kHann;
  bool periodic = true;
  std::vector<double> weights;  ///< the window itself, win_length values; empty: as `window` and `periodic` say
  double power = 2;             ///< exponent of the magnitude, > 0; or 0: complex, bins are re, im interleaved
  SpectrumNorm norm = SpectrumNorm::kNone;
  bool center = true;
  PadMode pad_mode = PadMode::kReflect;
};

enum class LogMode {
  kNone,
  kLn,  ///< ln(x + LogOptions::offset)
  kDb,  ///< 10 log10(max(x, LogOptions::floor)), then clamped to `top_db` below the item's greatest
};

struct LogOptions {
  LogMode mode = LogMode::kNone;
  double offset = 1e-6;  ///< torchaudio's log_mels
  double floor = 1e-10;
  double top_db = 80;  ///< < 0: no clamp
};

/// What torchaudio's transforms chain, with the tables given: spectrum, filter bank, logarithm, cosine transform.
struct ChainOptions {
  SpectrogramOptions spectrogram;
  int num_filters = 0;          ///< 0: the spectrum is the result
  std::vector<double> filters;  ///< [bins][num_filters], as MelScale.fb
  LogOptions log;               ///< only after a bank
  int num_coefs = 0;            ///< 0: no cosine transform
  std::vector<double> dct;      ///< [num_filters][num_coefs], as MFCC.dct_mat
};

struct MelSpectrogramOptions {
  SpectrogramOptions spectrogram;
  int sample_rate = 16000;  ///< Hz
  double f_min = 0;
  double f_max = 0;  ///< 0: sample_rate / 2
  int n_mels = 128;
  MelScale mel_scale = MelScale::kHtk;
  bool slaney_norm = false;
};

struct MfccOptions {
  MelSpectrogramOptions mel;
  int n_mfcc = 40;  ///< <= n_mels
  bool ortho = true;
  bool log_mels = false;
};

struct KaldiOptions {
  double sample_frequency = 16000;
  double frame_length_ms = 25;
  double frame_shift_ms = 10;
  double dither = 0;
  double preemphasis = 0.97;
  bool remove_dc_offset = true;
  WindowType window = WindowType::kPovey;
  double blackman_coeff = 0.42;
  bool round_to_power_of_two = true;
  bool snip_edges = true;
  double energy_floor = 1.0;
  bool raw_energy = true;
  bool use_energy = false;
  bool htk_compat = false;
  bool subtract_mean = false;
  int num_mel_bins = 23;
  KaldiMelOptions mel;
  bool use_log_fbank = true;
  bool use_power = true;
  int num_ceps = 0;       ///< 0: fbank; else MFCC with this many coefficients
  bool spectrum = false;  ///< log power spectrum with the log energy in bin 0, instead of mel values
  double cepstral_lifter = 22;
};

struct WhisperOptions {
  int n_mels = 80;  ///< 80 or 128
};

/// A designed feature: immutable, cheap to copy, safe to share between threads.
class FeaturePlan {
 public:
  /// Errors: kInvalidArgument naming the option.
  static Result<FeaturePlan> spectrogram(const SpectrogramOptions& options);
  static Result<FeaturePlan> chain(const ChainOptions& options);
  static Result<FeaturePlan> mel_spectrogram(const MelSpectrogramOptions& options);
  static Result<FeaturePlan> mfcc(const MfccOptions& options);
  static Result<FeaturePlan> kaldi(const KaldiOptions& options);
  static Result<FeaturePlan> whisper(const WhisperOptions& options);

  /// Values per window: bins (twice that for a complex spectrogram), mels or coefficients.
  int num_values() const;
  /// True: a channel's output is [window][value] (Kaldi's order); false: [value][window].
  bool window_major() const;
  /// Windows for a signal. Errors: kInvalidArgument (too short for its reflection or its only window).
  Result<std::int64_t> num_windows(std::int64_t num_samples) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit FeaturePlan(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// in:  (num_channels, num_samples), float32 or float64
/// out: same type and channels; per channel num_values * num_windows contiguous values, num_frames saying so
/// `channels_per_item` neighbouring channels share the greatest value that `top_db` is measured from (num_channels is a
/// multiple of it); apart from that, a channel's result does not depend on the others.
/// A NaN reaches the windows that hold it, and those that are compared with a maximum (dB: the item, Whisper: the
/// channel).
/// Dither is keyed by `dither_seed`, the channel, the window and the place in it.
/// Threads: safe to call concurrently. Works with up to `num_threads` threads, as many as there are windows enough for.
/// Deterministic: the same bits whatever their number.
/// Errors: kInvalidArgument, kOutOfMemory.
Result<void> compute_features(const FeaturePlan& plan, const PlanarView& in, const PlanarView& out,
                              int channels_per_item = 1, int num_threads = 1, std::uint64_t dither_seed = 0);

}  // namespace tonearm::core
