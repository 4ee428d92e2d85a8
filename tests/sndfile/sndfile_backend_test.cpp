// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_backend.h"

#include <gtest/gtest.h>

#include <cstring>

#include "backends/sndfile/sndfile_api.h"
#include "tests/sndfile/test_audio.h"
#include "tests/support/expect.h"

namespace tonearm::sndfile {
namespace {

using core::ErrorCode;
using core::FramesKind;
using core::SampleType;
using test::bytes_of;

core::Backend& backend() {
  static const auto one = make_sndfile_backend();
  return *one;
}

/// Interleaved frames from the decoder's position on; `block` frames per call.
template <class T>
std::vector<T> decode_rest(core::Decoder& decoder, SampleType type, std::int64_t block = 5000,
                           std::int64_t most = INT64_MAX) {
  const int channels = decoder.info().num_channels;
  auto buffer = core::PlanarBuffer::allocate(type, channels, block);
  std::vector<T> all;
  std::int64_t done = 0;
  while (done < most) {
    const auto view = buffer->view().slice(0, std::min(block, most - done));
    auto got = decoder.decode(view);
    if (!got) {
      ADD_FAILURE() << got.error().message();
      break;
    }
    for (std::int64_t i = 0; i < *got; ++i) {
      for (int c = 0; c < channels; ++c) all.push_back(view.channel_as<T>(c)[i]);
    }
    done += *got;
    if (*got < view.num_frames) break;
  }
  return all;
}

struct Opened {
  std::unique_ptr<core::ByteSource> source;
  std::unique_ptr<core::Decoder> decoder;
};

core::Result<Opened> open_source(std::unique_ptr<core::ByteSource> source, const core::OpenOptions& options = {}) {
  auto probe = core::probe(*source);
  if (!probe) return probe.error();
  auto decoder = backend().open(*source, *probe, options);
  if (!decoder) return decoder.error();
  return Opened{std::move(source), std::move(*decoder)};
}

core::Result<Opened> open_bytes(const std::string& bytes, const core::OpenOptions& options = {}) {
  return open_source(core::make_memory_source(bytes_of(bytes)), options);
}

#define SKIP_WITHOUT_LIBSNDFILE() \
  if (!backend().available().available) GTEST_SKIP() << "libsndfile: " << backend().available().reason

TEST(SndfileBackend, IsThereWhereItWasPromised) {
  if (test::expects("sndfile")) {
    EXPECT_TRUE(backend().available().available) << backend().available().reason;
  }
}

TEST(SndfileApi, ParsesVersions) {
  EXPECT_EQ(parse_version("libsndfile-1.2.0").text(), "1.2.0");
  EXPECT_EQ(parse_version("libsndfile-1.0.31-exp").text(), "1.0.31");
  for (const char* other : {"", "libsndfile-", "libsndfile-1", "libsndfile-1.2", "libsndfile-1.2.", "1.2.0"}) {
    EXPECT_FALSE(parse_version(other).at_least(1, 0, 31)) << other;
  }
  EXPECT_TRUE((Version{1, 1, 0}).at_least(1, 0, 31));
  EXPECT_FALSE((Version{1, 0, 30}).at_least(1, 0, 31));
}

TEST(SndfileBackend, NamesTheVariableWhenItNamesNothing) {
  setenv("TONEARM_SNDFILE", "/nowhere/libsndfile.so.1", 1);
  const auto broken = make_sndfile_backend();
  const core::Availability state = broken->available();
  const std::string wav = test::pcm_wav(10, 1, 8000);
  auto source = core::make_memory_source(bytes_of(wav));
  auto opened = broken->open(*source, *core::probe(*source), {});
  unsetenv("TONEARM_SNDFILE");
  EXPECT_FALSE(state.available);
  EXPECT_NE(state.reason.find("TONEARM_SNDFILE"), std::string::npos) << state.reason;
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kMissingDependency);
  EXPECT_EQ(opened.error().subject, "TONEARM_SNDFILE");
  EXPECT_EQ(opened.error().finding, state.finding);
  EXPECT_NE(state.finding.find(R"("code": "bad-setting")"), std::string::npos) << state.finding;
}

TEST(SndfileBackend, DeclinesWhatItMustNotSee) {
  core::ProbeResult probe;
  for (const auto container : {core::Container::kAiff, core::Container::kCaf, core::Container::kWave64,
                               core::Container::kRf64, core::Container::kMp4, core::Container::kMatroska}) {
    probe.container = container;
    EXPECT_NE(backend().declines(probe), "") << static_cast<int>(container);
  }
  probe.container = core::Container::kFlac;
  EXPECT_EQ(backend().declines(probe), "");
}

TEST(SndfileBackend, UnknownBytesAreUnsupportedNotGuessedAt) {
  SKIP_WITHOUT_LIBSNDFILE();
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(5000, 'x'),
                                   "FORM" + std::string(4, '\0') + "8SVX" + std::string(100, '\1')}) {
    auto opened = open_bytes(bytes);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kUnsupportedFormat);
  }
}

