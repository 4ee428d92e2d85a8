// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Signals of more than 2^31 samples, whose positions and sizes no 32-bit number holds. None of it needs memory: input
// is pages that were never written, or chunks that repeat; output that would be long is one block that is mapped again
// and again.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/dsp/features.h"
#include "core/dsp/resample.h"

namespace tonearm::core {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kTwoTo31 = std::int64_t{1} << 31;
constexpr std::int64_t kTwoTo40 = std::int64_t{1} << 40;

std::vector<float> noise(std::int64_t count) {
  std::mt19937 random(5);
  std::uniform_real_distribution<float> uniform(-0.5F, 0.5F);
  std::vector<float> x(static_cast<std::size_t>(count));
  for (float& v : x) v = uniform(random);
  return x;
}

PlanarView view_of(float* samples, std::int64_t count) {
  return {reinterpret_cast<std::byte*>(samples), SampleType::kFloat32, 1, count, count};
}

ResamplePlan make_plan(std::int64_t source, std::int64_t target, ResampleMethod method = ResampleMethod::kSincHann) {
  ResampleOptions options;
  options.source_rate = source;
  options.target_rate = target;
  options.method = method;
  return *ResamplePlan::make(options);
}

/// `count` floats of address space. Zeros that take no memory until they are written; or, with `block_bytes`, one block
/// of memory that stands at every multiple of its size.
class Mapping {
 public:
  explicit Mapping(std::int64_t count, std::size_t block_bytes = 0)
      : bytes_(static_cast<std::size_t>(count) * sizeof(float) + block_bytes) {
#if defined(__SANITIZE_THREAD__)
    return;  // what it notes of each sample takes memory
#endif
    base_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base_ == MAP_FAILED || block_bytes == 0) return;
    const int block = ::memfd_create("block", 0);
    bool mapped = block >= 0 && ::ftruncate(block, static_cast<off_t>(block_bytes)) == 0;
    for (std::size_t at = 0; mapped && at + block_bytes <= bytes_; at += block_bytes) {
      mapped = ::mmap(static_cast<std::byte*>(base_) + at, block_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                      block, 0) != MAP_FAILED;
    }
    if (block >= 0) ::close(block);
    if (!mapped) ::munmap(std::exchange(base_, MAP_FAILED), bytes_);
  }
  ~Mapping() {
    if (base_ != MAP_FAILED) ::munmap(base_, bytes_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  /// Null where this process may not have so much address space, or a sanitizer would fill it.
  float* data() const { return base_ == MAP_FAILED ? nullptr : static_cast<float*>(base_); }

 private:
  std::size_t bytes_;
  void* base_ = MAP_FAILED;
};

TEST(LongLengths, AreExact) {
  for (const std::int64_t base : {kTwoTo31, 2 * kTwoTo31, kTwoTo40}) {
    for (const std::int64_t length : {base - 1, base, base + 1, base + 441}) {
      for (const auto& [source, target] : std::vector<std::pair<std::int64_t, std::int64_t>>{
               {44100, 16000}, {16000, 44100}, {44101, 16000}, {1, 192000}, {2147483647, 2147483646}}) {
        const auto want = (static_cast<Wide>(length) * target + source - 1) / source;
        EXPECT_EQ(*resampled_length(length, source, target), static_cast<std::int64_t>(want));
      }
      SpectrogramOptions spectrogram;
      spectrogram.hop_length = 160;
      EXPECT_EQ(*FeaturePlan::spectrogram(spectrogram)->num_windows(length), length / 160 + 1);
      EXPECT_EQ(*FeaturePlan::whisper({})->num_windows(length), length / 160);
      EXPECT_EQ(*FeaturePlan::kaldi({})->num_windows(length), (length - 400) / 160 + 1);
      KaldiOptions mirrored;
      mirrored.snip_edges = false;
      EXPECT_EQ(*FeaturePlan::kaldi(mirrored)->num_windows(length), (length + 80) / 160);
    }
  }
}

struct StreamCase {
  std::int64_t source, target;
  ResampleMethod method;
  float tolerance;  ///< hq computes by blocks, which stand differently in each period
};

class LongStream : public testing::TestWithParam<StreamCase> {};

// A signal of period P gives output of period P n / o, whatever its position. P divides no power of two, so that a
// position that was cut to 32 bits is another one of the period.
TEST_P(LongStream, IsTheSameBefore2To31AndAfter) {
  const StreamCase c = GetParam();
  const std::int64_t g = std::gcd(c.source, c.target), o = c.source / g, n = c.target / g;
  const std::int64_t repetitions = (std::int64_t{1} << 20) / o + 1;
  const std::int64_t period_in = o * repetitions, period_out = n * repetitions;
  std::vector<float> x = noise(period_in);
  auto stream = ResampleStream::make(make_plan(c.source, c.target, c.method), SampleType::kFloat32, 1);
  ASSERT_TRUE(stream);
  std::vector<float> out(static_cast<std::size_t>(2 * period_out + 10000)), second;
  std::int64_t total_out = 0, total_in = 0;
  for (; total_in < kTwoTo31 + 8 * period_in; total_in += period_in) {
    const auto count = stream->output_length(period_in, false);
    ASSERT_TRUE(count);
    ASSERT_TRUE(stream->push(view_of(x.data(), period_in), view_of(out.data(), *count), false));
    for (std::int64_t i = 0; i < *count; ++i) {
      const std::int64_t at = total_out + i;
      if (at < period_out) continue;  // the first period knows no samples before it
      if (at < 2 * period_out) {
        second.push_back(out[static_cast<std::size_t>(i)]);
      } else {
        ASSERT_NEAR(out[static_cast<std::size_t>(i)], second[static_cast<std::size_t>(at % period_out)], c.tolerance)
            << "output " << at;
      }
    }
    total_out += *count;
  }
  EXPECT_EQ(total_out + *stream->output_length(0, true), *resampled_length(total_in, o, n));
}

INSTANTIATE_TEST_SUITE_P(Rates, LongStream,
                         testing::Values(StreamCase{44100, 16000, ResampleMethod::kSincHann, 0},
                                         StreamCase{44101, 16000, ResampleMethod::kSincHann, 0},
                                         StreamCase{48000, 16000, ResampleMethod::kHq, 2e-6F}),
                         [](const auto& info) {
                           return std::to_string(info.param.source) + (info.param.tolerance > 0 ? "_hq" : "_hann");
                         });

// Silence of 2^31 samples and then a sound: as the sound alone after a little silence.
class LongSignal : public testing::Test {
 protected:
  static constexpr std::int64_t kSound = 441 * 300;
  static constexpr std::int64_t kSilence = 441 * 160 * (kTwoTo31 / (441 * 160) + 1);  // starts a period and a window
  static constexpr std::int64_t kLittle = 441 * 160;

  void SetUp() override {
    if (all_.data() == nullptr) GTEST_SKIP() << "no 9 GB of address space for this process";
    const std::vector<float> sound = noise(kSound);
    std::copy(sound.begin(), sound.end(), all_.data() + kSilence);
    tail_.resize(kLittle);
    tail_.insert(tail_.end(), sound.begin(), sound.end());
  }

  Mapping all_{kSilence + kSound};
  std::vector<float> tail_;
};

TEST_F(LongSignal, IsResampledToItsEnd) {
  const ResamplePlan plan = make_plan(441, 1);
  const auto run = [&](float* in, std::int64_t count) {
    std::vector<float> out(static_cast<std::size_t>(*resampled_length(count, 441, 1)));
    EXPECT_TRUE(resample(plan, view_of(in, count), view_of(out.data(), std::ssize(out))));
    return out;
  };
  const std::vector<float> want = run(tail_.data(), std::ssize(tail_));
  std::vector<float> got = run(all_.data(), kSilence + kSound);
  ASSERT_EQ(std::ssize(got), (kSilence + kSound) / 441);
  got.erase(got.begin(), got.end() - std::ssize(want));
  EXPECT_EQ(got, want);
}

TEST_F(LongSignal, HasFeaturesToItsEnd) {
  SpectrogramOptions spectrogram;
  spectrogram.hop_length = 441 * 32;
  MelSpectrogramOptions mel;
  mel.spectrogram = spectrogram;
  KaldiOptions kaldi;
  kaldi.frame_shift_ms = 441 * 2;
  kaldi.subtract_mean = false;
  for (const auto& plan :
       {FeaturePlan::spectrogram(spectrogram), FeaturePlan::mel_spectrogram(mel), FeaturePlan::kaldi(kaldi)}) {
    ASSERT_TRUE(plan);
    const auto run = [&](float* in, std::int64_t count) {
      std::vector<float> out(static_cast<std::size_t>(*plan->num_windows(count) * plan->num_values()));
      EXPECT_TRUE(compute_features(*plan, view_of(in, count), view_of(out.data(), std::ssize(out))));
      return out;
    };
    const std::vector<float> want = run(tail_.data(), std::ssize(tail_));
    const std::vector<float> got = run(all_.data(), kSilence + kSound);
    const std::int64_t values = plan->num_values();
    const std::int64_t tail_windows = std::ssize(want) / values, windows = std::ssize(got) / values;
    for (std::int64_t t = 1; t <= kSound / (441 * 32); ++t) {  // from the end
      for (std::int64_t v = 0; v < values; ++v) {
        const auto at = [&](std::int64_t w) {
          return static_cast<std::size_t>(plan->window_major() ? (w - t) * values + v : v * w + w - t);
        };
        ASSERT_EQ(got[at(windows)], want[at(tail_windows)]) << "value " << v << " of window " << windows - t;
      }
    }
  }
}

// Of [bin][window]: the last windows are written last, so they are what the one block holds in their places.
TEST(LongOutput, IsWrittenToItsEnd) {
  constexpr std::int64_t kWindows = 429'500'003;  // times 5 bins, 2^31 and more; not a multiple of the block
  SpectrogramOptions options;
  options.n_fft = 8;
  options.hop_length = 1;
  options.center = false;
  const auto plan = FeaturePlan::spectrogram(options);
  ASSERT_TRUE(plan);
  const std::int64_t count = kWindows + 7, values = kWindows * plan->num_values();
  ASSERT_GT(values, kTwoTo31);
  const Mapping in(count), out(values, std::size_t{1} << 26);
  if (in.data() == nullptr || out.data() == nullptr) GTEST_SKIP() << "no 11 GB of address space for this process";
  std::vector<float> sound = noise(100);
  std::copy(sound.begin(), sound.end(), in.data() + count - 100);
  ASSERT_TRUE(compute_features(*plan, view_of(in.data(), count), view_of(out.data(), values)));
  std::vector<float> want(static_cast<std::size_t>(93 * plan->num_values()));
  ASSERT_TRUE(compute_features(*plan, view_of(sound.data(), 100), view_of(want.data(), std::ssize(want))));
  for (int k = 0; k < plan->num_values(); ++k) {
    EXPECT_EQ(out.data()[k * kWindows + kWindows - 1], want[static_cast<std::size_t>(k * 93 + 92)]) << "bin " << k;
  }
}

}  // namespace
}  // namespace tonearm::core
