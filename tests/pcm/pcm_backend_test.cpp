// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/pcm/pcm_backend.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "core/audio/sample_convert.h"
#include "tests/pcm/make_files.h"

namespace tonearm {
namespace {

using core::ErrorCode;
using core::PlanarBuffer;
using core::SampleEncoding;
using core::SampleType;
using test::kTrueSize;
using test::make_riff;
using test::WaveFormat;
using Bytes = std::vector<std::byte>;

/// Read calls only: what a file on disk is to the decoder. `known` hides the size, as a pipe does.
class ReadOnlySource final : public core::ByteSource {
 public:
  ReadOnlySource(std::span<const std::byte> data, bool known) : ByteSource("<test>"), data_(data), known_(known) {}
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= data_.size()) return std::size_t{0};
    const std::size_t n = std::min<std::size_t>(out.size(), data_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), data_.data() + offset, n);
    return n;
  }
  std::optional<std::uint64_t> size() const override {
    return known_ ? std::optional<std::uint64_t>(data_.size()) : std::nullopt;
  }

 private:
  std::span<const std::byte> data_;
  bool known_;
};

struct Opened {
  std::unique_ptr<core::ByteSource> source;
  std::unique_ptr<core::Decoder> decoder;
};

core::Result<Opened> open_source(std::unique_ptr<core::ByteSource> source, const core::OpenOptions& options = {}) {
  auto probe = core::probe(*source);
  if (!probe) return probe.error();
  auto decoder = pcm::make_pcm_backend()->open(*source, *probe, options);
  if (!decoder) return decoder.error();
  return Opened{std::move(source), std::move(*decoder)};
}

core::Result<Opened> open_bytes(const Bytes& file, const core::OpenOptions& options = {}) {
  return open_source(core::make_memory_source(file), options);
}

/// All samples of one file, interleaved, as double; whatever the type.
std::vector<double> decode_all(core::Decoder& decoder, SampleType type, std::int64_t capacity = 1000) {
  const int channels = decoder.info().num_channels;
  auto buffer = PlanarBuffer::allocate(type, channels, capacity);
  EXPECT_TRUE(buffer);
  auto frames = decoder.decode(buffer->view());
  EXPECT_TRUE(frames) << frames.error().message();
  std::vector<double> samples;
  for (std::int64_t i = 0; frames && i < *frames; ++i) {
    for (int c = 0; c < channels; ++c) {
      const core::PlanarView view = buffer->view();
      switch (type) {
        case SampleType::kUInt8: samples.push_back(view.channel_as<std::uint8_t>(c)[i]); break;
        case SampleType::kInt16: samples.push_back(view.channel_as<std::int16_t>(c)[i]); break;
        case SampleType::kInt32: samples.push_back(view.channel_as<std::int32_t>(c)[i]); break;
        case SampleType::kFloat32: samples.push_back(view.channel_as<float>(c)[i]); break;
        case SampleType::kFloat64: samples.push_back(view.channel_as<double>(c)[i]); break;
      }
    }
  }
  return samples;
}

/// What the layout makes of these bytes; sample conversion has tests of its own.
std::vector<double> converted(const core::RawLayout& layout, const Bytes& audio, SampleType type) {
  const std::int64_t frames = static_cast<std::int64_t>(audio.size() / layout.frame_bytes());
  auto buffer = PlanarBuffer::allocate(type, layout.num_channels, frames);
  EXPECT_TRUE(buffer && core::convert_samples(layout, audio, buffer->view()));
  std::vector<double> samples;
  for (std::int64_t i = 0; i < frames; ++i) {
    for (int c = 0; c < layout.num_channels; ++c) {
      const core::PlanarView view = buffer->view();
      switch (type) {
        case SampleType::kUInt8: samples.push_back(view.channel_as<std::uint8_t>(c)[i]); break;
        case SampleType::kInt16: samples.push_back(view.channel_as<std::int16_t>(c)[i]); break;
        case SampleType::kInt32: samples.push_back(view.channel_as<std::int32_t>(c)[i]); break;
        case SampleType::kFloat32: samples.push_back(view.channel_as<float>(c)[i]); break;
        case SampleType::kFloat64: samples.push_back(view.channel_as<double>(c)[i]); break;
      }
    }
  }
  return samples;
}

