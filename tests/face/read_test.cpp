// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The whole line over WAV made here: no codec library and no file needed.
#include "core/face/read.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/encoded.h"
#include "tonearm/audio.h"

namespace tonearm::core {
namespace {

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

/// A 16-bit WAV whose sample (frame f, channel c) is f * 10 + c.
std::string make_wav(int num_channels, std::int64_t num_frames, int rate = 16000,
                     std::uint32_t declared_frames = UINT32_MAX) {
  std::string data;
  for (std::int64_t f = 0; f < num_frames; ++f) {
    for (int c = 0; c < num_channels; ++c) put(data, static_cast<std::uint64_t>(f * 10 + c), 2);
  }
  const std::uint32_t frame_bytes = 2 * static_cast<std::uint32_t>(num_channels);
  const std::uint32_t data_bytes =
      declared_frames == UINT32_MAX ? static_cast<std::uint32_t>(data.size()) : declared_frames * frame_bytes;
  std::string wav = "RIFF";
  put(wav, 36 + data_bytes, 4);
  wav += "WAVEfmt ";
  put(wav, 16, 4);
  put(wav, 1, 2);
  put(wav, static_cast<unsigned>(num_channels), 2);
  put(wav, static_cast<unsigned>(rate), 4);
  put(wav, static_cast<unsigned>(rate) * frame_bytes, 4);
  put(wav, frame_bytes, 2);
  put(wav, 16, 2);
  wav += "data";
  put(wav, data_bytes, 4);
  return wav + data;
}

Result<DecodedAudio> read_wav(const std::string& wav, const ReadOptions& options = {}) {
  auto source = make_memory_source(std::as_bytes(std::span(wav)));
  return read(*source, options);
}

TEST(Read, GivesPlanarFloatsAndSaysWhoDidTheWork) {
  auto audio = read_wav(make_wav(2, 3));
  ASSERT_TRUE(audio) << audio.error().message();
  EXPECT_EQ(audio->sample_rate, 16000);
  EXPECT_EQ(audio->source.backend, "pcm");
  ASSERT_EQ(audio->samples.num_frames(), 3);
  ASSERT_EQ(audio->samples.num_channels(), 2);
  EXPECT_EQ(audio->samples.view().channel_stride, 3);
  EXPECT_EQ(audio->samples.view().channel_as<float>(0)[2], 20.0F / 32768);
  EXPECT_EQ(audio->samples.view().channel_as<float>(1)[2], 21.0F / 32768);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(audio->samples.view().data) % 64, 0u);
}

TEST(Read, NativeKeepsTheFilesOwnType) {
  ReadOptions options;
  options.native = true;
  auto audio = read_wav(make_wav(1, 4), options);
  ASSERT_TRUE(audio);
  ASSERT_EQ(audio->samples.type(), SampleType::kInt16);
  EXPECT_EQ(audio->samples.view().channel_as<std::int16_t>(0)[3], 30);
}

TEST(Read, ATypeTheFileDoesNotHaveIsRefused) {
  ReadOptions options;
  options.type = SampleType::kFloat64;
  auto audio = read_wav(make_wav(1, 4), options);
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(audio.error().subject, "sample_type");
}

TEST(Read, APartEqualsTheSliceOfTheWhole) {
  const std::string wav = make_wav(2, 100);
  auto whole = read_wav(wav);
  ASSERT_TRUE(whole);
  for (const std::int64_t offset : {0, 1, 50, 99, 100, 1000}) {
    for (const std::int64_t count : {-1, 0, 1, 7, 1000}) {
      ReadOptions options;
      options.frame_offset = offset;
      options.num_frames = count;
      auto part = read_wav(wav, options);
      ASSERT_TRUE(part) << part.error().message();
      const std::int64_t left = std::max<std::int64_t>(100 - offset, 0);
      const std::int64_t expected = count < 0 ? left : std::min(left, count);
      ASSERT_EQ(part->samples.num_frames(), expected);
      for (int c = 0; c < 2 && expected > 0; ++c) {
        EXPECT_EQ(std::memcmp(part->samples.view().channel(c), whole->samples.view().channel_as<float>(c) + offset,
                              static_cast<std::size_t>(expected) * sizeof(float)),
                  0);
      }
    }
  }
}

TEST(Read, BadArgumentsAreNamed) {
  ReadOptions options;
  options.frame_offset = -1;
  EXPECT_EQ(read_wav(make_wav(1, 1), options).error().subject, "frame_offset");
  options = {};
  options.num_frames = -2;
  EXPECT_EQ(read_wav(make_wav(1, 1), options).error().subject, "num_frames");
  options = {};
  options.sample_rate = -8000;
  EXPECT_EQ(read_wav(make_wav(1, 1), options).error().subject, "sample_rate");
}

TEST(Reader, AveragesChannelsAndRefusesARate) {
  const auto wav = make_wav(2, 3);
  auto source = make_memory_source(std::as_bytes(std::span(wav)));
  ReadOptions options;
  options.mono = true;
  auto reader = Reader::open(*source, options);
  ASSERT_TRUE(reader) << reader.error().message();
  ASSERT_TRUE(reader->read(1));
  auto rest = reader->read(5);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->samples.num_channels(), 1);
  ASSERT_EQ(rest->samples.num_frames(), 2);
  EXPECT_FLOAT_EQ(rest->samples.view().channel_as<float>(0)[0], 10.5F / 32768);
  options.sample_rate = 8000;
  EXPECT_EQ(Reader::open(*source, options).error().subject, "sample_rate");
}

