// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "core/library/library.h"
#include "tests/library/scratch_dir.h"

namespace tonearm::core {
namespace {

using test::ScratchDir;

/// Any whole library of this machine: one that is mapped.
std::string some_library() {
  for (const MappedLibrary& library : mapped_libraries()) {
    if (library.soname == "libm.so.6") return library.path;
  }
  return {};
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(OpenLibrary, OpensAndFindsSymbols) {
  const std::string path = some_library();
  if (path.empty()) GTEST_SKIP() << "libm is not mapped here";
  auto library = OpenLibrary::open(path, "");
  ASSERT_TRUE(library) << library.error().message();
  double (*cosine)(double) = nullptr;
  ASSERT_TRUE(library->load("cos", cosine));
  EXPECT_EQ(cosine(0.0), 1.0);
  auto missing = library->load("tonearm_no_such_function", cosine);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().subject, "tonearm_no_such_function");
  EXPECT_NE(missing.error().found.find(path), std::string::npos);
}

TEST(OpenLibrary, ATruncatedLibraryIsRefusedWithBothSizes) {
  const std::string whole = bytes_of(some_library());
  if (whole.empty()) GTEST_SKIP() << "libm is not mapped here";
  ScratchDir dir;
  for (const std::size_t length :
       {std::size_t{10}, std::size_t{64}, std::size_t{600}, std::size_t{4096}, whole.size() / 2}) {
    const std::string path = dir.write("libcut.so.1", whole.substr(0, length));
    auto library = OpenLibrary::open(path, "reinstall it");
    ASSERT_FALSE(library) << length;
    EXPECT_EQ(library.error().code, ErrorCode::kMissingDependency);
    EXPECT_EQ(library.error().subject, path);
    EXPECT_NE(library.error().found.find("truncated"), std::string::npos) << library.error().message();
    EXPECT_EQ(library.error().next, "reinstall it");
  }
}

TEST(OpenLibrary, WhatIsNoLibraryIsNamed) {
  ScratchDir dir;
  const std::string fifo = dir / "fifo.so";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(check_library_file(fifo).error().found, "a FIFO");
  EXPECT_EQ(check_library_file(dir.path()).error().found, "a directory");
  EXPECT_EQ(check_library_file(dir.write("e.so", "")).error().found, "an empty file");
  EXPECT_EQ(check_library_file(dir.write("t.so", "<!DOCTYPE html>")).error().found, "a file of another kind");
  EXPECT_EQ(check_library_file(dir.write("o.so", "x")).error().found, "a file of another kind");
  EXPECT_FALSE(check_library_file(dir / "absent.so"));
}

TEST(OpenLibrary, AnotherMachineIsNamed) {
  std::string other = bytes_of(some_library());
  if (other.empty()) GTEST_SKIP() << "libm is not mapped here";
  other[18] = '\x08';  // e_machine: MIPS
  other[19] = '\0';
  ScratchDir dir;
  auto checked = check_library_file(dir.write("o.so", other));
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().found.find("machine 8"), std::string::npos) << checked.error().found;
}

TEST(OpenLibrary, TheLoadersTextIsLabelled) {
  const std::string whole = bytes_of(some_library());
  if (whole.empty()) GTEST_SKIP() << "libm is not mapped here";
  std::string broken = whole;
  // A needed library's name that nobody has: libm needs libc.so.6.
  const std::size_t name = broken.find("libc.so.6");
  ASSERT_NE(name, std::string::npos);
  broken[name + 3] = 'Q';
  ScratchDir dir;
  auto library = OpenLibrary::open(dir.write("libbroken.so.1", broken), "");
  ASSERT_FALSE(library);
  EXPECT_NE(library.error().found.find("the loader says: "), std::string::npos) << library.error().message();
}

}  // namespace
}  // namespace tonearm::core