/// Bytes that read as ordinary numbers in every encoding, floats included.
Bytes plain_audio(SampleEncoding encoding, bool big, std::size_t samples) {
  test::ByteWriter w(big);
  for (std::size_t i = 0; i < samples; ++i) {
    const double value = static_cast<double>(i % 19) / 32 - 0.25;
    if (encoding == SampleEncoding::kF32) {
      w.u32(std::bit_cast<std::uint32_t>(static_cast<float>(value)));
    } else if (encoding == SampleEncoding::kF64) {
      w.u64(std::bit_cast<std::uint64_t>(value));
    } else {
      w.uint(0x0123456789ABCDEF * (i + 3), core::encoded_bytes(encoding));
    }
  }
  return w.bytes;
}

struct Case {
  std::string container;
  std::string encoding;
  int bits = 0;
  core::RawLayout layout;
  Bytes audio;
  Bytes file;
};

/// Every container with every encoding it can hold, mono, stereo and three channels.
std::vector<Case> all_cases() {
  constexpr std::size_t kFrames = 11;
  std::vector<Case> cases;
  for (const int channels : {1, 2, 3}) {
    const unsigned n = static_cast<unsigned>(channels);
    const auto add = [&](std::string container, std::string word, int bits, SampleEncoding encoding, bool big,
                         auto make) {
      const Bytes audio = plain_audio(encoding, big, kFrames * n);
      cases.push_back({std::move(container), std::move(word), bits, {encoding, big, channels}, audio, make(audio)});
    };
    struct Wave {
      unsigned tag, bytes, bits, valid;
      bool extensible;
      SampleEncoding encoding;
      const char* word;
    };
    constexpr Wave kWaves[] = {
        {1, 1, 8, 0, false, SampleEncoding::kU8, "PCM_U"},        {1, 2, 16, 0, false, SampleEncoding::kS16, "PCM_S"},
        {1, 2, 12, 0, false, SampleEncoding::kS16, "PCM_S"},      {1, 3, 24, 0, false, SampleEncoding::kS24, "PCM_S"},
        {1, 3, 20, 0, false, SampleEncoding::kS24, "PCM_S"},      {1, 4, 32, 0, false, SampleEncoding::kS32, "PCM_S"},
        {1, 4, 24, 0, false, SampleEncoding::kS24Low32, "PCM_S"}, {1, 8, 64, 0, false, SampleEncoding::kS64, "PCM_S"},
        {1, 4, 32, 24, true, SampleEncoding::kS32, "PCM_S"},      {1, 4, 24, 24, true, SampleEncoding::kS32, "PCM_S"},
        {1, 2, 16, 16, true, SampleEncoding::kS16, "PCM_S"},      {3, 4, 32, 32, true, SampleEncoding::kF32, "PCM_F"},
        {3, 4, 32, 0, false, SampleEncoding::kF32, "PCM_F"},      {3, 8, 64, 0, false, SampleEncoding::kF64, "PCM_F"},
        {6, 1, 8, 0, false, SampleEncoding::kALaw, "ALAW"},       {7, 1, 8, 0, false, SampleEncoding::kMuLaw, "ULAW"}};
    for (const Wave& wave : kWaves) {
      const WaveFormat format{wave.tag, n, 16000, wave.bytes, wave.bits, wave.extensible, wave.valid, -1};
      const int bits = static_cast<int>(wave.valid > 0 ? wave.valid : wave.bits);
      for (const char* magic : {"RIFF", "RIFX", "RF64", "BW64"}) {
        const std::string name = magic == std::string("RIFF") ? "wav" : magic == std::string("RIFX") ? "rifx" : "rf64";
        add(name, wave.word, bits, wave.encoding, name == "rifx",
            [&](const Bytes& audio) { return make_riff(format, audio, magic); });
      }
      add("w64", wave.word, bits, wave.encoding, false,
          [&](const Bytes& audio) { return test::make_wave64(format, audio); });
    }
    struct Aiff {
      const char* compression;
      unsigned bits;
      SampleEncoding encoding;
      bool little;
      const char* word;
      int valid;
    };
    constexpr Aiff kAiffs[] = {
        {"", 8, SampleEncoding::kS8, false, "PCM_S", 8},        {"", 16, SampleEncoding::kS16, false, "PCM_S", 16},
        {"", 12, SampleEncoding::kS16, false, "PCM_S", 12},     {"", 24, SampleEncoding::kS24, false, "PCM_S", 24},
        {"", 32, SampleEncoding::kS32, false, "PCM_S", 32},     {"NONE", 16, SampleEncoding::kS16, false, "PCM_S", 16},
        {"twos", 16, SampleEncoding::kS16, false, "PCM_S", 16}, {"sowt", 16, SampleEncoding::kS16, true, "PCM_S", 16},
        {"sowt", 24, SampleEncoding::kS24, true, "PCM_S", 24},  {"in24", 16, SampleEncoding::kS24, false, "PCM_S", 24},
        {"in32", 16, SampleEncoding::kS32, false, "PCM_S", 32}, {"fl32", 32, SampleEncoding::kF32, false, "PCM_F", 32},
        {"FL32", 32, SampleEncoding::kF32, false, "PCM_F", 32}, {"fl64", 64, SampleEncoding::kF64, false, "PCM_F", 64},
        {"FL64", 64, SampleEncoding::kF64, false, "PCM_F", 64}, {"alaw", 16, SampleEncoding::kALaw, false, "ALAW", 8},
        {"ALAW", 16, SampleEncoding::kALaw, false, "ALAW", 8},  {"ulaw", 16, SampleEncoding::kMuLaw, false, "ULAW", 8},
        {"ULAW", 16, SampleEncoding::kMuLaw, false, "ULAW", 8}, {"raw ", 8, SampleEncoding::kU8, false, "PCM_U", 8}};
    for (const Aiff& aiff : kAiffs) {
      add(aiff.compression[0] == 0 ? "aiff" : "aifc", aiff.word, aiff.valid, aiff.encoding, !aiff.little,
          [&](const Bytes& audio) { return test::make_aiff(aiff.compression, n, aiff.bits, kFrames, audio); });
    }
    constexpr std::pair<unsigned, SampleEncoding> kAus[] = {
        {1, SampleEncoding::kMuLaw}, {2, SampleEncoding::kS8},  {3, SampleEncoding::kS16}, {4, SampleEncoding::kS24},
        {5, SampleEncoding::kS32},   {6, SampleEncoding::kF32}, {7, SampleEncoding::kF64}, {27, SampleEncoding::kALaw}};
    for (const auto& au : kAus) {
      const auto number = au.first;
      const SampleEncoding encoding = au.second;
      const char* word = number == 1 ? "ULAW" : number == 27 ? "ALAW" : number >= 6 ? "PCM_F" : "PCM_S";
      for (const bool big : {true, false}) {
        add("au", word, core::encoded_bytes(encoding) * 8, encoding, big,
            [&](const Bytes& audio) { return test::make_au(big, number, n, audio); });
      }
    }
    for (const bool big : {true, false}) {
      const unsigned order = big ? 0 : 2;
      for (const auto& sized : {std::pair{1u, SampleEncoding::kS8},
                                {2u, SampleEncoding::kS16},
                                {3u, SampleEncoding::kS24},
                                {4u, SampleEncoding::kS32}}) {
        const unsigned bytes = sized.first;
        const SampleEncoding encoding = sized.second;
        add("caf", "PCM_S", static_cast<int>(bytes * 8), encoding, big,
            [&](const Bytes& audio) { return test::make_caf("lpcm", order, n, bytes, bytes * 8, audio); });
      }
      add("caf", "PCM_F", 32, SampleEncoding::kF32, big,
          [&](const Bytes& audio) { return test::make_caf("lpcm", order | 1, n, 4, 32, audio); });
      add("caf", "PCM_F", 64, SampleEncoding::kF64, big,
          [&](const Bytes& audio) { return test::make_caf("lpcm", order | 1, n, 8, 64, audio); });
    }
    add("caf", "ALAW", 8, SampleEncoding::kALaw, true,
        [&](const Bytes& audio) { return test::make_caf("alaw", 0, n, 1, 8, audio); });
    add("caf", "ULAW", 8, SampleEncoding::kMuLaw, true,
        [&](const Bytes& audio) { return test::make_caf("ulaw", 0, n, 1, 8, audio); });
  }
  return cases;
}