TEST(SndfileBackend, PcmWavIsBitExactAndSeeksExactly) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string wav = test::pcm_wav(10000, 2, 8000);
  auto opened = open_bytes(wav);
  ASSERT_TRUE(opened) << opened.error().message();
  auto& decoder = *opened->decoder;
  EXPECT_EQ(decoder.info().num_frames, 10000);
  EXPECT_EQ(decoder.info().frames_kind, FramesKind::kExact);
  EXPECT_EQ(decoder.info().encoding, "PCM_S");
  const auto all = decode_rest<float>(decoder, SampleType::kFloat32);
  ASSERT_EQ(all.size(), 20000u);
  for (std::int64_t i = 0; i < 10000; ++i) {
    ASSERT_EQ(all[static_cast<std::size_t>(2 * i + 1)], static_cast<float>(test::tone(i, 1, 8000)) / 32768.0f);
  }
  ASSERT_TRUE(decoder.seek(10000));
  EXPECT_TRUE(decode_rest<float>(decoder, SampleType::kFloat32).empty());
  ASSERT_TRUE(decoder.seek(9999));
  EXPECT_EQ(decode_rest<std::int16_t>(decoder, SampleType::kInt16),
            (std::vector<std::int16_t>{test::tone(9999, 0, 8000), test::tone(9999, 1, 8000)}));
}

TEST(SndfileBackend, EmptyWavIsNoFramesAndNoError) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string wav = test::pcm_wav(0, 1, 8000);
  auto opened = open_bytes(wav);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_TRUE(decode_rest<float>(*opened->decoder, SampleType::kFloat32).empty());
  EXPECT_TRUE(opened->decoder->warnings().empty());
}

struct Encoded {
  const char* name;
  const char* command;
  const char* suffix;
  const char* encoding;
  bool exact;  ///< the header's count is exact
};
std::ostream& operator<<(std::ostream& out, const Encoded& e) { return out << e.name; }

class SndfileFormats : public ::testing::TestWithParam<Encoded> {};

TEST_P(SndfileFormats, LengthIsKeptAndEverySeekIsASliceOfTheFullRead) {
  SKIP_WITHOUT_LIBSNDFILE();
  constexpr std::int64_t kFrames = 30011;
  const std::string bytes = test::encode(GetParam().command, GetParam().suffix, kFrames, 1, 48000);
  if (bytes.empty()) GTEST_SKIP() << "cannot run: " << GetParam().command;
  auto opened = open_bytes(bytes);
  ASSERT_TRUE(opened) << opened.error().message();
  auto& decoder = *opened->decoder;
  EXPECT_EQ(decoder.info().encoding, GetParam().encoding);
  EXPECT_EQ(decoder.info().sample_rate, 48000);
  EXPECT_EQ(decoder.info().frames_kind, GetParam().exact ? FramesKind::kExact : FramesKind::kEstimated);
  const auto all = decode_rest<float>(decoder, SampleType::kFloat32);
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kFrames));
  if (GetParam().exact) {
    EXPECT_EQ(decoder.info().num_frames, static_cast<std::int64_t>(all.size()));
  }
  EXPECT_TRUE(decoder.warnings().empty()) << decoder.warnings().front();
  for (const std::int64_t frame : {1, 12345, 12346, 0, 29000, 4096, 30010}) {
    ASSERT_TRUE(decoder.seek(frame));
    const auto part = decode_rest<float>(decoder, SampleType::kFloat32, 700, 1500);
    ASSERT_EQ(part.size(), static_cast<std::size_t>(std::min<std::int64_t>(1500, kFrames - frame)));
    ASSERT_EQ(std::memcmp(part.data(), all.data() + frame, part.size() * sizeof(float)), 0) << "from frame " << frame;
  }
  ASSERT_TRUE(decoder.seek(kFrames + 5));
  EXPECT_TRUE(decode_rest<float>(decoder, SampleType::kFloat32).empty());
}

