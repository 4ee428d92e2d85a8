// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling and features through the C ABI and audio.h: what the layer below cannot prove.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "tonearm/audio.h"

namespace {

// `error` by reference: it is read after the call that fills it.
std::string subject(tonearm_code code, tonearm_error*& error) {
  std::string text = code == TONEARM_OK ? "accepted" : tonearm_error_subject(error);
  tonearm_error_free(error);
  error = nullptr;
  return text;
}

tonearm_code make_resampler(int source_rate, int target_rate, tonearm_resampler** resampler) {
  tonearm_resample_options options;
  tonearm_resample_options_init(&options);
  options.source_rate = source_rate;
  options.target_rate = target_rate;
  return tonearm_resampler_make(&options, resampler, nullptr);
}

TEST(DspAbi, ResamplesPlanesWithStrides) {
  tonearm_resampler* resampler = nullptr;
  ASSERT_EQ(make_resampler(2, 1, &resampler), TONEARM_OK);
  EXPECT_EQ(tonearm_resampler_length(resampler, 7), 4);
  EXPECT_EQ(tonearm_resampler_length(resampler, -1), -1);
  const std::vector<float> plane = {1, 2, 3, 4, 5, 6, 7, -1e9f};  // the last value lies between the channels
  std::vector<float> in = plane, out(10, -5);
  in.insert(in.end(), plane.begin(), plane.end());
  ASSERT_EQ(tonearm_resample(resampler, TONEARM_FLOAT32, 2, in.data(), 7, 8, out.data(), 4, 5, 0, nullptr), TONEARM_OK);
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 4), std::vector<float>(out.begin() + 5, out.begin() + 9));
  EXPECT_EQ(out[4], -5);
  EXPECT_NEAR(out[1], 3, 0.2);

  tonearm_error* error = nullptr;
  const auto run = [&](int type, const void* from, std::int64_t frames, std::int64_t out_frames) {
    const tonearm_code code =
        tonearm_resample(resampler, type, 2, from, frames, 8, out.data(), out_frames, 5, 1, &error);
    return subject(code, error);
  };
  EXPECT_EQ(run(TONEARM_INT16, in.data(), 7, 4), "sample_type");
  EXPECT_EQ(run(TONEARM_FLOAT32, nullptr, 7, 4), "in");
  EXPECT_EQ(run(TONEARM_FLOAT32, in.data(), 9, 4), "stride");
  EXPECT_EQ(run(TONEARM_FLOAT32, in.data(), 7, 3), "out");
  const tonearm_code code =
      tonearm_resample(resampler, TONEARM_FLOAT32, 2, in.data(), 7, 8, out.data(), 4, 5, -1, &error);
  EXPECT_EQ(subject(code, error), "num_threads");
  tonearm_resampler_free(resampler);
  tonearm_resampler_free(nullptr);
}