TEST(PcmBackend, ReadsEveryContainerAndEncoding) {
  for (const Case& test : all_cases()) {
    SCOPED_TRACE(test.container + " " + test.encoding + " " + std::to_string(test.bits) + " bits, " +
                 std::to_string(test.layout.num_channels) + " channels");
    const std::vector<double> floats = converted(test.layout, test.audio, SampleType::kFloat32);
    const SampleType native = core::native_type(test.layout.encoding);
    for (int kind = 0; kind < 3; ++kind) {  // memory, file, pipe
      auto opened = open_source(kind == 0 ? core::make_memory_source(test.file)
                                          : std::make_unique<ReadOnlySource>(test.file, kind == 1));
      ASSERT_TRUE(opened) << opened.error().message();
      core::Decoder& decoder = *opened->decoder;
      EXPECT_EQ(decoder.info().sample_rate, 16000);
      EXPECT_EQ(decoder.info().num_channels, test.layout.num_channels);
      EXPECT_EQ(decoder.info().num_frames, 11);
      EXPECT_EQ(decoder.info().frames_kind, kind == 2 ? core::FramesKind::kEstimated : core::FramesKind::kExact);
      EXPECT_EQ(decoder.info().bits_per_sample, test.bits);
      EXPECT_EQ(decoder.info().encoding, test.encoding);
      EXPECT_EQ(decoder.info().container, test.container);
      EXPECT_EQ(decoder.info().native_type, native);
      EXPECT_EQ(decode_all(decoder, SampleType::kFloat32), floats);
      ASSERT_TRUE(decoder.seek(0));
      EXPECT_EQ(decode_all(decoder, native), converted(test.layout, test.audio, native));
      EXPECT_TRUE(decoder.warnings().empty()) << decoder.warnings().front();
    }
  }
}

