// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/dsp/noise.h"
#include "tests/reference/reference_features.h"
#include "tests/support/distance.h"

namespace tonearm::core {
namespace {

using test::largest_difference;
using test::relative_l2;

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
                         testing::Values(2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 30, 49, 105, 127, 201, 210, 222, 256, 400, 512,
                                         1009));

TEST(MelSpectrogram, MatchesDenseBanksInDouble) {
  for (const bool slaney : {false, true}) {
    MelSpectrogramOptions options;
    options.spectrogram.hop_length = 160;
    options.n_mels = 80;
    options.mel_scale = slaney ? MelScale::kSlaney : MelScale::kHtk;
    options.slaney_norm = slaney;
    const auto want = reference::mel_spectrogram(noise<double>(8000), 400, 160, 80, slaney);
    EXPECT_LE(relative_l2(run<double>(FeaturePlan::mel_spectrogram(options), noise<double>(8000)), want), 1e-12);
    EXPECT_LE(relative_l2(run<float>(FeaturePlan::mel_spectrogram(options), noise<float>(8000)), want), 5e-7);
  }
}

TEST(Whisper, MatchesItsFormulaInDouble) {
  for (const int mels : {80, 128}) {
    const auto mel = reference::mel_spectrogram(noise<double>(8000), 400, 160, mels, true);
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

// torchaudio's MFCC of the mel values [channel][mel][window]: one greatest value for all.
std::vector<double> reference_mfcc(std::vector<double> mel, std::size_t mels, std::size_t channels, int coefs) {
  const std::size_t windows = mel.size() / mels / channels;
  double peak = -1e9;
  for (double& v : mel) peak = std::max(peak, v = 10 * std::log10(std::max(v, 1e-10)));
  for (double& v : mel) v = std::max(v, peak - 80);
  std::vector<double> want;
  for (std::size_t c = 0; c < channels; ++c)
    for (int k = 0; k < coefs; ++k)
      for (std::size_t t = 0; t < windows; ++t) {
        double sum = 0;
        for (std::size_t m = 0; m < mels; ++m)
          sum += mel[(c * mels + m) * windows + t] *
                 std::cos(reference::kPi * k * (2 * static_cast<double>(m) + 1) / (2 * static_cast<double>(mels)));
        want.push_back(sum * std::sqrt((k == 0 ? 1.0 : 2.0) / static_cast<double>(mels)));
      }
  return want;
}

TEST(Mfcc, MatchesItsFormulaInDouble) {
  MfccOptions options;
  options.mel.n_mels = 40;
  options.n_mfcc = 13;
  const auto want = reference_mfcc(reference::mel_spectrogram(noise<double>(6000), 400, 200, 40, false), 40, 1, 13);
  EXPECT_LE(largest_difference(run<float>(FeaturePlan::mfcc(options), noise<float>(6000)), want), 2e-4);
  EXPECT_LE(largest_difference(run<double>(FeaturePlan::mfcc(options), noise<double>(6000)), want), 1e-9);
}

TEST(Mfcc, MatchesItsFormulaForEveryNumberOfMelsAndCoefficients) {
  for (const auto& [mels, coefs] : {std::pair{40, 40}, {41, 1}, {41, 41}, {23, 22}, {1, 1}, {2, 2}}) {
    MfccOptions options;
    options.mel.n_mels = mels;
    options.n_mfcc = coefs;
    const auto count = static_cast<std::size_t>(mels);
    const auto mel = reference::mel_spectrogram(noise<double>(6000), 400, 200, mels, false);
    const auto want = reference_mfcc(mel, count, 1, coefs);
    EXPECT_LE(largest_difference(run<float>(FeaturePlan::mfcc(options), noise<float>(6000)), want), 2e-4) << mels;
    EXPECT_LE(largest_difference(run<double>(FeaturePlan::mfcc(options), noise<double>(6000)), want), 1e-9) << mels;
  }
}

// Cosines have mirror images that save half the products; a table that only looks like one has not.
TEST(Chain, TakesATableThatIsAlmostCosines) {
  constexpr int kMels = 12, kCoefs = 11;
  ChainOptions options;
  options.spectrogram.n_fft = 64;
  options.num_filters = kMels;
  options.num_coefs = kCoefs;
  for (int i = 0; i < 33 * kMels; ++i) options.filters.push_back(i % 5 == 0 ? 1 : 0.25);
  options.log.mode = LogMode::kLn;
  for (int m = 0; m < kMels; ++m)
    for (int k = 0; k < kCoefs; ++k) options.dct.push_back(std::cos(reference::kPi * k * (2 * m + 1) / (2 * kMels)));
  const auto x = noise<double>(1000);
  for (const int changed : {0, 1, 3 * kCoefs + 10, 11 * kCoefs + 5}) {
    ChainOptions almost = options;
    almost.dct[static_cast<std::size_t>(changed)] += 1e-3;
    const auto want = run<double>(FeaturePlan::chain(almost), x);
    EXPECT_LE(largest_difference(run<float>(FeaturePlan::chain(almost), noise<float>(1000)), want), 2e-5) << changed;
  }
}

TEST(Mfcc, ChannelsOfAnItemShareTheirPeak) {
  MfccOptions options;
  options.mel.n_mels = 40;
  options.n_mfcc = 13;
  const auto plan = FeaturePlan::mfcc(options);
  auto x = noise<double>(6000);
  for (std::size_t i = 0; i < 3000; ++i) x[i] *= 1e-6;  // 120 dB below: all of it is clamped
  auto mel = reference::mel_spectrogram({x.begin(), x.begin() + 3000}, 400, 200, 40, false);
  const auto loud = reference::mel_spectrogram({x.begin() + 3000, x.end()}, 400, 200, 40, false);
  mel.insert(mel.end(), loud.begin(), loud.end());
  std::vector<double> out(13 * 16 * 2);
  ASSERT_TRUE(compute_features(*plan, view_of(x, 2), view_of(out, 2), 2));
  EXPECT_LE(largest_difference(out, reference_mfcc(mel, 40, 2, 13)), 1e-9);
  EXPECT_EQ(compute_features(*plan, view_of(x, 2), view_of(out, 2), 3).error().subject, "channels_per_item");
}

TEST(Chain, TakesGivenTables) {
  ChainOptions options;
  options.spectrogram.n_fft = 64;
  options.spectrogram.win_length = 60;
  options.spectrogram.hop_length = 25;
  options.spectrogram.norm = SpectrumNorm::kWindow;
  double norm = 0;
  for (int i = 0; i < 60; ++i) {
    options.spectrogram.weights.push_back(0.1 + 0.01 * i);
    norm += std::pow(0.1 + 0.01 * i, 2);
  }
  options.num_filters = 5;
  for (int i = 0; i < 33 * 5; ++i) options.filters.push_back(i % 7 == 0 ? 0 : std::sin(i));  // negative ones too
  options.log.mode = LogMode::kLn;
  options.log.offset = 100;
  options.num_coefs = 3;
  for (int i = 0; i < 5 * 3; ++i) options.dct.push_back(std::cos(i));
  const auto x = noise<double>(1000);
  std::vector<double> window(64, 0.0);
  for (std::size_t i = 0; i < 60; ++i) window[i + 2] = options.spectrogram.weights[i];
  const auto spectra = reference::stft(reference::reflect(x, 32), window, 25);
  std::vector<double> want(3 * spectra.size());
  for (std::size_t t = 0; t < spectra.size(); ++t)
    for (std::size_t m = 0; m < 5; ++m) {
      double sum = 0;
      for (std::size_t k = 0; k < 33; ++k) sum += options.filters[k * 5 + m] * std::norm(spectra[t][k]) / norm;
      for (std::size_t c = 0; c < 3; ++c) want[c * spectra.size() + t] += options.dct[m * 3 + c] * std::log(sum + 100);
    }
  EXPECT_LE(largest_difference(run<double>(FeaturePlan::chain(options), x), want), 1e-10);
  EXPECT_LE(largest_difference(run<float>(FeaturePlan::chain(options), noise<float>(1000)), want), 2e-5);
  options.dct.pop_back();
  EXPECT_EQ(FeaturePlan::chain(options).error().subject, "dct");
  options.filters.pop_back();
  EXPECT_EQ(FeaturePlan::chain(options).error().subject, "filters");
  options.spectrogram.weights.pop_back();
  EXPECT_EQ(FeaturePlan::chain(options).error().subject, "window");
}

TEST(Spectrogram, PadsAsAsked) {
  const auto x = noise<double>(70);
  for (const PadMode mode : {PadMode::kConstant, PadMode::kReplicate, PadMode::kReflect}) {
    SpectrogramOptions options;
    options.n_fft = 32;
    options.hop_length = 11;
    options.pad = 5;
    options.pad_mode = mode;
    options.power = 1;
    std::vector<double> padded(5, 0.0);
    padded.insert(padded.end(), x.begin(), x.end());
    padded.insert(padded.end(), 5, 0.0);
    if (mode == PadMode::kReflect) {
      padded = reference::reflect(padded, 16);
    } else {  // the outer zeros are what replicate repeats
      padded.insert(padded.begin(), 16, 0.0);
      padded.insert(padded.end(), 16, 0.0);
    }
    const auto spectra = reference::stft(padded, reference::periodic_hann(32), 11);
    std::vector<double> want;
    for (std::size_t k = 0; k < 17; ++k)
      for (const auto& s : spectra) want.push_back(std::abs(s[k]));
    EXPECT_LE(largest_difference(run<double>(FeaturePlan::spectrogram(options), x), want), 1e-12);
    options.pad = 0;
    if (mode != PadMode::kReplicate) continue;
    padded = std::vector<double>(16, x.front());
    padded.insert(padded.end(), x.begin(), x.end());
    padded.insert(padded.end(), 16, x.back());
    want.clear();
    const auto repeated = reference::stft(padded, reference::periodic_hann(32), 11);
    for (std::size_t k = 0; k < 17; ++k)
      for (const auto& s : repeated) want.push_back(std::abs(s[k]));
    EXPECT_LE(largest_difference(run<double>(FeaturePlan::spectrogram(options), x), want), 1e-12);
  }
}

// The logarithm of each sample's square: a spectrum of one bin, n_fft 1, window 1.
ChainOptions squares() {
  ChainOptions options;
  options.spectrogram.n_fft = 1;
  options.spectrogram.hop_length = 1;
  options.spectrogram.center = false;
  options.spectrogram.weights = {1};
  options.num_filters = 1;
  options.filters = {1};
  return options;
}

// Floats of every magnitude through the vector logarithm.
TEST(Log, IsWithinTwoUlp) {
  ChainOptions options = squares();
  options.log.mode = LogMode::kLn;
  options.log.offset = 0;
  std::vector<float> x;
  for (float v = 1e-18f; v < 1e18f; v *= 1.0003f) x.push_back(v);
  for (int i = -3000; i < 3000; ++i) x.push_back(1 + static_cast<float>(i) * 1e-5f);
  for (float v : {0.0f, 1e-30f, 3e-23f, std::numeric_limits<float>::infinity(), std::nanf("")}) x.push_back(v);
  for (const char* isa : runnable_isas()) {
    use_isa_for_tests(isa);
    const auto y = run<float>(FeaturePlan::chain(options), x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float square = x[i] * x[i];
      const double want = std::log(static_cast<double>(square));
      if (!std::isfinite(want)) {
        ASSERT_TRUE(std::isnan(want) ? std::isnan(y[i]) : static_cast<double>(y[i]) == want) << x[i];
      } else {
        const float nearest = static_cast<float>(want);
        const float ulp = std::nextafter(std::abs(nearest), 1e30f) - std::abs(nearest);
        ASSERT_LE(std::abs(static_cast<double>(y[i]) - want), 2 * static_cast<double>(ulp)) << isa << " " << square;
      }
    }
  }
  use_isa_for_tests(runnable_isas().back());
}

// The same in decibels, where a floor above 0 leaves the logarithm less to care for.
TEST(Log, OfDecibelsIsWithin2e5) {
  ChainOptions options = squares();
  options.log.mode = LogMode::kDb;
  options.log.top_db = -1;
  std::vector<float> x;
  for (float v = 1e-6f; v < 1e18f; v *= 1.0003f) x.push_back(v);
  for (float v : {0.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) x.push_back(v);
  for (const char* isa : runnable_isas()) {
    use_isa_for_tests(isa);
    const auto y = run<float>(FeaturePlan::chain(options), x);
    for (std::size_t i = 0; i + 2 < x.size(); ++i) {
      const double want = std::log10(std::max(static_cast<double>(x[i] * x[i]), 1e-10));
      ASSERT_LE(std::abs(static_cast<double>(y[i]) / 10 - want), 2e-5) << isa << " " << x[i];
    }
    EXPECT_EQ(y[x.size() - 2], std::numeric_limits<float>::infinity()) << isa;
    EXPECT_TRUE(std::isnan(y.back())) << isa;
    // The clamp counts from the greatest value, of whatever sign a NaN has.
    ChainOptions clamped = options;
    clamped.log.top_db = 80;
    const auto of = [&](float loud) { return run<float>(FeaturePlan::chain(clamped), {loud, 1e-4f, 0, 0})[2]; };
    EXPECT_NEAR(of(10), 20 - 80, 1e-4) << isa;
    EXPECT_NEAR(of(0), -80 - 20, 1e-4) << isa;
    EXPECT_TRUE(std::isnan(of(std::nanf("")))) << isa;
    EXPECT_TRUE(std::isnan(of(-std::nanf("")))) << isa;
  }
  use_isa_for_tests(runnable_isas().back());
}

TEST(MelSpectrogram, HasALogarithmWithin2e5) {
  const MelBank bank = make_mel_bank(201, 0, 8000, 80, 16000, MelScale::kHtk, false);
  ChainOptions options;
  options.spectrogram.hop_length = 160;
  options.num_filters = 80;
  options.filters.assign(201 * 80, 0);
  for (int m = 0; m < 80; ++m)
    for (int i = bank.offset[static_cast<std::size_t>(m)]; i < bank.offset[static_cast<std::size_t>(m + 1)]; ++i) {
      const int bin = bank.first[static_cast<std::size_t>(m)] + i - bank.offset[static_cast<std::size_t>(m)];
      options.filters[static_cast<std::size_t>(bin * 80 + m)] = bank.weights[static_cast<std::size_t>(i)];
    }
  options.log.mode = LogMode::kDb;
  options.log.top_db = -1;
  std::vector<double> want = reference::mel_spectrogram(noise<double>(48000), 400, 160, 80, false);
  for (double& v : want) v = std::log10(std::max(v, 1e-10));
  std::vector<float> got = run<float>(FeaturePlan::chain(options), noise<float>(48000));
  for (float& v : got) v /= 10;
  EXPECT_LE(largest_difference(got, want), 2e-5);
}

// What the other tests prove of the best kernels, for those that this processor would not choose.
TEST(FeatureIsas, Agree) {
  MfccOptions mfcc;
  mfcc.mel.n_mels = 40;
  KaldiOptions fbank, cepstra;
  fbank.num_mel_bins = 40;
  fbank.use_energy = true;
  cepstra.num_ceps = 13;
  SpectrogramOptions complex, odd;
  complex.power = 0;
  odd.n_fft = 222;
  odd.power = 1;
  for (const auto& plan :
       {FeaturePlan::whisper({}), FeaturePlan::mfcc(mfcc), FeaturePlan::kaldi(fbank), FeaturePlan::kaldi(cepstra),
        FeaturePlan::spectrogram(complex), FeaturePlan::spectrogram(odd)}) {
    const auto want = run<double>(plan, noise<double>(5000));
    for (const char* isa : runnable_isas()) {
      use_isa_for_tests(isa);
      EXPECT_LE(largest_difference(run<double>(plan, noise<double>(5000)), want), 1e-9) << isa;
      EXPECT_LE(largest_difference(run<float>(plan, noise<float>(5000)), want), 1e-4) << isa;
    }
    use_isa_for_tests(runnable_isas().back());
  }
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
  const auto plan = FeaturePlan::kaldi(options);
  auto x = noise<float>(8000, 100);
  const auto dithered = [&](std::uint64_t seed) {
    std::vector<float> out(static_cast<std::size_t>(*plan->num_windows(8000) * plan->num_values()));
    EXPECT_TRUE(compute_features(*plan, view_of(x), view_of(out), 1, 1, seed));
    return out;
  };
  EXPECT_EQ(dithered(0), dithered(0));
  EXPECT_EQ(dithered(0), run<float>(plan, x));
  EXPECT_NE(dithered(0), dithered(1));
}

// Of a seed that somebody wrote down. Computed from the definition by Python's integers.
TEST(KaldiDither, IsTheSameFromReleaseToRelease) {
  EXPECT_NEAR(gaussian_noise(noise_key(7, 3), 5, 11), 1.4247204166894467, 1e-14);
  EXPECT_NEAR(gaussian_noise(noise_key((std::uint64_t{1} << 62) - 1, 0), 1000, 399), 1.2038583616273717, 1e-14);
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

// Wherever the samples and the result lie in memory, and by a plan designed anew.
TEST(Features, HaveTheSameBitsFromRunToRun) {
  const std::size_t length = 20000;
  const auto x = noise<float>(length);
  KaldiOptions cepstra;
  cepstra.num_ceps = 13;
  const auto plans = [&] {
    return std::vector{FeaturePlan::spectrogram({}), FeaturePlan::mfcc({}), FeaturePlan::whisper({}),
                       FeaturePlan::kaldi(cepstra)};
  };
  for (std::size_t i = 0; i < plans().size(); ++i) {
    const auto first = run<float>(plans()[i], x);
    for (const std::size_t shift : {1, 2, 7}) {
      std::vector<float> in(length + shift), out(first.size() + shift);
      std::copy(x.begin(), x.end(), in.begin() + static_cast<std::ptrdiff_t>(shift));
      const auto view = [&](std::vector<float>& v) {
        return view_of(v).slice(static_cast<std::int64_t>(shift), std::ssize(v) - static_cast<std::int64_t>(shift));
      };
      ASSERT_TRUE(compute_features(*plans()[i], view(in), view(out)));
      out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(shift));
      EXPECT_EQ(out, first) << "feature " << i << ", " << shift;
    }
  }
}

// Threads with items for themselves, and threads that share one: two channels, of one or of two items.
TEST(Features, HaveTheSameBitsByAnyNumberOfThreads) {
  KaldiOptions dithered;
  dithered.dither = 1;
  dithered.subtract_mean = true;
  const std::vector plans = {FeaturePlan::spectrogram({}), FeaturePlan::mel_spectrogram({}), FeaturePlan::mfcc({}),
                             FeaturePlan::whisper({}), FeaturePlan::kaldi(dithered)};
  for (const bool with_nan : {false, true}) {
    auto x = noise<float>(800'000);
    if (with_nan) x[700'000] = std::numeric_limits<float>::quiet_NaN();
    for (std::size_t i = 0; i < plans.size(); ++i) {
      for (const int channels : {1, 2, 8}) {
        const int channels_per_item = channels == 8 ? 2 : channels;
        const auto bytes = [&](int threads) {
          const std::int64_t values = *plans[i]->num_windows(800'000 / channels) * plans[i]->num_values();
          std::vector<float> out(static_cast<std::size_t>(values * channels), 7);
          const auto done =
              compute_features(*plans[i], view_of(x, channels), view_of(out, channels), channels_per_item, threads);
          EXPECT_TRUE(done);
          const auto* first = reinterpret_cast<const char*>(out.data());
          return std::string(first, first + out.size() * sizeof(float));  // a NaN is the same NaN
        };
        const std::string one = bytes(1);
        for (const int threads : {2, 3, 50})
          EXPECT_TRUE(bytes(threads) == one) << "feature " << i << ", " << channels << " channels, " << threads;
      }
    }
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