TEST(DspAbi, StreamsAndRefusesWhatDoesNotFit) {
  const tonearm::Resampler whole(44100, 16000);
  tonearm_resampler* resampler = nullptr;
  ASSERT_EQ(make_resampler(44100, 16000, &resampler), TONEARM_OK);
  tonearm_resample_stream* stream = nullptr;
  tonearm_error* error = nullptr;
  EXPECT_EQ(subject(tonearm_resample_stream_make(nullptr, TONEARM_FLOAT64, 1, &stream, &error), error), "resampler");
  EXPECT_EQ(subject(tonearm_resample_stream_make(resampler, TONEARM_INT16, 1, &stream, &error), error), "sample_type");
  EXPECT_EQ(subject(tonearm_resample_stream_make(resampler, TONEARM_FLOAT64, 0, &stream, &error), error),
            "num_channels");
  ASSERT_EQ(tonearm_resample_stream_make(resampler, TONEARM_FLOAT64, 1, &stream, nullptr), TONEARM_OK);
  tonearm_resampler_free(resampler);  // the stream keeps what it needs

  const std::vector<double> in(1000, 1);
  std::vector<double> out(363), want(363);
  whole.run(in.data(), 1000, want.data());
  const std::int64_t early = tonearm_resample_stream_length(stream, 990, 0);
  EXPECT_LT(early, 360);
  EXPECT_EQ(tonearm_resample_stream_length(stream, 1000, 1), 363);
  EXPECT_EQ(tonearm_resample_stream_length(stream, -1, 0), -1);
  EXPECT_EQ(tonearm_resample_stream_length(nullptr, 1, 0), 0);
  const auto push = [&](int last, const double* from, std::int64_t frames, double* to, std::int64_t out_frames) {
    return subject(tonearm_resample_stream_push(stream, last, from, frames, frames, to, out_frames, out_frames, &error),
                   error);
  };
  EXPECT_EQ(push(0, nullptr, 990, out.data(), early), "in");
  EXPECT_EQ(push(0, in.data(), 990, nullptr, early), "out");
  EXPECT_EQ(push(0, in.data(), 990, out.data(), early + 1), "out");
  EXPECT_EQ(push(0, in.data(), -1, out.data(), 0), "num_frames");
  EXPECT_EQ(push(0, in.data(), 990, out.data(), early), "accepted");
  EXPECT_EQ(push(0, nullptr, 0, nullptr, 0), "accepted");
  EXPECT_EQ(push(1, in.data(), 10, out.data() + early, 363 - early), "accepted");
  EXPECT_EQ(out, want);
  tonearm_resample_stream_free(stream);
  tonearm_resample_stream_free(nullptr);
}

TEST(DspAbi, RefusesBadOptions) {
  tonearm_resampler* resampler = nullptr;
  tonearm_error* error = nullptr;
  tonearm_resample_options resample;
  tonearm_resample_options_init(&resample);
  EXPECT_EQ(subject(tonearm_resampler_make(&resample, &resampler, &error), error), "source_rate");
  resample.method = 9;
  EXPECT_EQ(subject(tonearm_resampler_make(&resample, &resampler, &error), error), "method");
  resample.size = 0;
  EXPECT_EQ(subject(tonearm_resampler_make(&resample, &resampler, &error), error), "options.size");
  EXPECT_EQ(subject(tonearm_resampler_make(nullptr, &resampler, &error), error), "options");

  tonearm_features* features = nullptr;
  tonearm_feature_options chain;
  tonearm_feature_options_init(&chain);
  chain.num_filters = 3;
  EXPECT_EQ(subject(tonearm_features_make(&chain, &features, &error), error), "filters");
  chain.pad_mode = 7;
  EXPECT_EQ(subject(tonearm_features_make(&chain, &features, &error), error), "pad_mode");
  tonearm_kaldi_options kaldi;
  tonearm_kaldi_options_init(&kaldi);
  kaldi.kind = TONEARM_KALDI_MFCC;
  kaldi.num_ceps = 0;
  EXPECT_EQ(subject(tonearm_features_make_kaldi(&kaldi, &features, &error), error), "num_ceps");
  EXPECT_EQ(subject(tonearm_features_make_whisper(81, &features, &error), error), "n_mels");
  EXPECT_EQ(features, nullptr);
}