TEST(PcmBackend, SeeksToTheExactFrame) {
  const WaveFormat format;
  const Bytes audio = test::counting_bytes(4 * 100);
  const Bytes file = make_riff(format, audio);
  const std::vector<double> all = converted({SampleEncoding::kS16, false, 2}, audio, SampleType::kFloat32);
  auto opened = open_bytes(file);
  ASSERT_TRUE(opened);
  for (const std::int64_t frame : {std::int64_t{50}, std::int64_t{0}, std::int64_t{99}, std::int64_t{100},
                                   std::numeric_limits<std::int64_t>::max()}) {
    ASSERT_TRUE(opened->decoder->seek(frame));
    const std::vector<double> rest(all.begin() + 2 * std::min<std::int64_t>(frame, 100), all.end());
    EXPECT_EQ(decode_all(*opened->decoder, SampleType::kFloat32), rest);
  }
  auto negative = opened->decoder->seek(-1);
  ASSERT_FALSE(negative);
  EXPECT_EQ(negative.error().code, ErrorCode::kInvalidArgument);
}

TEST(PcmBackend, DecodesAcrossBlocksAsInOnePiece) {
  const Bytes audio = test::counting_bytes(3 * 3 * 50000);  // several blocks of the decoder
  const Bytes file = make_riff({1, 3, 16000, 3, 24}, audio);
  const std::vector<double> all = converted({SampleEncoding::kS24, false, 3}, audio, SampleType::kFloat32);
  auto opened = open_source(std::make_unique<ReadOnlySource>(file, true));
  ASSERT_TRUE(opened);
  EXPECT_EQ(decode_all(*opened->decoder, SampleType::kFloat32, 50000), all);
  ASSERT_TRUE(opened->decoder->seek(0));
  std::vector<double> pieces;
  for (const std::int64_t count : {1, 7, 20000, 0, 40000}) {
    const std::vector<double> piece = decode_all(*opened->decoder, SampleType::kFloat32, count);
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  EXPECT_EQ(pieces, all);
}

TEST(PcmBackend, ReadsTagsAndStepsOverOtherChunks) {
  test::ByteWriter before, behind;
  before.text("junk").u32(3).uint(0, 3).uint(0, 1);  // odd, padded
  before.text("bext").u32(5).text("abcde");          // odd, the padding forgotten
  behind.text("LIST").u32(4 + 8 + 6 + 8 + 4).text("INFO");
  behind.text("INAM").u32(5).text("title").uint(0, 1).text("IART").u32(4).text("J\xF6rg");
  const Bytes audio = test::counting_bytes(8);
  auto opened = open_bytes(make_riff({}, audio, "RIFF", kTrueSize, kTrueSize, before.bytes, behind.bytes));
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->decoder->info().num_frames, 2);
  EXPECT_EQ(opened->decoder->info().tags.at("title"), "title");
  EXPECT_EQ(opened->decoder->info().tags.at("artist"), "J\xC3\xB6rg");  // Latin-1 becomes UTF-8

  auto aiff = open_bytes(test::make_aiff("", 1, 16, 4, audio));
  ASSERT_TRUE(aiff);
  EXPECT_EQ(aiff->decoder->info().tags.at("title"), "a tag");
  auto caf = open_bytes(test::make_caf("lpcm", 0, 1, 2, 16, audio));
  ASSERT_TRUE(caf);
  EXPECT_EQ(caf->decoder->info().tags.at("title"), "a tag");
}