TEST(Read, MonoAveragesAndTheRateChanges) {
  ReadOptions options;
  options.mono = true;
  auto mono = read_wav(make_wav(2, 3), options);
  ASSERT_TRUE(mono);
  ASSERT_EQ(mono->samples.num_channels(), 1);
  EXPECT_FLOAT_EQ(mono->samples.view().channel_as<float>(0)[1], 10.5F / 32768);
  options.sample_rate = 8000;
  auto half = read_wav(make_wav(2, 101), options);
  ASSERT_TRUE(half) << half.error().message();
  EXPECT_EQ(half->samples.num_frames(), 51);
  EXPECT_EQ(half->sample_rate, 8000);
}

TEST(Read, ATruncatedFileGivesWhatExistsOrIsRefused) {
  const std::string wav = make_wav(1, 10, 16000, 1'000'000'000);
  auto audio = read_wav(wav);
  ASSERT_TRUE(audio) << audio.error().message();
  EXPECT_EQ(audio->samples.num_frames(), 10);
  EXPECT_FALSE(audio->warnings.empty());
  ReadOptions strict;
  strict.open.options.strict = true;
  auto refused = read_wav(wav, strict);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
}

/// A float WAV of one channel.
std::string make_float_wav(const std::vector<float>& samples) {
  std::string wav = make_wav(1, static_cast<std::int64_t>(samples.size()) * 2);
  wav[20] = 3;  // IEEE float
  wav[32] = 4;  // bytes of a frame
  wav[34] = 32;
  std::memcpy(wav.data() + 44, samples.data(), samples.size() * sizeof(float));
  return wav;
}

TEST(Read, SamplesThatAreNotFiniteAreKeptZeroedOrRefusedAndCounted) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  std::vector<float> samples(10000, 0.5F);
  samples[17] = nan, samples[18] = -infinity, samples[9000] = infinity;
  const std::string wav = make_float_wav(samples);
  ReadOptions options;
  auto unchecked = read_wav(wav, options);
  ASSERT_TRUE(unchecked) << unchecked.error().message();
  EXPECT_TRUE(std::isnan(unchecked->samples.view().channel_as<float>(0)[17]));
  EXPECT_TRUE(unchecked->warnings.empty());

  options.non_finite = NonFinite::kKeep;
  auto kept = read_wav(wav, options);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->num_non_finite, 3);
  EXPECT_EQ(kept->samples.view().channel_as<float>(0)[9000], infinity);
  ASSERT_EQ(kept->warnings.size(), 1U);
  EXPECT_EQ(kept->warnings[0], "3 samples are not finite (NaN or infinity), the first at frame 17");

  options.non_finite = NonFinite::kZero;
  options.frame_offset = 18;
  auto zeroed = read_wav(wav, options);
  ASSERT_TRUE(zeroed);
  EXPECT_EQ(zeroed->num_non_finite, 2);
  const float* out = zeroed->samples.view().channel_as<float>(0);
  EXPECT_EQ(std::count(out, out + zeroed->samples.num_frames(), 0.0F), 2);
  EXPECT_EQ(zeroed->warnings.at(0),
            "2 samples are not finite (NaN or infinity), the first at frame 18; they were made 0");

  options.non_finite = NonFinite::kRefuse;
  auto refused = read_wav(wav, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused.error().found, "2 samples are not finite (NaN or infinity), the first at frame 18");
  options.frame_offset = 9001;
  EXPECT_TRUE(read_wav(wav, options));

  options.frame_offset = 0;
  auto source = make_memory_source(std::as_bytes(std::span(wav)));
  auto reader = Reader::open(*source, options);
  ASSERT_TRUE(reader);
  EXPECT_TRUE(reader->read(17));
  EXPECT_FALSE(reader->read(1));
}

