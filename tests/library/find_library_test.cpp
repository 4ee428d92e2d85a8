// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <dlfcn.h>

#include <algorithm>

#include "core/library/library.h"
#include "tests/library/scratch_dir.h"

namespace tonearm::core {
namespace {

using test::ScopedVariable;
using test::ScratchDir;

/// A stem that no machine has, so that only the test's own files are found.
LibraryRequest request() { return {"libtonearmtest", 58, 62, "TONEARM_TEST_LIBRARY", "test.libs", "install it"}; }

class FindLibrary : public ::testing::Test {
 protected:
  void TearDown() override { set_wheel_directories({}); }
  ScratchDir dir;
  ScopedVariable setting{"TONEARM_TEST_LIBRARY", nullptr};
  ScopedVariable venv{"VIRTUAL_ENV", nullptr};
  ScopedVariable conda{"CONDA_PREFIX", nullptr};
  ScopedVariable loader{"LD_LIBRARY_PATH", nullptr};
  ScopedVariable wheels{"TONEARM_WHEEL_PATH", nullptr};
};

TEST_F(FindLibrary, NothingFoundKeepsEveryPlaceForTheReport) {
  ScopedVariable env("VIRTUAL_ENV", dir.path().c_str());
  set_wheel_directories({dir / "site-packages"});
  auto search = find_library(request());
  ASSERT_TRUE(search);
  EXPECT_TRUE(search->found.empty());
  ASSERT_GE(search->looked.size(), 3u);
  EXPECT_EQ(search->looked.front().path, dir / "lib");
  EXPECT_EQ(search->looked.back().path, dir / "site-packages/test.libs");
  const Error error = missing_library(request(), *search);
  EXPECT_EQ(error.code, ErrorCode::kMissingDependency);
  EXPECT_NE(error.needed.find("libtonearmtest.so.58 to .62"), std::string::npos) << error.needed;
  EXPECT_NE(error.found.find(dir / "lib"), std::string::npos) << error.found;
  EXPECT_EQ(error.next, "install it");
}

TEST_F(FindLibrary, OrderIsVenvThenCondaThenLoaderPathThenWheels) {
  dir.write("venv/lib/libtonearmtest.so.58", "x");
  dir.write("conda/lib/libtonearmtest.so.61", "x");
  dir.write("ld/libtonearmtest.so.59", "x");
  dir.write("sp/test.libs/libtonearmtest-4639def2.so.62.12.102", "x");
  ScopedVariable env("VIRTUAL_ENV", (dir / "venv").c_str());
  ScopedVariable env2("CONDA_PREFIX", (dir / "conda").c_str());
  ScopedVariable env3("LD_LIBRARY_PATH", (dir / "ld").c_str());
  set_wheel_directories({dir / "sp"});
  auto search = find_library(request());
  ASSERT_TRUE(search);
  ASSERT_EQ(search->found.size(), 4u);
  EXPECT_EQ(search->found[0].path, dir / "venv/lib/libtonearmtest.so.58");
  EXPECT_EQ(search->found[1].path, dir / "conda/lib/libtonearmtest.so.61");
  EXPECT_EQ(search->found[2].source, LibrarySource::kSystem);
  EXPECT_EQ(search->found[3].source, LibrarySource::kWheel);
  EXPECT_EQ(search->found[3].major, 62);
}

TEST_F(FindLibrary, HighestSupportedMajorWithinAPlace) {
  dir.write("ld/libtonearmtest.so.58", "x");
  dir.write("ld/libtonearmtest.so.63", "x");
  dir.write("ld2/libtonearmtest.so.60.1.2", "x");
  ScopedVariable env("LD_LIBRARY_PATH", (dir / "ld" + ":" + (dir / "ld2")).c_str());
  auto search = find_library(request());
  ASSERT_TRUE(search);
  ASSERT_EQ(search->found.size(), 2u);
  EXPECT_EQ(search->found[0].major, 60);
  EXPECT_EQ(search->found[1].major, 58);
}

TEST_F(FindLibrary, WheelPathVariableServesProgramsWithoutPython) {
  dir.write("sp/test.libs/libtonearmtest_x86_64.so", "x");
  ScopedVariable env("TONEARM_WHEEL_PATH", (dir / "sp").c_str());
  auto search = find_library(request());
  ASSERT_TRUE(search);
  ASSERT_EQ(search->found.size(), 1u);
  EXPECT_EQ(search->found[0].major, 0);
}

TEST_F(FindLibrary, SettingThatNamesNothingIsAnErrorThatNamesTheVariable) {
  const std::string missing = dir / "absent.so";
  ScopedVariable env("TONEARM_TEST_LIBRARY", missing.c_str());
  auto search = find_library(request());
  ASSERT_FALSE(search);
  EXPECT_EQ(search.error().code, ErrorCode::kMissingDependency);
  EXPECT_EQ(search.error().subject, "TONEARM_TEST_LIBRARY");
  EXPECT_NE(search.error().message().find(missing), std::string::npos);
}

TEST_F(FindLibrary, SettingThatNamesAnEmptyDirectoryIsAnError) {
  ScopedVariable env("TONEARM_TEST_LIBRARY", dir.path().c_str());
  auto search = find_library(request());
  ASSERT_FALSE(search);
  EXPECT_EQ(search.error().subject, "TONEARM_TEST_LIBRARY");
}

TEST_F(FindLibrary, SettingReplacesTheSearch) {
  dir.write("venv/lib/libtonearmtest.so.62", "x");
  const std::string mine = dir.write("mine/libtonearmtest.so.58", "x");
  ScopedVariable env("VIRTUAL_ENV", (dir / "venv").c_str());
  for (const std::string& value : {mine, dir / "mine"}) {
    ScopedVariable env2("TONEARM_TEST_LIBRARY", value.c_str());
    auto search = find_library(request());
    ASSERT_TRUE(search);
    ASSERT_EQ(search->found.size(), 1u);
    EXPECT_EQ(search->found[0].path, mine);
    EXPECT_EQ(search->found[0].major, 58);
    EXPECT_EQ(search->found[0].source, LibrarySource::kSetting);
  }
}

TEST_F(FindLibrary, ListsOnlyFilesOfThatLibrary) {
  for (const char* name :
       {"libtonearmtest.so", "libtonearmtest.so.59", "libtonearmtest.so.59.27.100", "libtonearmtest-abc.so.59.1.0",
        "libtonearmtestmore.so.59", "libtonearmtest.so.59.bak", "libtonearmtest.a", "libtonearmtest.so.",
        "libtonearmtest.so.99999999999", "xlibtonearmtest.so.59"}) {
    dir.write(name, "x");
  }
  const auto files = list_library_files(dir.path(), "libtonearmtest", 59, 59, LibrarySource::kSystem);
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.path.substr(dir.path().size() + 1));
  EXPECT_EQ(names, (std::vector<std::string>{"libtonearmtest.so.59", "libtonearmtest.so.59.27.100",
                                             "libtonearmtest-abc.so.59.1.0"}));
}

TEST_F(FindLibrary, AMappedLibraryOfTheSameSonameTakesThePlaceOfAnother) {
  const auto mapped = mapped_libraries();
  const auto libc = std::find_if(mapped.begin(), mapped.end(), [](const auto& m) { return m.soname == "libc.so.6"; });
  if (libc == mapped.end()) GTEST_SKIP() << "libc is linked statically here";
  dir.write("ld/libc.so.6", "not the libc that is mapped");
  ScopedVariable env("LD_LIBRARY_PATH", (dir / "ld").c_str());
  auto search = find_library({"libc", 6, 6, "TONEARM_TEST_LIBRARY", "test.libs", ""});
  ASSERT_TRUE(search);
  ASSERT_EQ(search->found.size(), 1u);
  EXPECT_EQ(search->found[0].path, libc->path);
  EXPECT_EQ(search->found[0].source, LibrarySource::kMapped);
  EXPECT_NE(search->found[0].note.find(dir / "ld/libc.so.6"), std::string::npos) << search->found[0].note;
}

}  // namespace
}  // namespace tonearm::core
