// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling between integer rates by a windowed sinc: options, plan, one-shot call and stream.
// Place in the flow: after decoding, before features. Knows nothing of torch or CUDA.
//
// Definition, with o : n = source : target in lowest terms, L = lowpass_filter_width, b = min(o, n) * rolloff:
//   y[k] = (b / o) * sum over i of x[i] * w(t) * sinc(t),  t = b * (i / o - k / n),  over |t| < L,
// w(t) = cos^2(pi t / 2L) (Hann) or I0(beta sqrt(1 - (t / L)^2)) / I0(beta) (Kaiser); x is zero outside the signal.
// This is torchaudio's filter. With Hann it is Kaldi's LinearResample, too, its weights and its length: num_zeros is L,
// filter_cutoff_hz is half the lower rate times rolloff (feat/resample.cc). hq and vhq are Kaiser designs of the same
// form with their own L, rolloff and beta.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/audio/planar.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"

namespace tonearm::core {

enum class ResampleMethod {
  kSincHann,    ///< torchaudio "sinc_interp_hann"
  kSincKaiser,  ///< torchaudio "sinc_interp_kaiser"
  kHq,          ///< flat within 0.01 dB to 0.913 of the lower Nyquist rate; alias and images <= -125 dB
  kVhq,         ///< flat within 0.01 dB to 0.911; alias and images <= -170 dB; computed in double throughout
};

struct ResampleOptions {
  std::int64_t source_rate = 0;  ///< Hz, in [1, 2^31)
  std::int64_t target_rate = 0;  ///< Hz, in [1, 2^31)
  ResampleMethod method = ResampleMethod::kSincHann;
  int lowpass_filter_width = 6;  ///< zero crossings on each side, in [1, 4096]; not for hq, vhq
  double rolloff = 0.99;         ///< cutoff over the lower Nyquist rate, in (0, 1]; not for hq, vhq
  std::optional<double> beta;    ///< Kaiser only, in [0, 100]; default 14.769656459379492
  friend bool operator==(const ResampleOptions&, const ResampleOptions&) = default;
};

/// Largest relative L2 distance of float32 output from a double-precision evaluation of the definition.
inline constexpr double kResampleTolerance = 2e-7;
/// No coefficient table is larger than this, for any pair of rates.
inline constexpr std::size_t kResampleTableBytes = std::size_t{1} << 20;
/// Plans that stay designed for the next request for them.
inline constexpr int kSharedPlans = 8;

/// ceil(target * num_frames / source), exact for every int64 length.
/// Errors: kInvalidArgument (rates out of range, negative length, result above int64).
Result<std::int64_t> resampled_length(std::int64_t num_frames, std::int64_t source_rate, std::int64_t target_rate);

/// The designed filter: immutable, cheap to copy, safe to share between threads.
class ResamplePlan {
 public:
  /// Equal options share a plan as long as it is among the last kSharedPlans made: a design takes milliseconds, which a
  /// loader of short files would pay for each of them.
  /// Errors: kInvalidArgument naming the option, kOutOfMemory.
  static Result<ResamplePlan> make(const ResampleOptions& options);

  const ResampleOptions& options() const;
  /// Input frames on either side of an output's position that can touch it.
  std::int64_t half_width_frames() const;
  /// Bytes of coefficients that float32 or float64 needs, whichever is more; <= kResampleTableBytes.
  std::size_t table_bytes() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  explicit ResamplePlan(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

/// Resamples each channel on its own.
///
/// in:  (num_channels, num_frames), float32 or float64, borrowed for the call
/// out: same type and channels, num_frames == resampled_length(in.num_frames, ...), written whole
/// hq of float32 works in blocks of some thousand frames through their spectrum, where the rates allow that.
/// Equal rates copy. A NaN or infinity reaches exactly the outputs whose support holds it.
/// `stop` (may be null) is polled every few milliseconds of work, by the calling thread; `out` is then in part written.
/// Threads: safe to call concurrently. Works with up to `num_threads` threads where the signal is long enough for them.
/// Deterministic: the same bits whatever the channel count, the threads or the chunking.
/// Errors: kInvalidArgument, kOutOfMemory, those of the token.
Result<void> resample(const ResamplePlan& plan, const PlanarView& in, const PlanarView& out, StopToken* stop = nullptr,
                      int num_threads = 1);

/// The same over a signal that arrives in chunks; all output together is bit-equal to the one-shot call. Output comes
/// as soon as its input has; with hq of float32 a block at a time, up to 4096 frames later. One thread at a time.
class ResampleStream {
 public:
  /// Errors: kInvalidArgument (type not float32 or float64, channels < 1).
  static Result<ResampleStream> make(ResamplePlan plan, SampleType type, int num_channels);

  /// Frames that push() of the next `num_frames` writes.
  /// Errors: kInvalidArgument (negative, or the signal gets longer than int64 counts).
  Result<std::int64_t> output_length(std::int64_t num_frames, bool last) const;
  /// Takes all of `in` and writes the frames that it completes: out.num_frames == output_length(in.num_frames, last).
  /// `last` ends the signal: all that is left is written, and the next push begins anew.
  /// Errors: kInvalidArgument, kOutOfMemory; the stream is then as it was.
  Result<void> push(const PlanarView& in, const PlanarView& out, bool last);

 private:
  ResampleStream(ResamplePlan plan, SampleType type, int num_channels)
      : plan_(std::move(plan)), type_(type), history_(static_cast<std::size_t>(num_channels)) {}
  void forget(std::int64_t begin);

  ResamplePlan plan_;
  SampleType type_;
  std::vector<std::vector<std::byte>> history_;  // per channel: frames [history_begin_, total_in_)
  std::int64_t history_begin_ = 0;
  std::int64_t total_in_ = 0;
  std::int64_t total_out_ = 0;
};

}  // namespace tonearm::core
