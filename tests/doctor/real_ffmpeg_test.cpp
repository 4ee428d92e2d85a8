// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Real FFmpegs of several majors, mixed in one directory, one closure and one process: the system's, and those of
// TONEARM_TEST_FFMPEG_DIRS (colon separated: PyAV's av.libs).
#include <algorithm>

#include "tests/doctor/held.h"
#include "tests/doctor/stage.h"

namespace tonearm::doctor {
namespace {

using namespace test;

/// "/d/libavutil-a63f.so.59.39.100" for the stem libavutil, or "".
std::string library_in(const std::string& dir, const std::string& stem) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const auto name = entry.path().filename().string();
    if (name.starts_with(stem) && name.find(".so.") != std::string::npos) return entry.path();
  }
  return {};
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

class RealFfmpegs : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* setting = std::getenv("TONEARM_TEST_FFMPEG_DIRS");
    const std::string list = setting == nullptr ? "" : setting;
    for (std::size_t at = 0; at < list.size();) {
      const auto end = std::min(list.find(':', at), list.size());
      if (const auto dir = list.substr(at, end - at); !library_in(dir, "libavformat").empty()) dirs_.push_back(dir);
      at = end + 1;
    }
    if (dirs_.size() < 2) GTEST_SKIP() << "TONEARM_TEST_FFMPEG_DIRS names no two FFmpegs";
  }

  std::vector<std::string> dirs_;
};

TEST_F(RealFfmpegs, TwoInOneDirectoryAreAMixedSet) {
  Stage stage;
  for (const auto& dir : {dirs_.front(), dirs_.back()}) {
    for (const auto& entry : std::filesystem::directory_iterator(dir)) {
      std::error_code exists;
      std::filesystem::create_symlink(entry.path(), stage.in_x(entry.path().filename()), exists);
    }
  }
  stage.options.settings["TONEARM_FFMPEG_DIR"] = stage.x.dir();
  const auto report = diagnose({"ffmpeg"}, stage.options);
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0].code, "mixed-set");
  EXPECT_EQ(report.findings[0].subject, "TONEARM_FFMPEG_DIR");
  for (const auto& dir : {dirs_.front(), dirs_.back()}) {
    EXPECT_NE(report.findings[0].found.find(file_name(library_in(dir, "libavformat"))), std::string::npos);
  }
}

/// Another major has other version nodes, and a version node comes before the mixture.
TEST_F(RealFfmpegs, AvutilOfAnotherMajorUnderARealAvcodec) {
  for (const auto& [dir, other] : {std::pair{dirs_.front(), dirs_.back()}, std::pair{dirs_.back(), dirs_.front()}}) {
    SCOPED_TRACE(dir);
    Stage stage;
    for (const auto& entry : std::filesystem::directory_iterator(dir)) {
      std::filesystem::create_symlink(entry.path(), stage.in_x(entry.path().filename()));
    }
    const auto avutil = stage.in_x(file_name(library_in(dir, "libavutil")));
    std::filesystem::remove(avutil);
    std::filesystem::copy_file(library_in(other, "libavutil"), avutil);
    // Libraries of both may be needed: the other's stand behind.
    stage.options.loader.library_path += ":" + other;
    stage.options.settings["TONEARM_FFMPEG_DIR"] = stage.x.dir();
    const auto report = diagnose({"ffmpeg"}, stage.options);
    const auto errors = errors_of(report.findings);
    ASSERT_EQ(errors.size(), 1u) << report.text();
    EXPECT_EQ(errors[0].code, "version-node-missing");
    EXPECT_EQ(errors[0].component, "ffmpeg");
    EXPECT_EQ(errors[0].subject, avutil);
    EXPECT_NE(errors[0].needed.find("LIBAVUTIL_"), std::string::npos) << errors[0].needed;
  }
}

TEST_F(RealFfmpegs, TwoMappedAreADuplicate) {
  Held held;
  std::vector<std::string> opened;
  for (const auto& dir : {dirs_.front(), dirs_.back()}) {
    Walker walker(clean_environment(), {.neighbours = true});
    opened.push_back(library_in(dir, "libavutil"));
    walker.add_root(opened.back());
    for (const auto& path : walker.load_order()) ASSERT_TRUE(held.open(path));
  }
  std::vector<Finding> found;
  for (const auto& finding : diagnose({"ffmpeg"}, DiagnoseOptions::of_process()).findings) {
    if (finding.code == "duplicate-library") found.push_back(finding);
  }
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::kWarning);
  EXPECT_EQ(found[0].found, opened[0] + " and " + opened[1]);
}

/// The system's own libavutil with another configuration in it, as another build of the same release has.
TEST(RealFfmpeg, AvutilOfAnotherBuildIsAMixedSetThatLoads) {
  const auto real = system_library("libavutil.so.57");
  if (real.empty() || system_library("libavformat.so.59").empty()) GTEST_SKIP() << "needs FFmpeg 5 of the system";
  auto bytes = slurp(real);
  const std::string built = "--prefix=/usr ", other = "--prefix=/opt ";
  const auto at = bytes.find(built);
  if (at == std::string::npos) GTEST_SKIP() << real << " was not configured for /usr";
  for (auto next = at; next != std::string::npos; next = bytes.find(built)) bytes.replace(next, built.size(), other);
  Stage stage;
  const auto mixed = stage.x.write("libavutil.so.57", bytes);
  const auto report = diagnose({"ffmpeg"}, stage.options);
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0].code, "mixed-set");
  EXPECT_EQ(report.findings[0].severity, Severity::kWarning);
  EXPECT_EQ(report.findings[0].subject, mixed);
  for (const char* stem : {"libavformat.so.59", "libavcodec.so.59", "libswresample.so.4"}) {
    EXPECT_NE(report.findings[0].found.find(system_library(stem)), std::string::npos) << report.findings[0].found;
  }
  EXPECT_EQ(report.exit_status(), 0);
}

}  // namespace
}  // namespace tonearm::doctor
