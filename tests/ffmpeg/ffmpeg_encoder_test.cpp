// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AAC and ALAC through FFmpeg, and back.
#include "backends/ffmpeg/ffmpeg_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "backends/ffmpeg/ffmpeg_backend.h"
#include "core/registry/probe.h"

namespace tonearm::ffmpeg {
namespace {

using core::ErrorCode;
using core::SampleType;

core::Backend& backend() {
  static const auto one = make_ffmpeg_backend();
  return *one;
}

class FfmpegEncoding : public testing::Test {
 protected:
  void SetUp() override {
    if (!backend().available().available) GTEST_SKIP() << "FFmpeg: " << backend().available().reason;
  }
};

/// Integers of `bits`, left-justified in int32.
core::PlanarBuffer integers(int channels, std::int64_t frames, int bits) {
  std::mt19937 random(5);
  auto buffer = *core::PlanarBuffer::allocate(SampleType::kInt32, channels, frames);
  for (int c = 0; c < channels; ++c) {
    for (std::int64_t i = 0; i < frames; ++i) {
      buffer.view().channel_as<std::int32_t>(c)[i] = static_cast<std::int32_t>(random() >> (32 - bits) << (32 - bits));
    }
  }
  return buffer;
}

/// A tone per channel, half of full scale, with a soft start.
core::PlanarBuffer tones(int channels, std::int64_t frames, int rate) {
  auto buffer = *core::PlanarBuffer::allocate(SampleType::kFloat32, channels, frames);
  for (int c = 0; c < channels; ++c) {
    for (std::int64_t i = 0; i < frames; ++i) {
      const double fade = std::min(1.0, static_cast<double>(i) / 1000);
      buffer.view().channel_as<float>(c)[i] =
          static_cast<float>(0.5 * fade * std::sin(6.283185307 * 440 * (c + 1) * static_cast<double>(i) / rate));
    }
  }
  return buffer;
}

core::EncodeRequest request_for(const core::PlanarBuffer& wave, const char* format, int rate = 44100) {
  core::EncodeRequest request;
  request.format = format;
  request.sample_rate = rate;
  request.num_channels = wave.num_channels();
  request.type = wave.type();
  return request;
}

core::Result<void> encode_into(core::ByteSink& sink, const core::PlanarBuffer& wave, const core::EncodeRequest& request,
                               std::int64_t block = 1 << 20) {
  auto target = core::resolve_target(request, "<memory>");
  if (!target) return target.error();
  auto encoder = backend().create(sink, *target);
  if (!encoder) return encoder.error();
  for (std::int64_t begin = 0; begin < wave.num_frames(); begin += block) {
    auto done = (*encoder)->encode(wave.view().slice(begin, std::min(block, wave.num_frames() - begin)));
    if (!done) return done;
  }
  return (*encoder)->finish();
}

core::Result<std::vector<std::byte>> encode(const core::PlanarBuffer& wave, const core::EncodeRequest& request,
                                            std::int64_t block = 1 << 20) {
  core::MemorySink sink;
  if (auto done = encode_into(sink, wave, request, block); !done) return done.error();
  if (auto committed = sink.commit(); !committed) return committed.error();
  return std::vector<std::byte>(sink.contents().begin(), sink.contents().end());
}

struct Decoded {
  core::StreamInfo info;
  core::PlanarBuffer wave;
};

core::Result<Decoded> decode(const std::vector<std::byte>& bytes, SampleType type) {
  auto source = core::make_memory_source(bytes);
  auto probe = core::probe(*source);
  if (!probe) return probe.error();
  auto decoder = backend().open(*source, *probe, {});
  if (!decoder) return decoder.error();
  const core::StreamInfo& info = (*decoder)->info();
  auto buffer = core::PlanarBuffer::allocate(type, info.num_channels, 1 << 18);
  if (!buffer) return buffer.error();
  auto got = (*decoder)->decode(buffer->view());
  if (!got) return got.error();
  buffer->set_num_frames(*got);
  return Decoded{(*decoder)->info(), std::move(*buffer)};
}

TEST_F(FfmpegEncoding, AlacComesBackBitForBit) {
  for (const int bits : {16, 24}) {
    for (const int channels : {1, 2}) {
      for (const std::int64_t frames : {1, 4096, 20'000}) {
        const core::PlanarBuffer wave = integers(channels, frames, bits);
        core::EncodeRequest request = request_for(wave, "alac");
        request.bits_per_sample = bits;
        auto bytes = encode(wave, request, 777);
        ASSERT_TRUE(bytes) << bytes.error().message();
        auto back = decode(*bytes, bits == 16 ? SampleType::kInt16 : SampleType::kInt32);
        ASSERT_TRUE(back) << back.error().message();
        EXPECT_EQ(back->info.encoding, "ALAC");
        EXPECT_EQ(back->info.bits_per_sample, bits);
        ASSERT_EQ(back->wave.num_frames(), frames);
        for (int c = 0; c < channels; ++c) {
          for (std::int64_t i = 0; i < frames; ++i) {
            const std::int32_t wanted = wave.view().channel_as<std::int32_t>(c)[i];
            const std::int32_t found = bits == 16 ? back->wave.view().channel_as<std::int16_t>(c)[i] * 65536
                                                  : back->wave.view().channel_as<std::int32_t>(c)[i];
            ASSERT_EQ(found, wanted) << bits << " bits, channel " << c << ", frame " << i;
          }
        }
      }
    }
  }
}

TEST_F(FfmpegEncoding, AacInMp4HasTheLengthAndIsClose) {
  for (const int channels : {1, 2, 6}) {
    for (const std::int64_t frames : {64, 1024, 30'001}) {
      const core::PlanarBuffer wave = tones(channels, frames, 44100);
      core::EncodeRequest request = request_for(wave, "m4a");
      request.compression = 64.0 * channels;
      auto bytes = encode(wave, request, 5000);
      ASSERT_TRUE(bytes) << bytes.error().message();
      auto back = decode(*bytes, SampleType::kFloat32);
      ASSERT_TRUE(back) << back.error().message();
      EXPECT_EQ(back->info.encoding, "AAC");
      EXPECT_EQ(back->info.num_channels, channels);
      EXPECT_EQ(back->info.num_frames, frames);
      ASSERT_EQ(back->wave.num_frames(), frames);
      for (int c = 0; c < channels && frames > 2000; ++c) {
        if (channels == 6 && c == 3) continue;  // the low-frequency channel of 5.1 holds less
        double error = 0, power = 0;
        for (std::int64_t i = 1000; i < frames; ++i) {
          const double wanted = wave.view().channel_as<float>(c)[i];
          error += std::pow(back->wave.view().channel_as<float>(c)[i] - wanted, 2);
          power += wanted * wanted;
        }
        EXPECT_LT(error, power * 2e-2) << channels << " channels, channel " << c << ": " << error / power;
      }
    }
  }
}

TEST_F(FfmpegEncoding, AdtsIsWrittenAndRead) {
  const core::PlanarBuffer wave = tones(2, 30'001, 44100);
  auto bytes = encode(wave, request_for(wave, "aac"));
  ASSERT_TRUE(bytes) << bytes.error().message();
  EXPECT_EQ((*bytes)[0], std::byte{0xFF});
  auto back = decode(*bytes, SampleType::kFloat32);
  ASSERT_TRUE(back) << back.error().message();
  EXPECT_GE(back->wave.num_frames(), 30'001);  // ADTS has no place for the delay and the padding
}

TEST_F(FfmpegEncoding, BlocksMakeTheSameBytes) {
  for (const char* format : {"m4a", "alac", "aac"}) {
    const core::PlanarBuffer wave = tones(2, 20'000, 44100);
    auto whole = encode(wave, request_for(wave, format));
    auto blocks = encode(wave, request_for(wave, format), 321);
    ASSERT_TRUE(whole && blocks);
    EXPECT_EQ(*whole, *blocks) << format;
  }
}

TEST_F(FfmpegEncoding, CompressionIsTheBitRate) {
  const core::PlanarBuffer wave = integers(2, 100'000, 16);
  core::EncodeRequest request = request_for(wave, "m4a");
  request.compression = 64;
  auto low = encode(wave, request);
  request.compression = 256;
  auto high = encode(wave, request);
  ASSERT_TRUE(low && high);
  const double ratio = static_cast<double>(high->size()) / static_cast<double>(low->size());
  EXPECT_GT(ratio, 2.5);
  request.compression = 500;
  request.sample_rate = 16000;
  auto refused = encode(wave, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(refused.error().needed.find("192 kbit/s"), std::string::npos) << refused.error().needed;
}

TEST_F(FfmpegEncoding, TagsComeBack) {
  for (const char* format : {"m4a", "alac"}) {
    const core::PlanarBuffer wave = tones(1, 5000, 44100);
    core::EncodeRequest request = request_for(wave, format);
    request.tags = {{"title", "Grüße"}, {"artist", "someone"}, {"date", "2026"}, {"track", "3"}, {"comment", "c"}};
    auto bytes = encode(wave, request);
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto back = decode(*bytes, SampleType::kFloat32);
    ASSERT_TRUE(back);
    for (const auto& [key, value] : request.tags) EXPECT_EQ(back->info.tags[key], value) << key;
  }
}

TEST_F(FfmpegEncoding, RefusesWhatTheFormatHasNoPlaceFor) {
  const core::PlanarBuffer wave = tones(1, 100, 44100);
  const auto code_of = [&](const core::EncodeRequest& request) {
    auto bytes = encode(wave, request);
    return bytes ? ErrorCode::kInternal : bytes.error().code;
  };
  EXPECT_EQ(code_of(request_for(wave, "m4a", 44101)), ErrorCode::kInvalidArgument);
  core::EncodeRequest tagged = request_for(wave, "m4a");
  tagged.tags = {{"mood", "good"}};
  EXPECT_EQ(code_of(tagged), ErrorCode::kInvalidArgument);
  tagged.format = "aac";
  tagged.tags = {{"title", "x"}};
  EXPECT_EQ(code_of(tagged), ErrorCode::kInvalidArgument);
  core::EncodeRequest deep = request_for(wave, "alac");
  deep.bits_per_sample = 32;
  EXPECT_EQ(code_of(deep), ErrorCode::kInvalidArgument);
  core::EncodeRequest compressed = request_for(wave, "alac");
  compressed.compression = 5;
  EXPECT_EQ(code_of(compressed), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(backend().declines_to_write(*core::resolve_target(request_for(wave, "flac"), "x")).empty());
}

/// Takes so many bytes and no more.
class FullSink final : public core::ByteSink {
 public:
  explicit FullSink(std::uint64_t room) : ByteSink("<full>"), room_(room) {}

 private:
  core::Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (offset + bytes.size() <= room_) return {};
    return core::make_error(ErrorCode::kIo, core::Stage::kSave, "no space left");
  }
  core::Result<void> finish() override { return {}; }
  std::uint64_t room_;
};

TEST_F(FfmpegEncoding, TheSinksErrorComesOut) {
  for (const char* format : {"m4a", "alac", "aac"}) {
    const core::PlanarBuffer wave = integers(2, 200'000, 16);
    FullSink sink(1000);
    auto done = encode_into(sink, wave, request_for(wave, format), 4096);
    if (done) done = sink.commit();
    ASSERT_FALSE(done) << format;
    EXPECT_EQ(done.error().what, "no space left");
  }
}

TEST_F(FfmpegEncoding, NoFramesAreRefused) {
  for (const char* format : {"m4a", "alac", "aac"}) {  // an MP4 track of no samples is none at all
    const core::PlanarBuffer nothing = tones(2, 0, 44100);
    auto bytes = encode(nothing, request_for(nothing, format));
    ASSERT_FALSE(bytes) << format;
    EXPECT_EQ(bytes.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(FfmpegEncoding, PrintsNothing) {
  testing::internal::CaptureStderr();
  for (const char* format : {"m4a", "alac", "aac"}) {
    const core::PlanarBuffer wave = tones(2, 5000, 44100);
    EXPECT_TRUE(encode(wave, request_for(wave, format)));
    FullSink sink(100);
    auto given_up = encode_into(sink, wave, request_for(wave, format));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace tonearm::ffmpeg