TEST(DspAbi, ComputesMels) {
  std::vector<double> bank(201 * 10);
  ASSERT_EQ(tonearm_mel_filters(201, 0, 8000, 10, 16000, 0, 0, bank.data(), nullptr), TONEARM_OK);
  tonearm_feature_options options;
  tonearm_feature_options_init(&options);
  options.num_filters = 10;
  options.filters = bank.data();
  tonearm_features* features = nullptr;
  ASSERT_EQ(tonearm_features_make(&options, &features, nullptr), TONEARM_OK);
  EXPECT_EQ(tonearm_features_num_values(features), 10);
  EXPECT_EQ(tonearm_features_window_major(features), 0);
  std::int64_t windows = 0;
  ASSERT_EQ(tonearm_features_num_windows(features, 1000, &windows, nullptr), TONEARM_OK);
  ASSERT_EQ(windows, 6);
  const std::vector<double> in(1000, 1);
  std::vector<double> out(60, -1);
  ASSERT_EQ(tonearm_features_compute(features, TONEARM_FLOAT64, 1, 1, in.data(), 1000, 1000, out.data(), 6, 60, 1, 0,
                                     nullptr),
            TONEARM_OK);
  // A constant is all in bin 0 and half of it in bin 1, which the first triangle holds.
  EXPECT_NEAR(out[0], 100 * 100 * bank[10], 1e-6);
  EXPECT_NEAR(out[9 * 6], 0, 1e-6);
  tonearm_error* error = nullptr;
  EXPECT_EQ(subject(tonearm_features_compute(features, TONEARM_FLOAT64, 1, 1, in.data(), 1000, 1000, out.data(), 5, 60,
                                             1, 0, &error),
                    error),
            "num_windows");
  tonearm_features_free(features);
}

TEST(DspFace, ResamplesAndThrows) {
  const tonearm::Resampler resampler(3, 2);
  const std::vector<double> in(300, 1);
  std::vector<double> out(static_cast<std::size_t>(resampler.length(300)));
  ASSERT_EQ(out.size(), 200u);
  resampler.run(in.data(), 300, out.data());
  EXPECT_NEAR(out[100], 1, 0.01);
  try {
    const tonearm::Resampler none(3, 0);
    FAIL();
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.subject(), "target_rate");
  }
}

template <class T>
void expect_chunks_are_the_whole(tonearm_resample_method method, std::int64_t source_rate) {
  // vhq has no table there and computes every weight.
  const std::int64_t num_frames = method == TONEARM_VHQ && source_rate == 44101 ? 1500 : 30000;
  tonearm::ResampleOptions options;
  options.method = method;
  std::mt19937 random(3);
  std::vector<T> in(2 * static_cast<std::size_t>(num_frames));
  for (T& v : in) v = static_cast<T>(random()) / static_cast<T>(4294967296.0);
  const std::vector<T> whole = tonearm::resample(in.data(), num_frames, 2, source_rate, 16000, options);

  tonearm::ResampleStream<T> stream(tonearm::Resampler(source_rate, 16000, options), 2);
  std::vector<T> left, right;
  for (std::int64_t at = 0; at < num_frames;) {
    const std::int64_t size =
        std::min<std::int64_t>(num_frames - at, random() % 4 == 0 ? random() % 2 : random() % 3000);
    std::vector<T> chunk(in.begin() + at, in.begin() + at + size);
    chunk.insert(chunk.end(), in.begin() + num_frames + at, in.begin() + num_frames + at + size);
    at += size;
    const std::int64_t length = stream.length(size, at == num_frames);
    std::vector<T> out(2 * static_cast<std::size_t>(length));
    stream.push(chunk.data(), size, out.data(), at == num_frames);
    left.insert(left.end(), out.begin(), out.begin() + length);
    right.insert(right.end(), out.begin() + length, out.end());
  }
  left.insert(left.end(), right.begin(), right.end());
  EXPECT_EQ(left, whole) << "method " << method << ", " << source_rate << " Hz";
}

TEST(DspFace, ChunksAreTheWhole) {
  for (const auto method : {TONEARM_SINC_HANN, TONEARM_SINC_KAISER, TONEARM_HQ, TONEARM_VHQ}) {
    for (const std::int64_t source_rate : {8000, 16000, 44100, 44101}) {
      expect_chunks_are_the_whole<float>(method, source_rate);
      expect_chunks_are_the_whole<double>(method, source_rate);
    }
  }
  EXPECT_TRUE(tonearm::resample<float>(nullptr, 0, 2, 44100, 16000).empty());
  EXPECT_THROW(tonearm::resample<float>(nullptr, -1, 1, 44100, 16000), tonearm::Error);
  EXPECT_THROW(tonearm::ResampleStream<>(tonearm::Resampler(3, 2), 0), tonearm::Error);
}

