// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Saving uncompressed audio and reading it back: no codec library needed.
#include "core/face/save.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/face/read.h"

namespace tonearm::core {
namespace {

/// Planar samples; bytes of channel c lie at c * num_frames.
struct Wave {
  SampleType type;
  int num_channels;
  std::int64_t num_frames;
  std::vector<std::byte> bytes;

  PlanarView view() { return {bytes.data(), type, num_channels, num_frames, num_frames}; }
};

/// Every bit pattern for integers; floats in [-1, 1).
Wave random_wave(SampleType type, int num_channels, std::int64_t num_frames) {
  Wave wave{type, num_channels, num_frames, {}};
  const auto count = static_cast<std::size_t>(num_channels * num_frames);
  wave.bytes.resize(count * sample_bytes(type));
  std::mt19937_64 random(42);
  for (std::byte& byte : wave.bytes) byte = std::byte(random() & 0xFF);
  for (std::size_t i = 0; i < count; ++i) {
    const double value = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-63;
    if (type == SampleType::kFloat64) std::memcpy(&wave.bytes[i * 8], &value, 8);
    const float narrow = static_cast<float>(value);
    if (type == SampleType::kFloat32) std::memcpy(&wave.bytes[i * 4], &narrow, 4);
  }
  return wave;
}

template <class T>
Wave make_wave(SampleType type, const std::vector<T>& samples) {
  Wave wave{type, 1, static_cast<std::int64_t>(samples.size()), {}};
  wave.bytes.resize(samples.size() * sizeof(T));
  std::memcpy(wave.bytes.data(), samples.data(), wave.bytes.size());
  return wave;
}

EncodeRequest request_for(const Wave& wave, std::string format, std::string encoding = "", int bits = 0) {
  EncodeRequest request;
  request.format = std::move(format);
  request.encoding = std::move(encoding);
  request.bits_per_sample = bits;
  request.sample_rate = 44100;
  request.num_channels = wave.num_channels;
  request.type = wave.type;
  request.num_frames = wave.num_frames;
  return request;
}

struct Saved {
  std::vector<std::byte> bytes;
  std::vector<std::string> warnings;
};

Result<Saved> save(Wave& wave, const EncodeRequest& request) {
  MemorySink sink;
  auto writer = Writer::open(sink, request, nullptr);
  if (!writer) return writer.error();
  if (auto written = writer->write(wave.view()); !written) return written.error();
  if (auto closed = writer->close(); !closed) return closed.error();
  return Saved{{sink.contents().begin(), sink.contents().end()}, writer->warnings()};
}

Result<DecodedAudio> load(const std::vector<std::byte>& bytes) {
  auto source = make_memory_source(bytes);
  ReadOptions options;
  options.native = true;
  options.open.options.strict = true;
  return read(*source, options);
}

std::vector<std::byte> samples_of(const DecodedAudio& audio) {
  const auto size = static_cast<std::size_t>(audio.samples.num_frames() * audio.samples.num_channels()) *
                    sample_bytes(audio.samples.type());
  return {audio.samples.view().data, audio.samples.view().data + size};
}

const char* type_name(SampleType type) {
  constexpr const char* kNames[] = {"", "uint8", "int16", "int32", "float32", "float64"};
  return kNames[static_cast<int>(type)];
}

// ---- what can be held comes back bit for bit --------------------------------------------------------------------

struct Lossless {
  const char* format;
  SampleType type;
};

class SaveLossless : public testing::TestWithParam<Lossless> {};

TEST_P(SaveLossless, TheDefaultEncodingHoldsEveryBit) {
  for (const int channels : {1, 2, 5}) {
    for (const std::int64_t frames : {0, 1, 3, 1000, 70'001}) {
      for (const bool announced : {true, false}) {
        Wave wave = random_wave(GetParam().type, channels, frames);
        EncodeRequest request = request_for(wave, GetParam().format);
        if (!announced) request.num_frames = -1;
        auto saved = save(wave, request);
        ASSERT_TRUE(saved) << saved.error().message();
        EXPECT_TRUE(saved->warnings.empty());
        auto audio = load(saved->bytes);
        ASSERT_TRUE(audio) << audio.error().message();
        EXPECT_EQ(audio->sample_rate, 44100);
        EXPECT_EQ(audio->source.stream.frames_kind, FramesKind::kExact);
        EXPECT_TRUE(audio->warnings.empty()) << audio->warnings[0];
        ASSERT_EQ(audio->samples.num_frames(), frames);
        ASSERT_EQ(audio->samples.num_channels(), channels);
        ASSERT_EQ(audio->samples.type(), GetParam().type);
        EXPECT_EQ(samples_of(*audio), wave.bytes);
      }
    }
  }
}

std::vector<Lossless> lossless() {
  std::vector<Lossless> all;
  for (const char* format : {"wav", "rf64", "w64", "aiff", "aifc", "au", "caf"}) {
    for (const SampleType type :
         {SampleType::kUInt8, SampleType::kInt16, SampleType::kInt32, SampleType::kFloat32, SampleType::kFloat64}) {
      all.push_back({format, type});
    }
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(Formats, SaveLossless, testing::ValuesIn(lossless()), [](const auto& info) {
  return std::string(info.param.format) + "_" + type_name(info.param.type);
});

TEST(Save, TwentyFourBitsAreTheUpperOnesOfInt32) {
  Wave wave = random_wave(SampleType::kInt32, 2, 999);
  for (std::size_t i = 0; i < wave.bytes.size(); i += 4) wave.bytes[i] = std::byte{0};
  for (const char* format : {"wav", "w64", "aiff", "au", "caf"}) {
    auto saved = save(wave, request_for(wave, format, "PCM_S", 24));
    ASSERT_TRUE(saved) << saved.error().message();
    auto audio = load(saved->bytes);
    ASSERT_TRUE(audio) << audio.error().message();
    EXPECT_EQ(audio->source.stream.bits_per_sample, 24) << format;
    EXPECT_EQ(samples_of(*audio), wave.bytes) << format;
  }
}

TEST(Save, CompandedSamplesSurviveASecondTrip) {
  std::vector<std::int16_t> ramp;
  for (int v = -32768; v < 32768; ++v) ramp.push_back(static_cast<std::int16_t>(v));
  for (const char* encoding : {"ULAW", "ALAW"}) {
    Wave wave = make_wave(SampleType::kInt16, ramp);
    auto once = save(wave, request_for(wave, "wav", encoding));
    ASSERT_TRUE(once) << once.error().message();
    auto audio = load(once->bytes);
    ASSERT_TRUE(audio);
    EXPECT_EQ(audio->source.stream.encoding, encoding);
    const auto* got = audio->samples.view().channel_as<std::int16_t>(0);
    for (std::size_t i = 0; i < ramp.size(); ++i) {
      // Half of the widest step of a segment, which is a 16th of the segment (and mu-law stops at 32124).
      const int error = std::abs(got[i] - ramp[i]);
      ASSERT_LE(error, std::max(std::abs(ramp[i] + 0) / 32 + 8, ramp[i] < -32600 || ramp[i] > 32600 ? 644 : 0))
          << ramp[i];
    }
    Wave again{SampleType::kInt16, 1, wave.num_frames, samples_of(*audio)};
    auto twice = save(again, request_for(again, "wav", encoding));
    ASSERT_TRUE(twice);
    auto second = load(twice->bytes);
    ASSERT_TRUE(second);
    EXPECT_EQ(samples_of(*second), again.bytes) << encoding;
  }
}

// ---- what cannot is rounded, clipped and counted ----------------------------------------------------------------

std::vector<std::int16_t> saved_as_16_bits(Wave wave, std::vector<std::string>* warnings = nullptr) {
  auto saved = save(wave, request_for(wave, "wav", "PCM_S", 16));
  if (!saved) return {};
  if (warnings != nullptr) *warnings = saved->warnings;
  auto audio = load(saved->bytes);
  const auto* samples = audio->samples.view().channel_as<std::int16_t>(0);
  return {samples, samples + audio->samples.num_frames()};
}

TEST(Save, FloatsRoundHalfToEven) {
  const float unit = 1.0F / 32768;
  const Wave wave = make_wave<float>(
      SampleType::kFloat32, {0, unit, 0.5F * unit, 1.5F * unit, -0.5F * unit, -2.5F * unit, 0.9999F, -1.0F, 1.0F});
  EXPECT_EQ(saved_as_16_bits(wave), (std::vector<std::int16_t>{0, 1, 0, 2, 0, -2, 32765, -32768, 32767}));
}

TEST(Save, WiderIntegersAreRescaledNotSaturated) {
  const Wave wave =
      make_wave<std::int32_t>(SampleType::kInt32, {1 << 16, 1 << 15, 3 << 15, -(1 << 15), INT32_MAX, INT32_MIN});
  EXPECT_EQ(saved_as_16_bits(wave), (std::vector<std::int16_t>{1, 0, 2, 0, 32767, -32768}));
  const Wave bytes = make_wave<std::uint8_t>(SampleType::kUInt8, {0, 128, 255});
  EXPECT_EQ(saved_as_16_bits(bytes), (std::vector<std::int16_t>{-32768, 0, 127 * 256}));
}

TEST(Save, ValuesBeyondOneAreClippedAndCounted) {
  std::vector<std::string> warnings;
  const Wave wave = make_wave<float>(SampleType::kFloat32, {1.5F, -2, INFINITY, 1, -1, 0});
  EXPECT_EQ(saved_as_16_bits(wave, &warnings), (std::vector<std::int16_t>{32767, -32768, 32767, 32767, -32768, 0}));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0], "3 of 6 samples lay beyond -1 to 1 and were clipped");
}

TEST(Save, FloatFilesKeepEveryValue) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  Wave wave = make_wave<float>(SampleType::kFloat32, {1.5F, -INFINITY, nan, 1e-40F});
  auto saved = save(wave, request_for(wave, "wav"));
  ASSERT_TRUE(saved);
  EXPECT_TRUE(saved->warnings.empty());
  EXPECT_EQ(samples_of(*load(saved->bytes)), wave.bytes);
}

TEST(Save, NanIsRefusedWhereItHasNoPlace) {
  Wave wave = make_wave<float>(SampleType::kFloat32, {0, std::numeric_limits<float>::quiet_NaN()});
  auto saved = save(wave, request_for(wave, "wav", "PCM_S"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(saved.error().subject, "samples");
}

// ---- requests ---------------------------------------------------------------------------------------------------

std::string resolved(SampleType type, const std::string& format, const std::string& encoding, int bits) {
  Wave wave{type, 1, 0, {}};
  auto target = resolve_target(request_for(wave, format, encoding, bits), "<memory>");
  return target ? target->description() : target.error().what;
}

TEST(SaveRequest, TheTypeDecidesWhereNothingIsSaid) {
  EXPECT_EQ(resolved(SampleType::kUInt8, "wav", "", 0), "8-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kInt16, "wav", "", 0), "16-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kInt32, "wav", "", 0), "32-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kFloat64, "wav", "", 0), "64-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "PCM_S", 0), "16-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kFloat32, "WAV", "pcm_s", 24), "24-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "", 24), "24-bit PCM in wav");
  EXPECT_EQ(resolved(SampleType::kFloat32, "aiff", "", 0), "32-bit PCM in aifc");
  EXPECT_EQ(resolved(SampleType::kFloat32, "flac", "", 0), "FLAC");
  EXPECT_EQ(resolved(SampleType::kFloat32, "ogg", "opus", 0), "Opus in ogg");
}

TEST(SaveRequest, WhatCannotBeHonouredIsRefusedInTorchaudiosWords) {
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "PCM_S", 8), "For WAV signed PCM, 8-bit encoding is not supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "PCM_U", 16),
            "For WAV unsigned PCM, only 8-bit encoding is supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "PCM_F", 16),
            "For WAV float PCM, only 32- and 64-bit encodings are supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "ULAW", 16), "For WAV PCM mu-law, only 8-bit encoding is supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "ALAW", 16), "For WAV PCM A-law, only 8-bit encoding is supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "", 12), "Invalid bits_per_sample 12 for WAV encoding.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "wav", "FLAC", 0), "WAV encoding FLAC is not supported.");
  EXPECT_EQ(resolved(SampleType::kFloat32, "flac", "", 32),
            "FLAC only supports bits_per_sample values of 8, 16 and 24 (32 specified).");
  EXPECT_EQ(resolved(SampleType::kFloat32, "xyz", "", 0), "Unsupported format: xyz");
  EXPECT_EQ(resolved(SampleType::kFloat32, "", "", 0), "cannot tell the format of \"<memory>\"");
}