TEST_P(SndfileFormats, AFarPartIsFoundOrTheLongWayToldOf) {
  SKIP_WITHOUT_LIBSNDFILE();
  constexpr std::int64_t kLong = 48000 * 20;
  const std::string bytes = test::encode(GetParam().command, GetParam().suffix, kLong, 1, 48000);
  if (bytes.empty()) GTEST_SKIP() << "cannot run: " << GetParam().command;
  auto opened = open_bytes(bytes);
  ASSERT_TRUE(opened) << opened.error().message();
  core::Decoder& decoder = *opened->decoder;
  ASSERT_TRUE(decoder.seek(decoder.info().num_frames / 2));
  (void)decode_rest<float>(decoder, SampleType::kFloat32, 100, 100);
  const bool is_cheap = decoder.num_decoded() < 48000;
  EXPECT_EQ(is_cheap, GetParam().name == std::string("flac"));
  ASSERT_EQ(decoder.warnings().empty(), is_cheap);
  if (!is_cheap) {
    EXPECT_EQ(decoder.warnings().front().find("decoded from the start"), 0U);
  }
}

TEST_P(SndfileFormats, AnyCutOrDamageEndsInAnErrorOrInAudio) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string bytes = test::encode(GetParam().command, GetParam().suffix, 3001, 1, 48000);
  if (bytes.empty()) GTEST_SKIP() << "cannot run: " << GetParam().command;
  const std::size_t step = std::max<std::size_t>(1, bytes.size() / 150);
  for (std::size_t length = 0; length < bytes.size(); length += step) {
    const std::string cut = bytes.substr(0, length);
    auto opened = open_bytes(cut);
    if (!opened) continue;
    const auto all = decode_rest<float>(*opened->decoder, SampleType::kFloat32);
    EXPECT_LE(all.size(), 20000u) << length;
    if (opened->decoder->info().frames_kind == FramesKind::kExact &&
        static_cast<std::int64_t>(all.size()) < opened->decoder->info().num_frames) {
      EXPECT_FALSE(opened->decoder->warnings().empty()) << length;
    }
  }
}

TEST_P(SndfileFormats, AStreamOfShortReadsGivesTheSameAudio) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string bytes = test::encode(GetParam().command, GetParam().suffix, 5003, 1, 48000);
  if (bytes.empty()) GTEST_SKIP() << "cannot run: " << GetParam().command;
  auto whole = open_bytes(bytes);
  ASSERT_TRUE(whole) << whole.error().message();
  struct Stream {
    const std::string& bytes;
    std::size_t at = 0;
  } stream{bytes};
  core::StreamCallbacks callbacks;
  callbacks.context = &stream;
  callbacks.read = [](void* context, void* out, std::size_t size) -> std::int64_t {
    auto& s = *static_cast<Stream*>(context);
    const std::size_t n = std::min({size, std::size_t{137}, s.bytes.size() - s.at});
    std::memcpy(out, s.bytes.data() + s.at, n);
    s.at += n;
    return static_cast<std::int64_t>(n);
  };
  auto streamed = open_source(core::make_callback_source(callbacks, "<stream>"));
  ASSERT_TRUE(streamed) << streamed.error().message();
  EXPECT_EQ(decode_rest<float>(*streamed->decoder, SampleType::kFloat32),
            decode_rest<float>(*whole->decoder, SampleType::kFloat32));
}

INSTANTIATE_TEST_SUITE_P(Encoders, SndfileFormats,
                         ::testing::Values(Encoded{"flac", "flac -s -o {out} {in}", ".flac", "FLAC", true},
                                           Encoded{"vorbis", "oggenc -Q -o {out} {in}", ".ogg", "VORBIS", true},
                                           Encoded{"opus", "opusenc --quiet {in} {out}", ".opus", "OPUS", false},
                                           Encoded{"mp3", "lame --quiet {in} {out}", ".mp3", "MP3", true},
                                           Encoded{"ms_adpcm", "sox {in} -e ms-adpcm {out}", ".wav", "ADPCM_MS", true},
                                           Encoded{"ima_adpcm", "sox {in} -e ima-adpcm {out}", ".wav", "ADPCM_IMA_WAV",
                                                   true}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(SndfileBackend, FlacIsBitExactAlsoAsIntegers) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string bytes = test::encode("flac -s -o {out} {in}", ".flac", 9001, 2, 44100);
  if (bytes.empty()) GTEST_SKIP() << "no flac program";
  auto opened = open_bytes(bytes);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->decoder->info().bits_per_sample, 16);
  EXPECT_EQ(opened->decoder->info().container, "flac");
  ASSERT_TRUE(opened->decoder->supports(SampleType::kInt16));
  const auto all = decode_rest<std::int16_t>(*opened->decoder, SampleType::kInt16);
  ASSERT_EQ(all.size(), 18002u);
  for (std::int64_t i = 0; i < 9001; ++i) ASSERT_EQ(all[static_cast<std::size_t>(2 * i)], test::tone(i, 0, 44100));
}

