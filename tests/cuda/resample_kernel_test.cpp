// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The resampling kernels: against the definition in long double, and for what no arithmetic shows.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "cuda/device_resampler.h"
#include "tests/cuda/batches.h"
#include "tests/reference/reference_resample.h"

namespace tonearm::cuda {
namespace {

using namespace test;

core::ResamplePlan made(std::int64_t from, std::int64_t to,
                        core::ResampleMethod method = core::ResampleMethod::kSincHann) {
  core::ResampleOptions options;
  options.source_rate = from;
  options.target_rate = to;
  options.method = method;
  auto plan = core::ResamplePlan::make(options);
  EXPECT_TRUE(plan) << plan.error().message();
  return *std::move(plan);
}

template <class Sample>
void run_batch(const core::ResamplePlan& plan, const tonearm_cuda_batch& batch, const std::vector<Sample>& in,
               std::vector<float>& out) {
  const auto on_device = DeviceResampler::make(plan, machine().api(), 0);
  ASSERT_TRUE(on_device) << on_device.error().message();
  run_placed(batch, in, out, [&](const tonearm_cuda_batch& placed) {
    const auto done = on_device->run(placed, nullptr);
    ASSERT_TRUE(done) << done.error().message();
  });
}

std::int64_t out_length(const core::ResamplePlan& plan, std::size_t length) {
  return *core::resampled_length(static_cast<std::int64_t>(length), plan.options().source_rate,
                                 plan.options().target_rate);
}

std::vector<std::vector<float>> run_ragged(const core::ResamplePlan& plan,
                                           const std::vector<std::vector<float>>& signals) {
  Packed packed;
  for (const auto& x : signals) packed.add(x, out_length(plan, x.size()));
  run_batch(plan, packed.batch(), packed.in, packed.out);
  EXPECT_TRUE(packed.gaps_are_poison());
  std::vector<std::vector<float>> results;
  for (std::size_t i = 0; i < signals.size(); ++i) results.push_back(packed.result(i));
  return results;
}

std::vector<float> run(const core::ResamplePlan& plan, const std::vector<float>& x) { return run_ragged(plan, {x})[0]; }

std::vector<float> run_on_cpu(const core::ResamplePlan& plan, std::vector<float> x) {
  std::vector<float> out(static_cast<std::size_t>(out_length(plan, x.size())));
  const auto view = [](std::vector<float>& v) {
    const auto frames = static_cast<std::int64_t>(v.size());
    return core::PlanarView{reinterpret_cast<std::byte*>(v.data()), core::SampleType::kFloat32, 1, frames, frames};
  };
  const auto done = core::resample(plan, view(x), view(out));
  EXPECT_TRUE(done) << done.error().message();
  return out;
}

struct Rates {
  std::int64_t from, to;
};

// Few and many phases, up and down, cycles longer than a tile; the last three are coprime and interpolated.
const Rates kRates[] = {{44100, 16000}, {48000, 16000}, {16000, 48000}, {48000, 44100}, {8000, 16000},  {16000, 8000},
                        {22050, 16000}, {1000, 9},      {9, 1000},      {44101, 16000}, {16000, 44101}, {48000, 47999}};

TEST(ResampleKernel, MatchesTheDefinition) {
  for (const Rates& r : kRates) {
    SCOPED_TRACE(std::to_string(r.from) + " to " + std::to_string(r.to));
    const auto plan = made(r.from, r.to);
    const std::int64_t g = std::gcd(r.from, r.to);
    const auto x = noise(r.to > 50 * r.from ? 30 : 2001);
    const auto want = reference::resample({r.from / g, r.to / g, 6, 0.99, -1}, widened(x));
    EXPECT_LE(relative_l2(run(plan, x), want), 4e-7);
  }
}

TEST(ResampleKernel, LongFiltersMatchTheDefinition) {
  core::ResampleOptions options;
  options.source_rate = 44100;
  options.target_rate = 16000;
  options.method = core::ResampleMethod::kSincKaiser;
  options.lowpass_filter_width = 64;
  options.rolloff = 0.9475937167399596;
  const auto x = noise(3001);
  EXPECT_LE(relative_l2(run(*core::ResamplePlan::make(options), x),
                        reference::resample({441, 160, 64, 0.9475937167399596, 14.769656459379492}, widened(x))),
            4e-7);
}

// hq on the CPU goes by spectra, here by sums; vhq is double on both.
TEST(ResampleKernel, HqAndVhqMatchTheCpu) {
  for (const auto method : {core::ResampleMethod::kHq, core::ResampleMethod::kVhq})
    for (const Rates& r : {Rates{44100, 16000}, Rates{48000, 16000}, Rates{48000, 44100}, Rates{44101, 16000}}) {
      SCOPED_TRACE(std::to_string(r.from) + " to " + std::to_string(r.to));
      const auto plan = made(r.from, r.to, method);
      const auto x = noise(801);
      EXPECT_LE(relative_l2(run(plan, x), widened(run_on_cpu(plan, x))), 6e-7);
    }
}

TEST(ResampleKernel, EqualRatesCopy) {
  const auto x = noise(777);
  EXPECT_TRUE(same_bits(run(made(16000, 16000), x), x));
  EXPECT_TRUE(same_bits(run(made(16000, 16000, core::ResampleMethod::kVhq), x), x));
}

TEST(ResampleKernel, ResultsDoNotDependOnTheBatch) {
  for (const Rates& r : {Rates{44100, 16000}, Rates{1000, 9}, Rates{44101, 16000}}) {
    SCOPED_TRACE(std::to_string(r.from) + " to " + std::to_string(r.to));
    const auto plan = made(r.from, r.to);
    std::vector<std::vector<float>> signals;
    for (std::size_t i = 0; i < static_cast<std::size_t>(kSignalsPerLaunch) + 2; ++i) {
      const std::size_t lengths[] = {0, 1, 2, 3, 440, 441, 442, 900};
      signals.push_back(noise(lengths[i % std::size(lengths)], 0.2, static_cast<unsigned>(i)));
    }
    machine().reseed(7);
    const auto together = run_ragged(plan, signals);
    machine().reseed(8);
    for (const std::size_t i : {std::size_t{1}, std::size_t{5}, signals.size() - 1})
      EXPECT_TRUE(same_bits(together[i], run(plan, signals[i]))) << i;
  }
}

TEST(ResampleKernel, EqualSignalsAndInt16) {
  const auto plan = made(44100, 16000);
  std::vector<std::int16_t> samples;
  std::vector<float> same;
  for (float v : noise(3 * 1000)) {
    samples.push_back(static_cast<std::int16_t>(v * 20000));
    same.push_back(static_cast<float>(samples.back()) / 32768);
  }
  const std::int64_t length = out_length(plan, 900);
  std::vector<float> out(static_cast<std::size_t>(3 * length), kPoison);
  tonearm_cuda_batch batch = make_batch();
  batch.num_signals = 3;
  batch.in_stride = 1000;
  batch.num_samples = 900;
  batch.out_stride = length;
  run_batch(plan, batch, samples, out);
  for (std::ptrdiff_t i = 0; i < 3; ++i)
    EXPECT_TRUE(same_bits({out.begin() + i * length, out.begin() + (i + 1) * length},
                          run(plan, {same.begin() + i * 1000, same.begin() + i * 1000 + 900})));
}

// A NaN or an infinity reaches exactly the outputs whose support holds it.
TEST(ResampleKernel, NonFiniteSamplesStayInTheirSupport) {
  for (const auto method : {core::ResampleMethod::kSincHann, core::ResampleMethod::kVhq})
    for (const Rates& r : {Rates{44100, 16000}, Rates{16000, 48000}, Rates{48000, 44100}, Rates{44101, 16000}}) {
      SCOPED_TRACE(std::to_string(r.from) + " to " + std::to_string(r.to));
      const auto plan = made(r.from, r.to, method);
      auto x = noise(900);
      x[450] = std::numeric_limits<float>::quiet_NaN();
      const auto got = run(plan, x);
      const auto want = run_on_cpu(plan, x);
      for (std::size_t i = 0; i < want.size(); ++i) ASSERT_EQ(std::isnan(got[i]), std::isnan(want[i])) << i;
    }
}

TEST(ResampleKernel, RefusesWhatItCannotDo) {
  const auto plan = made(44100, 16000);
  const auto on_device = DeviceResampler::make(plan, machine().api(), 0);
  ASSERT_TRUE(on_device);
  tonearm_cuda_batch batch = make_batch();
  batch.num_signals = 1;
  batch.num_samples = 1000;
  EXPECT_EQ(on_device->run(batch, nullptr).error().subject, "in");
  float memory[1];
  batch.in = batch.out = memory;
  batch.num_samples = std::int64_t{1} << 48;
  EXPECT_EQ(on_device->run(batch, nullptr).error().subject, "num_signals");
  batch.num_samples = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(on_device->run(batch, nullptr).error().subject, "num_samples");
  batch.num_samples = 1000;
  batch.out_row_stride = 400;
  EXPECT_EQ(on_device->run(batch, nullptr).error().subject, "out_row_stride");
  EXPECT_EQ(DeviceResampler::make(made(2147483647, 1), machine().api(), 0).error().subject, "target_rate");
}

}  // namespace
}  // namespace tonearm::cuda
