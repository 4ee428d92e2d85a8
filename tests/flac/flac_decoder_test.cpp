// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The decoder against streams of our own encoder: every coding, seeks, damage, wrong headers, mutated bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <span>

#include "backends/flac/flac_backend.h"
#include "backends/flac/kernels.h"
#include "core/source/byte_source.h"
#include "tests/flac/tiny_encoder.h"

namespace tonearm {
namespace {

using core::SampleType;
using test::Planar;
using test::TinyFlac;
using Stream = std::vector<std::byte>;

/// Random walk of `bits`-bit samples that are multiples of 2^wasted, with a stretch of constant ones.
Planar make_audio(int channels, std::size_t frames, int bits, unsigned wasted, unsigned seed, std::int64_t step = 0) {
  std::mt19937_64 random(seed);
  const std::int64_t top = (std::int64_t{1} << (bits - 1)) - 1;
  if (step == 0) step = std::max<std::int64_t>(1, top / 50);
  Planar audio(static_cast<std::size_t>(channels));
  for (auto& channel : audio) {
    std::int64_t x = 0;
    for (std::size_t i = 0; i < frames; ++i) {
      if (i < frames / 2 || i > frames / 2 + 300)
        x += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(2 * step + 1)) - step;
      x = std::clamp(x, -top - 1, top);
      channel.push_back(x >> wasted << wasted);
    }
  }
  return audio;
}

struct Opened {
  Stream bytes;
  std::unique_ptr<core::ByteSource> source;
  std::unique_ptr<core::Decoder> decoder;
  std::string error;
};

Opened open_stream(Stream bytes, bool strict = false) {
  Opened o;
  o.bytes = std::move(bytes);
  o.source = core::make_memory_source(o.bytes);
  auto probe = core::probe(*o.source);
  auto backend = flac::make_flac_backend();
  o.error = backend->declines(*probe);
  if (!o.error.empty()) return o;
  core::OpenOptions options;
  options.strict = strict;
  auto decoder = backend->open(*o.source, *probe, options);
  if (decoder) {
    o.decoder = std::move(*decoder);
  } else {
    o.error = decoder.error().message();
  }
  return o;
}

/// All that is left, decoded in pieces of `piece` frames. Samples as integers of `bits` bits.
template <class T>
Planar read_all(core::Decoder& decoder, std::int64_t piece, std::string* error = nullptr) {
  constexpr SampleType kType = std::is_same_v<T, float> ? SampleType::kFloat32
                               : sizeof(T) == 2         ? SampleType::kInt16
                                                        : SampleType::kInt32;
  const int bits = decoder.info().bits_per_sample;
  Planar audio(static_cast<std::size_t>(decoder.info().num_channels));
  auto buffer = core::PlanarBuffer::allocate(kType, decoder.info().num_channels, piece);
  for (;;) {
    auto got = decoder.decode(buffer->view());
    if (!got) {
      if (error != nullptr) *error = got.error().message();
      return audio;
    }
    for (std::size_t c = 0; c < audio.size(); ++c) {
      const T* x = buffer->view().channel_as<T>(static_cast<int>(c));
      for (std::int64_t i = 0; i < *got; ++i) {
        if constexpr (std::is_same_v<T, float>) {
          audio[c].push_back(static_cast<std::int64_t>(static_cast<double>(x[i]) *
                                                       static_cast<double>(std::int64_t{1} << (bits - 1))));
        } else {
          audio[c].push_back(x[i] >> (sizeof(T) * 8 - static_cast<unsigned>(bits)));
        }
      }
    }
    if (*got < piece) return audio;
  }
}

void expect_round_trip(TinyFlac encoder, const Planar& audio, const std::string& what) {
  const Stream bytes = encoder.encode(audio);
  Opened o = open_stream(bytes, true);
  ASSERT_TRUE(o.decoder) << what << ": " << o.error;
  EXPECT_EQ(o.decoder->info().num_frames, static_cast<std::int64_t>(audio[0].size())) << what;
  EXPECT_EQ(o.decoder->info().frames_kind, core::FramesKind::kExact) << what;
  std::string error;
  const bool narrow = encoder.bits <= 16;
  EXPECT_TRUE((narrow ? read_all<std::int16_t>(*o.decoder, 100, &error)
                      : read_all<std::int32_t>(*o.decoder, 100, &error)) == audio)
      << what << error;
  if (encoder.bits <= 24) {
    ASSERT_TRUE(o.decoder->seek(0));
    EXPECT_TRUE(read_all<float>(*o.decoder, 1000, &error) == audio) << what << error;
  }
}

TEST(FlacDecoder, ReadsEveryDepthAndChannelCount) {
  for (int bits = 4; bits <= 32; ++bits) {
    for (int channels : {1, 2, 3, 8}) {
      TinyFlac e;
      e.bits = bits;
      e.rice = static_cast<unsigned>(std::max(0, std::min(14, bits - 6)));
      e.kind = bits > 24 ? TinyFlac::kVerbatim : TinyFlac::kFixed;
      expect_round_trip(e, make_audio(channels, 1000, bits, 0, static_cast<unsigned>(bits)),
                        std::to_string(bits) + " bits, " + std::to_string(channels) + " channels");
    }
  }
}

TEST(FlacDecoder, ReadsEveryPredictorAndStereoCoding) {
  for (int bits : {8, 16, 20, 24, 32}) {
    for (unsigned stereo = 0; stereo <= 3; ++stereo) {
      for (unsigned order = 0; order <= 32; ++order) {
        for (TinyFlac::Kind kind : {TinyFlac::kFixed, TinyFlac::kLpc}) {
          if ((kind == TinyFlac::kFixed && order > 4) || (kind == TinyFlac::kLpc && order == 0)) continue;
          TinyFlac e;
          e.bits = bits;
          e.stereo = stereo;
          e.order = order;
          e.kind = kind;
          e.rice = static_cast<unsigned>(bits > 24 ? 22 : bits - 4);
          e.long_rice = true;
          const std::int64_t step = bits == 32 ? 1 << 24 : 0;
          expect_round_trip(e, make_audio(2, 700, bits, 0, order, step),
                            std::to_string(bits) + " bits, stereo " + std::to_string(stereo) + ", order " +
                                std::to_string(order) + (kind == TinyFlac::kFixed ? " fixed" : " LPC"));
        }
      }
    }
  }
}

TEST(FlacDecoder, ReadsEveryResidualCoding) {
  for (unsigned rice = 0; rice <= 30; ++rice) {
    for (unsigned partition_order : {0u, 3u, 5u}) {
      TinyFlac e;
      e.rice = rice;
      e.long_rice = rice > 14;
      e.partition_order = partition_order;
      // Steps beyond 2^rice give quotients of several 64-bit words.
      expect_round_trip(e, make_audio(1, 1500, 16, 0, rice, 200), "rice " + std::to_string(rice));
    }
  }
  for (bool long_rice : {false, true}) {
    TinyFlac e;
    e.bits = 24;
    e.escape = true;
    e.long_rice = long_rice;
    e.partition_order = 2;
    expect_round_trip(e, make_audio(2, 1000, 24, 0, 5), "escaped");
  }
}

TEST(FlacDecoder, ReadsWastedBitsBlockSizesAndNumbers) {
  for (unsigned wasted : {1u, 3u, 7u}) {
    TinyFlac e;
    e.wasted = wasted;
    expect_round_trip(e, make_audio(2, 900, 16, wasted, wasted), "wasted");
  }
  for (unsigned block : {1u, 2u, 15u, 16u, 255u, 4096u, 65535u}) {
    for (bool variable : {false, true}) {
      TinyFlac e;
      e.block = block;
      e.variable = variable;
      e.first_sample = std::uint64_t{block} * 100000;  // numbers of several bytes
      expect_round_trip(e, make_audio(1, block == 65535 ? 140000 : 5000, 16, 0, block),
                        "block " + std::to_string(block));
    }
  }
}

TEST(FlacDecoder, SeeksToAnyFrameInBothContainers) {
  const Planar audio = make_audio(2, 200000, 16, 0, 7);
  TinyFlac e;
  e.block = 1000;
  e.rice = 9;
  e.variable = true;
  e.first_sample = 12345;
  e.tags = "TITLE=Take Five";
  for (const Stream& bytes : {e.encode(audio), e.encode_ogg(audio, 3)}) {
    Opened o = open_stream(bytes, true);
    ASSERT_TRUE(o.decoder) << o.error;
    EXPECT_EQ(o.decoder->info().num_frames, 200000);
    EXPECT_EQ(o.decoder->info().tags.at("title"), "Take Five");
    EXPECT_TRUE(read_all<std::int16_t>(*o.decoder, 77777) == audio);
    std::mt19937 random(3);
    auto buffer = core::PlanarBuffer::allocate(SampleType::kInt16, 2, 1500);
    for (int i = 0; i < 200; ++i) {
      const std::int64_t at = i == 0 ? 199999 : i == 1 ? 0 : static_cast<std::int64_t>(random() % 200000);
      ASSERT_TRUE(o.decoder->seek(at));
      auto got = o.decoder->decode(buffer->view());
      ASSERT_TRUE(got);
      ASSERT_EQ(*got, std::min<std::int64_t>(1500, 200000 - at));
      for (int c = 0; c < 2; ++c) {
        ASSERT_TRUE(std::equal(buffer->view().channel_as<std::int16_t>(c),
                               buffer->view().channel_as<std::int16_t>(c) + *got,
                               audio[static_cast<std::size_t>(c)].begin() + at))
            << at;
      }
    }
    ASSERT_TRUE(o.decoder->seek(200000));
    EXPECT_EQ(*o.decoder->decode(buffer->view()), 0);
    ASSERT_TRUE(o.decoder->seek(1 << 30));
    EXPECT_EQ(*o.decoder->decode(buffer->view()), 0);
    EXPECT_TRUE(o.decoder->warnings().empty());
  }
}

TEST(FlacDecoder, BelievesASeekTableOnlyWhereItIsRight) {
  const Planar audio = make_audio(1, 60000, 16, 0, 8);
  TinyFlac e;
  e.block = 500;
  e.kind = TinyFlac::kVerbatim;
  e.encode(audio);
  const auto offset = [&](std::size_t frame) { return e.frame_offsets[frame] - e.frame_offsets[0]; };
  using Points = std::vector<std::array<std::uint64_t, 2>>;
  for (const Points& points :
       {Points{{0, 0}, {25000, offset(50)}, {50000, offset(100)}}, Points{{25000, offset(51)}}, Points{{25000, 77}},
        Points{{0, 0}, {100, 1}, {UINT64_MAX - 1, UINT64_MAX - 1}}, Points{{50000, 5}, {25000, 9}}}) {
    e.seek_points = points;
    Opened o = open_stream(e.encode(audio), true);
    ASSERT_TRUE(o.decoder) << o.error;
    auto buffer = core::PlanarBuffer::allocate(SampleType::kInt16, 1, 100);
    for (const std::int64_t at : {0, 99, 24999, 25000, 25600, 49999, 50000, 59900}) {
      ASSERT_TRUE(o.decoder->seek(at));
      ASSERT_EQ(*o.decoder->decode(buffer->view()), 100);
      EXPECT_TRUE(
          std::equal(audio[0].begin() + at, audio[0].begin() + at + 100, buffer->view().channel_as<std::int16_t>(0)))
          << at;
    }
  }
}

/// A file that counts what is read of it.
class CountingSource final : public core::ByteSource {
 public:
  explicit CountingSource(const Stream& bytes) : ByteSource("counted"), bytes_(bytes) {}
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::size_t at = std::min<std::size_t>(offset, bytes_.size());
    const std::size_t n = std::min(out.size(), bytes_.size() - at);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), n, out.begin());
    bytes_read += n;
    return n;
  }
  std::optional<std::uint64_t> size() const override { return bytes_.size(); }

  std::size_t bytes_read = 0;

 private:
  const Stream& bytes_;
};