std::vector<double> chirp(std::size_t count) {
  std::vector<double> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = std::sin(static_cast<double>(i * i) / 2000);
  return x;
}

std::vector<double> compute(const tonearm::Features& features, const std::vector<double>& in) {
  const auto num_samples = static_cast<std::int64_t>(in.size());
  std::vector<double> out(static_cast<std::size_t>(features.num_windows(num_samples) * features.num_values()));
  features.run(in.data(), num_samples, out.data());
  return out;
}

// The sum that defines it, of sizes with and without a prime factor above 7.
TEST(DspFace, SpectrogramIsTheTransformOfItsWindows) {
  for (const int n_fft : {120, 202}) {
    tonearm::SpectrogramOptions options;
    options.n_fft = n_fft;
    options.win_length = 100;
    options.hop_length = 30;
    options.pad = 5;
    options.center = false;
    options.power = std::nullopt;
    options.normalized = TONEARM_NORM_WINDOW;
    options.window.assign(100, 0.5);
    const std::vector<double> in = chirp(400);
    const tonearm::Spectrogram complex(options);
    const std::int64_t windows = complex.num_windows(400);
    ASSERT_TRUE(complex.is_complex());
    ASSERT_EQ(complex.num_bins(), n_fft / 2 + 1);
    ASSERT_EQ(windows, (410 - n_fft) / 30 + 1);
    std::vector<std::complex<double>> bins(static_cast<std::size_t>(complex.num_bins() * windows));
    complex.run(in.data(), 400, bins.data());
    for (const double exponent : {1.0, 2.0, 3.0}) {
      options.power = exponent;
      const tonearm::Spectrogram real(options);
      EXPECT_FALSE(real.is_complex());
      EXPECT_THROW(real.run(in.data(), 400, bins.data()), std::invalid_argument);
      const std::vector<double> power = compute(real, in);
      ASSERT_EQ(power.size(), bins.size());
      for (std::size_t i = 0; i < power.size(); ++i) EXPECT_NEAR(power[i], std::pow(std::abs(bins[i]), exponent), 1e-9);
    }
    for (const int k : {0, 7, n_fft / 2}) {
      std::complex<double> want = 0;
      for (int i = 0; i < 100; ++i) {
        const int place = (n_fft - 100) / 2 + i;  // in the frame
        const int at = 2 * 30 + place - 5;        // window 2
        want += in[static_cast<std::size_t>(at)] * std::polar(0.1, -2 * std::acos(-1.0) * k * place / n_fft);
      }
      EXPECT_NEAR(std::abs(bins[static_cast<std::size_t>(k * windows + 2)] - want), 0, 1e-9) << k;
    }
  }
}

TEST(DspFace, SpectrogramPadsAndRefuses) {
  tonearm::SpectrogramOptions options;
  options.n_fft = 8;
  options.hop_length = 4;
  const std::vector<double> in = chirp(12);
  options.pad_mode = TONEARM_PAD_REPLICATE;
  const std::vector<double> centred = compute(tonearm::Spectrogram(options), in);
  std::vector<double> padded(4, in.front());
  padded.insert(padded.end(), in.begin(), in.end());
  padded.insert(padded.end(), 4, in.back());
  options.center = false;
  EXPECT_EQ(centred, compute(tonearm::Spectrogram(options), padded));

  options.window.assign(7, 1);
  EXPECT_THROW(tonearm::Spectrogram{options}, std::invalid_argument);
  options.window.clear();
  options.n_fft = 0;
  try {
    const tonearm::Spectrogram none(options);
    FAIL();
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.code(), TONEARM_INVALID_ARGUMENT);
    EXPECT_EQ(error.subject(), "n_fft");
  }
}