/// Keeps what comes, in rooms of a few frames.
class Gathering final : public BlockSink {
 public:
  explicit Gathering(std::int64_t most = 5) : most_(most) {}
  Result<void> begin(SampleType type, int num_channels, std::int64_t num_frames) override {
    ++num_beginnings;
    this->type = type;
    announced = num_frames;
    channels.assign(static_cast<std::size_t>(num_channels), {});
    return {};
  }
  Result<PlanarView> room(std::int64_t num_frames) override {
    EXPECT_GT(num_frames, 0);
    EXPECT_LE(num_frames, announced - this->num_frames());
    const std::int64_t frames = std::min(num_frames, most_);
    auto buffer = PlanarBuffer::allocate(type, static_cast<int>(channels.size()), frames + 3);
    if (!buffer) return buffer.error();
    room_ = std::move(*buffer);
    return room_.view().slice(1, frames);
  }
  Result<void> take(std::int64_t num_frames) override {
    if (refuse) return make_error(ErrorCode::kOutOfMemory, Stage::kConvert, "the sink is full");
    for (std::size_t c = 0; c < channels.size(); ++c)
      channels[c].append(reinterpret_cast<const char*>(room_.view().slice(1, num_frames).channel(static_cast<int>(c))),
                         static_cast<std::size_t>(num_frames) * sample_bytes(type));
    return {};
  }
  std::int64_t num_frames() const { return static_cast<std::int64_t>(channels[0].size() / sample_bytes(type)); }

  int num_beginnings = 0;
  bool refuse = false;
  SampleType type = SampleType::kUInt8;
  std::int64_t announced = 0;
  std::vector<std::string> channels;  ///< bytes

 private:
  std::int64_t most_;
  PlanarBuffer room_;
};

/// A read into a sink has the samples, errors and words of the read into one buffer.
void expect_same_in_a_sink(std::span<const std::byte> file, const ReadOptions& options, std::int64_t most = 5) {
  auto source = make_memory_source(file);
  const auto want = read(*source, options);
  Gathering sink(most);
  const auto got = read(*source, options, sink);
  ASSERT_EQ(static_cast<bool>(got), static_cast<bool>(want));
  if (!want) {
    EXPECT_EQ(got.error().message(), want.error().message());
    return;
  }
  EXPECT_EQ(got->samples.view().data, nullptr);
  EXPECT_EQ(got->sample_rate, want->sample_rate);
  EXPECT_EQ(got->source.backend, want->source.backend);
  EXPECT_EQ(got->warnings, want->warnings);
  EXPECT_EQ(got->num_non_finite, want->num_non_finite);
  EXPECT_EQ(sink.num_beginnings, 1);
  EXPECT_EQ(sink.type, want->samples.type());
  ASSERT_EQ(static_cast<int>(sink.channels.size()), want->samples.num_channels());
  EXPECT_EQ(sink.num_frames(), want->samples.num_frames());
  EXPECT_GE(sink.announced, sink.num_frames());
  for (std::size_t c = 0; c < sink.channels.size(); ++c)
    EXPECT_TRUE(sink.channels[c].empty() ||
                std::memcmp(sink.channels[c].data(), want->samples.view().channel(static_cast<int>(c)),
                            sink.channels[c].size()) == 0);
}

