// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/probe.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tonearm::core {
namespace {

using std::string_literals::operator""s;

ProbeResult probe_text(const std::string& bytes) {
  auto source = make_memory_source(std::as_bytes(std::span(bytes)));
  auto result = probe(*source);
  EXPECT_TRUE(result);
  return *result;
}

std::string id3v2(std::size_t size) {
  std::string tag = "ID3\x04\0\0"s;
  for (int shift = 21; shift >= 0; shift -= 7) tag += static_cast<char>(size >> shift & 0x7F);
  return tag + std::string(size, '\0');
}

/// Frames of MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes each.
std::string mp3_frames(int count) {
  std::string frames;
  for (int i = 0; i < count; ++i) frames += "\xFF\xFB\x90\x64" + std::string(413, '\0');
  return frames;
}

TEST(Probe, KnowsContainersByTheirFirstBytes) {
  struct Row {
    std::string bytes;
    Container container;
    Codec codec;
  };
  const std::vector<Row> rows{
      {"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0"s, Container::kRiff, Codec::kPcm},
      {"RIFF\0\0\0\0WAVEjunk\x03\0\0\0abc\0fmt \x10\0\0\0\x55\0"s, Container::kRiff, Codec::kMp3},
      {"RIFX\0\0\0\0WAVEfmt \0\0\0\x10\0\x01"s, Container::kRifx, Codec::kPcm},
      {"RIFX\0\0\0\0WAVEjunk\0\0\0\x03"
       "abc\0fmt \0\0\0\x28\xFF\xFE"s +
           std::string(22, '\0') + "\0\0\0\x03"s,
       Container::kRifx, Codec::kPcm},
      {"RF64\xFF\xFF\xFF\xFFWAVE"s, Container::kRf64, Codec::kUnknown},
      {"FORM\0\0\0\0AIFC"s, Container::kAiff, Codec::kUnknown},
      {".snd\0\0\0\x18"s, Container::kAu, Codec::kUnknown},
      {"caff\0\x01\0\0"s, Container::kCaf, Codec::kUnknown},
      {"fLaC\0\0\0\x22"s, Container::kFlac, Codec::kFlac},
      {"OggS" + std::string(22, '\0') + "\x01\x1E\x01vorbis"s, Container::kOgg, Codec::kVorbis},
      {"OggS" + std::string(22, '\0') + "\x01\x13OpusHead"s, Container::kOgg, Codec::kOpus},
      {"\0\0\0\x20"
       "ftypM4A "s,
       Container::kMp4, Codec::kUnknown},
      {"\x1A\x45\xDF\xA3"s, Container::kMatroska, Codec::kUnknown},
      {mp3_frames(2), Container::kMp3, Codec::kMp3},
      {mp3_frames(1), Container::kMp3, Codec::kMp3},
      {"junk" + mp3_frames(4), Container::kMp3, Codec::kMp3},
  };
  for (const Row& row : rows) {
    const ProbeResult result = probe_text(row.bytes);
    EXPECT_EQ(result.container, row.container) << result.description;
    EXPECT_EQ(result.codec, row.codec) << result.description;
  }
}

TEST(Probe, LooksBehindId3Tags) {
  const ProbeResult flac = probe_text(id3v2(100'000) + "fLaC");
  EXPECT_EQ(flac.container, Container::kFlac);
  EXPECT_EQ(flac.start, 100'010u);
  EXPECT_EQ(probe_text(id3v2(10) + id3v2(20) + mp3_frames(3)).start, 50u);
  EXPECT_EQ(probe_text(id3v2(10)).container, Container::kMp3);
}

TEST(Probe, StartsAtTheFirstFrameBehindJunk) {
  EXPECT_EQ(probe_text("junk" + mp3_frames(4)).start, 4u);
  EXPECT_EQ(probe_text(id3v2(10) + "junk!" + mp3_frames(4)).start, 25u);
  EXPECT_EQ(probe_text(id3v2(10) + "junk!" + mp3_frames(4)).tags_end, 20u);
}

TEST(Probe, SaysWhatIsNotAudio) {
  EXPECT_EQ(probe_text("").description, "an empty file");
  EXPECT_EQ(probe_text("<!DOCTYPE html>").description, "an HTML page");
  EXPECT_EQ(probe_text("version https://git-lfs.github.com/spec/v1").description,
            "a git-lfs pointer, not the file itself");
  EXPECT_EQ(probe_text("#EXTM3U\n").description, "a playlist, which names other files");
  EXPECT_EQ(probe_text("hello").container, Container::kUnknown);
}

TEST(Probe, MeetsRandomAndTruncatedBytes) {
  std::mt19937 random(7);
  const std::string frames = id3v2(33) + mp3_frames(3);
  for (std::size_t size = 0; size < frames.size(); size += 7) probe_text(frames.substr(0, size));
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 600, '\0');
    for (char& b : bytes) b = static_cast<char>(random());
    probe_text(bytes);
  }
}

}  // namespace
}  // namespace tonearm::core
