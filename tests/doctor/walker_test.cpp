// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/walker.h"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <set>

#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

/// What the loader itself lists for an object.
std::set<std::string> traced(const std::string& path) {
  const std::string loader = own_machine() == EM_X86_64 ? "/lib64/ld-linux-x86-64.so.2" : "/lib/ld-linux-aarch64.so.1";
  const std::string command = "LD_TRACE_LOADED_OBJECTS=1 LD_LIBRARY_PATH= " + loader + " '" + path + "' 2>/dev/null";
  std::set<std::string> paths;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return paths;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    const std::string text = line;
    const auto start = text.find('/');
    const auto end = text.rfind(" (0x");
    if (start == std::string::npos || end == std::string::npos) continue;
    const auto arrow = text.find("=> ");
    const auto from = arrow == std::string::npos ? start : arrow + 3;
    std::error_code error;
    paths.insert(std::filesystem::canonical(text.substr(from, end - from), error).string());
  }
  ::pclose(pipe);
  return paths;
}

void expect_as_the_loader(const std::string& path) {
  Walker walker(clean_environment());
  walker.add_root(path);
  walker.check_closure();
  for (const auto& finding : walker.findings()) ADD_FAILURE() << finding.code << " " << finding.subject;
  std::set<std::string> walked;
  for (std::size_t i = 1; i < walker.objects().size(); ++i) {
    walked.insert(std::filesystem::canonical(walker.objects()[i].path).string());
  }
  const auto expected = traced(path);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(walked, expected);
}

TEST(Walker, ListsWhatTheLoaderLists) {
  for (const char* soname : {"libsndfile.so.1", "libavformat.so.59", "libavformat.so.61", "libstdc++.so.6"}) {
    const auto path = system_library(soname);
    if (!path.empty()) expect_as_the_loader(path);
  }
  if (::access("/usr/bin/python3", X_OK) == 0) expect_as_the_loader(std::filesystem::canonical("/usr/bin/python3"));
}

/// A chain of stubs: liba.so.1 -> libb.so.1 -> libc1.so.1.
class Stubs : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
    ASSERT_TRUE(scratch_.compile("libc1.so.1", "int c(void) { return 3; } int c2(void) { return 4; }"));
    ASSERT_TRUE(scratch_.compile("libb.so.1", "int c(void); int b(void) { return c(); }", in_dir("libc1.so.1")));
    ASSERT_TRUE(scratch_.compile("liba.so.1", "int b(void); int a(void) { return b(); }", in_dir("libb.so.1")));
    environment_ = clean_environment();
    environment_.library_path = scratch_.dir();
  }
  std::string in_dir(const std::string& name) const {
    return "-Wl,--no-as-needed '" + (scratch_ / name) + "' -Wl,--allow-shlib-undefined";
  }
  std::vector<Finding> findings() const {
    Walker walker(environment_);
    walker.add_root(scratch_ / "liba.so.1");
    walker.check_closure();
    return walker.findings();
  }
  void expect_one(const std::string& code, const std::string& subject) const {
    const auto errors = errors_of(findings());
    ASSERT_EQ(errors.size(), 1u);
    EXPECT_EQ(errors[0].code, code);
    EXPECT_EQ(errors[0].subject, subject);
    EXPECT_FALSE(errors[0].next.empty());
  }

  Scratch scratch_;
  LoaderEnvironment environment_;
};

TEST_F(Stubs, HealthyChainHasNoFinding) { EXPECT_TRUE(findings().empty()); }

TEST_F(Stubs, NamesWhatIsMissingAndWhoNeedsIt) {
  std::filesystem::remove(scratch_ / "libc1.so.1");
  const auto errors = errors_of(findings());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, "missing-library");
  EXPECT_EQ(errors[0].subject, "libc1.so.1");
  ASSERT_EQ(errors[0].chain.size(), 3u);
  EXPECT_EQ(errors[0].chain[2], "libc1.so.1");
}

TEST_F(Stubs, NamesEachKindOfBadFile) {
  const auto good = slurp(scratch_ / "libc1.so.1");
  const auto path = scratch_.write("libc1.so.1", good.substr(0, 4096));
  expect_one("truncated-file", path);
  scratch_.write("libc1.so.1", "");
  expect_one("empty-file", path);
  scratch_.write("libc1.so.1", "<!DOCTYPE html>");
  expect_one("not-elf", path);
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_one("not-a-file", path);
  std::filesystem::remove(path);
  auto other = good;
  other[offsetof(Elf64_Ehdr, e_machine)] = static_cast<char>(own_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64);
  scratch_.write("libc1.so.1", other);
  expect_one("wrong-architecture", path);
  if (::geteuid() == 0) return;  // root may read everything
  scratch_.write("libc1.so.1", good);
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  expect_one("unreadable", path);
}

