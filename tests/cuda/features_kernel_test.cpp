// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The features kernels: against sums in double, against the CPU path, and for what no arithmetic shows.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cuda/device_features.h"
#include "tests/cuda/batches.h"
#include "tests/reference/reference_features.h"

namespace tonearm::cuda {
namespace {

using namespace test;
using core::FeaturePlan;

std::int64_t num_windows(const FeaturePlan& plan, std::size_t length) {
  const auto windows = plan.num_windows(static_cast<std::int64_t>(length));
  EXPECT_TRUE(windows) << windows.error().message();
  return windows ? *windows : 0;
}

template <class Sample>
void run_batch(const FeaturePlan& plan, const tonearm_cuda_batch& batch, const std::vector<Sample>& in,
               std::vector<float>& out) {
  const auto on_device = DeviceFeatures::make(plan, machine().api(), 0);
  ASSERT_TRUE(on_device) << on_device.error().message();
  run_placed(batch, in, out, [&](const tonearm_cuda_batch& placed) {
    const auto bytes = on_device->workspace_bytes(placed);
    ASSERT_TRUE(bytes) << bytes.error().message();
    const Placed<float> workspace(std::vector<float>((*bytes + sizeof(float) - 1) / sizeof(float), kPoison));
    const auto done = on_device->run(placed, workspace.get(), *bytes, nullptr);
    ASSERT_TRUE(done) << done.error().message();
  });
}

/// Every signal alone in its place of one ragged batch.
std::vector<std::vector<float>> run_ragged(const FeaturePlan& plan, const std::vector<std::vector<float>>& signals,
                                           double in_scale = 0) {
  Packed packed;
  for (const auto& x : signals) packed.add(x, num_windows(plan, x.size()) * plan.num_values());
  tonearm_cuda_batch batch = packed.batch();
  batch.in_scale = in_scale;
  run_batch(plan, batch, packed.in, packed.out);
  EXPECT_TRUE(packed.gaps_are_poison());
  std::vector<std::vector<float>> results;
  for (std::size_t i = 0; i < signals.size(); ++i) results.push_back(packed.result(i));
  return results;
}

std::vector<float> run(const FeaturePlan& plan, const std::vector<float>& x) { return run_ragged(plan, {x})[0]; }

/// The same on the CPU, in the arithmetic of T.
template <class T>
std::vector<T> run_on_cpu(const FeaturePlan& plan, const std::vector<float>& x) {
  std::vector<T> in(x.begin(), x.end());
  std::vector<T> out(static_cast<std::size_t>(num_windows(plan, x.size()) * plan.num_values()));
  const auto type = std::is_same_v<T, float> ? core::SampleType::kFloat32 : core::SampleType::kFloat64;
  const auto view = [&](std::vector<T>& v) {
    const auto frames = static_cast<std::int64_t>(v.size());
    return core::PlanarView{reinterpret_cast<std::byte*>(v.data()), type, 1, frames, frames};
  };
  const auto done = core::compute_features(plan, view(in), view(out));
  EXPECT_TRUE(done) << done.error().message();
  return out;
}

FeaturePlan made(core::Result<FeaturePlan> plan) {
  EXPECT_TRUE(plan) << plan.error().message();
  return *std::move(plan);
}

class SpectrogramKernel : public testing::TestWithParam<int> {};

TEST_P(SpectrogramKernel, MatchesTheSumInDouble) {
  const int n = GetParam();
  core::SpectrogramOptions options;
  options.n_fft = n;
  options.hop_length = std::max(1, n / 3);
  // More windows than one tile has, where that is quick; the sum takes n^2.
  const int windows = n <= 1024 ? 35 : 1;
  const auto x = noise(static_cast<std::size_t>(n / 2 * 2 + (windows - 1) * options.hop_length + 2));
  options.center = n <= 1024;
  const auto padded = options.center ? reference::reflect(widened(x), static_cast<std::size_t>(n / 2)) : widened(x);
  const auto spectra = reference::stft(padded, reference::periodic_hann(static_cast<std::size_t>(n)),
                                       static_cast<std::size_t>(options.hop_length));
  std::vector<double> power, pairs;
  for (std::size_t k = 0; k < static_cast<std::size_t>(n / 2 + 1); ++k)
    for (const auto& s : spectra) {
      power.push_back(std::norm(s[k]));
      pairs.push_back(s[k].real());
      pairs.push_back(s[k].imag());
    }
  EXPECT_LE(relative_l2(run(made(FeaturePlan::spectrogram(options)), x), power), 1e-6);
  options.power = 0;
  EXPECT_LE(relative_l2(run(made(FeaturePlan::spectrogram(options)), x), pairs), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, SpectrogramKernel,
                         testing::Values(8, 9, 10, 14, 15, 16, 27, 30, 49, 64, 105, 125, 210, 256, 343, 400, 480, 512,
                                         600, 729, 1024, 1050, 2048, 2187, 4096));

// The largest of each kind, by way of the CPU's double path: one block's shared memory holds one window.
TEST(SpectrogramKernel, LargestSizesMatchTheCpu) {
  for (const int n : {8192, 8100, 7875, 6561, 4375}) {
    core::SpectrogramOptions options;
    options.n_fft = n;
    options.hop_length = n / 2;
    const auto plan = made(FeaturePlan::spectrogram(options));
    const auto x = noise(static_cast<std::size_t>(2 * n));
    EXPECT_LE(relative_l2(run(plan, x), run_on_cpu<double>(plan, x)), 1e-6) << n;
  }
}

TEST(MelKernel, MatchesDenseBanksInDouble) {
  core::MelSpectrogramOptions options;
  options.spectrogram.hop_length = 160;
  options.n_mels = 80;
  options.mel_scale = core::MelScale::kSlaney;
  options.slaney_norm = true;
  const auto x = noise(8000);
  EXPECT_LE(relative_l2(run(made(FeaturePlan::mel_spectrogram(options)), x),
                        reference::mel_spectrogram(widened(x), 400, 160, 80, true)),
            1e-6);
}

TEST(WhisperKernel, MatchesItsFormulaInDouble) {
  for (const int mels : {80, 128}) {
    const auto x = noise(8000);
    const auto mel = reference::mel_spectrogram(widened(x), 400, 160, mels, true);
    const std::size_t windows = mel.size() / static_cast<std::size_t>(mels);
    std::vector<double> want;
    double peak = -1e9;
    for (std::size_t i = 0; i < mel.size(); ++i)
      if (i % windows != windows - 1) want.push_back(std::log10(std::max(mel[i], 1e-10)));
    for (double v : want) peak = std::max(peak, v);
    for (double& v : want) v = (std::max(v, peak - 8) + 4) / 4;
    EXPECT_LE(largest_difference(run(made(FeaturePlan::whisper({mels})), x), want), 4e-5);
  }
}

TEST(KaldiFbankKernel, MatchesItsChainInDouble) {
  for (const bool snip : {true, false})
    for (const std::size_t length : {0u, 1u, 200u, 399u, 400u, 401u, 5000u}) {
      core::KaldiOptions options;
      options.num_mel_bins = 40;
      options.snip_edges = snip;
      const auto x = noise(length, 3000);
      std::vector<double> want;
      for (const auto& row : reference::kaldi_fbank(widened(x), 40, snip))
        want.insert(want.end(), row.begin(), row.end());
      EXPECT_LE(largest_difference(run(made(FeaturePlan::kaldi(options)), x), want), 2e-4) << length;
    }
}

struct Variant {
  std::string name;
  FeaturePlan plan;
  double amplitude;
  double tolerance;  // absolute; relative L2 where the flag says so
  bool relative = false;
};

core::KaldiOptions kaldi_options(int num_ceps, bool use_energy, bool htk_compat) {
  core::KaldiOptions o;
  o.num_ceps = num_ceps;
  o.use_energy = use_energy;
  o.htk_compat = htk_compat;
  return o;
}

/// Every branch of the kernels' tails.
std::vector<Variant> variants() {
  std::vector<Variant> all;
  const auto torch = [&](const char* name, const core::SpectrogramOptions& o) {
    all.push_back({name, made(FeaturePlan::spectrogram(o)), 0.2, 1e-6, true});
  };
  core::SpectrogramOptions s;
  s.n_fft = 400;
  s.win_length = 320;
  s.hop_length = 100;
  s.norm = core::SpectrumNorm::kWindow;
  s.power = 1;
  torch("magnitude, short window", s);
  s.power = 3;
  s.pad = 7;
  s.pad_mode = core::PadMode::kReplicate;
  torch("cube, padded", s);
  s.power = 0;
  s.pad_mode = core::PadMode::kConstant;
  torch("complex, constant", s);
  s.center = false;
  s.n_fft = 486;
  s.hop_length = 700;
  torch("windows apart", s);
  s.n_fft = 63;
  s.win_length = 50;
  s.hop_length = 1;
  torch("hop 1", s);

  core::MelSpectrogramOptions mel;
  mel.spectrogram.n_fft = 1024;
  mel.spectrogram.hop_length = 256;
  all.push_back({"mel 1024", made(FeaturePlan::mel_spectrogram(mel)), 0.2, 1e-6, true});
  mel.n_mels = 700;
  all.push_back({"more mels than bins", made(FeaturePlan::mel_spectrogram(mel)), 0.2, 1e-6, true});
  core::MfccOptions mfcc;
  mfcc.mel.spectrogram.hop_length = 160;
  mfcc.mel.n_mels = 40;
  mfcc.n_mfcc = 13;
  all.push_back({"mfcc, decibels", made(FeaturePlan::mfcc(mfcc)), 0.2, 4e-4});
  mfcc.log_mels = true;
  all.push_back({"mfcc, logarithms", made(FeaturePlan::mfcc(mfcc)), 0.2, 4e-4});
  core::ChainOptions chain;
  chain.spectrogram.n_fft = 512;
  chain.num_filters = 4;
  for (int i = 0; i < 257 * 4; ++i) chain.filters.push_back(i % 5 == 0 ? 0 : 1 + std::sin(i));
  chain.log.mode = core::LogMode::kDb;
  chain.log.top_db = 10;
  all.push_back({"decibels, clamped", made(FeaturePlan::chain(chain)), 0.2, 4e-4});
  chain.log.top_db = -1;
  all.push_back({"decibels, free", made(FeaturePlan::chain(chain)), 0.2, 4e-4});

  for (const int ceps : {0, 13})
    for (const bool energy : {false, true})
      for (const bool htk : {false, true}) {
        const std::string name = "kaldi " + std::to_string(ceps) + (energy ? " energy" : "") + (htk ? " htk" : "");
        all.push_back({name, made(FeaturePlan::kaldi(kaldi_options(ceps, energy, htk))), 3000, 4e-4});
      }
  core::KaldiOptions k = kaldi_options(0, true, false);
  k.raw_energy = false;
  k.energy_floor = 0;
  k.use_power = false;
  k.remove_dc_offset = false;
  k.preemphasis = 0;
  all.push_back({"kaldi magnitude", made(FeaturePlan::kaldi(k)), 3000, 2e-4});
  k.use_log_fbank = false;
  k.use_energy = false;
  all.push_back({"kaldi linear", made(FeaturePlan::kaldi(k)), 3000, 1e-6, true});
  k = core::KaldiOptions();
  k.spectrum = true;
  k.snip_edges = false;
  // Single bins fall as low as they like, where a mel band does not.
  all.push_back({"kaldi spectrum", made(FeaturePlan::kaldi(k)), 3000, 4e-3});
  k.spectrum = false;
  k.subtract_mean = true;
  k.num_mel_bins = 80;
  all.push_back({"kaldi mean", made(FeaturePlan::kaldi(k)), 3000, 2e-4});
  k.dither = 20;
  k.round_to_power_of_two = false;
  all.push_back({"kaldi dither, 400", made(FeaturePlan::kaldi(k)), 3000, 2e-4});
  return all;
}

TEST(FeatureKernels, MatchTheCpuInDouble) {
  for (const Variant& v : variants()) {
    SCOPED_TRACE(v.name);
    const auto x = noise(5000, v.amplitude);
    const auto want = run_on_cpu<double>(v.plan, x);
    const auto got = run(v.plan, x);
    if (v.relative)
      EXPECT_LE(relative_l2(got, want), v.tolerance);
    else
      EXPECT_LE(largest_difference(got, want), v.tolerance);
  }
}

// More signals than one launch takes, of every awkward length: each as if it were alone.
TEST(FeatureKernels, ResultsDoNotDependOnTheBatch) {
  for (const Variant& v : variants()) {
    SCOPED_TRACE(v.name);
    std::vector<std::vector<float>> signals;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kSignalsPerLaunch) + 3; ++i) {
      const std::size_t lengths[] = {0, 1, 200, 201, 399, 400, 401, 800, 1023, 1024, 1200};
      std::size_t length = lengths[i % std::size(lengths)];
      // What the definition refuses (too short to reflect) is not in a batch.
      if (!v.plan.num_windows(static_cast<std::int64_t>(length))) length = 1100;
      signals.push_back(noise(length, v.amplitude, static_cast<unsigned>(i)));
    }
    machine().reseed(7);
    const auto together = run_ragged(v.plan, signals);
    machine().reseed(8);
    for (const std::size_t i : {std::size_t{0}, std::size_t{7}, signals.size() - 1}) {
      // Dither is keyed by the signal's number, so the one before it comes along.
      const auto alone =
          i == 0 || v.name.find("dither") == std::string::npos
              ? run(v.plan, signals[i])
              : run_ragged(v.plan, {signals.begin(), signals.begin() + static_cast<std::ptrdiff_t>(i) + 1})[i];
      EXPECT_TRUE(same_bits(together[i], alone)) << i;
    }
  }
}

FeaturePlan dithered_plan() {
  core::KaldiOptions k;
  k.dither = 20;
  k.subtract_mean = true;
  return made(FeaturePlan::kaldi(k));
}

// A seed for each item: its channels have the noise that they have alone, on the CPU, too.
TEST(FeatureKernels, SignalsDitherByTheSeedOfTheirItem) {
  const auto plan = dithered_plan();
  const std::vector<std::vector<float>> signals = {noise(1500, 3000), noise(1500, 3000, 4), noise(900, 3000, 5),
                                                   noise(900, 3000, 6)};
  const std::vector<std::uint64_t> seeds = {11, 11, (std::uint64_t{1} << 62) - 1, (std::uint64_t{1} << 62) - 1};
  const auto packed_of = [&](std::size_t begin, std::size_t end) {
    Packed packed;
    for (std::size_t i = begin; i < end; ++i)
      packed.add(signals[i], num_windows(plan, signals[i].size()) * plan.num_values());
    return packed;
  };
  Packed together = packed_of(0, 4);
  tonearm_cuda_batch batch = together.batch();
  batch.signals_per_item = 2;
  batch.dither_seeds = seeds.data();
  run_batch(plan, batch, together.in, together.out);
  for (const std::size_t item : {std::size_t{0}, std::size_t{2}}) {
    Packed alone = packed_of(item, item + 2);
    batch = alone.batch();
    batch.dither_seed = seeds[item];
    run_batch(plan, batch, alone.in, alone.out);
    EXPECT_TRUE(same_bits(together.result(item), alone.result(0)));
    EXPECT_TRUE(same_bits(together.result(item + 1), alone.result(1)));
  }
  std::vector<double> x = widened(signals[2]);
  std::vector<double> want(together.result(2).size());
  const auto view = [](std::vector<double>& v) {
    const auto frames = static_cast<std::int64_t>(v.size());
    return core::PlanarView{reinterpret_cast<std::byte*>(v.data()), core::SampleType::kFloat64, 1, frames, frames};
  };
  ASSERT_TRUE(core::compute_features(plan, view(x), view(want), 1, 1, seeds[2]));
  EXPECT_LE(largest_difference(together.result(2), want), 2e-4);
  EXPECT_GT(largest_difference(together.result(2), run_on_cpu<double>(plan, signals[2])), 1e-2);  // of seed 0
}

// Equal ones, of which there may be any number, take the seed by their number.
TEST(FeatureKernels, EqualSignalsDitherByTheirNumber) {
  const auto plan = dithered_plan();
  const auto x = noise(1000, 3000);
  std::vector<float> repeated = x;
  repeated.insert(repeated.end(), x.begin(), x.end());
  const auto values = static_cast<std::int64_t>(run(plan, x).size());
  std::vector<float> out(static_cast<std::size_t>(2 * values), kPoison);
  tonearm_cuda_batch batch = make_batch();
  batch.num_signals = 2;
  batch.in_stride = batch.num_samples = 1000;
  batch.out_stride = values;
  batch.dither_seed = 11;
  run_batch(plan, batch, repeated, out);
  Packed packed;
  for (int i = 0; i < 2; ++i) packed.add(x, values);
  batch = packed.batch();
  batch.dither_seed = 11;
  run_batch(plan, batch, packed.in, packed.out);
  EXPECT_TRUE(same_bits({out.begin(), out.begin() + values}, packed.result(0)));
  EXPECT_TRUE(same_bits({out.begin() + values, out.end()}, packed.result(1)));
  EXPECT_FALSE(same_bits(packed.result(0), packed.result(1)));
}

int num_launches;  // of the features kernel, and of those that finish

// Signals of different lengths go in one launch of each kernel, up to those that its parameters hold.
TEST(FeatureKernels, TakeARaggedBatchInOneLaunch) {
  static const DeviceApi& real = machine().api();
  DeviceApi counting = real;
  counting.features = [](int device, void* stream, FftKind kind, bool kaldi, LaunchShape shape, const FeatureJob& job) {
    ++num_launches;
    return real.features(device, stream, kind, kaldi, shape, job);
  };
  counting.finish_peak = [](int device, void* stream, LaunchShape shape, const FinishJob& job) {
    ++num_launches;
    return real.finish_peak(device, stream, shape, job);
  };
  counting.finish_mean = [](int device, void* stream, LaunchShape shape, const FinishJob& job) {
    ++num_launches;
    return real.finish_mean(device, stream, shape, job);
  };
  const auto launches = [&](const FeaturePlan& plan, int num_signals) {
    const auto on_device = DeviceFeatures::make(plan, counting, 0);
    Packed packed;
    for (int i = 0; i < num_signals; ++i) {
      const auto x = noise(static_cast<std::size_t>(600 + 10 * i), 1, static_cast<unsigned>(i));
      packed.add(x, num_windows(plan, x.size()) * plan.num_values());
    }
    num_launches = 0;
    run_placed(packed.batch(), packed.in, packed.out, [&](const tonearm_cuda_batch& placed) {
      const auto bytes = on_device->workspace_bytes(placed);
      const Placed<float> workspace(std::vector<float>(*bytes / sizeof(float), kPoison));
      EXPECT_TRUE(on_device->run(placed, workspace.get(), *bytes, nullptr));
    });
    return num_launches;
  };
  EXPECT_EQ(launches(made(FeaturePlan::mel_spectrogram({})), kSignalsPerLaunch), 1);
  EXPECT_EQ(launches(made(FeaturePlan::mel_spectrogram({})), kSignalsPerLaunch + 1), 2);
  EXPECT_EQ(launches(made(FeaturePlan::whisper({})), kSignalsPerLaunch), 2);
  EXPECT_EQ(launches(dithered_plan(), kSignalsPerLaunch), 2);
}

TEST(FeatureKernels, EqualSignalsNeedNoTables) {
  for (const Variant& v : variants()) {
    SCOPED_TRACE(v.name);
    constexpr std::size_t kLength = 1500, kStride = 1600, kSignals = 3;
    const auto x = noise(kStride * kSignals, v.amplitude);
    const std::int64_t windows = num_windows(v.plan, kLength);
    const std::int64_t values = windows * v.plan.num_values();
    std::vector<float> out(static_cast<std::size_t>(values + 4) * kSignals, kPoison);
    tonearm_cuda_batch batch = make_batch();
    batch.num_signals = kSignals;
    batch.in_stride = kStride;
    batch.num_samples = kLength;
    batch.out_stride = values + 4;
    run_batch(v.plan, batch, x, out);
    std::vector<std::vector<float>> signals;
    for (std::size_t i = 0; i < kSignals; ++i) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(i * kStride);
      signals.emplace_back(begin, begin + kLength);
    }
    const auto want = run_ragged(v.plan, signals);
    for (std::size_t i = 0; i < kSignals; ++i) {
      const auto begin = out.begin() + static_cast<std::ptrdiff_t>(i) * (values + 4);
      EXPECT_TRUE(same_bits({begin, begin + values}, want[i])) << i;
      EXPECT_TRUE(std::all_of(begin + values, begin + values + 4, [](float f) { return std::isnan(f); }));
    }
  }
}

