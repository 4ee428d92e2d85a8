// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Our own files against a build manifest, and what else the manifest says.
#include "core/doctor/manifest.h"
#include "core/doctor/sha256.h"
#include "fmt/format.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

std::string hash_of(const std::string& text) { return sha256(MemoryBytes(text)); }

TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  // One million times 'a' crosses the size of a read.
  EXPECT_EQ(hash_of(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/// An installation of two files with its manifest.
class Installation : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto libm = slurp(system_library("libm.so.6"));
    library_ = scratch_.write("lib/libtonearm.so", libm);
    header_ = scratch_.write("include/tonearm/tonearm.h", "int tonearm;\n");
    options_.loader = clean_environment();
    options_.manifest =
        scratch_.write("lib/tonearm-manifest.json",
                       fmt::format(R"({{"schema": 1, "files": {{"libtonearm.so": {{"bytes": {}, "sha256": "{}"}},)"
                                   R"("../include/tonearm/tonearm.h": {{"bytes": 13, "sha256": "{}"}}}}}})",
                                   libm.size(), hash_of(libm), hash_of("int tonearm;\n")));
  }
  Report report() const { return diagnose({"core"}, options_); }

  void expect_error(const std::string& code, const std::string& subject) const {
    const auto found = report();
    const auto errors = errors_of(found.findings);
    ASSERT_EQ(errors.size(), 1u) << found.text();
    EXPECT_EQ(errors[0].code, code);
    EXPECT_EQ(errors[0].component, "core");
    EXPECT_EQ(errors[0].subject, subject);
    EXPECT_FALSE(errors[0].next.empty());
    EXPECT_EQ(found.verdict(), "broken");
    EXPECT_EQ(found.exit_status(), 1);
  }

  Scratch scratch_;
  std::string library_, header_;
  DiagnoseOptions options_;
};

TEST_F(Installation, AsInstalledHasNoFinding) {
  EXPECT_TRUE(report().findings.empty()) << report().text();
  EXPECT_EQ(report().components[0].path, library_);
}

TEST_F(Installation, NamesTheFileThatIsGone) {
  std::filesystem::remove(header_);
  expect_error("file-missing", header_);
}

TEST_F(Installation, NamesTheFileWithAFlippedByte) {
  auto data = slurp(library_);
  data[data.size() / 2] ^= 1;
  scratch_.write("lib/libtonearm.so", data);
  expect_error("file-altered", library_);
}

TEST_F(Installation, WhatIsWrongWithAFileComesBeforeItsHash) {
  scratch_.write("lib/libtonearm.so", slurp(library_).substr(0, 4096));
  expect_error("truncated-file", library_);
}

TEST_F(Installation, MissesItsManifest) {
  std::filesystem::remove(options_.manifest);
  expect_error("file-missing", options_.manifest);
}

TEST(Manifest, SaysWhatIsWrongWithIt) {
  const Scratch scratch;
  std::string problem;
  EXPECT_FALSE(read_manifest(scratch / "none", &problem));
  EXPECT_FALSE(problem.empty());
  for (const char* text : {"", "[]", "{", "version https://git-lfs.github.com/spec/v1"}) {
    problem.clear();
    EXPECT_FALSE(read_manifest(scratch.write("m", text), &problem)) << text;
    EXPECT_FALSE(problem.empty());
  }
  // Entries of another shape are passed over.
  const auto odd =
      read_manifest(scratch.write("m", R"({"python": 3, "cuda": [1], "files": {"a": 1, "b": {}}})"), &problem);
  ASSERT_TRUE(odd);
  EXPECT_TRUE(odd->python.empty());
  ASSERT_EQ(odd->files.size(), 1u);
  EXPECT_EQ(odd->files[0].path, scratch / "b");
}

TEST(Python, NamesTheManifestsPythonForAPlainName) {
  const Scratch site;
  const auto file = site.write("tonearm/_native.so", "x");
  site.write("tonearm/lib/tonearm-manifest.json", R"({"python": "cpython-311-x86_64-linux-gnu"})");
  DiagnoseOptions options;
  options.loader = clean_environment();
  options.wheel_dirs = {site.dir()};
  options.python = "cpython-311";
  EXPECT_TRUE(diagnose({"python"}, options).findings.empty());
  options.python = "cpython-313";
  const auto report = diagnose({"python"}, options);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].code, "built-for-other-python");
  EXPECT_EQ(report.findings[0].subject, file);
  EXPECT_EQ(report.headline(), "broken: tonearm was built for Python 3.11, this is Python 3.13");
}

}  // namespace
}  // namespace tonearm::doctor