TEST(DspFace, KaldiIsWhatItsOptionsSay) {
  const std::vector<double> in = chirp(4000);
  tonearm_kaldi_options c_options;
  tonearm_kaldi_options_init(&c_options);
  EXPECT_EQ(compute(tonearm::KaldiFbank(), in), compute(tonearm::Features(c_options), in));
  c_options.kind = TONEARM_KALDI_MFCC;
  EXPECT_EQ(compute(tonearm::KaldiMfcc(), in), compute(tonearm::Features(c_options), in));
  c_options.kind = TONEARM_KALDI_SPECTROGRAM;
  EXPECT_EQ(compute(tonearm::KaldiSpectrogram(), in), compute(tonearm::Features(c_options), in));

  // Each option at another value than its default: one that is not handed on is seen.
  c_options = {sizeof c_options,
               TONEARM_KALDI_FBANK,
               8000,
               20,
               5,
               0.5,
               0.9,
               0,
               TONEARM_WINDOW_BLACKMAN,
               0.4,
               0,
               0,
               0.1,
               0,
               1,
               1,
               1,
               30,
               30,
               -200,
               150,
               -300,
               1.1,
               0,
               0,
               12,
               20};
  tonearm::KaldiOptions options;
  options.sample_frequency = 8000;
  options.frame_length = 20;
  options.frame_shift = 5;
  options.dither = 0.5;
  options.preemphasis_coefficient = 0.9;
  options.remove_dc_offset = false;
  options.window_type = TONEARM_WINDOW_BLACKMAN;
  options.blackman_coeff = 0.4;
  options.round_to_power_of_two = false;
  options.snip_edges = false;
  options.energy_floor = 0.1;
  options.raw_energy = false;
  options.use_energy = true;
  options.htk_compat = true;
  options.subtract_mean = true;
  options.num_mel_bins = 30;
  options.low_freq = 30;
  options.high_freq = -200;
  options.vtln_low = 150;
  options.vtln_high = -300;
  options.vtln_warp = 1.1;
  options.use_log_fbank = false;
  options.use_power = false;
  options.num_ceps = 12;
  options.cepstral_lifter = 20;
  const tonearm::KaldiFbank fbank(options);
  EXPECT_TRUE(fbank.window_major());
  EXPECT_EQ(fbank.num_values(), 31);
  EXPECT_EQ(compute(fbank, in), compute(tonearm::Features(c_options), in));
  const auto dithered = [&](std::uint64_t seed) {
    std::vector<double> out(compute(fbank, in).size());
    fbank.run(in.data(), static_cast<std::int64_t>(in.size()), out.data(), 1, 1, 1, seed);
    return out;
  };
  EXPECT_EQ(dithered(0), compute(fbank, in));
  EXPECT_EQ(dithered(7), dithered(7));
  EXPECT_NE(dithered(7), dithered(8));
  c_options.kind = TONEARM_KALDI_MFCC;
  EXPECT_EQ(compute(tonearm::KaldiMfcc(options), in), compute(tonearm::Features(c_options), in));
  options.num_ceps = 31;
  EXPECT_THROW(tonearm::KaldiMfcc{options}, tonearm::Error);
}

TEST(DspFace, MfccIsTheCosineTransformOfDecibels) {
  tonearm::MelOptions mel;
  mel.n_mels = 20;
  const std::vector<double> in = chirp(2000);
  const tonearm::MelSpectrogram mels(mel);
  const std::int64_t windows = mels.num_windows(2000);
  std::vector<double> bands = compute(mels, in);
  const std::vector<double> cepstra = compute(tonearm::Mfcc(5, mel), in);
  double peak = -1e9;
  for (double& v : bands) peak = std::max(peak, v = 10 * std::log10(std::max(v, 1e-10)));
  for (int k = 0; k < 5; ++k) {
    double want = 0;
    for (int m = 0; m < 20; ++m)
      want += std::max(bands[static_cast<std::size_t>(m * windows + 3)], peak - 80) *
              std::cos(std::acos(-1.0) / 20 * (m + 0.5) * k);
    EXPECT_NEAR(cepstra[static_cast<std::size_t>(k * windows + 3)], want * std::sqrt((k == 0 ? 1.0 : 2.0) / 20), 1e-9);
  }
  EXPECT_EQ(tonearm::WhisperFeatures().num_windows(16000), 100);
}

}  // namespace