TEST(SaveRequest, CompressionIsHonouredOrRefused) {
  Wave wave{SampleType::kFloat32, 1, 0, {}};
  EncodeRequest request = request_for(wave, "wav");
  request.compression = 5;
  EXPECT_EQ(resolve_target(request, "").error().subject, "compression");
  request.format = "flac";
  EXPECT_TRUE(resolve_target(request, ""));
  request.compression = 9;
  EXPECT_EQ(resolve_target(request, "").error().subject, "compression");
  request.format = "mp3";
  request.compression = 128'000;  // bit/s
  auto target = resolve_target(request, "");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->request.compression, 128);
}

TEST(SaveRequest, TheShapeMustBePossible) {
  Wave wave{SampleType::kFloat32, 1, 0, {}};
  EncodeRequest request = request_for(wave, "wav");
  request.sample_rate = 0;
  EXPECT_EQ(resolve_target(request, "").error().subject, "sample_rate");
  request = request_for(wave, "wav");
  request.num_channels = 0;
  EXPECT_EQ(resolve_target(request, "").error().subject, "num_channels");
  request = request_for(wave, "wav");
  request.num_channels = 20'000;
  MemorySink sink;
  EXPECT_EQ(Writer::open(sink, request, nullptr).error().subject, "num_channels");
}