TEST(FeatureKernels, PaddedRowsKeepTheirPadding) {
  core::MelSpectrogramOptions mel;
  mel.n_mels = 20;
  core::SpectrogramOptions complex;
  complex.power = 0;
  for (const auto& plan : {made(FeaturePlan::mel_spectrogram(mel)), made(FeaturePlan::whisper({})),
                           made(FeaturePlan::mfcc({})), made(FeaturePlan::spectrogram(complex))}) {
    const std::vector<std::vector<float>> signals = {noise(3000), noise(900), noise(2000)};
    const std::int64_t longest = num_windows(plan, 3000);
    const int width = plan.num_values() == 402 ? 2 : 1;
    const std::int64_t rows = plan.num_values() / width;
    const std::int64_t stride = (longest + 3) * width;
    Packed packed;
    for (const auto& x : signals) packed.add(x, rows * stride);
    tonearm_cuda_batch batch = packed.batch();
    batch.out_row_stride = stride;
    run_batch(plan, batch, packed.in, packed.out);
    const auto want = run_ragged(plan, signals);
    for (std::size_t i = 0; i < signals.size(); ++i) {
      const std::int64_t used = num_windows(plan, signals[i].size()) * width;
      const auto got = packed.result(i);
      for (std::int64_t r = 0; r < rows; ++r)
        for (std::int64_t t = 0; t < stride; ++t) {
          const float value = got[static_cast<std::size_t>(r * stride + t)];
          if (t < used)
            ASSERT_EQ(value, want[i][static_cast<std::size_t>(r * used + t)]) << r << " " << t;
          else
            ASSERT_TRUE(std::isnan(value)) << r << " " << t;
        }
    }
  }
}

