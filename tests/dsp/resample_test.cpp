// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "core/dsp/kernels.h"
#include "core/dsp/resample_design.h"
#include "tests/reference/reference_resample.h"
#include "tests/support/distance.h"

namespace tonearm::core {
namespace {

using test::relative_l2;

template <class T>
constexpr SampleType kTypeOf = std::is_same_v<T, float> ? SampleType::kFloat32 : SampleType::kFloat64;

template <class T>
PlanarView view_of(std::vector<T>& samples, int channels = 1) {
  const auto frames = static_cast<std::int64_t>(samples.size()) / channels;
  return {reinterpret_cast<std::byte*>(samples.data()), kTypeOf<T>, channels, frames, frames};
}

ResamplePlan make_plan(std::int64_t source, std::int64_t target, ResampleMethod method = ResampleMethod::kSincHann) {
  ResampleOptions options;
  options.source_rate = source;
  options.target_rate = target;
  options.method = method;
  auto plan = ResamplePlan::make(options);
  EXPECT_TRUE(plan) << plan.error().message();
  return *plan;
}

template <class T>
std::vector<T> run(const ResamplePlan& plan, std::vector<T> in) {
  const auto length =
      resampled_length(static_cast<std::int64_t>(in.size()), plan.options().source_rate, plan.options().target_rate);
  EXPECT_TRUE(length);
  // Poisoned: an output that is not written is seen.
  std::vector<T> out(static_cast<std::size_t>(*length), std::numeric_limits<T>::quiet_NaN());
  const auto done = resample(plan, view_of(in), view_of(out));
  EXPECT_TRUE(done) << done.error().message();
  return out;
}

template <class T>
std::vector<T> noise(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(0, 0.2);
  std::vector<T> x(count);
  for (T& v : x) v = static_cast<T>(static_cast<float>(normal(random)));
  return x;
}

struct RateCase {
  std::int64_t source, target;
  ResampleMethod method;
  std::size_t frames;
};

std::string method_name(ResampleMethod m) {
  switch (m) {
    case ResampleMethod::kSincHann: return "hann";
    case ResampleMethod::kSincKaiser: return "kaiser";
    case ResampleMethod::kHq: return "hq";
    case ResampleMethod::kVhq: return "vhq";
  }
  return {};
}

class ResampleRates : public testing::TestWithParam<RateCase> {};

TEST_P(ResampleRates, MatchesTheDefinitionInDouble) {
  const RateCase c = GetParam();
  const ResamplePlan plan = make_plan(c.source, c.target, c.method);
  EXPECT_LE(plan.table_bytes(), kResampleTableBytes);
  const std::int64_t g = std::gcd(c.source, c.target);
  reference::ResampleDefinition d{c.source / g, c.target / g, 6, 0.99, -1};
  if (c.method == ResampleMethod::kSincKaiser) d.beta = 14.769656459379492;
  if (c.method == ResampleMethod::kHq || c.method == ResampleMethod::kVhq) {
    // The design's parameters are its definition; its quality is judged by the tone sweep.
    const SincDesign design = make_sinc_design(plan.options(), d.o, d.n);
    d.width = design.width;
    d.beta = design.beta;
    d.rolloff = c.method == ResampleMethod::kHq ? (1 + 0.913) / 2 : (1 + 0.911) / 2;
  }
  const auto x = noise<double>(c.frames);
  const auto want = reference::resample(d, x);
  // Interpolated coefficients are allowed -130 dB.
  EXPECT_LE(relative_l2(run<double>(plan, x), want), 3.2e-7);
  EXPECT_LE(relative_l2(run<float>(plan, noise<float>(c.frames)), want), kResampleTolerance);
}

INSTANTIATE_TEST_SUITE_P(
    Rates, ResampleRates,
    testing::Values(
        RateCase{44100, 16000, ResampleMethod::kSincHann, 30000},
        RateCase{48000, 16000, ResampleMethod::kSincHann, 9001},
        RateCase{16000, 44100, ResampleMethod::kSincHann, 3000}, RateCase{8000, 16000, ResampleMethod::kSincHann, 3000},
        RateCase{16000, 8000, ResampleMethod::kSincHann, 3000}, RateCase{22050, 16000, ResampleMethod::kSincHann, 5000},
        RateCase{44101, 16000, ResampleMethod::kSincHann, 6000},
        RateCase{16000, 44101, ResampleMethod::kSincHann, 2000}, RateCase{7, 5, ResampleMethod::kSincHann, 3000},
        RateCase{3, 1, ResampleMethod::kSincHann, 3000}, RateCase{1, 7, ResampleMethod::kSincHann, 500},
        RateCase{192000, 8000, ResampleMethod::kSincHann, 20000}, RateCase{48000, 1, ResampleMethod::kSincHann, 100000},
        RateCase{2000000011, 1000, ResampleMethod::kSincHann, 300},
        RateCase{44100, 16000, ResampleMethod::kSincKaiser, 5000},
        RateCase{44101, 16000, ResampleMethod::kSincKaiser, 3000}, RateCase{44100, 16000, ResampleMethod::kHq, 12000},
        RateCase{48000, 16000, ResampleMethod::kHq, 9000}, RateCase{44101, 48000, ResampleMethod::kHq, 800},
        RateCase{16000, 48000, ResampleMethod::kHq, 3000}, RateCase{44100, 16000, ResampleMethod::kVhq, 1800},
        RateCase{44101, 16000, ResampleMethod::kVhq, 1500}),
    [](const auto& info) {
      return std::to_string(info.param.source) + "_to_" + std::to_string(info.param.target) + "_" +
             method_name(info.param.method);
    });

TEST(ResampleIsas, AllMatchTheDefinition) {
  for (const char* isa : runnable_isas()) {
    use_isa_for_tests(isa);
    ASSERT_STREQ(resample_kernels().isa, isa);
    for (const std::int64_t source : {44100, 44101}) {  // a row per phase; interpolated rows
      const std::int64_t g = std::gcd<std::int64_t>(source, 16000);
      const auto want = reference::resample({source / g, 16000 / g, 6, 0.99, -1}, noise<double>(3000));
      EXPECT_LE(relative_l2(run<float>(make_plan(source, 16000), noise<float>(3000)), want), kResampleTolerance) << isa;
      EXPECT_LE(relative_l2(run<double>(make_plan(source, 16000), noise<double>(3000)), want), 3.2e-7) << isa;
    }
    const ResamplePlan vhq = make_plan(44100, 16000, ResampleMethod::kVhq);  // float samples, double sums
    const auto wide = run<double>(vhq, noise<double>(3000));
    EXPECT_LE(relative_l2(run<float>(vhq, noise<float>(3000)), wide), 6e-8) << isa;
  }
  use_isa_for_tests(runnable_isas().back());
}

TEST(ResampleInterpolation, ErrorIsBelowMinus130dB) {
  for (const auto method : {ResampleMethod::kSincHann, ResampleMethod::kSincKaiser}) {
    const auto x = noise<double>(4000);
    const double beta = method == ResampleMethod::kSincHann ? -1 : 14.769656459379492;
    const double error = relative_l2(run<double>(make_plan(44101, 16000, method), x),
                                     reference::resample({44101, 16000, 6, 0.99, beta}, x));
    EXPECT_LT(20 * std::log10(error), -130);
  }
}

TEST(ResampleVhq, IsExactInDouble) {
  const ResamplePlan plan = make_plan(44100, 16000, ResampleMethod::kVhq);
  const SincDesign design = make_sinc_design(plan.options(), 441, 160);
  const auto x = noise<double>(1500);
  EXPECT_LT(
      relative_l2(run<double>(plan, x), reference::resample({441, 160, design.width, (1 + 0.911) / 2, design.beta}, x)),
      1e-12);
}

// Power of what is left of y after the best-fitting sine of frequency f (cycles per frame) is taken out, and its gain.
struct Tone {
  double gain_db, residual_db;
};
Tone fit_tone(const std::vector<double>& y, double f, std::size_t skip) {
  double cc = 0, ss = 0, cs = 0, yc = 0, ys = 0, yy = 0;
  for (std::size_t k = skip; k + skip < y.size(); ++k) {
    const double a = 2 * std::numbers::pi * f * static_cast<double>(k);
    const double c = std::cos(a), s = std::sin(a);
    cc += c * c, ss += s * s, cs += c * s, yc += y[k] * c, ys += y[k] * s, yy += y[k] * y[k];
  }
  const double det = cc * ss - cs * cs;
  const double p = (yc * ss - ys * cs) / det, q = (ys * cc - yc * cs) / det;
  double left = 0;
  for (std::size_t k = skip; k + skip < y.size(); ++k) {
    const double a = 2 * std::numbers::pi * f * static_cast<double>(k);
    const double e = y[k] - p * std::cos(a) - q * std::sin(a);
    left += e * e;
  }
  const double count = static_cast<double>(y.size() - 2 * skip);
  return {20 * std::log10(std::hypot(p, q)), 10 * std::log10(left / count * 2 + 1e-30)};
}

std::vector<double> tone(double hz, double rate, std::size_t frames) {
  std::vector<double> x(frames);
  for (std::size_t i = 0; i < frames; ++i) x[i] = std::sin(2 * std::numbers::pi * hz / rate * static_cast<double>(i));
  return x;
}

// The table of docs/features.md. Edges are parts of the lower Nyquist rate.
struct Quality {
  const char* name;
  std::int64_t source, target;
  ResampleOptions filter;  ///< its rates are those before
  double pass_edge, pass_db;
  double alias_db;  ///< of tones in the pass band: all but the tone
  double stop_edge, stop_db;
};

ResampleOptions filter(ResampleMethod method, int width = 6, double rolloff = 0.99) {
  ResampleOptions options;
  options.method = method;
  options.lowpass_filter_width = width;
  options.rolloff = rolloff;
  return options;
}

class ResampleSweep : public testing::TestWithParam<Quality> {
 protected:
  template <class T>
  static std::vector<double> resampled(const ResamplePlan& plan, const std::vector<double>& x) {
    const std::vector<T> y = run<T>(plan, std::vector<T>(x.begin(), x.end()));
    return {y.begin(), y.end()};
  }

