// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A request that fails for a missing library says why as data, in C++ and in C; the doctor answers in C++.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/face/c_abi.h"
#include "nlohmann/json.hpp"
#include "tests/doctor/stage.h"
#include "tonearm/audio.h"

namespace {

/// The first bytes of an MPEG-4 file, which only FFmpeg reads.
std::string make_m4a() {
  const auto path = testing::TempDir() + "tonearm_finding_test.m4a";
  std::ofstream(path, std::ios::binary) << std::string(
      "\0\0\0\x18"
      "ftypM4A \0\0\0\0M4A mp42",
      24);
  return path;
}

/// 8 frames of 16-bit mono.
std::string make_wav() {
  const auto path = testing::TempDir() + "tonearm_finding_test.wav";
  std::ofstream(path, std::ios::binary)
      << std::string("RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0", 36)
      << std::string("data\x10\0\0\0", 8) << std::string(16, '\0');
  return path;
}

TEST(Finding, ComesWithTheErrorAsData) {
  ::setenv("TONEARM_FFMPEG_DIR", "/nonexistent", 1);
  try {
    tonearm::read_samples(make_m4a());
    FAIL() << "it was read";
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.code(), TONEARM_MISSING_DEPENDENCY) << error.what();
    const auto& finding = error.finding();
    ASSERT_TRUE(finding) << error.what();
    EXPECT_EQ(finding.code, "bad-setting");
    EXPECT_EQ(finding.severity, "error");
    EXPECT_EQ(finding.component, "ffmpeg");
    EXPECT_EQ(finding.subject, "TONEARM_FFMPEG_DIR");
    EXPECT_EQ(finding.evidence, "TONEARM_FFMPEG_DIR=/nonexistent");
    EXPECT_EQ(finding.next, "correct TONEARM_FFMPEG_DIR or unset it");
    EXPECT_EQ(nlohmann::json::parse(finding.json)["code"], "bad-setting");
  }
}

/// libsndfile itself is whole here, and what it needs is not: to open it would end the process with SIGBUS.
TEST(Finding, NamesWhatWouldHaveEndedTheProcess) {
  using namespace tonearm::doctor::test;
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  const Stage stage;
  stage.stub("libinner.so.7", {}, "char inner[100000] = {1}; int f(void) { return inner[7]; }");
  stage.stub("libsndfile.so.1", {"libinner.so.7"}, "int outer;", "-Wl,--disable-new-dtags,-rpath,'$ORIGIN'");
  const auto inner = stage.x.write("libinner.so.7", slurp(stage.in_x("libinner.so.7")).substr(0, 8192));
  ::setenv("TONEARM_SNDFILE", stage.in_x("libsndfile.so.1").c_str(), 1);
  try {
    EXPECT_EQ(tonearm::read_samples(make_wav()).num_frames(), 8);  // by our own decoder
    tonearm::read_samples(make_wav(), tonearm::ReadOptions().with_backend("soundfile"));
    FAIL() << "it was read";
  } catch (const tonearm::Error& error) {
    EXPECT_EQ(error.code(), TONEARM_MISSING_DEPENDENCY) << error.what();
    EXPECT_EQ(error.finding().code, "truncated-file") << error.what();
    EXPECT_EQ(error.finding().subject, inner);
    EXPECT_EQ(error.finding().chain, "libsndfile.so.1 -> " + inner);
  }
  ::unsetenv("TONEARM_SNDFILE");
}

TEST(Finding, IsEmptyWhereNothingIsMissing) {
  try {
    tonearm::read_samples("/no such file.wav");
    FAIL() << "it was read";
  } catch (const tonearm::Error& error) {
    EXPECT_FALSE(error.finding());
    EXPECT_EQ(error.finding().code, "");
  }
}

TEST(Finding, HasTheFieldsOfItsJson) {
  const auto fields = tonearm::core::finding_fields(R"({"code": "x", "chain": ["a", "b", 3], "needed": null, "n": 1})");
  EXPECT_EQ(fields.at("code"), "x");
  EXPECT_EQ(fields.at("chain"), "a -> b");
  EXPECT_EQ(fields.at("needed"), "");
  EXPECT_EQ(tonearm::core::finding_fields(R"({"subject": "/\udcff/\\udcff/\"a"})").at("subject"),
            R"(/\udcff/\udcff/"a)");
  for (const char* other : {"", "[]", "{", "3"}) EXPECT_TRUE(tonearm::core::finding_fields(other).empty()) << other;
}

TEST(Diagnose, AnswersInCxx) {
  ::setenv("TONEARM_FFMPEG_DIR", "/nonexistent", 1);
  const auto report = nlohmann::json::parse(tonearm::diagnose({"ffmpeg"}));
  EXPECT_EQ(report["verdict"], "broken");
  ASSERT_EQ(report["findings"].size(), 1u);
  EXPECT_EQ(report["findings"][0]["code"], "bad-setting");
  EXPECT_EQ(report["components"][0]["state"], "broken");
}

}  // namespace
