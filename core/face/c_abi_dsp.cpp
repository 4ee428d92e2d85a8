// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling and features in the C ABI, over core/dsp.
#include "core/face/c_abi_dsp.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace core = tonearm::core;
using core::bad_argument;
using core::complete;
using core::guarded;
using core::null_argument;
using core::Result;

namespace {

Result<void> check_sample_type(int sample_type) {
  if (sample_type == TONEARM_FLOAT32 || sample_type == TONEARM_FLOAT64) return {};
  return bad_argument("sample_type", "TONEARM_FLOAT32 or TONEARM_FLOAT64", sample_type);
}

Result<core::PlanarView> view(const char* name, const void* data, int sample_type, int num_channels,
                              std::int64_t num_frames, std::int64_t stride) {
  if (auto ok = check_sample_type(sample_type); !ok) return ok.error();
  if (num_channels < 0) return bad_argument("num_channels", "0 or more", num_channels);
  if (num_frames < 0) return bad_argument("num_frames", "0 or more", num_frames);
  if (num_channels > 1 && stride < num_frames) return bad_argument("stride", "at least the number of frames", stride);
  if (data == nullptr && num_channels > 0 && num_frames > 0) return null_argument(name);
  // The input is only read; PlanarView has no constant twin.
  auto* bytes = static_cast<std::byte*>(const_cast<void*>(data));
  return core::PlanarView{bytes, static_cast<core::SampleType>(sample_type), num_channels, num_frames, stride};
}

/// `count` values at `data`, or none where it is null.
std::vector<double> copy_table(const double* data, std::int64_t count) {
  return data == nullptr || count < 0 ? std::vector<double>() : std::vector<double>(data, data + count);
}

}  // namespace

extern "C" {

void tonearm_resample_options_init(tonearm_resample_options* options) {
  if (options == nullptr) return;
  const core::ResampleOptions defaults;
  *options = {};
  options->size = sizeof *options;
  options->method = TONEARM_SINC_HANN;
  options->lowpass_filter_width = defaults.lowpass_filter_width;
  options->rolloff = defaults.rolloff;
  options->beta = std::nan("");
}

tonearm_code tonearm_resampler_make(const tonearm_resample_options* given, tonearm_resampler** resampler,
                                    tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (resampler == nullptr) return null_argument("resampler");
    const auto options = complete(given, tonearm_resample_options_init);
    if (!options) return options.error();
    if (options->method < TONEARM_SINC_HANN || options->method > TONEARM_VHQ)
      return bad_argument("method", "a tonearm_resample_method", options->method);
    core::ResampleOptions o;
    o.source_rate = options->source_rate;
    o.target_rate = options->target_rate;
    o.method = static_cast<core::ResampleMethod>(options->method);
    o.lowpass_filter_width = options->lowpass_filter_width;
    o.rolloff = options->rolloff;
    if (!std::isnan(options->beta)) o.beta = options->beta;
    auto plan = core::ResamplePlan::make(o);
    if (!plan) return plan.error();
    *resampler = new tonearm_resampler{std::move(*plan)};
    return {};
  });
}

int64_t tonearm_resampler_length(const tonearm_resampler* r, int64_t num_frames) {
  if (r == nullptr) return 0;
  const core::ResampleOptions& o = r->value.options();
  const auto length = core::resampled_length(num_frames, o.source_rate, o.target_rate);
  return length ? *length : -1;
}

tonearm_code tonearm_resample(const tonearm_resampler* resampler, int sample_type, int num_channels, const void* in,
                              int64_t in_frames, int64_t in_stride, void* out, int64_t out_frames, int64_t out_stride,
                              int num_threads, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (resampler == nullptr) return null_argument("resampler");
    const auto from = view("in", in, sample_type, num_channels, in_frames, in_stride);
    if (!from) return from.error();
    const auto to = view("out", out, sample_type, num_channels, out_frames, out_stride);
    if (!to) return to.error();
    if (num_threads < 0) return bad_argument("num_threads", "0 or more", num_threads);
    return core::resample(resampler->value, *from, *to, nullptr, num_threads);
  });
}

void tonearm_resampler_free(tonearm_resampler* resampler) { delete resampler; }

tonearm_code tonearm_resample_stream_make(const tonearm_resampler* resampler, int sample_type, int num_channels,
                                          tonearm_resample_stream** stream, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (resampler == nullptr) return null_argument("resampler");
    if (stream == nullptr) return null_argument("stream");
    if (auto ok = check_sample_type(sample_type); !ok) return ok;
    const auto type = static_cast<core::SampleType>(sample_type);
    auto made = core::ResampleStream::make(resampler->value, type, num_channels);
    if (!made) return made.error();
    *stream = new tonearm_resample_stream{std::move(*made), type, num_channels};
    return {};
  });
}

int64_t tonearm_resample_stream_length(const tonearm_resample_stream* stream, int64_t in_frames, int last) {
  if (stream == nullptr) return 0;
  const auto length = stream->value.output_length(in_frames, last != 0);
  return length ? *length : -1;
}