  template <class T>
  static void sweep(const Quality& q) {
    ResampleOptions options = q.filter;
    options.source_rate = q.source;
    options.target_rate = q.target;
    const auto plan = ResamplePlan::make(options);
    ASSERT_TRUE(plan);
    const double source = static_cast<double>(q.source), target = static_cast<double>(q.target);
    const double nyquist = std::min(source, target) / 2;
    const std::size_t frames = static_cast<std::size_t>(source / nyquist * 600);
    const std::size_t skip =
        static_cast<std::size_t>(static_cast<double>(plan->half_width_frames()) * target / source) + 2;
    for (double part : {0.01, 0.2, 0.5, 0.8, 0.9, 1.0}) {
      const double hz = nyquist * q.pass_edge * part;
      const Tone t = fit_tone(resampled<T>(*plan, tone(hz, source, frames)), hz / target, skip);
      EXPECT_LT(std::abs(t.gain_db), q.pass_db) << hz;
      EXPECT_LT(t.residual_db, q.alias_db) << hz;
    }
    if (source <= target) return;
    for (double part : {1.0, 1.003, 1.01, 1.03, 1.1, 1.3, 1.7, 2.2, 2.7}) {
      const double hz = nyquist * q.stop_edge * part;
      if (hz >= source / 2) continue;
      const auto y = resampled<T>(*plan, tone(hz, source, frames));
      double power = 0;
      for (std::size_t k = skip; k + skip < y.size(); ++k) power += y[k] * y[k];
      EXPECT_LT(10 * std::log10(2 * power / static_cast<double>(y.size() - 2 * skip) + 1e-30), q.stop_db) << hz;
    }
  }
};

TEST_P(ResampleSweep, PassBandIsFlatAndAliasesAreGone) {
  sweep<double>(GetParam());
  if (GetParam().filter.method != ResampleMethod::kVhq) sweep<float>(GetParam());  // vhq: more than a float tells
}

INSTANTIATE_TEST_SUITE_P(
    Designs, ResampleSweep,
    testing::Values(Quality{"hann", 44100, 16000, filter(ResampleMethod::kSincHann), 0.8, 0.6, -105, 1.4, -54},
                    Quality{"hann_64", 44100, 16000, filter(ResampleMethod::kSincHann, 64), 0.9, 0.01, -130, 1.1, -75},
                    Quality{"kaiser_64", 44100, 16000, filter(ResampleMethod::kSincKaiser, 64, 0.9475937167399596),
                            0.89, 0.01, -130, 1.05, -130},
                    Quality{"hq", 44100, 16000, filter(ResampleMethod::kHq), 0.913, 0.01, -125, 1, -125},
                    Quality{"hq", 48000, 16000, filter(ResampleMethod::kHq), 0.913, 0.01, -125, 1, -125},
                    Quality{"hq", 16000, 48000, filter(ResampleMethod::kHq), 0.913, 0.01, -125, 1, -125},
                    Quality{"hq", 44101, 16000, filter(ResampleMethod::kHq), 0.913, 0.01, -125, 1, -125},
                    Quality{"vhq", 44100, 16000, filter(ResampleMethod::kVhq), 0.911, 0.01, -170, 1, -170},
                    Quality{"vhq", 44101, 16000, filter(ResampleMethod::kVhq), 0.911, 0.01, -170, 1, -170}),
    [](const auto& info) {
      return std::to_string(info.param.source) + "_to_" + std::to_string(info.param.target) + "_" + info.param.name;
    });

// Whatever ran before, wherever the samples and the result lie in memory.
TEST(Resample, HasTheSameBitsFromRunToRun) {
  for (const auto& [target, method] : {std::pair{16000, ResampleMethod::kSincHann},
                                       {16001, ResampleMethod::kSincHann},
                                       {16000, ResampleMethod::kHq},
                                       {16000, ResampleMethod::kVhq}}) {
    const auto x = noise<float>(20000);
    const auto first = run<float>(make_plan(44100, target, method), x);
    for (int i = 0; i < kSharedPlans; ++i) make_plan(48000, 8000 + i);  // the plan is designed anew
    for (const std::size_t shift : {1, 2, 7}) {
      std::vector<float> in(x.size() + shift), out(first.size() + shift);
      std::copy(x.begin(), x.end(), in.begin() + static_cast<std::ptrdiff_t>(shift));
      const auto view = [&](std::vector<float>& v) {
        return view_of(v).slice(static_cast<std::int64_t>(shift), std::ssize(v) - static_cast<std::int64_t>(shift));
      };
      ASSERT_TRUE(resample(make_plan(44100, target, method), view(in), view(out)));
      out.erase(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(shift));
      EXPECT_EQ(out, first) << target << " " << method_name(method) << " " << shift;
    }
  }
}

TEST(ResampleLength, IsExactAndChecked) {
  EXPECT_EQ(*resampled_length(0, 44100, 16000), 0);
  EXPECT_EQ(*resampled_length(1, 44100, 16000), 1);
  EXPECT_EQ(*resampled_length(441, 44100, 16000), 160);
  EXPECT_EQ(*resampled_length(442, 44100, 16000), 161);
  EXPECT_EQ(*resampled_length(std::int64_t{1} << 60, 2, 1), std::int64_t{1} << 59);
  EXPECT_EQ(*resampled_length((std::int64_t{1} << 60) + 1, 2, 1), (std::int64_t{1} << 59) + 1);
  EXPECT_FALSE(resampled_length(std::int64_t{1} << 62, 1, 4));
  EXPECT_FALSE(resampled_length(-1, 2, 1));
  EXPECT_FALSE(resampled_length(1, 0, 1));
}

TEST(ResamplePlan, IsSharedByEqualOptionsWhileAmongTheLast) {
  const ResamplePlan first = make_plan(44100, 16000);
  EXPECT_EQ(&make_plan(44100, 16000).impl(), &first.impl());
  EXPECT_NE(&make_plan(44100, 16001).impl(), &first.impl());
  ResampleOptions narrower = first.options();
  narrower.rolloff = 0.9;
  EXPECT_NE(&ResamplePlan::make(narrower)->impl(), &first.impl());

  for (int i = 0; i < kSharedPlans; ++i) make_plan(48000, 8000 + i);
  EXPECT_NE(&make_plan(44100, 16000).impl(), &first.impl());
}

TEST(ResamplePlan, IsMadeAndUsedByManyThreadsAtOnce) {
  std::vector<double> in(4410, 0.5);
  std::vector<std::vector<double>> outs(8, std::vector<double>(1600));
  std::vector<std::thread> threads;
  threads.reserve(outs.size());
  for (auto& out : outs)
    threads.emplace_back([&] {
      const ResamplePlan plan = make_plan(44100, 16000);
      EXPECT_TRUE(resample(plan, view_of(in), view_of(out)));
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& out : outs) EXPECT_EQ(out, outs[0]);
}

TEST(Resample, NamesTheBadArgument) {
  const auto subject = [](auto change) {
    ResampleOptions options;
    options.source_rate = 44100;
    options.target_rate = 16000;
    change(options);
    auto plan = ResamplePlan::make(options);
    return plan ? std::string("accepted") : plan.error().subject;
  };
  EXPECT_EQ(subject([](auto&) {}), "accepted");
  EXPECT_EQ(subject([](auto& o) { o.source_rate = 0; }), "source_rate");
  EXPECT_EQ(subject([](auto& o) { o.target_rate = -8000; }), "target_rate");
  EXPECT_EQ(subject([](auto& o) { o.target_rate = std::int64_t{1} << 31; }), "target_rate");
  EXPECT_EQ(subject([](auto& o) { o.lowpass_filter_width = 0; }), "lowpass_filter_width");
  EXPECT_EQ(subject([](auto& o) { o.rolloff = 0; }), "rolloff");
  EXPECT_EQ(subject([](auto& o) { o.rolloff = std::nan(""); }), "rolloff");
  EXPECT_EQ(subject([](auto& o) { o.beta = -1; }), "beta");

  const ResamplePlan plan = make_plan(44100, 16000);
  std::vector<float> in(441), out(159);
  EXPECT_EQ(resample(plan, view_of(in), view_of(out)).error().subject, "out");
  std::vector<double> wide(160);
  EXPECT_EQ(resample(plan, view_of(in), view_of(wide)).error().subject, "out");
  PlanarView integers = view_of(in);
  integers.type = SampleType::kInt16;
  EXPECT_EQ(resample(plan, integers, view_of(out)).error().subject, "in");
}

TEST(Resample, EqualRatesCopy) {
  const auto x = noise<float>(1000);
  EXPECT_EQ(run<float>(make_plan(16000, 16000, ResampleMethod::kHq), x), x);
}

TEST(Resample, MeetsShortSignals) {
  for (const std::int64_t target : {16000, 16001, 48000}) {
    for (const std::size_t length : {0, 1, 2, 3, 17}) {
      const auto x = noise<double>(length);
      const std::int64_t g = std::gcd<std::int64_t>(44100, target);
      const auto want = reference::resample({44100 / g, target / g, 6, 0.99, -1}, x);
      EXPECT_LE(relative_l2(run<double>(make_plan(44100, target), x), want), 1e-6) << target << " " << length;
    }
  }
}

TEST(Resample, LargestRatesStayBounded) {
  for (const auto method : {ResampleMethod::kSincHann, ResampleMethod::kHq, ResampleMethod::kVhq}) {
    for (const auto& [source, target] : std::vector<std::pair<std::int64_t, std::int64_t>>{
             {2147483647, 1}, {1, 2147483647}, {2147483647, 2147483646}, {44101, 16000}, {999983, 7}}) {
      const ResamplePlan plan = make_plan(source, target, method);
      EXPECT_LE(plan.table_bytes(), kResampleTableBytes);
      if (target <= source) {
        EXPECT_FALSE(run<float>(plan, noise<float>(3)).empty());
      }
    }
  }
}

// A NaN, an infinity and every other output: those within the support and only those.
TEST(Resample, NonFiniteStaysWithinTheSupport) {
  for (const auto& [target, method] : {std::pair{16000, ResampleMethod::kSincHann},
                                       {16001, ResampleMethod::kSincHann},
                                       {16000, ResampleMethod::kHq}}) {
    const ResamplePlan plan = make_plan(44100, target, method);
    auto x = noise<float>(20000);
    const auto clean = run<float>(plan, x);
    x[7000] = std::numeric_limits<float>::quiet_NaN();
    x[12000] = std::numeric_limits<float>::infinity();
    const auto y = run<float>(plan, x);
    const double half = make_sinc_design(plan.options(), 44100, target).half_width;
    // hq goes through spectra where all is finite, and by sums elsewhere: not the same rounding.
    const float tolerance = method == ResampleMethod::kHq ? 1e-6F : 0;
    for (std::size_t k = 0; k < y.size(); ++k) {
      const double at = static_cast<double>(k) * 44100.0 / static_cast<double>(target);
      const bool touched = std::abs(at - 7000) < half - 1e-6 || std::abs(at - 12000) < half - 1e-6;
      ASSERT_EQ(std::isfinite(y[k]), !touched) << k;
      if (!touched) {
        ASSERT_NEAR(y[k], clean[k], tolerance) << k;
      }
    }
  }
}

template <class T>
void expect_same_by_threads(std::int64_t source, std::int64_t target, ResampleMethod method) {
  const ResamplePlan plan = make_plan(source, target, method);
  auto x = noise<T>(900'000);
  x[500'000] = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> one(3 * static_cast<std::size_t>(*resampled_length(300'000, source, target)));
  ASSERT_TRUE(resample(plan, view_of(x, 3), view_of(one, 3)));
  for (const int threads : {2, 5}) {
    std::vector<T> several(one.size(), T(7));
    ASSERT_TRUE(resample(plan, view_of(x, 3), view_of(several, 3), nullptr, threads));
    EXPECT_EQ(std::memcmp(several.data(), one.data(), one.size() * sizeof(T)), 0) << source << ", " << threads;
  }
}

TEST(Resample, HasTheSameBitsByAnyNumberOfThreads) {
  expect_same_by_threads<float>(44100, 16000, ResampleMethod::kSincHann);
  expect_same_by_threads<float>(44101, 16000, ResampleMethod::kSincHann);
  expect_same_by_threads<float>(48000, 16000, ResampleMethod::kHq);
  expect_same_by_threads<float>(44101, 1000, ResampleMethod::kSincHann);
  expect_same_by_threads<double>(16000, 44100, ResampleMethod::kSincKaiser);
  expect_same_by_threads<float>(16000, 16000, ResampleMethod::kHq);
}

TEST(Resample, IsStoppedOnTheWayAndTheSameWhereItIsNot) {
  struct Stop final : StopToken {
    Result<void> check() override {
      if (asked++ < most) return {};
      return make_error(ErrorCode::kDeadline, Stage::kDecode, "the deadline has passed");
    }
    int asked = 0, most = 1 << 30;
  };
  for (const auto& [source, target, method] :
       std::vector<std::tuple<std::int64_t, std::int64_t, ResampleMethod>>{{44100, 16000, ResampleMethod::kHq},
                                                                           {44100, 48000, ResampleMethod::kSincHann},
                                                                           {44101, 16000, ResampleMethod::kSincHann}}) {
    const ResamplePlan plan = make_plan(source, target, method);
    constexpr std::int64_t kFrames = 4'000'000;
    auto x = noise<float>(kFrames);
    std::vector<float> whole(static_cast<std::size_t>(*resampled_length(kFrames, source, target)));
    std::vector<float> polled(whole.size());
    ASSERT_TRUE(resample(plan, view_of(x, 1), view_of(whole, 1)));
    for (const int threads : {1, 3}) {
      Stop stop;
      std::fill(polled.begin(), polled.end(), 0.0F);
      ASSERT_TRUE(resample(plan, view_of(x, 1), view_of(polled, 1), &stop, threads));
      EXPECT_EQ(whole, polled);
      EXPECT_GE(stop.asked, threads == 1 ? static_cast<int>(whole.size() >> 19) : 1);
      stop.asked = 0;
      stop.most = threads == 1 ? 2 : 0;  // of several threads the one that asks may have few pieces
      auto stopped = resample(plan, view_of(x, 1), view_of(polled, 1), &stop, threads);
      ASSERT_FALSE(stopped);
      EXPECT_EQ(stopped.error().code, ErrorCode::kDeadline);
      EXPECT_EQ(stop.asked, stop.most + 1);
    }
  }
}

template <class T>
void expect_chunks_are_the_whole(std::int64_t source, std::int64_t target, ResampleMethod method, bool with_nan) {
  const ResamplePlan plan = make_plan(source, target, method);
  const std::size_t frames = 25000;
  auto x = noise<T>(2 * frames);
  if (with_nan) x[9000] = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> whole(2 *
                       static_cast<std::size_t>(*resampled_length(static_cast<std::int64_t>(frames), source, target)));
  ASSERT_TRUE(resample(plan, view_of(x, 2), view_of(whole, 2)));

  auto stream = ResampleStream::make(plan, kTypeOf<T>, 2);
  ASSERT_TRUE(stream);
  std::mt19937 random(7);
  for (int round = 0; round < 2; ++round) {  // the second proves that the last chunk starts anew
    std::vector<T> channels[2];
    const auto push = [&](const PlanarView& in, bool last) {
      const auto count = stream->output_length(in.num_frames, last);
      ASSERT_TRUE(count);
      std::vector<T> out(2 * static_cast<std::size_t>(*count));
      const auto done = stream->push(in, view_of(out, 2), last);
      ASSERT_TRUE(done) << done.error().message();
      const auto middle = out.begin() + *count;
      channels[0].insert(channels[0].end(), out.begin(), middle);
      channels[1].insert(channels[1].end(), middle, out.end());
    };
    std::size_t at = 0;
    while (at < frames) {
      const std::size_t size = std::min<std::size_t>(frames - at, random() % 3 == 0 ? random() % 5 : random() % 4000);
      const PlanarView in = view_of(x, 2).slice(static_cast<std::int64_t>(at), static_cast<std::int64_t>(size));
      at += size;
      push(in, round == 0 && at == frames);
    }
    if (round == 1) push({nullptr, kTypeOf<T>, 2, 0, 0}, true);
    std::vector<T> got = channels[0];
    got.insert(got.end(), channels[1].begin(), channels[1].end());
    ASSERT_EQ(got.size(), whole.size());
    // Bits: a NaN is the same NaN.
    ASSERT_EQ(std::memcmp(got.data(), whole.data(), whole.size() * sizeof(T)), 0) << source << " to " << target;
  }
}

TEST(ResampleStream, ChunksAreBitEqualToTheWhole) {
  for (const auto& [source, target, method] :
       std::vector<std::tuple<std::int64_t, std::int64_t, ResampleMethod>>{{44100, 16000, ResampleMethod::kSincHann},
                                                                           {16000, 44100, ResampleMethod::kSincHann},
                                                                           {48000, 16000, ResampleMethod::kHq},
                                                                           {44101, 16000, ResampleMethod::kHq},
                                                                           {44101, 16000, ResampleMethod::kSincKaiser},
                                                                           {8000, 48000, ResampleMethod::kVhq},
                                                                           {16000, 16000, ResampleMethod::kSincHann},
                                                                           {48000, 1, ResampleMethod::kSincHann}}) {
    for (const bool with_nan : {false, true}) {
      expect_chunks_are_the_whole<float>(source, target, method, with_nan);
      expect_chunks_are_the_whole<double>(source, target, method, with_nan);
    }
  }
}

TEST(ResampleStream, StaysAsItWasAfterABadPush) {
  auto stream = ResampleStream::make(make_plan(3, 1), SampleType::kFloat32, 1);
  ASSERT_TRUE(stream);
  auto x = noise<float>(3000);
  std::vector<float> out(static_cast<std::size_t>(*stream->output_length(3000, true)));
  std::vector<double> wide(3000);
  EXPECT_EQ(stream->push(view_of(wide), view_of(out), true).error().subject, "in");
  EXPECT_EQ(stream->push(view_of(x), view_of(out), false).error().subject, "out");
  EXPECT_EQ(stream->output_length(-1, false).error().subject, "num_frames");
  ASSERT_TRUE(stream->push(view_of(x), view_of(out), true));
  EXPECT_EQ(out, run<float>(make_plan(3, 1), x));
}

}  // namespace
}  // namespace tonearm::core
