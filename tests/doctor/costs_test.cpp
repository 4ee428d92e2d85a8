// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the look before opening costs a request: each file is opened once, and no process is started. Counted by
// standing in for open and fork, which the sources under test call from this program.
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdarg>
#include <map>
#include <set>
#include <string>

#include "tests/doctor/scratch.h"

namespace {

std::map<std::string, int>* opened = nullptr;  // counted while set
int forks = 0;

}  // namespace

extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const auto mode = static_cast<mode_t>(va_arg(rest, unsigned));
  va_end(rest);
  if (opened != nullptr) ++(*opened)[path];
  return ::openat(AT_FDCWD, path, flags, mode);
}

extern "C" pid_t fork() {
  ++forks;
  return reinterpret_cast<pid_t (*)()>(::dlsym(RTLD_NEXT, "fork"))();
}

namespace tonearm::doctor {
namespace {

using namespace test;

void expect_each_file_once(const std::string& path, bool whole) {
  std::map<std::string, int> counts;
  std::set<std::string> objects;
  Walker walker(clean_environment(), {.check_symbols = whole});
  opened = &counts;
  if (whole) {
    walker.add_root(path);
    walker.check_closure();
    for (const auto& object : walker.objects()) objects.insert(object.path);
  } else {
    EXPECT_TRUE(check_before_opening({path}));
  }
  opened = nullptr;
  EXPECT_TRUE(counts.contains(path));
  for (const auto& [file, count] : counts) EXPECT_EQ(count, 1) << file;
  for (const auto& object : objects) EXPECT_EQ(counts[object], 1) << object;
}

TEST(BeforeOpening, OpensEachFileOnceAndStartsNoProcess) {
  int looked = 0;
  for (const char* soname : {"libsndfile.so.1", "libavformat.so.59", "libstdc++.so.6"}) {
    const auto path = system_library(soname);
    if (path.empty()) continue;
    SCOPED_TRACE(soname);
    expect_each_file_once(path, false);
    expect_each_file_once(path, true);
    ++looked;
  }
  EXPECT_EQ(forks, 0);
  if (looked == 0) GTEST_SKIP() << "none of the libraries is here";
}

TEST(Doctor, StartsOneProcessForALibrary) {
  if (system_library("libsndfile.so.1").empty()) GTEST_SKIP() << "no libsndfile on this machine";
  DiagnoseOptions options;
  options.loader = clean_environment();
  forks = 0;
  EXPECT_EQ(diagnose({"sndfile"}, options).verdict(), "ok");
  EXPECT_EQ(forks, 0);
  options.open_in_child = true;
  EXPECT_EQ(diagnose({"sndfile"}, options).verdict(), "ok");
  EXPECT_EQ(forks, 1);
}

}  // namespace
}  // namespace tonearm::doctor