tonearm_code tonearm_resample_stream_push(tonearm_resample_stream* stream, int last, const void* in, int64_t in_frames,
                                          int64_t in_stride, void* out, int64_t out_frames, int64_t out_stride,
                                          tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (stream == nullptr) return null_argument("stream");
    const int type = static_cast<int>(stream->sample_type);
    const auto from = view("in", in, type, stream->num_channels, in_frames, in_stride);
    if (!from) return from.error();
    const auto to = view("out", out, type, stream->num_channels, out_frames, out_stride);
    if (!to) return to.error();
    return stream->value.push(*from, *to, last != 0);
  });
}

void tonearm_resample_stream_free(tonearm_resample_stream* stream) { delete stream; }

void tonearm_feature_options_init(tonearm_feature_options* options) {
  if (options == nullptr) return;
  const core::ChainOptions defaults;
  *options = {};
  options->size = sizeof *options;
  options->n_fft = defaults.spectrogram.n_fft;
  options->center = 1;
  options->pad_mode = TONEARM_PAD_REFLECT;
  options->power = defaults.spectrogram.power;
  options->log_offset = defaults.log.offset;
  options->log_floor = defaults.log.floor;
  options->top_db = defaults.log.top_db;
}

tonearm_code tonearm_features_make(const tonearm_feature_options* given, tonearm_features** features,
                                   tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (features == nullptr) return null_argument("features");
    const auto options = complete(given, tonearm_feature_options_init);
    if (!options) return options.error();
    const tonearm_feature_options& o = *options;
    if (o.pad_mode < TONEARM_PAD_CONSTANT || o.pad_mode > TONEARM_PAD_REPLICATE)
      return bad_argument("pad_mode", "a tonearm_pad_mode", o.pad_mode);
    if (o.norm < TONEARM_NORM_NONE || o.norm > TONEARM_NORM_FRAME_LENGTH)
      return bad_argument("norm", "a tonearm_norm", o.norm);
    if (o.log < TONEARM_LOG_NONE || o.log > TONEARM_LOG_DB) return bad_argument("log", "a tonearm_log", o.log);
    core::ChainOptions c;
    core::SpectrogramOptions& s = c.spectrogram;
    s.n_fft = o.n_fft;
    s.win_length = o.win_length;
    s.hop_length = o.hop_length;
    s.pad = o.pad;
    s.center = o.center != 0;
    s.pad_mode = static_cast<core::PadMode>(o.pad_mode);
    s.power = o.power;
    s.norm = static_cast<core::SpectrumNorm>(o.norm);
    s.weights = copy_table(o.window, o.win_length > 0 ? o.win_length : o.n_fft);
    c.num_filters = o.num_filters;
    c.filters = copy_table(o.filters, (std::int64_t{o.n_fft} / 2 + 1) * o.num_filters);
    c.log = {static_cast<core::LogMode>(o.log), o.log_offset, o.log_floor, o.top_db};
    c.num_coefs = o.num_coefs;
    c.dct = copy_table(o.dct, std::int64_t{o.num_filters} * o.num_coefs);
    auto plan = core::FeaturePlan::chain(c);
    if (!plan) return plan.error();
    *features = new tonearm_features{std::move(*plan)};
    return {};
  });
}

void tonearm_kaldi_options_init(tonearm_kaldi_options* options) {
  if (options == nullptr) return;
  const core::KaldiOptions d;
  *options = {};
  options->size = sizeof *options;
  options->kind = TONEARM_KALDI_FBANK;
  options->sample_frequency = d.sample_frequency;
  options->frame_length_ms = d.frame_length_ms;
  options->frame_shift_ms = d.frame_shift_ms;
  options->preemphasis = d.preemphasis;
  options->remove_dc_offset = 1;
  options->window = TONEARM_WINDOW_POVEY;
  options->blackman_coeff = d.blackman_coeff;
  options->round_to_power_of_two = 1;
  options->snip_edges = 1;
  options->energy_floor = d.energy_floor;
  options->raw_energy = 1;
  options->num_mel_bins = d.num_mel_bins;
  options->low_freq = d.mel.low_freq;
  options->high_freq = d.mel.high_freq;
  options->vtln_low = d.mel.vtln_low;
  options->vtln_high = d.mel.vtln_high;
  options->vtln_warp = d.mel.vtln_warp;
  options->use_log_fbank = 1;
  options->use_power = 1;
  options->num_ceps = 13;
  options->cepstral_lifter = d.cepstral_lifter;
}