TEST(SaveRequest, AnUnknownBackendIsNamed) {
  Wave wave{SampleType::kFloat32, 1, 0, {}};
  EncodeRequest request = request_for(wave, "wav");
  MemorySink sink;
  request.backend = "sox";
  EXPECT_EQ(Writer::open(sink, request, nullptr).error().subject, "backend");
  request.backend = "pcm";
  request.format = "flac";
  auto refused = Writer::open(sink, request, nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupportedFormat);
  ASSERT_EQ(refused.error().candidates.size(), 1u);
}

// ---- headers ----------------------------------------------------------------------------------------------------

TEST(SaveHeader, AnAnnouncedWavHasThePlainHeaderOf44Bytes) {
  Wave wave = random_wave(SampleType::kInt16, 1, 3);
  auto saved = save(wave, request_for(wave, "wav"));
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->bytes.size(), 50u);
}

TEST(SaveHeader, PastFourGibibytesAWavIsRf64) {
  Wave wave = random_wave(SampleType::kInt16, 2, 0);
  EncodeRequest request = request_for(wave, "wav");
  request.num_frames = std::int64_t{1} << 31;  // 8 GiB, which only the header has to know
  MemorySink sink;
  auto writer = Writer::open(sink, request, nullptr);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(sink.commit());
  const auto* bytes = reinterpret_cast<const char*>(sink.contents().data());
  EXPECT_EQ(std::string(bytes, 4), "RF64");
  EXPECT_EQ(std::string(bytes + 12, 4), "ds64");
  std::uint64_t data_bytes = 0;
  std::memcpy(&data_bytes, bytes + 28, 8);
  EXPECT_EQ(data_bytes, std::uint64_t{1} << 33);
}