TEST(FlacDecoder, SeeksAtTheSameCostAnywhere) {
  constexpr std::int64_t kFrames = 2000000;
  TinyFlac e;
  e.block = 4096;
  e.kind = TinyFlac::kVerbatim;
  e.tags = "A=b";
  const Planar audio = make_audio(1, kFrames, 16, 0, 10);
  for (const Stream& bytes : {e.encode(audio), e.encode_ogg(audio, 1)}) {  // 4 MB, no seek table
    auto buffer = core::PlanarBuffer::allocate(SampleType::kInt16, 1, 16000);
    for (std::int64_t at = 1000; at < kFrames; at += 97003) {
      CountingSource source(bytes);
      auto probe = core::probe(source);
      auto decoder = flac::make_flac_backend()->open(source, *probe, {});
      ASSERT_TRUE(decoder);
      source.bytes_read = 0;
      const std::int64_t decoded = (*decoder)->num_decoded();
      ASSERT_TRUE((*decoder)->seek(at));
      ASSERT_EQ(*(*decoder)->decode(buffer->view()), std::min<std::int64_t>(16000, kFrames - at));
      EXPECT_LE(source.bytes_read, std::size_t{512} << 10) << at;
      EXPECT_LE((*decoder)->num_decoded() - decoded, 16000 + 12 * 4096) << at;  // bisection ends 64 KiB before
    }
  }
}