tonearm_code tonearm_features_make_kaldi(const tonearm_kaldi_options* given, tonearm_features** features,
                                         tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (features == nullptr) return null_argument("features");
    const auto options = complete(given, tonearm_kaldi_options_init);
    if (!options) return options.error();
    const tonearm_kaldi_options& o = *options;
    if (o.kind < TONEARM_KALDI_FBANK || o.kind > TONEARM_KALDI_SPECTROGRAM)
      return bad_argument("kind", "a tonearm_kaldi_kind", o.kind);
    if (o.window < TONEARM_WINDOW_HANN || o.window > TONEARM_WINDOW_RECTANGULAR)
      return bad_argument("window", "a tonearm_window", o.window);
    if (o.kind == TONEARM_KALDI_MFCC && o.num_ceps < 1) return bad_argument("num_ceps", "1 or more", o.num_ceps);
    core::KaldiOptions k;
    k.sample_frequency = o.sample_frequency;
    k.frame_length_ms = o.frame_length_ms;
    k.frame_shift_ms = o.frame_shift_ms;
    k.dither = o.dither;
    k.preemphasis = o.preemphasis;
    k.remove_dc_offset = o.remove_dc_offset != 0;
    k.window = static_cast<core::WindowType>(o.window);
    k.blackman_coeff = o.blackman_coeff;
    k.round_to_power_of_two = o.round_to_power_of_two != 0;
    k.snip_edges = o.snip_edges != 0;
    k.energy_floor = o.energy_floor;
    k.raw_energy = o.raw_energy != 0;
    k.use_energy = o.use_energy != 0;
    k.htk_compat = o.htk_compat != 0;
    k.subtract_mean = o.subtract_mean != 0;
    k.num_mel_bins = o.num_mel_bins;
    k.mel = {o.low_freq, o.high_freq, o.vtln_low, o.vtln_high, o.vtln_warp};
    k.use_log_fbank = o.use_log_fbank != 0;
    k.use_power = o.use_power != 0;
    k.num_ceps = o.kind == TONEARM_KALDI_MFCC ? o.num_ceps : 0;
    k.spectrum = o.kind == TONEARM_KALDI_SPECTROGRAM;
    k.cepstral_lifter = o.cepstral_lifter;
    auto plan = core::FeaturePlan::kaldi(k);
    if (!plan) return plan.error();
    *features = new tonearm_features{std::move(*plan)};
    return {};
  });
}

tonearm_code tonearm_features_make_whisper(int n_mels, tonearm_features** features, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (features == nullptr) return null_argument("features");
    auto plan = core::FeaturePlan::whisper({n_mels});
    if (!plan) return plan.error();
    *features = new tonearm_features{std::move(*plan)};
    return {};
  });
}

int tonearm_features_num_values(const tonearm_features* f) { return f == nullptr ? 0 : f->value.num_values(); }
int tonearm_features_window_major(const tonearm_features* f) { return f != nullptr && f->value.window_major() ? 1 : 0; }

tonearm_code tonearm_features_num_windows(const tonearm_features* features, int64_t num_samples, int64_t* num_windows,
                                          tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (features == nullptr) return null_argument("features");
    if (num_windows == nullptr) return null_argument("num_windows");
    const auto count = features->value.num_windows(num_samples);
    if (!count) return count.error();
    *num_windows = *count;
    return {};
  });
}

tonearm_code tonearm_features_compute(const tonearm_features* features, int sample_type, int num_channels,
                                      int channels_per_item, const void* in, int64_t num_samples, int64_t in_stride,
                                      void* out, int64_t num_windows, int64_t out_stride, int num_threads,
                                      uint64_t dither_seed, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (features == nullptr) return null_argument("features");
    const auto from = view("in", in, sample_type, num_channels, num_samples, in_stride);
    if (!from) return from.error();
    const auto count = features->value.num_windows(num_samples);
    if (!count) return count.error();
    if (num_windows != *count) return bad_argument("num_windows", std::to_string(*count).c_str(), num_windows);
    const auto to = view("out", out, sample_type, num_channels, *count * features->value.num_values(), out_stride);
    if (!to) return to.error();
    if (num_threads < 0) return bad_argument("num_threads", "0 or more", num_threads);
    return core::compute_features(features->value, *from, *to, channels_per_item, num_threads, dither_seed);
  });
}

void tonearm_features_free(tonearm_features* features) { delete features; }

tonearm_code tonearm_mel_filters(int num_bins, double f_min, double f_max, int num_mels, int sample_rate,
                                 int slaney_scale, int slaney_norm, double* out, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (out == nullptr) return null_argument("out");
    if (num_bins < 1) return bad_argument("num_bins", "1 or more", num_bins);
    if (num_mels < 1) return bad_argument("num_mels", "1 or more", num_mels);
    if (sample_rate < 1) return bad_argument("sample_rate", "1 or more", sample_rate);
    if (!(f_min >= 0 && f_min <= f_max)) return bad_argument("f_min", "from 0 to f_max", static_cast<int64_t>(f_min));
    const core::MelBank bank =
        core::make_mel_bank(num_bins, f_min, f_max, num_mels, sample_rate,
                            slaney_scale != 0 ? core::MelScale::kSlaney : core::MelScale::kHtk, slaney_norm != 0);
    const std::size_t mels = static_cast<std::size_t>(num_mels);
    std::fill(out, out + static_cast<std::size_t>(num_bins) * mels, 0.0);
    for (std::size_t m = 0; m < mels; ++m)
      for (int i = bank.offset[m]; i < bank.offset[m + 1]; ++i)
        out[static_cast<std::size_t>(bank.first[m] + i - bank.offset[m]) * mels + m] =
            bank.weights[static_cast<std::size_t>(i)];
    return {};
  });
}

}  // extern "C"