TEST(ReadIntoASink, IsTheReadIntoOneBuffer) {
  const std::string wav = make_wav(2, 23);
  const std::string odd = make_float_wav({0.5F, std::nanf(""), 0.25F, 1, 2, 3, std::nanf(""), 5, 6, 7, 8, 9});
  ReadOptions options;
  const auto try_all = [&] {
    for (const std::string& file : {wav, odd, make_wav(2, 23, 16000, 40), make_wav(1, 0), wav.substr(0, 30)})
      expect_same_in_a_sink(std::as_bytes(std::span(file)), options);
  };
  try_all();
  options.open.options.strict = true;
  try_all();
  options = {};
  for (const NonFinite rule : {NonFinite::kKeep, NonFinite::kZero, NonFinite::kRefuse}) {
    options.non_finite = rule;
    try_all();
  }
  options.frame_offset = 3;
  options.num_frames = 8;
  try_all();
  options.frame_offset = 100;
  try_all();
  options = {};
  options.open.options.limits.max_frames = 11;
  try_all();
  options = {};
  options.native = true;
  try_all();
  options = {};
  options.short_integers = true;
  try_all();
  options = {};
  options.mono = true;
  options.sample_rate = 8000;
  try_all();
  options.short_integers = true;
  try_all();
}

// Lengths that are known and not, damage, and slices of a long file by two threads.
TEST(ReadIntoASink, IsTheReadIntoOneBufferOfEachFormat) {
  for (const char* format : {"wav", "aiff", "flac", "ogg", "opus", "mp3", "m4a", "alac", "aac"}) {
    const std::vector<std::byte> bytes = test::encode_tones({format}, 300'000);
    if (bytes.empty()) continue;  // nothing here writes it
    SCOPED_TRACE(format);
    for (const std::size_t size : {bytes.size(), bytes.size() / 2}) {
      for (const int threads : {1, 2}) {
        ReadOptions options;
        options.threads = threads;
        expect_same_in_a_sink(std::span(bytes).first(size), options, 7001);
        options.short_integers = true;
        options.frame_offset = 1234;
        expect_same_in_a_sink(std::span(bytes).first(size), options, 7001);
      }
    }
  }
}

TEST(ReadIntoASink, EndsWithTheSinksError) {
  const std::string wav = make_wav(2, 23);
  for (const int rate : {0, 8000}) {  // as it is decoded, and afterwards
    ReadOptions options;
    options.sample_rate = rate;
    auto source = make_memory_source(std::as_bytes(std::span(wav)));
    Gathering sink;
    sink.refuse = true;
    const auto got = read(*source, options, sink);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().what, "the sink is full");
    EXPECT_EQ(sink.num_beginnings, 1);
  }
}

TEST(Read, ShortIntegersAreThoseThatTheFileHas) {
  ReadOptions options;
  options.short_integers = true;
  EXPECT_EQ(read_wav(make_wav(1, 4), options)->samples.type(), SampleType::kInt16);
  EXPECT_EQ(read_wav(make_float_wav({0.5F}), options)->samples.type(), SampleType::kFloat32);
}

TEST(Read, LimitsHaveTheirOwnCode) {
  ReadOptions options;
  options.open.options.limits.max_frames = 5;
  EXPECT_EQ(read_wav(make_wav(1, 10), options).error().code, ErrorCode::kLimitReached);
  options = {};
  options.open.options.limits.max_channels = 1;
  EXPECT_EQ(read_wav(make_wav(2, 10), options).error().code, ErrorCode::kLimitReached);
}