struct SizeCase {
  const char* what;
  Bytes file;
  std::int64_t frames;
  bool warns;
};

std::vector<SizeCase> size_cases() {
  const Bytes audio = test::counting_bytes(40), none;
  const WaveFormat f;  // 4 bytes a frame
  Bytes cut = make_riff(f, audio);
  cut.resize(cut.size() - 17);
  return {
      {"a valid file of no samples", make_riff(f, none), 0, false},
      {"data size 0, RIFF size 0: a stream", make_riff(f, audio, "RIFF", 0, 0), 10, false},
      {"data size 0, RIFF size too large: a stream", make_riff(f, audio, "RIFF", 0, 0xFFFFFFFF), 10, false},
      {"data size 0, RIFF size of the header alone: empty, and what follows is told",
       make_riff(f, audio, "RIFF", 0, 36), 0, true},
      {"data size 0xFFFFFFFF: a stream", make_riff(f, audio, "RIFF", 0xFFFFFFFF, 0xFFFFFFFF), 10, false},
      {"sox into a pipe", make_riff(f, audio, "RIFF", 0x7FFFF000, 0x7FFFF024), 10, false},
      {"data size larger than the file", make_riff(f, audio, "RIFF", 4000, 4036), 10, true},
      {"data size of 2 GiB and more", make_riff(f, audio, "RIFF", 0xFFFFFF00, 0xFFFFFF24), 10, true},
      {"a file cut within a frame", cut, 5, true},
      {"a last frame that is not whole", make_riff(f, test::counting_bytes(42)), 10, true},
      {"RF64 of unknown size", make_riff(f, audio, "RF64", UINT64_MAX), 10, false},
      {"RF64 of wild size", make_riff(f, audio, "RF64", std::uint64_t{1} << 60), 10, true},
      {"Wave64 of wild size", test::make_wave64(f, audio, std::uint64_t{1} << 60), 10, true},
      {"Wave64 of no samples", test::make_wave64(f, none), 0, false},
      {"AIFF whose COMM counts fewer frames than there are", test::make_aiff("", 2, 16, 7, audio), 7, false},
      {"AIFF whose COMM counts more frames than there are", test::make_aiff("", 2, 16, 11, audio), 10, true},
      {"AIFF of no samples", test::make_aiff("", 2, 16, 0, none), 0, false},
      {"AIFF from a pipe", test::make_aiff("", 2, 16, 0x7FFFFFFF, audio, 16000, 0xFFFFFFFF), 10, false},
      {"AIFF by sox into a pipe", test::make_aiff("", 2, 16, 0x1FC00000, audio, 16000, 0x7F000008), 10, false},
      {"AU of unknown size", test::make_au(true, 3, 2, audio, 0xFFFFFFFF), 10, false},
      {"AU larger than the file", test::make_au(true, 3, 2, audio, 44), 10, true},
      {"AU of no samples", test::make_au(true, 3, 2, none), 0, false},
      {"CAF of unknown size", test::make_caf("lpcm", 0, 2, 2, 16, audio, UINT64_MAX), 10, false},
      {"CAF larger than the file", test::make_caf("lpcm", 0, 2, 2, 16, audio, 400), 10, true},
      {"CAF of no samples", test::make_caf("lpcm", 0, 2, 2, 16, none), 0, false},
  };
}

