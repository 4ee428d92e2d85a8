// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// FLAC, Vorbis, Opus and MP3 through libsndfile, and back.
#include "backends/sndfile/sndfile_encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "backends/sndfile/sndfile_backend.h"
#include "core/registry/mp3_stream.h"
#include "core/registry/probe.h"

namespace tonearm::sndfile {
namespace {

using core::ErrorCode;
using core::SampleType;

core::Backend& backend() {
  static const auto one = make_sndfile_backend();
  return *one;
}

class SndfileEncoding : public testing::Test {
 protected:
  void SetUp() override {
    if (!backend().available().available) GTEST_SKIP() << "libsndfile: " << backend().available().reason;
  }
};

struct Wave {
  core::PlanarBuffer buffer;
  core::PlanarView view() const { return buffer.view(); }
};

template <class T, class Make>
Wave make_wave(SampleType type, int channels, std::int64_t frames, Make make) {
  Wave wave{*core::PlanarBuffer::allocate(type, channels, frames)};
  for (int c = 0; c < channels; ++c) {
    for (std::int64_t i = 0; i < frames; ++i) wave.view().channel_as<T>(c)[i] = make(c, i);
  }
  return wave;
}

/// Integers of `bits`, left-justified in int32.
Wave integers(int channels, std::int64_t frames, int bits) {
  std::mt19937 random(5);
  return make_wave<std::int32_t>(SampleType::kInt32, channels, frames, [&](int, std::int64_t) {
    return static_cast<std::int32_t>(random() >> (32 - bits) << (32 - bits));
  });
}

/// A tone per channel, half of full scale, with a soft start.
Wave tones(int channels, std::int64_t frames, int rate) {
  return make_wave<float>(SampleType::kFloat32, channels, frames, [&](int c, std::int64_t i) {
    const double fade = std::min(1.0, static_cast<double>(i) / 1000);
    return static_cast<float>(0.5 * fade * std::sin(2 * M_PI * 440 * (c + 1) * static_cast<double>(i) / rate));
  });
}

core::EncodeRequest request_for(const Wave& wave, const char* format, int rate) {
  core::EncodeRequest request;
  request.format = format;
  request.sample_rate = rate;
  request.num_channels = wave.view().num_channels;
  request.type = wave.view().type;
  return request;
}

core::Result<std::vector<std::byte>> encode(const Wave& wave, const core::EncodeRequest& request,
                                            std::int64_t block = 1 << 20) {
  auto target = core::resolve_target(request, "<memory>");
  if (!target) return target.error();
  core::MemorySink sink;
  auto encoder = backend().create(sink, *target);
  if (!encoder) return encoder.error();
  const std::int64_t frames = wave.view().num_frames;
  for (std::int64_t begin = 0; begin < frames; begin += block) {
    auto done = (*encoder)->encode(wave.view().slice(begin, std::min(block, frames - begin)));
    if (!done) return done.error();
  }
  if (auto finished = (*encoder)->finish(); !finished) return finished.error();
  if (auto committed = sink.commit(); !committed) return committed.error();
  return std::vector<std::byte>(sink.contents().begin(), sink.contents().end());
}

struct Decoded {
  core::StreamInfo info;
  Wave wave;
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
  return Decoded{(*decoder)->info(), {std::move(*buffer)}};
}

TEST_F(SndfileEncoding, FlacComesBackBitForBit) {
  for (const int bits : {8, 16, 24}) {
    for (const int channels : {1, 2, 8}) {
      for (const std::int64_t frames : {1, 1000, 20'000}) {
        const Wave wave = integers(channels, frames, bits);
        core::EncodeRequest request = request_for(wave, "flac", 44100);
        request.bits_per_sample = bits;
        auto bytes = encode(wave, request, 777);
        ASSERT_TRUE(bytes) << bytes.error().message();
        const SampleType type = bits <= 16 ? SampleType::kInt16 : SampleType::kInt32;
        auto decoded = decode(*bytes, type);
        ASSERT_TRUE(decoded) << decoded.error().message();
        EXPECT_EQ(decoded->info.bits_per_sample, bits);
        ASSERT_EQ(decoded->wave.view().num_frames, frames);
        for (int c = 0; c < channels; ++c) {
          for (std::int64_t i = 0; i < frames; ++i) {
            const std::int32_t sent = wave.view().channel_as<std::int32_t>(c)[i];
            const std::int32_t back = bits <= 16 ? decoded->wave.view().channel_as<std::int16_t>(c)[i] * 65536
                                                 : decoded->wave.view().channel_as<std::int32_t>(c)[i];
            ASSERT_EQ(back, sent) << bits << " bits, channel " << c << ", frame " << i;
          }
        }
      }
    }
  }
}

/// Energy of the difference over that of the sent wave, away from its ends; frame i is expected at i + `delay`.
double relative_error(const Wave& sent, const Wave& back, std::int64_t delay) {
  double error = 0, signal = 0;
  for (int c = 0; c < sent.view().num_channels; ++c) {
    const float* a = sent.view().channel_as<float>(c);
    const float* b = back.view().channel_as<float>(c) + delay;
    for (std::int64_t i = 5000; i < sent.view().num_frames - 5000; ++i) {
      error += (a[i] - b[i]) * (a[i] - b[i]);
      signal += a[i] * a[i];
    }
  }
  return error / signal;
}

TEST_F(SndfileEncoding, LossyCodecsComeBackAtTheirPlaceAndLength) {
  constexpr int kRate = 48000;
  const Wave wave = tones(2, 50'000, kRate);
  for (const char* format : {"ogg", "opus", "mp3"}) {
    auto bytes = encode(wave, request_for(wave, format, kRate));
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto decoded = decode(*bytes, SampleType::kFloat32);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->wave.view().num_frames, 50'000) << format;
    EXPECT_LT(relative_error(wave, decoded->wave, 0), 0.003) << format;  // late by one frame: 0.0033 and more
  }
}

TEST_F(SndfileEncoding, AnMp3WithoutATagIsWholeFromItsFirstFrame) {
  for (const int rate : {8000, 24000, 44100, 48000}) {
    const Wave wave = tones(1, 50'000, rate);
    auto bytes = encode(wave, request_for(wave, "mp3", rate));
    ASSERT_TRUE(bytes) << bytes.error().message();
    const auto tag = core::parse_mp3_header(*bytes);
    ASSERT_TRUE(tag);
    bytes->erase(bytes->begin(), bytes->begin() + static_cast<std::ptrdiff_t>(tag->num_bytes));
    auto decoded = decode(*bytes, SampleType::kFloat32);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->wave.view().num_frames % tag->num_frames, 0) << rate;
    EXPECT_EQ(decoded->wave.view().num_frames, decoded->info.num_frames) << rate;
    EXPECT_LT(relative_error(wave, decoded->wave, 576 + 529), 0.003) << rate;  // LAME's delay and the decoder's
  }
}

TEST_F(SndfileEncoding, CompressionChangesTheSize) {
  constexpr int kRate = 48000;
  const Wave wave = tones(1, 96'000, kRate);
  const auto size = [&](const char* format, double compression) {
    core::EncodeRequest request = request_for(wave, format, kRate);
    request.compression = compression;
    auto bytes = encode(wave, request);
    return bytes ? static_cast<double>(bytes->size()) : (ADD_FAILURE() << bytes.error().message(), 0.0);
  };
  EXPECT_GT(size("flac", 0), size("flac", 8));
  EXPECT_GT(size("ogg", 10), size("ogg", 0));
  EXPECT_GT(size("opus", 128), 1.5 * size("opus", 32));
  // Two seconds at a constant rate: 8000 bytes for 32 kbit/s.
  EXPECT_NEAR(size("mp3", 64), 16'000, 1000);
  EXPECT_NEAR(size("mp3", 128), 32'000, 1500);
  EXPECT_NEAR(size("mp3", 320), 80'000, 4000);
}

TEST_F(SndfileEncoding, TagsAreWritten) {
  const Wave wave = tones(1, 10'000, 48000);
  for (const char* format : {"flac", "ogg", "opus", "mp3"}) {
    core::EncodeRequest request = request_for(wave, format, 48000);
    request.tags = {{"title", "Zo\xC3\xAB"}, {"artist", "somebody"}};
    auto bytes = encode(wave, request);
    ASSERT_TRUE(bytes) << bytes.error().message();
    auto decoded = decode(*bytes, SampleType::kFloat32);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(decoded->info.tags["title"], "Zo\xC3\xAB") << format;
    EXPECT_EQ(decoded->info.tags["artist"], "somebody") << format;
    request.tags = {{"mood", "calm"}};
    EXPECT_EQ(encode(wave, request).error().subject, "tag") << format;
  }
}

TEST_F(SndfileEncoding, WhatACodecCannotHoldIsNamed) {
  const Wave wave = tones(1, 10, 48000), many = tones(9, 10, 48000);
  EXPECT_EQ(encode(wave, request_for(wave, "opus", 44100)).error().subject, "sample_rate");
  EXPECT_EQ(encode(wave, request_for(wave, "mp3", 44000)).error().subject, "sample_rate");
  EXPECT_EQ(encode(many, request_for(many, "mp3", 48000)).error().subject, "num_channels");
  EXPECT_EQ(encode(many, request_for(many, "flac", 48000)).error().subject, "num_channels");
  core::EncodeRequest request = request_for(wave, "mp3", 48000);
  request.compression = 16;
  EXPECT_EQ(encode(wave, request).error().subject, "compression");
}

TEST_F(SndfileEncoding, NotANumberIsRefused) {
  const Wave wave = make_wave<float>(SampleType::kFloat32, 1, 10, [](int, std::int64_t) { return std::nanf(""); });
  for (const char* format : {"flac", "ogg"}) {
    EXPECT_EQ(encode(wave, request_for(wave, format, 48000)).error().code, ErrorCode::kInvalidArgument) << format;
  }
}

/// A stream that fails once it holds `room` bytes.
struct Full {
  std::size_t room;
  static std::int64_t write(void* context, const void*, std::size_t size) {
    auto& self = *static_cast<Full*>(context);
    if (size > self.room) return -1;
    self.room -= size;
    return static_cast<std::int64_t>(size);
  }
  static int seek(void*, std::uint64_t) { return 0; }
};

TEST_F(SndfileEncoding, AFailingSinkIsTheErrorThatComesOut) {
  const Wave wave = tones(2, 200'000, 48000);
  for (const char* format : {"flac", "ogg", "opus", "mp3"}) {
    Full full{1000};
    auto sink = core::make_callback_sink({&full, Full::write, Full::seek}, "<full>");
    auto target = core::resolve_target(request_for(wave, format, 48000), "");
    ASSERT_TRUE(target);
    auto encoder = backend().create(*sink, *target);
    core::Result<void> done;
    if (!encoder) {
      done = encoder.error();
    } else {
      done = (*encoder)->encode(wave.view());
      if (done) done = (*encoder)->finish();
      if (done) done = sink->commit();
    }
    ASSERT_FALSE(done) << format;
    EXPECT_EQ(done.error().code, ErrorCode::kIo) << format;
  }
}

TEST_F(SndfileEncoding, GivenUpItWritesNothingMore) {
  const Wave wave = tones(1, 100'000, 48000);
  for (const char* format : {"flac", "ogg", "opus", "mp3"}) {
    Full full{1 << 30};
    auto sink = core::make_callback_sink({&full, Full::write, Full::seek}, "<stream>");
    auto target = core::resolve_target(request_for(wave, format, 48000), "");
    ASSERT_TRUE(target);
    auto encoder = backend().create(*sink, *target);
    ASSERT_TRUE(encoder);
    ASSERT_TRUE((*encoder)->encode(wave.view()));
    ASSERT_TRUE(sink->commit());  // flushes what was gathered
    const std::size_t room = full.room;
    encoder->reset();
    ASSERT_TRUE(sink->commit());
    EXPECT_EQ(full.room, room) << format;
  }
}

}  // namespace
}  // namespace tonearm::sndfile
