// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/checked_view.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/sndfile/test_audio.h"

namespace tonearm::sndfile {
namespace {

using core::ErrorCode;
using test::bytes_of;
using test::chunk;
using test::fmt_body;
using test::riff;

core::ProbeResult wav_probe() {
  core::ProbeResult probe;
  probe.container = core::Container::kRiff;
  return probe;
}

std::string ima_fmt(unsigned per_block = 505) {
  std::string fmt = fmt_body(0x11, 1, 8000, 256, 4);
  test::put(fmt, 2, 2);
  test::put(fmt, per_block, 2);
  return fmt;
}

std::string shown(const std::string& file, CheckedView* out = nullptr) {
  auto source = core::make_memory_source(bytes_of(file));
  auto view = make_checked_view(*source, wav_probe());
  if (!view) {
    ADD_FAILURE() << view.error().message();
    return {};
  }
  std::string bytes(1 << 16, '\0');
  auto got = view->bytes->read_at(0, std::as_writable_bytes(std::span(bytes)));
  EXPECT_TRUE(got);
  bytes.resize(*got);
  EXPECT_EQ(view->bytes->size(), bytes.size());
  for (std::size_t offset = 0; offset < bytes.size(); offset += 7) {  // any split reads the same
    std::byte one[5];
    auto part = view->bytes->read_at(offset, one);
    EXPECT_TRUE(part);
    EXPECT_EQ(std::string(reinterpret_cast<char*>(one), *part), bytes.substr(offset, 5));
  }
  view->bytes.reset();  // borrows a source that ends here
  if (out != nullptr) *out = std::move(*view);
  return bytes;
}

core::Error refused(const std::string& file) {
  auto source = core::make_memory_source(bytes_of(file));
  auto view = make_checked_view(*source, wav_probe());
  EXPECT_FALSE(view);
  return view ? core::Error{} : view.error();
}

TEST(CheckedView, ShowsFmtFactAndDataOnly) {
  std::string fact;
  test::put(fact, 400, 4);
  const std::string data(256, '\x11');
  const std::string evil = chunk("LIST", "adtl" + std::string(500, '\xFF')) + chunk("cue ", std::string(99, 'c'));
  CheckedView view;
  const std::string bytes =
      shown(riff(chunk("fmt ", ima_fmt()) + evil + chunk("fact", fact) + chunk("data", data) + evil), &view);
  EXPECT_EQ(bytes, riff(chunk("fmt ", ima_fmt()) + chunk("fact", fact) + chunk("data", data)));
  EXPECT_EQ(view.last_frame, 400);
  EXPECT_TRUE(view.warnings.empty());
}

TEST(CheckedView, ADataChunkPastTheEndIsCutAndSaid) {
  std::string file = riff(chunk("fmt ", ima_fmt()) + chunk("data", std::string(512, '\x11')));
  file.resize(file.size() - 100);
  CheckedView view;
  const std::string bytes = shown(file, &view);
  EXPECT_EQ(bytes, riff(chunk("fmt ", ima_fmt()) + chunk("data", std::string(412, '\x11') + std::string(100, '\0'))));
  EXPECT_EQ(view.last_frame, 505 + (156 - 4) * 2 + 1);
  ASSERT_EQ(view.warnings.size(), 1u);
  EXPECT_NE(view.warnings[0].find("truncated"), std::string::npos);
}

TEST(CheckedView, Mp3InWavIsShownAsPlainMp3) {
  EXPECT_EQ(shown(riff(chunk("fmt ", fmt_body(0x55, 2, 44100, 1, 0)) + chunk("data", "the frames"))), "the frames");
}

TEST(CheckedView, Mp3GetsATagOfOurOwnInFrontOfItsAudio) {
  const std::string frame = "\xFF\xFB\x90\x64" + std::string(413, '\x55');
  std::string info = frame;  // of a LAME that is wrong about the bytes
  info.replace(36, 25, std::string("Info\0\0\0\3\0\0\0\2\x7F\0\0\0LAME3.100", 25));
  info.replace(36 + 16 + 21, 3, std::string("\x24\x03\xE8", 3));  // delay 576, padding 1000
  const std::string mp3 = info + frame + frame;
  auto source = core::make_memory_source(bytes_of(mp3));
  core::ProbeResult probe;
  probe.container = core::Container::kMp3;
  auto view = make_checked_view(*source, probe);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->num_skipped, 1152 + 576 + 529);
  EXPECT_EQ(view->mpeg_frames, 3 * 1152);
  EXPECT_EQ(view->last_frame, 2 * 1152 - 576 - 1000);
  std::string bytes(2000, '\0');
  const auto got = view->bytes->read_at(0, std::as_writable_bytes(std::span(bytes)));
  ASSERT_TRUE(got);
  constexpr std::size_t kOurs = 208;  // 64 kbit/s
  ASSERT_EQ(*got, 2 * kOurs + 2 * 417);
  EXPECT_EQ(bytes.substr(36, 16), std::string("Xing\0\0\0\3\0\0\0\3\0\0\x04\xE2", 16));
  EXPECT_EQ(bytes.substr(kOurs, kOurs), "\xFF\xFB\x50\x64" + std::string(kOurs - 4, '\0'));
  EXPECT_EQ(bytes.substr(2 * kOurs, 834), frame + frame);
}

TEST(CheckedView, RefusesWhatLibsndfileWouldMisread) {
  const std::string data = chunk("data", std::string(64, '\0'));
  EXPECT_EQ(refused(riff(chunk("fmt ", fmt_body(1, 2, 48000, 8, 24)) + data)).code, ErrorCode::kUnsupportedFormat);
  EXPECT_EQ(refused(riff(chunk("fmt ", ima_fmt(60000)) + data)).code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused(riff(chunk("fmt ", ima_fmt(0)) + data)).code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused(riff(chunk("fmt ", fmt_body(0x11, 9, 8000, 36, 4)) + data)).code, ErrorCode::kUnsupportedFormat);
  EXPECT_EQ(refused(riff(chunk("fmt ", fmt_body(0x1234, 1, 8000, 1, 8)) + data)).code, ErrorCode::kUnsupportedFormat);
  EXPECT_EQ(refused(riff(chunk("fmt ", fmt_body(1, 0, 8000, 2, 16)) + data)).code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused(riff(data)).code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused(riff(chunk("fmt ", ima_fmt()))).code, ErrorCode::kCorruptData);
  EXPECT_EQ(refused(riff("")).code, ErrorCode::kCorruptData);
}

TEST(CheckedView, TruncatedAndRandomHeadersEndInAnErrorOrAView) {
  const std::string whole =
      riff(chunk("LIST", std::string(40, 'x')) + chunk("fmt ", ima_fmt()) + chunk("data", std::string(256, '\x11')));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    auto source = core::make_memory_source(bytes_of(cut));
    auto view = make_checked_view(*source, wav_probe());
    if (!view) {
      EXPECT_EQ(view.error().code, ErrorCode::kCorruptData) << length;
    }
  }
  std::mt19937 random(11);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = whole;
    for (int flip = 0; flip < 6; ++flip) bytes[random() % 100] = static_cast<char>(random());
    auto source = core::make_memory_source(bytes_of(bytes));
    auto view = make_checked_view(*source, wav_probe());
    if (view) {
      EXPECT_LE(*view->bytes->size(), bytes.size() + 300 + 65535);  // filled up to a whole block
    }
  }
}

TEST(CheckedView, OtherContainersBeginWhereTheProbeSays) {
  const std::string file = "ID3....fLaC-and-so-on";
  auto source = core::make_memory_source(bytes_of(file));
  core::ProbeResult probe;
  probe.container = core::Container::kFlac;
  probe.start = 7;
  auto view = make_checked_view(*source, probe);
  ASSERT_TRUE(view);
  char out[4];
  ASSERT_EQ(*view->bytes->read_at(0, std::as_writable_bytes(std::span(out))), 4u);
  EXPECT_EQ(std::string(out, 4), "fLaC");
  EXPECT_EQ(view->bytes->size(), file.size() - 7);
}

}  // namespace
}  // namespace tonearm::sndfile
