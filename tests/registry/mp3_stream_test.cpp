// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/mp3_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/registry/make_mp3.h"
#include "tests/support/counting_source.h"

namespace tonearm::core {
namespace {

using namespace test;

Mp3Stream scan(ByteSource& source) {
  auto stream = Mp3Stream::scan(source, 0, UINT64_MAX, nullptr);
  EXPECT_TRUE(stream && *stream);
  return stream && *stream ? **stream : Mp3Stream();
}

Mp3Stream scan(const std::string& bytes) {
  CountingSource source(bytes);
  return scan(source);
}

TEST(Mp3Stream, WithoutATagEveryWholeMpegFrameCounts) {
  const std::string bytes = repeat(mpeg_frame(), 5) + repeat(mpeg_frame('\x10'), 5);
  for (const std::string& tail :
       {std::string(), "TAG" + std::string(125, 'x'), std::string(300, '\0'), mpeg_frame().substr(0, 300)}) {
    const Mp3Stream stream = scan(bytes + tail);
    EXPECT_EQ(stream.frames_kind(), FramesKind::kExact);
    EXPECT_EQ(stream.num_frames(), 10 * 1152);
    EXPECT_EQ(stream.num_skipped(), 0);
    EXPECT_EQ(stream.start().byte, 0u);
  }
}

TEST(Mp3Stream, ALameTagTrimsBothEnds) {
  const std::size_t size = 417 * 11;
  for (const char* encoder : {"LAME3.100", "Lavf58.20", "Lavc58.35"}) {
    const Mp3Stream stream = scan(xing_frame(10, size, encoder) + repeat(mpeg_frame(), 10));
    EXPECT_EQ(stream.frames_kind(), FramesKind::kExact);
    EXPECT_EQ(stream.num_frames(), 10 * 1152 - 576 - 1000) << encoder;
    EXPECT_EQ(stream.start().byte, 417u);
    EXPECT_EQ(stream.start().frame, -(576 + 529));
  }
}

TEST(Mp3Stream, ATagWithoutAKnownEncoderTrimsNothing) {
  for (const std::string& encoder : {std::string(9, '\0'), std::string("GOGO3.13\0", 9)}) {
    const Mp3Stream stream = scan(xing_frame(10, 417 * 11, encoder) + repeat(mpeg_frame(), 10));
    EXPECT_EQ(stream.frames_kind(), FramesKind::kExact);
    EXPECT_EQ(stream.num_frames(), 10 * 1152);
    EXPECT_EQ(stream.start().byte, 417u);
  }
}

TEST(Mp3Stream, AVbriTagIsLeftOutAndTrimsNothing) {
  std::string tag = mpeg_frame();
  tag.replace(36, 18, "VBRI" + std::string("\0\1\x0D\xB1\0\x4B", 6) + big_endian(417 * 11) + big_endian(10));
  const Mp3Stream stream = scan(tag + repeat(mpeg_frame(), 10));
  EXPECT_EQ(stream.frames_kind(), FramesKind::kExact);
  EXPECT_EQ(stream.num_frames(), 10 * 1152);
  EXPECT_EQ(stream.start().byte, 417u);
}

TEST(Mp3Stream, ATruncatedOrDamagedFileIsEstimated) {
  const std::string tag = xing_frame(10, 417 * 11, "LAME3.100");
  EXPECT_EQ(scan(tag + repeat(mpeg_frame(), 7)).frames_kind(), FramesKind::kEstimated);
  const Mp3Stream damaged = scan(repeat(mpeg_frame(), 50) + std::string(100, 'x') + repeat(mpeg_frame(), 50));
  EXPECT_EQ(damaged.frames_kind(), FramesKind::kEstimated);
  EXPECT_NEAR(static_cast<double>(damaged.num_frames()), 100 * 1152, 1152);
  EXPECT_GE(damaged.most_mpeg_frames(), 100u);
}

TEST(Mp3Stream, ATagOfAnotherStreamDoesNotCutThisOne) {
  const Mp3Stream stream = scan(xing_frame(3, 417 * 4, "LAME3.100") + repeat(mpeg_frame(), 10));
  EXPECT_EQ(stream.frames_kind(), FramesKind::kExact);
  EXPECT_EQ(stream.num_frames(), 10 * 1152 - 576 - 529);
}

TEST(Mp3Stream, LocatesByHeadersWithRoomForTheReservoir) {
  CountingSource source(repeat(mpeg_frame(), 20000));
  Mp3Stream stream = scan(source);
  // 128 kbit/s: 381 bytes of main data in each, so two MPEG frames for the reservoir and two for the state.
  const auto entry = stream.locate(source, 15000 * 1152 + 5, nullptr);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->frame, (15000 - 4) * 1152);
  EXPECT_EQ(entry->byte, (15000u - 4) * 417);
  source.num_read = 0;
  ASSERT_TRUE(stream.locate(source, 15000 * 1152, nullptr));
  EXPECT_LE(source.num_read, 400u << 10);  // from a landmark, not from the start
  EXPECT_EQ(stream.locate(source, 1152, nullptr)->byte, 0u);
}

TEST(Mp3Stream, GivesItsMpegFramesUpToTheEndOrDamage) {
  const std::string frame = mpeg_frame();
  // More than one window of reading; a frame that is cut short is none.
  CountingSource whole(xing_frame(400, 417 * 401, "LAME3.100") + repeat(frame, 400) + frame.substr(0, 416));
  const Mp3Stream stream = scan(whole);
  Mp3Frames frames(whole, stream, stream.start().byte, nullptr);
  for (int i = 0; i < 400; ++i) {
    const auto next = frames.next();
    ASSERT_TRUE(next && *next) << i;
    EXPECT_EQ(std::string(reinterpret_cast<const char*>((*next)->data()), (*next)->size()), frame);
  }
  EXPECT_FALSE(*frames.next());

  CountingSource damaged(repeat(frame, 3) + "x" + repeat(frame, 3));
  Mp3Frames few(damaged, scan(damaged), 0, nullptr);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(*few.next());
  EXPECT_FALSE(*few.next());
}

TEST(Mp3Stream, NeedsAFrameAndASize) {
  CountingSource text("This is no MP3 at all, however long it may be.");
  const auto none = Mp3Stream::scan(text, 0, UINT64_MAX, nullptr);
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

}  // namespace
}  // namespace tonearm::core
