// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
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