TEST(SaveHeader, AiffSaysWhereItEnds) {
  Wave wave = random_wave(SampleType::kInt16, 2, 0);
  EncodeRequest request = request_for(wave, "aiff");
  request.num_frames = std::int64_t{1} << 31;
  MemorySink sink;
  auto writer = Writer::open(sink, request, nullptr);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().next, "save as caf, w64 or wav");
}

TEST(SaveHeader, TagsComeBackOrAreRefused) {
  Wave wave = random_wave(SampleType::kInt16, 1, 5);
  for (const char* format : {"wav", "rf64", "aiff", "caf"}) {
    EncodeRequest request = request_for(wave, format);
    request.tags = {{"artist", "Zo\xC3\xAB"}, {"comment", "odd"}, {"title", "even"}};
    auto saved = save(wave, request);
    ASSERT_TRUE(saved) << saved.error().message();
    auto audio = load(saved->bytes);
    ASSERT_TRUE(audio) << audio.error().message();
    EXPECT_EQ(audio->source.stream.tags, request.tags) << format;
    EXPECT_EQ(samples_of(*audio), wave.bytes);
  }
  for (const char* format : {"wav", "aiff", "au", "w64"}) {
    EncodeRequest request = request_for(wave, format);
    request.tags = {{"mood", "calm"}};
    auto saved = save(wave, request);
    ASSERT_FALSE(saved);
    EXPECT_EQ(saved.error().subject, "tags") << format;
  }
}

