// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the read line asks of the FLAC decoder alone: the sum of the samples compared, slices decoded in parallel.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/face/read.h"
#include "core/face/slices.h"
#include "tests/flac/tiny_encoder.h"

namespace tonearm::core {
namespace {

using test::Planar;
using test::TinyFlac;
using Stream = std::vector<std::byte>;

Planar make_noise(int channels, std::size_t frames, int bits, unsigned seed) {
  std::mt19937_64 random(seed);
  Planar audio(static_cast<std::size_t>(channels));
  for (auto& channel : audio) {
    for (std::size_t i = 0; i < frames; ++i) {
      channel.push_back(static_cast<std::int64_t>(random()) >> (64 - bits + 3));
    }
  }
  return audio;
}

Result<DecodedAudio> read_stream(const Stream& bytes, const ReadOptions& options = {}) {
  auto source = make_memory_source(bytes);
  return read(*source, options);
}

ReadOptions verifying() {
  ReadOptions options;
  options.open.options.verify = true;
  return options;
}

ReadOptions threaded(int threads) {
  ReadOptions options;
  options.threads = threads;
  return options;
}

bool same_samples(const DecodedAudio& a, const DecodedAudio& b) {
  const PlanarView x = a.samples.view(), y = b.samples.view();
  if (x.num_channels != y.num_channels || x.num_frames != y.num_frames || x.type != y.type) return false;
  const std::size_t bytes = static_cast<std::size_t>(x.num_frames) * sample_bytes(x.type);
  for (int c = 0; c < x.num_channels; ++c) {
    if (std::memcmp(x.channel(c), y.channel(c), bytes) != 0) return false;
  }
  return true;
}

TEST(FlacVerify, TakesTheRightSumAtEveryDepth) {
  for (int bits : {4, 8, 12, 16, 20, 24, 32}) {
    for (unsigned stereo : {0u, 3u}) {
      for (std::size_t frames : {1u, 13u, 255u, 256u, 1000u}) {
        TinyFlac e;
        e.bits = bits;
        e.stereo = stereo;
        e.md5 = true;
        e.kind = TinyFlac::kVerbatim;
        const Planar audio = make_noise(2, frames, bits, static_cast<unsigned>(frames));
        for (const Stream& bytes : {e.encode(audio), e.encode_ogg(audio, 2)}) {
          auto read = read_stream(bytes, verifying());
          ASSERT_TRUE(read) << bits << " bits, " << frames << " frames: " << read.error().message();
          EXPECT_EQ(read->samples.num_frames(), static_cast<std::int64_t>(frames));
        }
      }
    }
  }
}

TEST(FlacVerify, NamesBothSumsWhereTheyDiffer) {
  TinyFlac e;
  e.md5 = true;
  const Planar audio = make_noise(1, 1000, 16, 3);
  Stream bytes = e.encode(audio);
  bytes[26] ^= std::byte{1};  // the first byte of the MD5: 4 of "fLaC", 4 of the block's header, 18 of STREAMINFO
  EXPECT_TRUE(read_stream(bytes)) << "it is not looked at unless asked";
  auto read = read_stream(bytes, verifying());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorruptData);
  std::string wrong = e.sum_of(audio);
  EXPECT_NE(read.error().found.find(wrong), std::string::npos) << read.error().message();
  wrong[1] = wrong[1] % 2 == 0 ? static_cast<char>(wrong[1] + 1) : static_cast<char>(wrong[1] - 1);
  EXPECT_NE(read.error().needed.find(wrong.substr(2)), std::string::npos) << read.error().message();
}

TEST(FlacVerify, FindsThatAFileWasCut) {
  TinyFlac e;
  e.md5 = true;
  Stream bytes = e.encode(make_noise(1, 2000, 16, 4));
  bytes.resize(e.frame_offsets[5]);
  EXPECT_TRUE(read_stream(bytes));
  auto read = read_stream(bytes, verifying());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorruptData);
}

TEST(FlacVerify, IsRefusedWhereThereIsNothingToCompare) {
  TinyFlac e;
  auto without = read_stream(e.encode(make_noise(1, 1000, 16, 5)), verifying());
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, ErrorCode::kUnsupportedFormat);
  EXPECT_NE(without.error().found.find("zeros"), std::string::npos) << without.error().message();

  e.md5 = true;
  const Stream bytes = e.encode(make_noise(1, 1000, 16, 5));
  ReadOptions part = verifying();
  part.num_frames = 500;
  auto cut = read_stream(bytes, part);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, ErrorCode::kInvalidArgument);
  auto source = make_memory_source(bytes);
  EXPECT_FALSE(describe(*source, verifying(), false));
  EXPECT_FALSE(Reader::open(*source, verifying()));
}

