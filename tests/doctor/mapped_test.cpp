// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Copies that do not belong together in one process: opened here by the loader, told by the examination of a process.
#include "core/doctor/mapped.h"

#include <algorithm>

#include "tests/doctor/held.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

std::vector<Finding> found_in_process(const std::string& subject, const std::string& code_prefix) {
  std::vector<Finding> found;
  for (const auto& finding : diagnose({subject}, DiagnoseOptions::of_process()).findings) {
    if (finding.code.starts_with(code_prefix)) found.push_back(finding);
  }
  return found;
}

TEST(Mapped, NamesDuplicates) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  struct Row {
    std::vector<const char*> files;  // below the scratch directory
    const char* component;
    const char* code;
    Severity severity;
  };
  const Row rows[] = {
      {{"a/libavutil.so.57", "b/libavutil.so.57"}, "ffmpeg", "duplicate-library", Severity::kWarning},
      {{"a/libavutil.so.57", "av.libs/libavutil-3a1b.so.57.28.100"}, "ffmpeg", "duplicate-library", Severity::kWarning},
      {{"a/libswresample.so.4", "b/libswresample.so.5"}, "ffmpeg", "duplicate-library", Severity::kWarning},
      {{"a/libsndfile.so.1", "b/libsndfile.so.1"}, "sndfile", "duplicate-library", Severity::kWarning},
      {{"a/libsndfile.so.1", "b/libsndfile_x86_64.so"}, "sndfile", "duplicate-library", Severity::kWarning},
      {{"a/libtonearm.so", "b/libtonearm.so"}, "core", "duplicate-library", Severity::kError},
      {{"a/libtonearm.so.0", "b/libtonearm.so"}, "core", "duplicate-library", Severity::kError},
      {{"a/libc10.so", "b/libc10.so"}, "torch", "duplicate-library", Severity::kError},
      {{"a/libgomp.so.1", "b/libiomp5.so"}, "core", "duplicate-openmp", Severity::kWarning},
      {{"a/libgomp.so.1", "t/libgomp-a34b.so.1"}, "core", "duplicate-openmp", Severity::kWarning},
      {{"a/libomp.so.5", "b/libomp.so.5"}, "core", "duplicate-openmp", Severity::kWarning},
      {{"a/libc10.so", "a/libc10_cuda.so"}, "torch", "", Severity::kNote},
      {{"a/libavutil.so.57", "a/libavcodec.so.59"}, "ffmpeg", "", Severity::kNote},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(row.files[0]) + " and " + row.files[1]);
    const Scratch scratch;
    for (const char* file : row.files) {
      std::filesystem::create_directories(std::filesystem::path(scratch / file).parent_path());
      ASSERT_TRUE(scratch.compile(file, "int stub;"));
    }
    Held held;
    ASSERT_TRUE(held.open(scratch / row.files[0]));
    EXPECT_TRUE(found_in_process(row.component, "duplicate-").empty());
    ASSERT_TRUE(held.open(scratch / row.files[1]));
    const auto found = found_in_process(row.component, "duplicate-");
    if (*row.code == '\0') {
      EXPECT_TRUE(found.empty());
      continue;
    }
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].code, row.code);
    EXPECT_EQ(found[0].severity, row.severity);
    EXPECT_EQ(found[0].component, row.component);
    EXPECT_EQ(found[0].subject, scratch / row.files[1]);
    EXPECT_EQ(found[0].found, (scratch / row.files[0]) + " and " + (scratch / row.files[1]));
  }
}

TEST(Mapped, TwoNamesOfOneFileAreOneCopy) {
  const Scratch scratch;
  DiagnoseOptions options;
  options.loader = clean_environment();
  options.mapped = {scratch.write("a/libavutil.so.57", "x"), scratch / "libavutil.so.57"};
  std::filesystem::create_symlink(options.mapped[0], options.mapped[1]);
  for (const auto& finding : diagnose({"ffmpeg"}, options).findings) EXPECT_NE(finding.code, "duplicate-library");
}

TEST(Mapped, NamesAForeignCopy) {
  const auto real = system_library("libsndfile.so.1");
  if (real.empty()) GTEST_SKIP() << "no libsndfile on this machine";
  const Scratch scratch;
  const auto foreign = scratch.write("libsndfile.so.1", slurp(real));
  Held held;
  ASSERT_TRUE(held.open(foreign));
  const auto found = found_in_process("sndfile", "");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, "foreign-copy-mapped");
  EXPECT_EQ(found[0].subject, foreign);
  EXPECT_EQ(found[0].needed, real);
  // With the resolved one mapped too it is a duplicate.
  ASSERT_TRUE(held.open(real));
  const auto both = found_in_process("sndfile", "");
  ASSERT_EQ(both.size(), 1u);
  EXPECT_EQ(both[0].code, "duplicate-library");
  EXPECT_EQ(both[0].found, foreign + " and " + real);
}

TEST(Mapped, SeesThisProcess) {
  const auto paths = mapped_paths();
  EXPECT_TRUE(std::any_of(paths.begin(), paths.end(), [](const auto& path) { return path.ends_with("/libc.so.6"); }));
}

}  // namespace
}  // namespace tonearm::doctor