TEST(Describe, CountsWithoutDecoding) {
  const std::string wav = make_wav(2, 10);
  auto source = make_memory_source(std::as_bytes(std::span(wav)));
  auto description = describe(*source, {}, false);
  ASSERT_TRUE(description);
  EXPECT_EQ(description->stream.num_frames, 10);
  EXPECT_EQ(description->stream.frames_kind, FramesKind::kExact);
  EXPECT_EQ(description->stream.encoding, "PCM_S");
}

TEST(BlockReader, BlocksTogetherAreTheWhole) {
  const std::string wav = make_wav(2, 100);
  auto source = make_memory_source(std::as_bytes(std::span(wav)));
  auto reader = Reader::open(*source, {});
  ASSERT_TRUE(reader);
  std::int64_t total = 0;
  while (true) {
    auto block = reader->read(33);
    ASSERT_TRUE(block);
    if (block->samples.num_frames() == 0) break;
    EXPECT_EQ(block->samples.view().channel_as<float>(0)[0], static_cast<float>(total * 10) / 32768);
    total += block->samples.num_frames();
    EXPECT_EQ(reader->tell(), total);
  }
  EXPECT_EQ(total, 100);
  ASSERT_TRUE(reader->seek(40));
  EXPECT_EQ(reader->read(1)->samples.view().channel_as<float>(1)[0], 401.0F / 32768);
}

TEST(CppFace, LoadsThroughTheCAbi) {
  const std::string wav = make_wav(2, 5);
  const Source source = Source::memory(wav.data(), wav.size());
  Samples samples = read_samples(source);
  EXPECT_EQ(samples.num_channels(), 2);
  EXPECT_EQ(samples.num_frames(), 5);
  EXPECT_EQ(samples.channel(1)[4], 41.0F / 32768);
  EXPECT_EQ(samples.info().backend, "pcm");
  const tonearm::ReadOptions part = tonearm::ReadOptions().with_range(2, 2);
  EXPECT_EQ(read_samples(source, part).num_frames(), 2);
  const std::string floats = make_float_wav({0.5F, std::nanf("")});
  const Source odd = Source::memory(floats.data(), floats.size());
  const Samples zeroed = read_samples(odd, tonearm::ReadOptions().with_non_finite(TONEARM_NON_FINITE_ZERO));
  EXPECT_EQ(zeroed.num_non_finite(), 1);
  EXPECT_EQ(zeroed.channel(0)[1], 0.0F);
  try {
    read_samples("missing.wav");
    FAIL() << "a missing file was accepted";
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.code(), TONEARM_NOT_FOUND);
    EXPECT_EQ(error.subject(), "missing.wav");
    EXPECT_EQ(error.stage(), "source");
  }
}

TEST(CAbi, TakesOlderOptionsAndCancels) {
  const std::string wav = make_wav(1, 5);
  const Source source = Source::memory(wav.data(), wav.size());
  tonearm_options options;
  tonearm_options_init(&options);
  options.size = offsetof(tonearm_options, sample_rate);  // a program built against a shorter struct
  options.num_frames = 2;
  tonearm_audio* audio = nullptr;
  ASSERT_EQ(tonearm_read(source.get(), &options, &audio, nullptr), TONEARM_OK);
  EXPECT_EQ(tonearm_audio_num_frames(audio), 2);
  tonearm_audio_free(audio);

  tonearm_options_init(&options);
  options.should_stop = [](void*) { return 1; };
  tonearm_error* error = nullptr;
  EXPECT_EQ(tonearm_read(source.get(), &options, &audio, &error), TONEARM_CANCELLED);
  EXPECT_STREQ(tonearm_error_code_name(error), "cancelled");
  tonearm_error_free(error);
  EXPECT_EQ(tonearm_read(nullptr, nullptr, &audio, nullptr), TONEARM_INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tonearm::core