// ---- blocks -----------------------------------------------------------------------------------------------------

TEST(WriterTest, BlocksTogetherAreTheWhole) {
  Wave wave = random_wave(SampleType::kInt16, 3, 1000);
  auto whole = save(wave, request_for(wave, "wav"));
  ASSERT_TRUE(whole);
  MemorySink sink;
  auto writer = Writer::open(sink, request_for(wave, "wav"), nullptr);
  ASSERT_TRUE(writer);
  for (std::int64_t begin = 0; begin < 1000; begin += 77) {
    ASSERT_TRUE(writer->write(wave.view().slice(begin, std::min<std::int64_t>(77, 1000 - begin))));
  }
  EXPECT_EQ(writer->num_frames(), 1000);
  ASSERT_TRUE(writer->close());
  EXPECT_EQ(std::vector<std::byte>(sink.contents().begin(), sink.contents().end()), whole->bytes);
  EXPECT_FALSE(writer->write(wave.view()));
  EXPECT_FALSE(writer->close());
}

TEST(WriterTest, AfterAnErrorItIsGivenUp) {
  Wave wave = make_wave<float>(SampleType::kFloat32, {std::numeric_limits<float>::quiet_NaN()});
  MemorySink sink;
  auto writer = Writer::open(sink, request_for(wave, "wav", "PCM_S"), nullptr);
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->write(wave.view()));
  EXPECT_FALSE(writer->close());
}

TEST(WriterTest, WhatIsNotFiniteIsKeptZeroedOrRefusedAndCounted) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> samples{0.5F, nan, 0.25F, infinity};
  Wave wave = make_wave<float>(SampleType::kFloat32, samples);
  EncodeRequest request = request_for(wave, "wav", "PCM_S");
  request.non_finite = NonFinite::kZero;
  auto zeroed = save(wave, request);
  ASSERT_TRUE(zeroed) << zeroed.error().message();
  EXPECT_EQ(zeroed->warnings,
            std::vector<std::string>{"2 samples are not finite (NaN or infinity), the first at frame 1; they were "
                                     "written as 0"});
  auto audio = load(zeroed->bytes);
  ASSERT_TRUE(audio);
  const auto* out = audio->samples.view().channel_as<std::int16_t>(0);
  EXPECT_EQ(std::vector<std::int16_t>(out, out + 4), (std::vector<std::int16_t>{16384, 0, 8192, 0}));
  EXPECT_TRUE(std::isnan(wave.view().channel_as<float>(0)[1]));  // the caller's own are as they were

  request.non_finite = NonFinite::kRefuse;
  EXPECT_EQ(save(wave, request).error().found, "2 samples are not finite (NaN or infinity), the first at frame 1");
  request.non_finite = NonFinite::kKeep;
  EXPECT_EQ(save(wave, request).error().subject, "non_finite");
  request.encoding = "PCM_F";
  auto kept = save(wave, request);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->warnings.size(), 1U);
  EXPECT_EQ(samples_of(*load(kept->bytes)), wave.bytes);
}

TEST(WriterTest, StopsWhereItIsAsked) {
  struct Stop final : StopToken {
    Result<void> check() override {
      if (++asked < 3) return {};
      return make_error(ErrorCode::kCancelled, Stage::kSave, "stop");
    }
    int asked = 0;
  } stop;
  Wave wave = random_wave(SampleType::kInt16, 1, 1 << 20);
  MemorySink sink;
  auto writer = Writer::open(sink, request_for(wave, "wav"), &stop);
  ASSERT_TRUE(writer);
  auto written = writer->write(wave.view());
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(stop.asked, 3);
}

}  // namespace
}  // namespace tonearm::core
