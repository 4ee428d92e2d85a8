// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ogg_length.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::ffmpeg {
namespace {

std::string page(int flags, std::int64_t granule, std::uint32_t serial, const std::string& body) {
  std::string out = "OggS";
  out += '\0';
  out += static_cast<char>(flags);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(granule >> (8 * i));
  for (int i = 0; i < 4; ++i) out += static_cast<char>(serial >> (8 * i));
  out += std::string(8, '\0');  // sequence number and checksum: not read
  out += '\x01';
  out += static_cast<char>(body.size());
  return out + body;
}

std::optional<OggLength> length_of(const std::string& bytes) {
  auto source = core::make_memory_source(std::as_bytes(std::span(bytes)));
  return ogg_length(*source);
}

const std::string kOpusHead("OpusHead\x01\x02\x38\x01\x80\xBB\x00\x00\x00\x00\x00", 19);  // pre-skip 312

TEST(OggLength, IsTheLastGranule) {
  const auto length = length_of(page(2, 0, 7, "\x01vorbis") + page(4, 1234, 7, "audio"));
  ASSERT_TRUE(length);
  EXPECT_EQ(length->num_frames, 1234);
}

TEST(OggLength, LeavesOutTheOpusPreSkip) {
  const auto length = length_of(page(2, 0, 7, kOpusHead) + page(4, 1312, 7, "audio"));
  ASSERT_TRUE(length);
  EXPECT_EQ(length->num_frames, 1000);
}

TEST(OggLength, SkipsPagesOnWhichNoPacketEnds) {
  const auto length = length_of(page(2, 0, 7, "\x01vorbis") + page(4, 50, 7, "audio") + page(0, -1, 7, "audio"));
  ASSERT_TRUE(length);
  EXPECT_EQ(length->num_frames, 50);
}

TEST(OggLength, DoesNotGuess) {
  const std::string head = page(2, 0, 7, "\x01vorbis");
  EXPECT_FALSE(length_of(""));
  EXPECT_FALSE(length_of("O"));
  EXPECT_FALSE(length_of("OggS"));
  EXPECT_FALSE(length_of(head + page(4, 1234, 8, "another link")));
  EXPECT_FALSE(length_of(head + page(0, 1234, 7, "truncated: no end of stream")));
  EXPECT_FALSE(length_of(page(2, 0, 7, kOpusHead) + page(4, 100, 7, "less than the pre-skip")));
}

TEST(OggLength, HoldsAtEveryTruncation) {
  const std::string whole = page(2, 0, 7, kOpusHead) + page(4, 1312, 7, "audio");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto length = length_of(whole.substr(0, size));
    if (length) {
      EXPECT_EQ(length->num_frames, 1000) << size;
    }
  }
}

}  // namespace
}  // namespace tonearm::ffmpeg