TEST(FlacDecoder, FindsTheLengthThatStreamInfoHides) {
  const Planar audio = make_audio(1, 5000, 16, 0, 1);
  for (std::int64_t declared : {std::int64_t{0}, (std::int64_t{1} << 36) - 1}) {
    TinyFlac e;
    e.declared = declared;
    Opened o = open_stream(e.encode(audio));
    ASSERT_TRUE(o.decoder) << o.error;
    EXPECT_EQ(o.decoder->info().num_frames, 5000);
    EXPECT_EQ(o.decoder->info().frames_kind, core::FramesKind::kExact);
  }
  for (std::int64_t declared : {4000, 9000}) {
    TinyFlac e;
    e.declared = declared;
    Opened o = open_stream(e.encode(audio));
    ASSERT_TRUE(o.decoder) << o.error;
    EXPECT_EQ(o.decoder->info().num_frames, 5000);
    EXPECT_EQ(o.decoder->warnings().size(), 1u);
    EXPECT_TRUE(read_all<std::int16_t>(*o.decoder, 999) == audio);
    EXPECT_FALSE(open_stream(e.encode(audio), true).decoder);
  }
}

TEST(FlacDecoder, ReadsBetweenTagsAndJunk) {
  const Planar audio = make_audio(1, 5000, 16, 0, 2);
  TinyFlac e;
  Stream bytes(30, std::byte{0});
  const char id3[] = "ID3\4\0\0\0\0\0\x14";
  std::transform(id3, id3 + 10, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
  const Stream body = e.encode(audio);
  bytes.insert(bytes.end(), body.begin(), body.end());
  bytes.insert(bytes.end(), 128, std::byte{'T'});
  Opened o = open_stream(bytes, true);
  ASSERT_TRUE(o.decoder) << o.error;
  EXPECT_EQ(o.decoder->info().num_frames, 5000);
  std::string error;
  EXPECT_TRUE(read_all<std::int16_t>(*o.decoder, 5001, &error) == audio) << error;
  EXPECT_TRUE(o.decoder->warnings().empty());
}

TEST(FlacDecoder, GivesWhatATruncatedFileHolds) {
  const Planar audio = make_audio(1, 5000, 16, 0, 3);
  TinyFlac e;
  e.block = 500;
  Stream bytes = e.encode(audio);
  bytes.resize(e.frame_offsets[7] + 100);
  Opened o = open_stream(bytes);
  ASSERT_TRUE(o.decoder) << o.error;
  const Planar got = read_all<std::int16_t>(*o.decoder, 5000);
  EXPECT_TRUE(got[0] == std::vector<std::int64_t>(audio[0].begin(), audio[0].begin() + 3500));
  EXPECT_EQ(o.decoder->warnings().size(), 1u);
  Opened strict = open_stream(bytes, true);
  std::string error = strict.error;
  if (strict.decoder) read_all<std::int16_t>(*strict.decoder, 5000, &error);
  EXPECT_NE(error, "");
}

TEST(FlacDecoder, KeepsTimeAcrossDamage) {
  const Planar audio = make_audio(2, 5000, 16, 0, 4);
  TinyFlac e;
  e.block = 500;
  e.tags = "A=b";
  for (bool ogg : {false, true}) {
    Stream bytes = ogg ? e.encode_ogg(audio, 1) : e.encode(audio);
    bytes[bytes.size() / 2] ^= std::byte{0x10};
    Opened o = open_stream(bytes);
    ASSERT_TRUE(o.decoder) << o.error;
    const Planar got = read_all<std::int16_t>(*o.decoder, 5000);
    ASSERT_EQ(got[0].size(), 5000u);
    EXPECT_EQ(o.decoder->warnings().size(), 1u);
    for (std::size_t block = 0; block < 10; ++block) {
      const auto at = static_cast<std::ptrdiff_t>(block * 500);
      const bool same = std::equal(audio[1].begin() + at, audio[1].begin() + at + 500, got[1].begin() + at);
      const bool silent = std::all_of(got[1].begin() + at, got[1].begin() + at + 500, [](auto x) { return x == 0; });
      EXPECT_TRUE(same || silent) << block;
    }
    // Slices of damaged audio are slices of its full read.
    auto buffer = core::PlanarBuffer::allocate(SampleType::kInt16, 2, 700);
    for (std::int64_t at = 4300; at >= 0; at -= 137) {
      ASSERT_TRUE(o.decoder->seek(at));
      ASSERT_EQ(*o.decoder->decode(buffer->view()), 700);
      EXPECT_TRUE(
          std::equal(got[1].begin() + at, got[1].begin() + at + 700, buffer->view().channel_as<std::int16_t>(1)))
          << at;
    }
    Opened strict = open_stream(bytes, true);
    std::string error;
    ASSERT_TRUE(strict.decoder);
    read_all<std::int16_t>(*strict.decoder, 5000, &error);
    EXPECT_NE(error.find("damaged at byte"), std::string::npos) << error;
  }
}

/// What stands before `text` in the message is read with one warning, and refused where strict.
void expect_first_part(const Stream& bytes, const Planar& first, const std::string& text) {
  Opened o = open_stream(bytes);
  ASSERT_TRUE(o.decoder) << o.error;
  EXPECT_TRUE(read_all<std::int16_t>(*o.decoder, 300) == first) << text;
  ASSERT_EQ(o.decoder->warnings().size(), 1u) << text;
  EXPECT_NE(o.decoder->warnings()[0].find(text), std::string::npos) << o.decoder->warnings()[0];
  Opened strict = open_stream(bytes, true);
  std::string error = strict.error;
  if (strict.decoder) read_all<std::int16_t>(*strict.decoder, 300, &error);
  EXPECT_NE(error.find(text), std::string::npos) << error;
}

TEST(FlacDecoder, StopsWhereParametersChange) {
  const Planar mono = make_audio(1, 1000, 16, 0, 5);
  for (const std::int64_t declared : {-1, 0, 1256}) {  // the first part, unknown, both parts
    TinyFlac e;
    e.declared = declared;
    Stream bytes = e.encode(mono);
    const Stream more_channels = e.frame(make_audio(2, 256, 16, 0, 6), 0, 256);
    bytes.insert(bytes.end(), more_channels.begin(), more_channels.end());
    expect_first_part(bytes, mono, "changes at frame 1000 from 1 channels, 44100 Hz, 16 bits to 2 channels");
  }
}

TEST(FlacDecoder, StopsWhereAnotherStreamBegins) {
  TinyFlac e;
  e.tags = "A=b";
  const Planar first = make_audio(1, 1000, 16, 0, 5);
  e.serial = 0x5678;
  const Stream other = e.encode_ogg(make_audio(2, 3000, 16, 0, 6), 2);
  for (const std::size_t repeats : {1u, 40u}) {  // 40: longer than what is searched for the last page
    e.serial = 0x1234;
    Stream bytes = e.encode_ogg(first, 2);
    const std::string place = "another stream begins at byte " + std::to_string(bytes.size());
    for (std::size_t i = 0; i < repeats; ++i) bytes.insert(bytes.end(), other.begin(), other.end());
    expect_first_part(bytes, first, place);
  }
}

TEST(FlacDecoder, StopsWhereAnotherFileWasJoined) {
  const Planar first = make_audio(1, 1000, 16, 0, 5);
  for (const std::int64_t declared : {-1, 0}) {  // the first part, unknown
    for (const std::size_t frames : {400u, 1000u, 3000u}) {
      TinyFlac e;
      e.declared = declared;
      Stream bytes = e.encode(first);
      const std::string place = "another stream begins at byte " + std::to_string(bytes.size());
      const Stream other = e.encode(make_audio(1, frames, 16, 0, 6));
      bytes.insert(bytes.end(), other.begin(), other.end());
      Opened o = open_stream(bytes);
      ASSERT_TRUE(o.decoder) << o.error;
      const Planar audio = read_all<std::int16_t>(*o.decoder, 300);
      ASSERT_FALSE(o.decoder->warnings().empty());
      const std::string& last = o.decoder->warnings().back();
      if (declared == 0 && frames < 1000) {  // only the last frame of all could tell the length
        EXPECT_EQ(audio[0].size(), frames);
        EXPECT_NE(last.find("audio goes on at byte"), std::string::npos) << last;
      } else {
        EXPECT_TRUE(audio == first) << declared << ", " << frames;
        EXPECT_NE(last.find(place), std::string::npos) << last;
      }
      Opened strict = open_stream(bytes, true);
      std::string error = strict.error;
      if (strict.decoder) read_all<std::int16_t>(*strict.decoder, 300, &error);
      EXPECT_NE(error, "");
    }
  }
}

TEST(FlacDecoder, TakesOfALongStreamInfoWhatThereIsToKnow) {
  const Planar audio = make_audio(1, 1000, 16, 0, 5);
  const Stream whole = TinyFlac().encode(audio);
  // Longer than it can be: what follows it is looked for where it would end.
  for (const unsigned length : {35u, (1u << 20) + 1, 0xF40022u}) {
    Stream bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[5 + static_cast<std::size_t>(i)] = static_cast<std::byte>(length >> (16 - 8 * i));
    for (const std::size_t size : {std::size_t{8}, bytes.size()}) {
      Opened o = open_stream(Stream(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)));
      if (o.decoder) {
        EXPECT_EQ(o.decoder->info().sample_rate, 44100);
        EXPECT_EQ(o.decoder->info().num_channels, 1);
      } else {
        EXPECT_NE(o.error, "");
      }
    }
  }
}