TEST_F(Stubs, NotesWhatTheLoaderPassesOver) {
  const Scratch first;
  std::filesystem::create_symlink("nowhere", first / "libc1.so.1");
  environment_.library_path = first.dir() + ":" + scratch_.dir();
  const auto all = findings();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].severity, Severity::kNote);
  EXPECT_EQ(all[0].code, "dangling-link");
  EXPECT_EQ(all[0].subject, first / "libc1.so.1");
}

TEST_F(Stubs, DanglingLinkAloneIsAMissingLibrary) {
  std::filesystem::remove(scratch_ / "libc1.so.1");
  std::filesystem::create_symlink("nowhere", scratch_ / "libc1.so.1");
  expect_one("missing-library", "libc1.so.1");
  EXPECT_NE(errors_of(findings())[0].evidence.find("nowhere"), std::string::npos);
}

TEST_F(Stubs, RunpathIsNotInherited) {
  environment_.library_path.clear();
  ASSERT_TRUE(scratch_.compile("liba.so.1", "int b(void); int a(void) { return b(); }",
                               in_dir("libb.so.1") + " -Wl,--enable-new-dtags,-rpath,'$ORIGIN'"));
  expect_one("missing-library", "libc1.so.1");
  EXPECT_NE(errors_of(findings())[0].evidence.find("not inherited"), std::string::npos);
  // The older DT_RPATH is.
  ASSERT_TRUE(scratch_.compile("liba.so.1", "int b(void); int a(void) { return b(); }",
                               in_dir("libb.so.1") + " -Wl,--disable-new-dtags,-rpath,'$ORIGIN'"));
  EXPECT_TRUE(findings().empty());
}

TEST_F(Stubs, NamesAMissingFunction) {
  ASSERT_TRUE(scratch_.compile("libc1.so.1", "int c2(void) { return 4; }"));
  const auto errors = errors_of(findings());
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, "symbol-missing");
  EXPECT_EQ(errors[0].needed, "c");
}

TEST_F(Stubs, NamesVersionNodes) {
  const auto map = [&](const std::string& node) {
    scratch_.write("map", node + " { global: *; };");
    return "-Wl,--version-script='" + (scratch_ / "map") + "'";
  };
  const std::string source = "int c(void) { return 3; }";
  ASSERT_TRUE(scratch_.compile("libc1.so.1", source, map("NODE_2")));
  ASSERT_TRUE(scratch_.compile("libb.so.1", "int c(void); int b(void) { return c(); }", in_dir("libc1.so.1")));
  EXPECT_TRUE(findings().empty());
  ASSERT_TRUE(scratch_.compile("libc1.so.1", source, map("NODE_1")));
  expect_one("version-node-missing", scratch_ / "libc1.so.1");
  // Without any node it loads as long as the function is there.
  ASSERT_TRUE(scratch_.compile("libc1.so.1", source));
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_EQ(findings()[0].code, "no-version-info");
  EXPECT_EQ(findings()[0].severity, Severity::kNote);
  ASSERT_TRUE(scratch_.compile("libc1.so.1", "int other(void) { return 3; }"));
  expect_one("no-version-info", scratch_ / "libc1.so.1");
}

TEST_F(Stubs, NamesStackAndTls) {
  ASSERT_TRUE(scratch_.compile("libc1.so.1", "int c(void) { return 3; }", "-Wl,-z,execstack"));
  environment_.glibc_minor = 36;
  ASSERT_EQ(findings().size(), 1u);
  EXPECT_EQ(findings()[0].code, "executable-stack");
  EXPECT_EQ(findings()[0].severity, Severity::kWarning);
  environment_.glibc_minor = 41;
  expect_one("executable-stack", scratch_ / "libc1.so.1");
  ASSERT_TRUE(scratch_.compile("libc1.so.1",
                               "static __thread char room[8192] __attribute__((tls_model(\"initial-exec\")));\n"
                               "int c(void) { return room[1]++; } char* d(int i) { return room + i; }"));
  expect_one("static-tls", scratch_ / "libc1.so.1");
  environment_.static_tls_bytes = 16384;
  EXPECT_TRUE(findings().empty());
}

TEST_F(Stubs, NamesTheAddressSpaceLimit) {
  environment_.address_space_limit = 1 << 20;
  environment_.address_space_bytes = 1 << 14;
  expect_one("address-space-limit", scratch_ / "liba.so.1");
}

TEST_F(Stubs, TwoFaultsGiveTwoFindings) {
  ASSERT_TRUE(scratch_.compile("libb.so.1", "int b(void) { return 1; }",
                               "-Wl,--no-as-needed '" + (scratch_ / "libc1.so.1") + "'"));
  scratch_.write("libc1.so.1", "");
  ASSERT_TRUE(scratch_.compile("libd.so.1", "int d(void) { return 1; }"));
  ASSERT_TRUE(scratch_.compile("liba.so.1", "int a(void) { return 1; }",
                               in_dir("libb.so.1") + " '" + (scratch_ / "libd.so.1") + "'"));
  std::filesystem::remove(scratch_ / "libd.so.1");
  const auto errors = errors_of(findings());
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_NE(errors[0].code, errors[1].code);
}

}  // namespace
}  // namespace tonearm::doctor