TEST(PcmBackend, TellsEmptyStreamedAndTruncatedApart) {
  for (const SizeCase& test : size_cases()) {
    SCOPED_TRACE(test.what);
    auto opened = open_bytes(test.file);
    ASSERT_TRUE(opened) << opened.error().message();
    EXPECT_EQ(opened->decoder->info().num_frames, test.frames);
    EXPECT_EQ(decode_all(*opened->decoder, SampleType::kFloat32).size(), static_cast<std::size_t>(test.frames * 2));
    EXPECT_EQ(!opened->decoder->warnings().empty(), test.warns);
  }
}

TEST(PcmBackend, StrictRefusesTruncatedAudio) {
  const Bytes file = make_riff({}, test::counting_bytes(40), "RIFF", 4000, 4036);
  core::OpenOptions options;
  options.strict = true;
  auto opened = open_bytes(file, options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(opened.error().byte_offset, static_cast<std::int64_t>(file.size()));

  // A source of unknown size shows it only while decoding.
  auto piped = open_source(std::make_unique<ReadOnlySource>(file, false), options);
  ASSERT_TRUE(piped);
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 2, 100);
  auto frames = piped->decoder->decode(buffer->view());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code, ErrorCode::kCorruptData);
}

TEST(PcmBackend, ReadsAPipeToItsEnd) {
  const Bytes file = make_riff({}, test::counting_bytes(40), "RIFF", 0xFFFFFFFF, 0xFFFFFFFF);
  auto opened = open_source(std::make_unique<ReadOnlySource>(file, false));
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->decoder->info().num_frames, -1);
  EXPECT_EQ(opened->decoder->info().frames_kind, core::FramesKind::kUnknown);
  ASSERT_TRUE(opened->decoder->seek(3));
  EXPECT_EQ(decode_all(*opened->decoder, SampleType::kFloat32).size(), 14u);
  EXPECT_EQ(opened->decoder->info().num_frames, 10);
  EXPECT_TRUE(opened->decoder->warnings().empty());
}

/// A file of 5 GiB and more whose middle is never stored.
class HugeSource final : public core::ByteSource {
 public:
  explicit HugeSource(Bytes header) : ByteSource("<huge>"), header_(std::move(header)) {}
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::uint64_t rest = offset < kSize ? kSize - offset : 0;
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), rest));
    for (std::size_t i = 0; i < n; ++i) out[i] = offset + i < header_.size() ? header_[offset + i] : std::byte{0x40};
    return n;
  }
  std::optional<std::uint64_t> size() const override { return kSize; }
  static constexpr std::uint64_t kSize = std::uint64_t{5} << 30;

 private:
  Bytes header_;
};

TEST(PcmBackend, ReadsBeyondFourGigabytes) {
  const Bytes empty;
  const std::size_t header_bytes = make_riff({}, empty, "RF64").size();
  const std::uint64_t audio_bytes = HugeSource::kSize - header_bytes;
  auto opened = open_source(std::make_unique<HugeSource>(make_riff({}, empty, "RF64", audio_bytes)));
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->decoder->info().num_frames, static_cast<std::int64_t>(audio_bytes / 4));
  ASSERT_TRUE(opened->decoder->seek(opened->decoder->info().num_frames - 2));
  EXPECT_EQ(decode_all(*opened->decoder, SampleType::kInt16), std::vector<double>(4, 0x4040));
}

struct ErrorCase {
  const char* what;
  Bytes file;
  ErrorCode code;
  const char* says;  ///< part of the message
};

