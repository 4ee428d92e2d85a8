// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The committed layout tables against FFmpeg headers found on this machine (TONEARM_FFMPEG_HEADERS, a colon separated
// list; the system's; shared/reference beside the checkout).
#include "backends/ffmpeg/abi/layouts.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include "tests/support/truth.h"

namespace tonearm::ffmpeg {
namespace {

TEST(FfmpegLayouts, HasOneTablePerMajor) {
  for (int major = kLowestMajor; major <= kHighestMajor; ++major) {
    ASSERT_NE(find_layout(major), nullptr) << major;
    EXPECT_EQ(find_layout(major)->major, major);
  }
  EXPECT_EQ(find_layout(kLowestMajor - 1), nullptr);
  EXPECT_EQ(find_layout(kHighestMajor + 1), nullptr);
}

TEST(FfmpegLayouts, KnowsTheFieldThatMoved) {
  EXPECT_EQ(find_layout(5)->place(Field::kAVStream_codecpar).offset, 208);
  EXPECT_EQ(find_layout(6)->place(Field::kAVStream_codecpar).offset, 16);
  EXPECT_FALSE(find_layout(4)->has(Field::kAVFrame_ch_layout));
  EXPECT_FALSE(find_layout(9)->has(Field::kAVFrame_channels));
}

TEST(FfmpegLayouts, AgreeWithHeadersOnThisMachine) {
  const std::filesystem::path here(__FILE__);
  const auto generator = here.parent_path().parent_path().parent_path() / "backends/ffmpeg/abi/generate.py";
  std::vector<std::string> folders;
  if (const char* setting = std::getenv("TONEARM_FFMPEG_HEADERS")) {
    std::istringstream list(setting);
    for (std::string folder; std::getline(list, folder, ':');) folders.push_back(folder);
  }
  for (const char* folder : {"/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu"}) {
    folders.emplace_back(folder);
  }
  const auto shared = test::audio_dir().parent_path() / "reference" / "ffmpeg-headers";
  for (const char* major : {"6", "8"}) folders.push_back((shared / major).string());
  std::string command = "python3 '" + generator.string() + "' check";
  int found = 0;
  for (const std::string& folder : folders) {
    if (!std::filesystem::exists(std::filesystem::path(folder) / "libavformat" / "avformat.h")) continue;
    command += " '" + folder + "'";
    ++found;
  }
  if (found == 0) GTEST_SKIP() << "no FFmpeg headers on this machine";
  if (std::system("python3 -c '' && cc --version > /dev/null") != 0) GTEST_SKIP() << "needs python3 and cc";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
}

}  // namespace
}  // namespace tonearm::ffmpeg
