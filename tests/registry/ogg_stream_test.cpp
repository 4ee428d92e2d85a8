// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/ogg_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/registry/make_ogg.h"

namespace tonearm::core {
namespace {

using namespace test;

std::optional<OggStream> scan(const std::string& bytes) {
  const auto source = make_memory_source(std::as_bytes(std::span(bytes)));
  auto stream = OggStream::scan(*source, 0, nullptr);
  EXPECT_TRUE(stream);
  return stream ? std::move(*stream) : std::nullopt;
}

TEST(OggStream, IsAsLongAsItsLastGranuleSaysLessThePreSkip) {
  for (const int num_pages : {3, 2000}) {  // read whole, and by its ends
    const auto stream = scan(opus(num_pages, 7, 100));
    ASSERT_TRUE(stream);
    EXPECT_EQ(stream->num_frames(), std::int64_t{num_pages} * 10 * kPacketFrames - 100 - 312);
    EXPECT_EQ(stream->frames_kind(), FramesKind::kExact);
    EXPECT_EQ(stream->tags().at("title"), "x");
  }
}

/// A stream that cannot seek tells no size.
class SizelessSource final : public ByteSource {
 public:
  explicit SizelessSource(const std::string& bytes)
      : ByteSource("<pipe>"), inner_(make_memory_source(std::as_bytes(std::span(bytes)))) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    return inner_->read_at(offset, out);
  }
  std::optional<std::uint64_t> size() const override { return std::nullopt; }

 private:
  std::unique_ptr<ByteSource> inner_;
};

TEST(OggStream, ReadsASourceOfUnknownSizeToItsEnd) {
  const std::string bytes = opus(2000, 7, 100);
  SizelessSource source(bytes);
  const auto stream = OggStream::scan(source, 0, nullptr);
  ASSERT_TRUE(stream && *stream);
  EXPECT_EQ((*stream)->num_frames(), 2000 * 10 * kPacketFrames - 100 - 312);
  EXPECT_EQ((*stream)->frames_kind(), FramesKind::kExact);
}

TEST(OggStream, CountsFromTheFirstGranule) {
  const auto stream = scan(opus(3, 7, 0, 480000));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->num_frames(), 3 * 10 * kPacketFrames - 312);
}

TEST(OggStream, IsAnEstimateWithoutTheMarkOfTheLastPage) {
  const auto stream = scan(opus(3, 7, 0, 0, false));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->frames_kind(), FramesKind::kEstimated);
}

TEST(OggStream, AddsUpTheLinksOfAChain) {
  for (const std::uint32_t second : {8U, 7U}) {  // the same serial number twice is against the rules, and met
    const auto stream = scan(opus(2000, 7, 100) + opus(1000, second, 50));
    ASSERT_TRUE(stream);
    ASSERT_EQ(stream->links().size(), 2U);
    EXPECT_EQ(stream->links()[1].first_frame, 2000 * 10 * kPacketFrames - 412);
    EXPECT_EQ(stream->num_frames(), 3000 * 10 * kPacketFrames - 412 - 362);
    EXPECT_EQ(stream->frames_kind(), FramesKind::kExact);
  }
}

TEST(OggStream, SaysWhereAPageWasCutShort) {
  const std::string whole = opus(3, 7);
  const auto stream = scan(whole.substr(0, whole.size() - 1));
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->num_frames(), 2 * 10 * kPacketFrames - 312);
  EXPECT_EQ(stream->frames_kind(), FramesKind::kEstimated);
  EXPECT_NE(stream->truncation().find("truncated: "), std::string::npos) << stream->truncation();
}

TEST(OggStream, TrustsNoPlaceInADamagedFile) {
  std::string bytes = opus(20, 7);
  bytes[bytes.size() / 2] ^= 1;
  const auto stream = scan(bytes);
  ASSERT_TRUE(stream);
  EXPECT_FALSE(stream->has_exact_places());
}

TEST(OggStream, FindsPlacesByFewReads) {
  const std::string bytes = opus(5000, 7);
  const auto source = make_memory_source(std::as_bytes(std::span(bytes)));
  const auto stream = scan(bytes);
  ASSERT_TRUE(stream);
  for (const std::int64_t frame :
       {std::int64_t{0}, std::int64_t{50000}, std::int64_t{20000000}, stream->num_frames() - 1}) {
    const auto entry = stream->locate(*source, frame, 24000, nullptr);
    ASSERT_TRUE(entry);
    EXPECT_LE(entry->frame, std::max<std::int64_t>(frame - 24000, -312)) << frame;
    EXPECT_GE(entry->frame, std::max<std::int64_t>(frame - 24000 - 10 * kPacketFrames, -312)) << frame;
    EXPECT_EQ(entry->is_start, frame < 24000 + 10 * kPacketFrames - 312) << frame;
  }
}

TEST(OggStream, HoldsAtEveryTruncationAndFlip) {
  const std::string whole = opus(3, 7) + opus(2, 8);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    scan(whole.substr(0, size));
    std::string flipped = whole;
    if (size < whole.size()) flipped[size] ^= 0x55;
    scan(flipped);
  }
}

TEST(OggPackets, JoinsWhatPagesDivideAndDropsWhatHasNoBeginning) {
  const auto lace = [](const PageFields& fields, const std::string& lacing, const std::string& body) {
    std::string out = page(fields, {});
    out[26] = static_cast<char>(lacing.size());
    out += lacing + body;
    out.replace(22, 4, std::string(4, '\0'));
    out.replace(22, 4, little_endian(ogg_crc32(std::as_bytes(std::span(out))), 4));
    return out;
  };
  const std::string bytes = lace({1, 5, 7, 4}, "\x02\x01", "xxa") +               // the rest of one, then "a"
                            lace({0, -1, 7, 5}, "\xFF", std::string(255, 'b')) +  // begins here
                            lace({1, 9, 7, 6}, std::string("\x00\x01", 2), "c");  // ends here, exactly 255
  const auto source = make_memory_source(std::as_bytes(std::span(bytes)));
  OggPackets packets(OggPages(*source, 0, bytes.size(), nullptr), 7);
  std::vector<std::size_t> sizes;
  std::vector<std::int64_t> granules;
  while (true) {
    auto packet = packets.next();
    ASSERT_TRUE(packet);
    if (!*packet) break;
    sizes.push_back((*packet)->bytes.size());
    granules.push_back((*packet)->granule);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 255, 1}));
  EXPECT_EQ(granules, (std::vector<std::int64_t>{5, kNoGranule, 9}));
  EXPECT_FALSE(packets.lost_any());
}

}  // namespace
}  // namespace tonearm::core