TEST(FlacDecoder, RefusesWhatIsNotAStream) {
  const Planar audio = make_audio(1, 1000, 16, 0, 5);
  TinyFlac e;
  const Stream whole = e.encode(audio);
  for (std::size_t size : {4u, 5u, 8u, 20u, 41u, 45u, 60u}) {
    Opened o = open_stream(Stream(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    std::string error = o.error;
    if (o.decoder) read_all<std::int16_t>(*o.decoder, 100, &error);
    EXPECT_NE(error, "") << size;
  }
}

/// Every outcome is fine that ends, stays inside its memory (sanitizers) and delivers no more than it may.
void decode_anything(const Stream& bytes, std::mt19937& random) {
  Opened o = open_stream(bytes, random() % 2 == 0);
  if (!o.decoder) return;
  auto buffer = core::PlanarBuffer::allocate(SampleType::kFloat32, o.decoder->info().num_channels, 3000);
  for (int i = 0; i < 6; ++i) {
    auto got = o.decoder->decode(buffer->view());
    if (!got) return;
    EXPECT_LE(*got, 3000);
    if (!o.decoder->seek(static_cast<std::int64_t>(random() % 6000))) return;
  }
}

TEST(FlacDecoder, SurvivesMutatedAndTruncatedBytes) {
  std::mt19937 random(11);
  for (int stereo = 0; stereo <= 3; ++stereo) {
    TinyFlac e;
    e.stereo = static_cast<unsigned>(stereo);
    e.kind = stereo % 2 == 0 ? TinyFlac::kLpc : TinyFlac::kFixed;
    e.rice = 12;
    e.bits = stereo == 3 ? 24 : 16;
    e.tags = "A=b";
    const Planar audio = make_audio(2, 3000, e.bits, 0, 9);
    for (const Stream& whole : {e.encode(audio), e.encode_ogg(audio, 2)}) {
      for (int i = 0; i < 400; ++i) {
        Stream bytes = whole;
        for (unsigned n = 1 + random() % 8; n > 0; --n) {
          const std::size_t where =
              i % 2 == 0 ? random() % std::min<std::size_t>(bytes.size(), 300) : random() % bytes.size();
          bytes[where] = static_cast<std::byte>(random() & 0xFF);
        }
        if (i % 3 == 0) bytes.resize(random() % bytes.size());
        decode_anything(bytes, random);
      }
    }
  }
}

TEST(FlacBitReader, KeepsRoomForAShift) {
  const std::vector<std::byte> bytes(20, std::byte{0x5A});
  for (unsigned used = 0; used <= 160; ++used) {
    flac::BitReader reader(bytes);
    for (unsigned i = 0; i < used; ++i) reader.read(1);
    for (int again = 0; again < 3; ++again) {
      reader.refill();
      EXPECT_GE(reader.count, 56u) << used;
      EXPECT_LT(reader.count, 64u) << used;
    }
  }
}

TEST(FlacKernels, AgreeWithThePortableOnes) {
  std::mt19937_64 random(13);
  const flac::Kernels& fast = flac::kernels();
  const flac::Kernels& plain = flac::portable_kernels();
  for (unsigned order = 1; order <= 32; ++order) {
    for (int repeat = 0; repeat < 20; ++repeat) {
      const std::size_t count = order + random() % 70;
      std::vector<std::int32_t> a(count), c(order);
      const bool narrow = repeat % 2 == 0;
      for (auto& x : a) x = static_cast<std::int32_t>(random()) >> (narrow ? 18 : 4);
      for (auto& x : c) x = static_cast<std::int32_t>(random()) >> (narrow ? 22 : 17);
      const auto shift = static_cast<unsigned>(repeat % 16);
      std::vector<std::int32_t> expected = a, two_passes = a, one_pass = a;
      plain.restore_lpc(expected.data(), count, c.data(), order, shift, narrow);
      fast.restore_lpc(two_passes.data(), count, c.data(), order, shift, narrow);
      EXPECT_EQ(two_passes, expected) << order;
      if (order > flac::kFusedOrder || fast.fused == nullptr) continue;
      flac::Predictor predictor;
      predictor.order = order;
      predictor.shift = shift;
      predictor.narrow = narrow;
      std::copy(c.begin(), c.end(), predictor.coefficients);
      fast.fused->start(predictor, one_pass.data());
      for (std::size_t at = order; at < count;) {  // in parts, as partitions are
        const std::size_t part = std::min<std::size_t>(1 + random() % 20, count - at);
        fast.fused->restore(predictor, one_pass.data() + at, part);
        at += part;
      }
      EXPECT_EQ(one_pass, expected) << order;
    }
  }
}

TEST(FlacKernels, ReadTheSameRiceCodesInOnePassAndInTwo) {
  std::mt19937_64 random(17);
  const flac::Kernels& fast = flac::kernels();
  const flac::Kernels& plain = flac::portable_kernels();
  if (fast.fused == nullptr) GTEST_SKIP() << "this CPU has no fused kernels";
  for (unsigned k = 0; k <= 30; ++k) {
    for (unsigned order : {1u, 2u, 6u, 7u, 10u, 11u, 14u}) {
      // Random bytes are codes of every length; one byte of 64 is zero, so that some are longer than the cache.
      std::vector<std::byte> bytes(300);
      for (auto& b : bytes) b = random() % 64 == 0 ? std::byte{0} : static_cast<std::byte>(random());
      const std::size_t count = order + 1 + random() % 200;
      std::vector<std::int32_t> expected(count, 5), got(count, 5);
      flac::Predictor predictor;
      predictor.order = order;
      predictor.shift = 7;
      predictor.narrow = k % 2 == 0;
      for (unsigned i = 0; i < order; ++i)
        predictor.coefficients[i] = static_cast<std::int32_t>(random() % 2000) - 1000;
      flac::BitReader one(bytes), two(bytes);
      const bool ok = plain.read_rice(two, expected.data() + order, count - order, k);
      plain.restore_lpc(expected.data(), count, predictor.coefficients, order, 7, predictor.narrow);
      fast.fused->start(predictor, got.data());
      ASSERT_EQ(fast.fused->read_predicted(one, predictor, got.data() + order, count - order, k), ok);
      EXPECT_EQ(one.exhausted(), two.exhausted()) << k;
      if (ok && !one.exhausted()) {
        EXPECT_EQ(got, expected) << k << " " << order;
        EXPECT_EQ(one.read(13), two.read(13));
      }
    }
  }
}

}  // namespace
}  // namespace tonearm