TEST(FeatureKernels, TakeInt16) {
  const auto plan = made(FeaturePlan::whisper({}));
  std::vector<std::int16_t> samples;
  std::vector<float> same;
  for (float v : noise(4000)) {
    samples.push_back(static_cast<std::int16_t>(v * 20000));
    same.push_back(static_cast<float>(samples.back()) / 32768);
  }
  const auto want = run(plan, same);
  std::vector<float> out(want.size(), kPoison);
  tonearm_cuda_batch batch = make_batch();
  batch.num_signals = 1;
  batch.num_samples = 4000;
  run_batch(plan, batch, samples, out);
  EXPECT_TRUE(same_bits(out, want));

  const auto kaldi = made(FeaturePlan::kaldi({}));
  std::vector<float> wide(samples.begin(), samples.end());
  const auto fbank = run(kaldi, wide);
  out.assign(fbank.size(), kPoison);
  batch.in_scale = 1;
  run_batch(kaldi, batch, samples, out);
  EXPECT_TRUE(same_bits(out, fbank));
}

TEST(FeatureKernels, SignalsOfAnItemShareTheirPeak) {
  const auto plan = made(FeaturePlan::whisper({}));
  auto quiet = noise(4000);
  for (float& v : quiet) v *= 1e-3f;
  const std::vector<std::vector<float>> signals = {noise(4000), quiet, quiet, noise(3000)};
  const auto apart = run_ragged(plan, signals);
  Packed packed;
  for (const auto& x : signals) packed.add(x, num_windows(plan, x.size()) * 80);
  tonearm_cuda_batch batch = packed.batch();
  batch.signals_per_item = 2;
  run_batch(plan, batch, packed.in, packed.out);
  EXPECT_TRUE(same_bits(packed.result(0), apart[0]));
  EXPECT_FALSE(same_bits(packed.result(1), apart[1]));  // floored relative to the loud one
  EXPECT_TRUE(same_bits(packed.result(3), apart[3]));
  batch.signals_per_item = 3;
  const auto on_device = DeviceFeatures::make(plan, machine().api(), 0);
  EXPECT_EQ(on_device->workspace_bytes(batch).error().subject, "signals_per_item");
}