std::vector<ErrorCase> error_cases() {
  const Bytes audio = test::counting_bytes(40);
  const auto wave = [&](WaveFormat format) { return make_riff(format, audio); };
  Bytes no_data = wave({});
  no_data.resize(36);
  Bytes no_format = make_riff({}, audio);
  no_format.erase(no_format.begin() + 12, no_format.begin() + 36);
  Bytes short_format = make_riff({}, audio);
  short_format.resize(22);
  constexpr ErrorCode kCorrupt = ErrorCode::kCorruptData, kOther = ErrorCode::kUnsupportedFormat;
  return {
      {"no channels", wave({1, 0, 16000, 2, 16}), kCorrupt, "channel"},
      {"wild channels", wave({1, 65535, 16000, 1, 8}), kCorrupt, "65535"},
      {"no rate", wave({1, 2, 0, 2, 16}), kCorrupt, "sample rate"},
      {"wild rate", wave({1, 2, 0xFFFFFFFF, 2, 16}), kCorrupt, "sample rate"},
      {"block align 0", wave({1, 2, 16000, 2, 16, false, 0, 0}), kCorrupt, "block align"},
      {"block align too small", wave({1, 2, 16000, 2, 16, false, 0, 2}), kCorrupt, "frame size"},
      {"no data chunk", no_data, kCorrupt, "data chunk"},
      {"no format chunk", no_format, kCorrupt, "format chunk"},
      {"a format chunk cut short", short_format, kCorrupt, "format chunk"},
      {"MS ADPCM", wave({2, 2, 16000, 1, 4}), kOther, "MS ADPCM"},
      {"IMA ADPCM", wave({0x11, 2, 16000, 1, 4}), kOther, "IMA ADPCM"},
      {"GSM", wave({0x31, 1, 16000, 65, 0}), kOther, "GSM 6.10"},
      {"MP3", wave({0x55, 2, 16000, 1, 0}), kOther, "MP3"},
      {"MP3 in Wave64", test::make_wave64({0x55, 2, 16000, 1, 0}, audio), kOther, "MP3"},
      {"16-bit float", wave({3, 2, 16000, 2, 16}), kOther, "16-bit float"},
      {"AIFF without rate", test::make_aiff("", 2, 16, 10, audio, 0), kCorrupt, "sample rate"},
      {"AIFF without channels", test::make_aiff("", 0, 16, 10, audio), kCorrupt, "channels"},
      {"AIFF of 0 bits", test::make_aiff("", 2, 0, 10, audio), kCorrupt, "sample size"},
      {"AIFF-C of another codec", test::make_aiff("ima4", 2, 16, 10, audio), kOther, "ima4"},
      {"AU without rate", test::make_au(true, 3, 2, audio, kTrueSize, 0), kCorrupt, "sample rate"},
      {"AU without channels", test::make_au(true, 3, 0, audio), kCorrupt, "channels"},
      {"AU of another codec", test::make_au(true, 23, 1, audio), kOther, "G.721"},
      {"CAF whose rate is no number",
       test::make_caf("lpcm", 0, 2, 2, 16, audio, kTrueSize, std::numeric_limits<double>::quiet_NaN()), kCorrupt,
       "sample rate"},
      {"CAF without channels", test::make_caf("lpcm", 0, 0, 2, 16, audio), kCorrupt, "channels"},
      {"ALAC in CAF", test::make_caf("alac", 0, 2, 2, 16, audio), kOther, "ALAC"},
  };
}

TEST(PcmBackend, NamesWhatIsWrong) {
  for (const ErrorCase& test : error_cases()) {
    SCOPED_TRACE(test.what);
    auto opened = open_bytes(test.file);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, test.code) << opened.error().message();
    EXPECT_NE(opened.error().message().find(test.says), std::string::npos) << opened.error().message();
    if (test.code == ErrorCode::kCorruptData) {
      EXPECT_GE(opened.error().byte_offset, 0);
    }
  }
}

TEST(PcmBackend, KeepsToTheLimitOfChannels) {
  const Bytes file = make_riff({1, 3, 16000, 2, 16}, test::counting_bytes(60));
  core::OpenOptions options;
  options.limits.max_channels = 2;
  auto opened = open_bytes(file, options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kLimitReached);
}