TEST(SndfileBackend, FlacFromAPipeHasNoCountAndReadsWhole) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string bytes = test::encode("flac -s -o {out} {in}", ".flac", 9001, 1, 44100);
  if (bytes.empty()) GTEST_SKIP() << "no flac program";
  std::string unknown = bytes;
  // STREAMINFO: 36 bits of total samples end at byte 8 + 18; a pipe leaves them 0.
  unknown[21] = static_cast<char>(unknown[21] & 0xF0);
  std::memset(unknown.data() + 22, 0, 4);
  auto opened = open_bytes(unknown);
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->decoder->info().frames_kind, FramesKind::kUnknown);
  EXPECT_EQ(opened->decoder->info().num_frames, -1);
  EXPECT_EQ(decode_rest<float>(*opened->decoder, SampleType::kFloat32).size(), 9001u);
  ASSERT_TRUE(opened->decoder->seek(9000));
  EXPECT_EQ(decode_rest<float>(*opened->decoder, SampleType::kFloat32).size(), 1u);
}

TEST(SndfileBackend, TruncationIsAWarningAndStrictlyAnError) {
  SKIP_WITHOUT_LIBSNDFILE();
  const std::string bytes = test::encode("flac -s -o {out} {in}", ".flac", 30000, 1, 44100);
  if (bytes.empty()) GTEST_SKIP() << "no flac program";
  const std::string cut = bytes.substr(0, bytes.size() / 2);
  auto opened = open_bytes(cut);
  ASSERT_TRUE(opened);
  EXPECT_GT(decode_rest<float>(*opened->decoder, SampleType::kFloat32).size(), 4096u);
  ASSERT_EQ(opened->decoder->warnings().size(), 1u);
  EXPECT_NE(opened->decoder->warnings()[0].find("of 30000"), std::string::npos);
  core::OpenOptions strict;
  strict.strict = true;
  opened = open_bytes(cut, strict);
  ASSERT_TRUE(opened);
  auto buffer = core::PlanarBuffer::allocate(SampleType::kFloat32, 1, 30000);
  auto got = opened->decoder->decode(buffer->view());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kCorruptData);
}

TEST(SndfileBackend, AReadErrorIsNotTakenForTheEnd) {
  SKIP_WITHOUT_LIBSNDFILE();
  class Failing : public core::ByteSource {
   public:
    explicit Failing(std::string bytes) : ByteSource("failing.wav"), bytes_(std::move(bytes)) {}
    core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
      if (offset + out.size() > 100000) {
        return core::make_error(ErrorCode::kIo, core::Stage::kSource, "the disk failed", name());
      }
      std::memcpy(out.data(), bytes_.data() + offset, out.size());
      return out.size();
    }
    std::optional<std::uint64_t> size() const override { return bytes_.size(); }

   private:
    std::string bytes_;
  };
  auto opened = open_source(std::make_unique<Failing>(test::pcm_wav(200000, 1, 8000)));
  ASSERT_TRUE(opened) << opened.error().message();
  auto buffer = core::PlanarBuffer::allocate(SampleType::kFloat32, 1, 200000);
  auto got = opened->decoder->decode(buffer->view());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kIo);
}

TEST(SndfileBackend, StopsWhenAsked) {
  SKIP_WITHOUT_LIBSNDFILE();
  class StopLater : public core::StopToken {
   public:
    core::Result<void> check() override {
      if (armed) return core::make_error(ErrorCode::kCancelled, core::Stage::kDecode, "cancelled");
      return {};
    }
    bool armed = false;
  } stop;
  core::OpenOptions options;
  options.stop = &stop;
  const std::string wav = test::pcm_wav(200000, 1, 8000);
  auto opened = open_bytes(wav, options);
  ASSERT_TRUE(opened) << opened.error().message();
  stop.armed = true;
  auto buffer = core::PlanarBuffer::allocate(SampleType::kFloat32, 1, 200000);
  auto got = opened->decoder->decode(buffer->view());
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace tonearm::sndfile
