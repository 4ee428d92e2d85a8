// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling and features through the C ABI and audio.h: what the layer below cannot prove.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tonearm/audio.h"

namespace {

// `error` by reference: it is read after the call that fills it.
std::string subject(tonearm_code code, tonearm_error*& error) {
  const std::string text = code == TONEARM_OK ? "accepted" : tonearm_error_subject(error);
  tonearm_error_free(error);
  error = nullptr;
  return text;
}

TEST(DspAbi, ResamplesPlanesWithStrides) {
  tonearm_resample_options options;
  tonearm_resample_options_init(&options);
  options.source_rate = 2;
  options.target_rate = 1;
  tonearm_resampler* resampler = nullptr;
  ASSERT_EQ(tonearm_resampler_make(&options, &resampler, nullptr), TONEARM_OK);
  EXPECT_EQ(tonearm_resampler_length(resampler, 7), 4);
  EXPECT_EQ(tonearm_resampler_length(resampler, -1), -1);
  const std::vector<float> plane = {1, 2, 3, 4, 5, 6, 7, -1e9f};  // the last value lies between the channels
  std::vector<float> in = plane, out(10, -5);
  in.insert(in.end(), plane.begin(), plane.end());
  ASSERT_EQ(tonearm_resample(resampler, TONEARM_FLOAT32, 2, in.data(), 7, 8, out.data(), 4, 5, nullptr), TONEARM_OK);
  EXPECT_EQ(std::vector<float>(out.begin(), out.begin() + 4), std::vector<float>(out.begin() + 5, out.begin() + 9));
  EXPECT_EQ(out[4], -5);
  EXPECT_NEAR(out[1], 3, 0.2);

  tonearm_error* error = nullptr;
  const auto run = [&](int type, const void* from, std::int64_t frames, std::int64_t out_frames) {
    const tonearm_code code = tonearm_resample(resampler, type, 2, from, frames, 8, out.data(), out_frames, 5, &error);
    return subject(code, error);
  };
  EXPECT_EQ(run(TONEARM_INT16, in.data(), 7, 4), "sample_type");
  EXPECT_EQ(run(TONEARM_FLOAT32, nullptr, 7, 4), "in");
  EXPECT_EQ(run(TONEARM_FLOAT32, in.data(), 9, 4), "stride");
  EXPECT_EQ(run(TONEARM_FLOAT32, in.data(), 7, 3), "out");
  tonearm_resampler_free(resampler);
  tonearm_resampler_free(nullptr);
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
  ASSERT_EQ(
      tonearm_features_compute(features, TONEARM_FLOAT64, 1, 1, in.data(), 1000, 1000, out.data(), 6, 60, nullptr),
      TONEARM_OK);
  // A constant is all in bin 0 and half of it in bin 1, which the first triangle holds.
  EXPECT_NEAR(out[0], 100 * 100 * bank[10], 1e-6);
  EXPECT_NEAR(out[9 * 6], 0, 1e-6);
  tonearm_error* error = nullptr;
  EXPECT_EQ(subject(tonearm_features_compute(features, TONEARM_FLOAT64, 1, 1, in.data(), 1000, 1000, out.data(), 5, 60,
                                             &error),
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
    tonearm::Resampler(3, 0);
    FAIL();
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.subject(), "target_rate");
  }
}

TEST(DspFace, MfccIsTheCosineTransformOfDecibels) {
  tonearm::MelOptions mel;
  mel.n_mels = 20;
  std::vector<double> in(2000);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = std::sin(static_cast<double>(i * i) / 2000);
  const tonearm::MelSpectrogram mels(mel);
  const tonearm::Mfcc mfcc(5, mel);
  const std::int64_t windows = mels.num_windows(2000);
  std::vector<double> bands(static_cast<std::size_t>(20 * windows)), cepstra(static_cast<std::size_t>(5 * windows));
  mels.run(in.data(), 2000, bands.data());
  mfcc.run(in.data(), 2000, cepstra.data());
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