TEST(FlacFallback, KeepsTheReasonWhereAnotherBackendReads) {
  TinyFlac e;
  const Planar stereo = make_noise(2, 1000, 16, 10);
  Stream bytes = e.encode(stereo);
  bytes[20] ^= std::byte{0x02};  // STREAMINFO: one channel instead of two
  const std::string reason = "STREAMINFO says 1 channels, 44100 Hz, 16 bits, the first frame 2 channels";
  ReadOptions ours;
  ours.open.backend = "flac";
  auto refused = read_stream(bytes, ours);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().found.find(reason), std::string::npos) << refused.error().message();
  auto read = read_stream(bytes);
  const auto told = [&](const std::string& text) { return text.find(reason) != std::string::npos; };
  if (read) {
    EXPECT_NE(read->source.backend, "flac");
    EXPECT_TRUE(std::any_of(read->warnings.begin(), read->warnings.end(), told));
  } else {
    EXPECT_TRUE(told(read.error().message())) << read.error().message();
    EXPECT_EQ(read.error().candidates.front().backend, "flac");
    EXPECT_GE(read.error().candidates.size(), 2u) << "the libraries were asked, or are named as absent";
  }
}

/// Long enough for several slices; the last block is short.
constexpr std::size_t kLong = 5 * kLeastSliceFrames + 321;

TEST(FlacThreads, GiveTheSamplesOfOne) {
  for (int bits : {16, 24}) {
    TinyFlac e;
    e.bits = bits;
    e.block = 4096;
    e.kind = TinyFlac::kVerbatim;
    e.stereo = 1;
    const Planar audio = make_noise(2, kLong, bits, 6);
    for (const Stream& bytes : {e.encode(audio), e.encode_ogg(audio, 1)}) {
      auto one = read_stream(bytes);
      ASSERT_TRUE(one);
      for (int threads : {2, 3, 64}) {
        auto several = read_stream(bytes, threaded(threads));
        ASSERT_TRUE(several) << several.error().message();
        EXPECT_TRUE(same_samples(*one, *several)) << threads;
        EXPECT_TRUE(several->warnings.empty());
      }
      ReadOptions part = threaded(2);
      part.frame_offset = 1234;
      part.num_frames = 3 * kLeastSliceFrames + 7;
      ReadOptions part_of_one = part;
      part_of_one.threads = 1;
      auto a = read_stream(bytes, part), b = read_stream(bytes, part_of_one);
      ASSERT_TRUE(a && b);
      EXPECT_TRUE(same_samples(*a, *b));
    }
  }
}

struct Sliced {
  Result<bool> done;
  PlanarBuffer samples;
};

Sliced slice(const Stream& bytes, int threads, StopToken* stop = nullptr) {
  auto source = make_memory_source(bytes);
  OpenRequest request;
  request.options.stop = stop;
  std::vector<Candidate> passed_over;
  auto opened = default_registry().open(*source, request, passed_over);
  EXPECT_TRUE(opened);
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 1, kLong);
  auto done = decode_slices(*opened, *source, request, 0, buffer->view(), threads);
  return {done, std::move(*buffer)};
}

TEST(FlacThreads, DecodeInSlicesWhereNothingIsWrong) {
  TinyFlac e;
  e.block = 4096;
  e.kind = TinyFlac::kVerbatim;
  Stream bytes = e.encode(make_noise(1, kLong, 16, 7));
  EXPECT_TRUE(*slice(bytes, 2).done);
  EXPECT_TRUE(*slice(bytes, 3).done);
  bytes[bytes.size() / 3] ^= std::byte{0x10};
  EXPECT_FALSE(*slice(bytes, 2).done);
}

TEST(FlacThreads, TellOfDamageAsOneDoes) {
  TinyFlac e;
  e.block = 4096;
  e.kind = TinyFlac::kVerbatim;
  Stream bytes = e.encode(make_noise(1, kLong, 16, 8));
  bytes[bytes.size() / 3] ^= std::byte{0x10};
  auto one = read_stream(bytes), several = read_stream(bytes, threaded(2));
  ASSERT_TRUE(one && several);
  EXPECT_EQ(one->warnings.size(), 1u);
  EXPECT_EQ(several->warnings, one->warnings);
  EXPECT_TRUE(same_samples(*one, *several));
}

/// Stops at the n-th time that it is asked.
class StopAfter final : public StopToken {
 public:
  explicit StopAfter(int times) : left_(times) {}
  Result<void> check() override {
    if (--left_ > 0) return {};
    return make_error(ErrorCode::kDeadline, Stage::kDecode, "enough");
  }

 private:
  int left_;
};

TEST(FlacThreads, StopWhereTheCallerSaysSo) {
  TinyFlac e;
  e.block = 4096;
  e.kind = TinyFlac::kVerbatim;
  const Stream bytes = e.encode(make_noise(1, kLong, 16, 9));
  StopAfter stop(20);
  auto sliced = slice(bytes, 2, &stop);
  ASSERT_FALSE(sliced.done);
  EXPECT_EQ(sliced.done.error().code, ErrorCode::kDeadline);
}

TEST(FlacThreads, RefuseLessThanOne) {
  TinyFlac e;
  auto read = read_stream(e.encode(make_noise(1, 100, 16, 9)), threaded(0));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tonearm::core