/// Which windows have a value that is not finite.
template <class T>
std::vector<bool> bad_windows(const FeaturePlan& plan, const std::vector<T>& values, std::size_t windows,
                              bool complex) {
  std::vector<bool> bad(windows, false);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      bad[plan.window_major() ? i / static_cast<std::size_t>(plan.num_values()) : (complex ? i / 2 : i) % windows] =
          true;
  return bad;
}

// NaN and infinity reach the windows that hold them, as on the CPU. (Which of a window's values an infinity leaves
// finite is the transform's affair.)
TEST(FeatureKernels, NonFiniteSamplesStayInTheirWindows) {
  for (const Variant& v : variants()) {
    SCOPED_TRACE(v.name);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      auto x = noise(5000, v.amplitude);
      x[2600] = bad;
      const auto want = run_on_cpu<float>(v.plan, x);
      const auto got = run(v.plan, x);
      const auto windows = static_cast<std::size_t>(num_windows(v.plan, x.size()));
      const bool complex = v.name == "complex, constant" || v.name == "windows apart" || v.name == "hop 1";
      EXPECT_EQ(bad_windows(v.plan, got, windows, complex), bad_windows(v.plan, want, windows, complex));
    }
  }
}

TEST(FeatureKernels, RefuseWhatTheyCannotDo) {
  const auto plan = made(FeaturePlan::whisper({}));
  const auto on_device = DeviceFeatures::make(plan, machine().api(), 0);
  ASSERT_TRUE(on_device);
  const auto subject = [&](auto change) {
    static float memory[1];
    tonearm_cuda_batch batch = make_batch();
    batch.num_signals = 1;
    batch.num_samples = 1000;
    batch.in = memory;
    batch.out = memory;
    change(batch);
    const auto bytes = on_device->workspace_bytes(batch);
    return bytes ? std::string("accepted") : bytes.error().subject;
  };
  EXPECT_EQ(subject([](auto&) {}), "accepted");
  EXPECT_EQ(subject([](auto& b) { b.in_type = TONEARM_FLOAT64; }), "in_type");
  EXPECT_EQ(subject([](auto& b) { b.num_signals = -1; }), "num_signals");
  EXPECT_EQ(subject([](auto& b) { b.num_samples = -1; }), "num_samples");
  EXPECT_EQ(subject([](auto& b) { b.num_samples = std::numeric_limits<std::int64_t>::max(); }), "num_samples");
  EXPECT_EQ(subject([](auto& b) { b.num_samples = std::int64_t{1} << 43; }), "num_signals");  // more tiles than a grid
  EXPECT_EQ(subject([](auto& b) { b.num_samples = 100; }), "in");                             // too short to reflect
  EXPECT_EQ(subject([](auto& b) { b.in = nullptr; }), "in");
  EXPECT_EQ(subject([](auto& b) { b.out = nullptr; }), "out");
  EXPECT_EQ(subject([](auto& b) { b.out_row_stride = 2; }), "out_row_stride");
  EXPECT_EQ(subject([](auto& b) { b.num_signals = 2; }), "out_stride");
  EXPECT_EQ(subject([](auto& b) { b.in_stride = -5; }), "in_stride");
  EXPECT_EQ(subject([](auto& b) {
              static const std::int64_t lengths[] = {1000, -3};
              b.num_signals = 2;
              b.lengths = lengths;
            }),
            "lengths");
  tonearm_cuda_batch batch = make_batch();
  float memory[80 * 6];
  batch.num_signals = 1;
  batch.num_samples = 1000;
  batch.in = memory;
  batch.out = memory;
  EXPECT_EQ(on_device->run(batch, nullptr, 0, nullptr).error().subject, "workspace");
  for (const int n : {1, 7, 11, 8193, 16384, 401}) {
    core::SpectrogramOptions options;
    options.n_fft = n;
    EXPECT_EQ(DeviceFeatures::make(*FeaturePlan::spectrogram(options), machine().api(), 0).error().subject, "n_fft")
        << n;
  }
}

}  // namespace
}  // namespace tonearm::cuda
