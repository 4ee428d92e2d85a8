// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Parts of files by FFmpeg: the slices of the full read, at a cost that does not grow with the offset. What is not read
// cannot be decoded, so bytes bound the packets as well.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <string_view>

#include "backends/ffmpeg/ffmpeg_backend.h"
#include "core/registry/ogg_pages.h"
#include "tests/support/counting_source.h"

namespace tonearm::ffmpeg {
namespace {

using test::CountingSource;

core::Backend& backend() {
  static const std::unique_ptr<core::Backend> the_backend = make_ffmpeg_backend();
  return *the_backend;
}

constexpr int kRate = 44100;
constexpr int kSeconds = 40;

/// Two channels of tones that come and go over some noise, 16 bit, as WAV: `sec` seconds at `rate`.
std::string make_wav(int rate, int sec) {
  std::string pcm;
  std::uint32_t noise = 1;
  for (int f = 0; f < rate * sec; ++f) {
    const double t = static_cast<double>(f) / rate;
    for (int c = 0; c < 2; ++c) {
      noise = noise * 1664525 + 1013904223;
      const double envelope = 0.5 + 0.5 * std::sin(7 * t + c);
      const double x = 9000 * envelope * std::sin(6.283185307 * (300 + 200 * std::sin(t / 3)) * t) + (noise >> 24);
      const auto sample = static_cast<std::int16_t>(x);
      pcm.append(reinterpret_cast<const char*>(&sample), 2);
    }
  }
  const auto number = [](std::size_t value, std::size_t bytes) {
    return std::string(reinterpret_cast<const char*>(&value), bytes);
  };
  const auto hz = static_cast<std::size_t>(rate);
  return "RIFF" + number(36 + pcm.size(), 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(2, 2) +
         number(hz, 4) + number(hz * 4, 4) + number(4, 2) + number(16, 2) + "data" + number(pcm.size(), 4) + pcm;
}

struct Recipe {
  const char* name;
  const char* program;
  const char* command;          ///< IN and OUT stand for the files
  double tolerance;             ///< 0: bit for bit
  double most_decoded_sec = 0;  ///< for a tenth of a second, wherever it is; 0: depends on what is met there
  int rate = kRate;

  bool is_jumping() const { return most_decoded_sec > 0 && most_decoded_sec < kSeconds; }
};

constexpr Recipe kRecipes[] = {
    {"mp3_lame", "lame", "lame --quiet IN OUT", 0, 0.3},
    {"mp3_reservoir", "lame", "lame --quiet -b 32 -m j --resample 44.1 IN OUT", 0, 0.5},
    {"vorbis", "oggenc", "oggenc -Q -o OUT IN", 1e-5, 1.5},
    {"vorbis_small_pages", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a libvorbis -page_duration 20000 -f ogg OUT", 1e-5,
     0.5},
    {"opus", "opusenc", "opusenc --quiet IN OUT", 1e-5, 6},
    {"opus_short_packets", "opusenc", "opusenc --quiet --framesize 2.5 IN OUT", 1e-5, 6},
    {"opus_speech", "opusenc", "opusenc --quiet --speech --bitrate 20 IN OUT", 1e-5, 6, 16000},
    {"aac_without_noise", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a aac -aac_pns 0 -f ipod OUT", 1e-5, 0.5},
    {"aac_with_noise", "ffmpeg",
     "ffmpeg -v quiet -y -i IN -filter_complex '"
     "anoisesrc=a=0.3:d=40:r=44100:seed=1[n];[0:a][n]amix' -c:a aac -b:a 64k -ac 2 -f ipod OUT",
     1e-5},
    {"alac", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a alac -f ipod OUT", 0, 0.4},
    {"wavpack", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a wavpack -f wv OUT", 0, 2},
    {"adts_without_noise", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a aac -aac_pns 0 -f adts OUT", 1e-5, 0.5},
    {"adts_with_noise", "ffmpeg",
     "ffmpeg -v quiet -y -i IN -filter_complex '"
     "anoisesrc=a=0.3:d=40:r=44100:seed=1[n];[0:a][n]amix' -c:a aac -b:a 64k -ac 2 -f adts OUT",
     1e-5},
    {"adts_5_1", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a aac -ac 6 -f adts OUT", 1e-5, kSeconds},
};

/// The encoded bytes, made once per test process; empty where the program is not on this machine.
const std::string& made(const Recipe& recipe) {
  static std::map<std::string, std::string> cache;
  if (auto found = cache.find(recipe.name); found != cache.end()) return found->second;
  const auto folder = std::filesystem::temp_directory_path() / ("tonearm_partial_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string bytes;
  if (std::system(("command -v " + std::string(recipe.program) + " > /dev/null").c_str()) == 0) {
    std::ofstream(folder / "in.wav", std::ios::binary) << make_wav(recipe.rate, kSeconds);
    std::string command = recipe.command;
    command.replace(command.find("IN"), 2, "'" + (folder / "in.wav").string() + "'");
    command.replace(command.find("OUT"), 3, "'" + (folder / "out").string() + "'");
    if (std::system((command + " 2> /dev/null").c_str()) == 0) {
      std::ifstream file(folder / "out", std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(file), {});
    }
  }
  std::filesystem::remove_all(folder);
  return cache[recipe.name] = bytes;
}

std::unique_ptr<core::Decoder> open(core::ByteSource& source) {
  auto probe = core::probe(source);
  if (!probe) return nullptr;
  auto decoder = backend().open(source, *probe, {});
  return decoder ? std::move(*decoder) : nullptr;
}

/// Up to `frames` frames, channel after channel.
std::vector<float> take(core::Decoder& decoder, std::int64_t frames) {
  const int channels = decoder.info().num_channels;
  std::vector<float> planar(static_cast<std::size_t>(channels * frames));
  auto got = decoder.decode(
      {reinterpret_cast<std::byte*>(planar.data()), core::SampleType::kFloat32, channels, frames, frames});
  if (!got) return {};
  std::vector<float> out;
  for (int c = 0; c < channels; ++c) {
    const auto begin = planar.begin() + c * frames;
    out.insert(out.end(), begin, begin + *got);
  }
  return out;
}

struct Full {
  int channels = 0;
  std::int64_t frames = 0;
  std::vector<float> samples;  ///< channel after channel

  std::vector<float> slice(std::int64_t begin, std::int64_t count) const {
    begin = std::min(begin, frames);
    count = std::min(count, frames - begin);
    std::vector<float> out;
    for (int c = 0; c < channels; ++c) {
      const auto from = samples.begin() + c * frames + begin;
      out.insert(out.end(), from, from + count);
    }
    return out;
  }
};

Full read_all(const std::string& bytes) {
  CountingSource source(bytes);
  const auto decoder = open(source);
  Full full;
  if (!decoder) return full;
  full.channels = decoder->info().num_channels;
  full.samples = take(*decoder, std::int64_t{48000} * (kSeconds + 10) * 2);
  full.frames = static_cast<std::int64_t>(full.samples.size()) / full.channels;
  return full;
}

const Full& full_read(const Recipe& recipe) {
  static std::map<std::string, Full> cache;
  if (auto found = cache.find(recipe.name); found != cache.end()) return found->second;
  return cache[recipe.name] = read_all(made(recipe));
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return 1e9;
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
  return worst;
}

class PartialRead : public testing::TestWithParam<Recipe> {
 protected:
  void SetUp() override {
    if (!backend().available().available) GTEST_SKIP() << backend().available().reason;
    if (made(GetParam()).empty()) GTEST_SKIP() << "needs the program " << GetParam().program << " and its encoder";
  }
};

TEST_P(PartialRead, IsTheSliceOfTheFullRead) {
  const Full& full = full_read(GetParam());
  ASSERT_GT(full.frames, 39 * GetParam().rate);
  std::mt19937_64 random(7);
  std::vector<std::pair<std::int64_t, std::int64_t>> slices{
      {0, 1000}, {full.frames - 1, 10}, {full.frames, 10}, {full.frames + 1000, 10}, {1, 1}, {full.frames / 2, 0}};
  for (int i = 0; i < 12; ++i) {
    const auto begin = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(full.frames));
    slices.emplace_back(begin, static_cast<std::int64_t>(random() % 30000));
  }
  CountingSource kept(made(GetParam()));
  const auto reader = open(kept);  // goes from slice to slice
  ASSERT_TRUE(reader);
  for (const auto& [begin, count] : slices) {
    CountingSource source(made(GetParam()));
    const auto decoder = open(source);
    ASSERT_TRUE(decoder);
    for (core::Decoder* each : {decoder.get(), reader.get()}) {
      ASSERT_TRUE(each->seek(begin));
      const double worst = difference(take(*each, count), full.slice(begin, count));
      EXPECT_LE(worst, GetParam().tolerance) << "frames " << begin << " + " << count;
    }
  }
}

TEST_P(PartialRead, CostsTheSameAnywhere) {
  const Full& full = full_read(GetParam());
  std::vector<std::size_t> costs;
  for (const std::int64_t percent : {20, 50, 95}) {
    CountingSource source(made(GetParam()));
    const auto decoder = open(source);
    ASSERT_TRUE(decoder);
    const std::size_t opening = source.num_read;
    const std::int64_t decoded = decoder->num_decoded();
    ASSERT_TRUE(decoder->seek(full.frames * percent / 100));
    take(*decoder, decoder->info().sample_rate / 10);
    costs.push_back(source.num_read - opening);
    const auto decoded_sec =
        static_cast<double>(decoder->num_decoded() - decoded) / static_cast<double>(decoder->info().sample_rate);
    if (GetParam().is_jumping()) {
      EXPECT_TRUE(decoder->warnings().empty()) << decoder->warnings().front();
      EXPECT_LE(decoded_sec, GetParam().most_decoded_sec) << percent << " %";
    } else if (GetParam().most_decoded_sec >= kSeconds) {
      EXPECT_GE(decoded_sec, kSeconds * static_cast<double>(percent) / 100 - 1);
      ASSERT_FALSE(decoder->warnings().empty()) << "the long way is not told of";
      EXPECT_EQ(decoder->warnings().front().find("decoded from the start"), 0U) << decoder->warnings().front();
    }
  }
  if (GetParam().is_jumping()) {
    // Buffers of 64 KiB are filled here and there; where there is no index, headers are walked: read, not decoded.
    const std::string_view name = GetParam().name;
    const bool walks = name.starts_with("mp3") || name.starts_with("adts") || name == "wavpack";
    EXPECT_LE(costs.back(), costs.front() + (walks ? made(GetParam()).size() : 200000)) << made(GetParam()).size();
  }
}

TEST(AacWithNoise, GoesBackToTheStartWhereItMeetsNoise) {
  if (!backend().available().available) GTEST_SKIP() << backend().available().reason;
  int num_made = 0;
  for (const Recipe& recipe : kRecipes) {
    if (!std::string_view(recipe.name).ends_with("_with_noise") || made(recipe).empty()) continue;
    ++num_made;
    const Full& full = full_read(recipe);
    CountingSource source(made(recipe));
    const auto decoder = open(source);
    ASSERT_TRUE(decoder);
    const std::int64_t begin = full.frames / 5;
    ASSERT_TRUE(decoder->seek(begin));
    EXPECT_LE(difference(take(*decoder, full.frames), full.slice(begin, full.frames)), 1e-5) << recipe.name;
    ASSERT_FALSE(decoder->warnings().empty()) << recipe.name;
    EXPECT_EQ(decoder->warnings().front().find("decoded from the start"), 0U) << decoder->warnings().front();
  }
  if (num_made == 0) GTEST_SKIP() << "needs the program ffmpeg";
}

INSTANTIATE_TEST_SUITE_P(Files, PartialRead, testing::ValuesIn(kRecipes),
                         [](const testing::TestParamInfo<Recipe>& info) { return std::string(info.param.name); });

/// A copy of an Ogg file under another serial number.
std::string renumbered(std::string bytes, std::uint32_t serial) {
  const auto source = core::make_memory_source(std::as_bytes(std::span(bytes)));
  core::OggPages pages(*source, 0, bytes.size(), nullptr);
  std::string out = bytes;
  while (true) {
    auto page = pages.next();
    if (!page || !*page) return out;
    char* at = out.data() + (*page)->begin;
    for (int i = 0; i < 4; ++i) {
      at[14 + i] = static_cast<char>(serial >> (8 * i));
      at[22 + i] = 0;
    }
    const auto crc =
        core::ogg_crc32(std::as_bytes(std::span(at, static_cast<std::size_t>((*page)->end - (*page)->begin))));
    for (int i = 0; i < 4; ++i) at[22 + i] = static_cast<char>(crc >> (8 * i));
  }
}

class ChainedOgg : public testing::TestWithParam<Recipe> {
 protected:
  void SetUp() override {
    if (!backend().available().available) GTEST_SKIP() << backend().available().reason;
    if (made(GetParam()).empty()) GTEST_SKIP() << "needs the program " << GetParam().program;
  }
};

TEST_P(ChainedOgg, IsOneLinkAfterTheOther) {
  const std::string& one = made(GetParam());
  const Full& full = full_read(GetParam());
  for (const std::string& second : {renumbered(one, 4711), one}) {  // the same serial number twice is not allowed; met
    const std::string chain = one + second;
    CountingSource source(chain);
    const auto decoder = open(source);
    ASSERT_TRUE(decoder);
    EXPECT_EQ(decoder->info().num_frames, 2 * full.frames);
    EXPECT_EQ(decoder->info().frames_kind, core::FramesKind::kExact);
    const Full both = read_all(chain);
    ASSERT_EQ(both.frames, 2 * full.frames);
    EXPECT_EQ(both.slice(0, full.frames), full.samples);
    EXPECT_EQ(both.slice(full.frames, full.frames), full.samples);
    for (const std::int64_t begin : {full.frames - 100, full.frames, full.frames + 1, full.frames * 3 / 2}) {
      ASSERT_TRUE(decoder->seek(begin));
      EXPECT_LE(difference(take(*decoder, 5000), both.slice(begin, 5000)), 1e-5) << begin;
    }
  }
}

TEST_P(ChainedOgg, TellsOfTheLongWayBehindDamage) {
  std::string chain = made(GetParam()) + renumbered(made(GetParam()), 4711);
  chain[chain.size() / 4] ^= 1;
  CountingSource source(chain);
  const auto decoder = open(source);
  ASSERT_TRUE(decoder);
  const Full all = read_all(chain);
  const std::int64_t begin = all.frames * 3 / 4;
  ASSERT_TRUE(decoder->seek(begin));
  EXPECT_EQ(take(*decoder, 5000), all.slice(begin, 5000));
  const auto& warnings = decoder->warnings();
  EXPECT_EQ(std::count(warnings.begin(), warnings.end(), "decoded from the start: behind damage no place is certain"),
            1);
}

INSTANTIATE_TEST_SUITE_P(Files, ChainedOgg, testing::Values(kRecipes[2], kRecipes[4]),
                         [](const testing::TestParamInfo<Recipe>& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace tonearm::ffmpeg
