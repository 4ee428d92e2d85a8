// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/adts_packets.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/counting_source.h"

namespace tonearm::ffmpeg {
namespace {

using test::CountingSource;

/// AAC-LC at 44.1 kHz in two channels, `size` bytes with the header.
std::string packet(std::size_t size, char channels = '\x80') {
  std::string bytes("\xFF\xF1\x50", 3);
  bytes += static_cast<char>(static_cast<unsigned char>(channels) | (size >> 11 & 3));
  bytes += static_cast<char>(size >> 3 & 0xFF);
  bytes += static_cast<char>((size << 5 & 0xE0) | 0x1F);
  bytes += '\xFC';
  return bytes + std::string(size - kAdtsHeaderBytes, 'x');
}

std::string stream(std::size_t count) {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += packet(100 + i % 7);
  return bytes;
}

std::optional<std::uint64_t> find(AdtsPackets& packets, CountingSource& source, std::int64_t number) {
  auto place = packets.locate(source, number, nullptr);
  EXPECT_TRUE(place);
  if (!place || !*place) return std::nullopt;
  return (*place)->byte;
}

TEST(AdtsPackets, FindsEachByTheHeadersBeforeIt) {
  const std::string junk = "ID3 and what not";
  CountingSource source(junk + stream(1000));
  AdtsPackets packets(junk.size());
  for (const std::int64_t number : {0, 1, 63, 64, 65, 999, 500, 7}) {
    EXPECT_EQ(find(packets, source, number), junk.size() + stream(static_cast<std::size_t>(number)).size()) << number;
  }
  EXPECT_FALSE(find(packets, source, 1000));  // the end
}

TEST(AdtsPackets, GoesOnFromWhereItWas) {
  CountingSource source(stream(20000));
  AdtsPackets packets(0);
  ASSERT_TRUE(find(packets, source, 19999));
  source.num_read = 0;
  ASSERT_TRUE(find(packets, source, 19000));
  EXPECT_LE(source.num_read, std::size_t{64} << 10);
}

TEST(AdtsPackets, FindsNothingBehindDamageOrAnotherStream) {
  std::string several = packet(100);
  several[6] = '\xFD';  // two blocks
  for (const std::string& other : {std::string(100, 'x'), packet(100, '\x40'), several, packet(7).substr(0, 5)}) {
    CountingSource source(stream(10) + other + stream(10));
    AdtsPackets packets(0);
    EXPECT_TRUE(find(packets, source, 9));
    EXPECT_FALSE(find(packets, source, 11));
  }
}

}  // namespace
}  // namespace tonearm::ffmpeg
