// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/reference/reference_features.h"

namespace tonearm::core {
namespace {

template <class T>
PlanarView view_of(std::vector<T>& samples, int channels = 1) {
  const auto frames = static_cast<std::int64_t>(samples.size()) / channels;
  const SampleType type = std::is_same_v<T, float> ? SampleType::kFloat32 : SampleType::kFloat64;
  return {reinterpret_cast<std::byte*>(samples.data()), type, channels, frames, frames};
}

template <class T>
std::vector<T> run(const Result<FeaturePlan>& plan, std::vector<T> in, int channels = 1) {
  EXPECT_TRUE(plan) << plan.error().message();
  const auto windows = plan->num_windows(static_cast<std::int64_t>(in.size()) / channels);
  EXPECT_TRUE(windows) << windows.error().message();
  std::vector<T> out(static_cast<std::size_t>(*windows * plan->num_values() * channels),
                     std::numeric_limits<T>::quiet_NaN());
  const auto done = compute_features(*plan, view_of(in, channels), view_of(out, channels));
  EXPECT_TRUE(done) << done.error().message();
  return out;
}

template <class T>
std::vector<T> noise(std::size_t count, double amplitude = 0.2) {
  std::mt19937 random(3);
  std::normal_distribution<double> normal(0, amplitude);
  std::vector<T> x(count);
  for (T& v : x) v = static_cast<T>(static_cast<float>(normal(random)));
  return x;
}

template <class T>
double relative_l2(const std::vector<T>& got, const std::vector<double>& want) {
  EXPECT_EQ(got.size(), want.size());
  double error = 0, power = 0;
  for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
    error += std::pow(static_cast<double>(got[i]) - want[i], 2);
    power += want[i] * want[i];
  }
  return std::sqrt(error / (power > 0 ? power : 1));
}

template <class T>
double largest_difference(const std::vector<T>& got, const std::vector<double>& want) {
  EXPECT_EQ(got.size(), want.size());
  double worst = 0;
  for (std::size_t i = 0; i < std::min(got.size(), want.size()); ++i)
    worst = std::max(worst, std::abs(static_cast<double>(got[i]) - want[i]));
  return worst;
}

// [mel][window] of reflect-centred power spectra.
std::vector<double> reference_mel(const std::vector<double>& x, std::size_t n_fft, std::size_t hop, int mels,
                                  bool slaney) {
  const auto spectra = reference::stft(reference::reflect(x, n_fft / 2), reference::periodic_hann(n_fft), hop);
  const auto bank = reference::mel_bank(static_cast<int>(n_fft / 2 + 1), mels, 16000, 8000, slaney);
  std::vector<double> out;
  for (const auto& row : bank)
    for (const auto& spectrum : spectra) {
      double sum = 0;
      for (std::size_t k = 0; k < spectrum.size(); ++k) sum += row[k] * std::norm(spectrum[k]);
      out.push_back(sum);
    }
  return out;
}

class SpectrogramSize : public testing::TestWithParam<int> {};

TEST_P(SpectrogramSize, MatchesTheSumInDouble) {
  const int n = GetParam();
  const std::size_t hop = static_cast<std::size_t>(std::max(1, n / 3));
  const std::size_t length = static_cast<std::size_t>(n) * 3 + 20 * hop + 1;
  SpectrogramOptions options;
  options.n_fft = n;
  options.hop_length = static_cast<int>(hop);
  std::vector<double> power, pairs;
  const auto x = noise<double>(length);
  const auto spectra = reference::stft(reference::reflect(x, static_cast<std::size_t>(n / 2)),
                                       reference::periodic_hann(static_cast<std::size_t>(n)), hop);
  for (std::size_t k = 0; k < static_cast<std::size_t>(n / 2 + 1); ++k)
    for (const auto& s : spectra) {
      power.push_back(std::norm(s[k]));
      pairs.push_back(s[k].real());
      pairs.push_back(s[k].imag());
    }
  EXPECT_LE(relative_l2(run<double>(FeaturePlan::spectrogram(options), x), power), 1e-12);
  EXPECT_LE(relative_l2(run<float>(FeaturePlan::spectrogram(options), noise<float>(length)), power), 5e-7);
  options.power = 0;
  EXPECT_LE(relative_l2(run<double>(FeaturePlan::spectrogram(options), x), pairs), 1e-12);
  EXPECT_LE(relative_l2(run<float>(FeaturePlan::spectrogram(options), noise<float>(length)), pairs), 5e-7);
}

INSTANTIATE_TEST_SUITE_P(Sizes, SpectrogramSize,
                         testing::Values(2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 30, 49, 105, 127, 201, 210, 222, 256, 400,
                                         512));

TEST(MelSpectrogram, MatchesDenseBanksInDouble) {
  for (const bool slaney : {false, true}) {
    MelSpectrogramOptions options;
    options.spectrogram.hop_length = 160;
    options.n_mels = 80;
    options.mel_scale = slaney ? MelScale::kSlaney : MelScale::kHtk;
    options.slaney_norm = slaney;
    const auto want = reference_mel(noise<double>(8000), 400, 160, 80, slaney);
    EXPECT_LE(relative_l2(run<double>(FeaturePlan::mel_spectrogram(options), noise<double>(8000)), want), 1e-12);
    EXPECT_LE(relative_l2(run<float>(FeaturePlan::mel_spectrogram(options), noise<float>(8000)), want), 5e-7);
  }
}

TEST(Whisper, MatchesItsFormulaInDouble) {
  for (const int mels : {80, 128}) {
    const auto mel = reference_mel(noise<double>(8000), 400, 160, mels, true);
    const std::size_t windows = mel.size() / static_cast<std::size_t>(mels);
    std::vector<double> want;
    double peak = -1e9;
    for (std::size_t i = 0; i < mel.size(); ++i)
      if (i % windows != windows - 1) want.push_back(std::log10(std::max(mel[i], 1e-10)));
    for (double v : want) peak = std::max(peak, v);
    for (double& v : want) v = (std::max(v, peak - 8) + 4) / 4;
    EXPECT_LE(largest_difference(run<float>(FeaturePlan::whisper({mels}), noise<float>(8000)), want), 2e-5);
    EXPECT_LE(largest_difference(run<double>(FeaturePlan::whisper({mels}), noise<double>(8000)), want), 1e-10);
  }
}

TEST(Mfcc, MatchesItsFormulaInDouble) {
  MfccOptions options;
  options.mel.n_mels = 40;
  options.n_mfcc = 13;
  auto mel = reference_mel(noise<double>(6000), 400, 200, 40, false);
  const std::size_t windows = mel.size() / 40;
  double peak = -1e9;
  for (double& v : mel) peak = std::max(peak, v = 10 * std::log10(std::max(v, 1e-10)));
  for (double& v : mel) v = std::max(v, peak - 80);
  std::vector<double> want;
  for (int k = 0; k < 13; ++k)
    for (std::size_t t = 0; t < windows; ++t) {
      double sum = 0;
      for (int m = 0; m < 40; ++m)
        sum += mel[static_cast<std::size_t>(m) * windows + t] * std::cos(reference::kPi * k * (2 * m + 1) / 80);
      want.push_back(sum * std::sqrt((k == 0 ? 1.0 : 2.0) / 40));
    }
  EXPECT_LE(largest_difference(run<float>(FeaturePlan::mfcc(options), noise<float>(6000)), want), 2e-4);
  EXPECT_LE(largest_difference(run<double>(FeaturePlan::mfcc(options), noise<double>(6000)), want), 1e-9);
}

TEST(KaldiFbank, MatchesItsChainInDouble) {
  for (const bool snip : {true, false})
    for (const std::size_t length : {1u, 399u, 400u, 5000u}) {
      KaldiOptions options;
      options.num_mel_bins = 40;
      options.snip_edges = snip;
      std::vector<double> want;
      for (const auto& row : reference::kaldi_fbank(noise<double>(length, 3000), 40, snip))
        want.insert(want.end(), row.begin(), row.end());
      EXPECT_LE(largest_difference(run<double>(FeaturePlan::kaldi(options), noise<double>(length, 3000)), want), 1e-8)
          << length;
      EXPECT_LE(largest_difference(run<float>(FeaturePlan::kaldi(options), noise<float>(length, 3000)), want), 1e-4)
          << length;
    }
}

TEST(KaldiMfcc, IsTheLifteredCosineOfTheBank) {
  KaldiOptions options;
  const auto bank = run<double>(FeaturePlan::kaldi(options), noise<double>(4000, 3000));
  options.num_ceps = 13;
  const auto got = run<double>(FeaturePlan::kaldi(options), noise<double>(4000, 3000));
  std::vector<double> want;
  for (std::size_t t = 0; t < bank.size() / 23; ++t)
    for (int k = 0; k < 13; ++k) {
      double sum = 0;
      for (int m = 0; m < 23; ++m)
        sum += bank[t * 23 + static_cast<std::size_t>(m)] * std::cos(reference::kPi * k * (2 * m + 1) / 46);
      want.push_back(sum * std::sqrt((k == 0 ? 1.0 : 2.0) / 23) * (1 + 11 * std::sin(reference::kPi * k / 22)));
    }
  EXPECT_LE(largest_difference(got, want), 1e-9);
}

TEST(KaldiDither, IsKeyedBySeedAndPlace) {
  KaldiOptions options;
  options.dither = 1;
  const auto x = noise<float>(8000, 100);
  const auto a = run<float>(FeaturePlan::kaldi(options), x);
  EXPECT_EQ(a, run<float>(FeaturePlan::kaldi(options), x));
  options.dither_seed = 1;
  EXPECT_NE(a, run<float>(FeaturePlan::kaldi(options), x));
}

TEST(Features, ChannelsDoNotTouchEachOther) {
  auto x = noise<float>(6000);
  const std::vector<float> second(x.begin() + 3000, x.end());
  for (auto& plan : {FeaturePlan::whisper({}), FeaturePlan::mfcc({}), FeaturePlan::kaldi({})}) {
    const auto both = run<float>(plan, x, 2);
    const auto alone = run<float>(plan, second);
    EXPECT_EQ(std::vector<float>(both.begin() + static_cast<std::ptrdiff_t>(alone.size()), both.end()), alone);
  }
}

TEST(Features, NanStaysInItsWindows) {
  auto x = noise<float>(8000);
  x[4000] = std::numeric_limits<float>::quiet_NaN();
  SpectrogramOptions options;
  options.hop_length = 160;
  const auto y = run<float>(FeaturePlan::spectrogram(options), x);
  const std::int64_t windows = 51;
  for (std::int64_t t = 0; t < windows; ++t)
    EXPECT_EQ(std::isnan(y[static_cast<std::size_t>(3 * windows + t)]), t * 160 - 200 <= 4000 && 4000 < t * 160 + 200)
        << t;
}

TEST(Features, NameTheBadArgument) {
  const auto subject = [](auto change) {
    MelSpectrogramOptions options;
    change(options);
    const auto plan = FeaturePlan::mel_spectrogram(options);
    return plan ? std::string("accepted") : plan.error().subject;
  };
  EXPECT_EQ(subject([](auto&) {}), "accepted");
  EXPECT_EQ(subject([](auto& o) { o.spectrogram.n_fft = 0; }), "n_fft");
  EXPECT_EQ(subject([](auto& o) { o.spectrogram.hop_length = -1; }), "hop_length");
  EXPECT_EQ(subject([](auto& o) { o.spectrogram.win_length = 401; }), "win_length");
  EXPECT_EQ(subject([](auto& o) { o.spectrogram.power = std::nan(""); }), "power");
  EXPECT_EQ(subject([](auto& o) { o.n_mels = 0; }), "n_mels");
  EXPECT_EQ(subject([](auto& o) { o.sample_rate = 0; }), "sample_rate");
  EXPECT_EQ(subject([](auto& o) { o.f_min = 9000; }), "f_max");
  KaldiOptions kaldi;
  kaldi.frame_shift_ms = 0;
  EXPECT_EQ(FeaturePlan::kaldi(kaldi).error().subject, "frame_shift");
  const auto plan = FeaturePlan::spectrogram({});
  for (const std::int64_t length : {0, 1, 200}) EXPECT_EQ(plan->num_windows(length).error().subject, "in");
  EXPECT_EQ(*plan->num_windows(201), 2);
  EXPECT_EQ(*FeaturePlan::kaldi({})->num_windows(0), 0);
}

}  // namespace
}  // namespace tonearm::core