TEST(PcmBackend, DeclinesOtherFormatsByReason) {
  auto backend = pcm::make_pcm_backend();
  core::ProbeResult probe;
  probe.container = core::Container::kOgg;
  EXPECT_EQ(backend->declines(probe), "not RIFF, AIFF, AU or CAF");
  probe.container = core::Container::kRiff;
  probe.codec = core::Codec::kMp3;
  probe.description = "MP3 in WAV";
  EXPECT_EQ(backend->declines(probe), "MP3 in WAV is not PCM");
  probe.codec = core::Codec::kPcm;
  EXPECT_EQ(backend->declines(probe), "");
}

class StopAfter final : public core::StopToken {
 public:
  explicit StopAfter(int polls) : left_(polls) {}
  core::Result<void> check() override {
    if (left_-- > 0) return {};
    return core::make_error(ErrorCode::kCancelled, core::Stage::kDecode, "cancelled");
  }

 private:
  int left_;
};

TEST(PcmBackend, StopsWhenAsked) {
  const Bytes file = make_riff({}, test::counting_bytes(4 << 20));
  StopAfter stop(3);
  core::OpenOptions options;
  options.stop = &stop;
  auto opened = open_bytes(file, options);
  ASSERT_TRUE(opened);
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 2, 1 << 20);
  auto frames = opened->decoder->decode(buffer->view());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code, ErrorCode::kCancelled);
}

class FailingSource final : public core::ByteSource {
 public:
  explicit FailingSource(Bytes file, std::uint64_t from)
      : ByteSource("<failing>"), file_(std::move(file)), from_(from) {}
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= from_) return core::make_error(ErrorCode::kIo, core::Stage::kSource, "the disk is gone");
    const std::size_t n = std::min<std::size_t>(out.size(), file_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), file_.data() + offset, n);
    return n;
  }
  std::optional<std::uint64_t> size() const override { return file_.size(); }

 private:
  Bytes file_;
  std::uint64_t from_;
};

TEST(PcmBackend, AReadErrorIsNotTheEnd) {
  const Bytes file = make_riff({}, test::counting_bytes(1 << 20));
  auto opened = open_source(std::make_unique<FailingSource>(file, 100000));
  ASSERT_TRUE(opened);
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 2, 1 << 18);
  auto frames = opened->decoder->decode(buffer->view());
  ASSERT_FALSE(frames);
  EXPECT_EQ(frames.error().code, ErrorCode::kIo);
}

/// Whatever the bytes say, opening and reading ends, within the memory of the source's size.
void expect_harmless(const Bytes& file) {
  for (const bool known : {true, false}) {
    auto opened = open_source(std::make_unique<ReadOnlySource>(file, known));
    if (!opened) {
      EXPECT_FALSE(opened.error().what.empty());
      continue;
    }
    const core::StreamInfo& info = opened->decoder->info();
    ASSERT_GT(info.num_channels, 0);
    ASSERT_GT(info.sample_rate, 0);
    if (known) {
      ASSERT_LE(info.num_frames, static_cast<std::int64_t>(file.size()));
    }
    auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, info.num_channels, 300);
    ASSERT_TRUE(buffer);
    EXPECT_TRUE(opened->decoder->decode(buffer->view()));
  }
}

TEST(PcmBackend, SurvivesEveryTruncation) {
  for (const Case& test : all_cases()) {
    if (test.layout.num_channels != 2) continue;
    for (std::size_t length = 0; length < test.file.size(); ++length) {
      expect_harmless(Bytes(test.file.begin(), test.file.begin() + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST(PcmBackend, SurvivesRandomDamage) {
  std::mt19937 random(20260101);
  const std::vector<Case> cases = all_cases();
  for (int round = 0; round < 30000; ++round) {
    Bytes file = cases[random() % cases.size()].file;
    for (unsigned hits = 1 + random() % 6; hits > 0; --hits) {
      static constexpr std::uint8_t kNasty[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
      const unsigned pick = random() % 8;
      file[12 + random() % (file.size() - 12)] = static_cast<std::byte>(pick < 5 ? kNasty[pick] : random() & 0xFF);
    }
    expect_harmless(file);
  }
}

}  // namespace
}  // namespace tonearm
