// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/doctor.h"

#include "core/doctor/open_child.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

DiagnoseOptions clean_options() {
  DiagnoseOptions options;
  options.loader = clean_environment();
  options.open_in_child = true;
  return options;
}

void expect_error(const Report& report, const std::string& code, const std::string& component,
                  const std::string& subject) {
  const auto errors = errors_of(report.findings);
  ASSERT_EQ(errors.size(), 1u) << report.text();
  EXPECT_EQ(errors[0].code, code);
  EXPECT_EQ(errors[0].component, component);
  EXPECT_EQ(errors[0].subject, subject);
  EXPECT_FALSE(errors[0].next.empty());
  EXPECT_EQ(report.exit_status(), 1);
}

TEST(Diagnose, UnknownSubjectIsStatusTwo) { EXPECT_EQ(diagnose({"nope"}, clean_options()).exit_status(), 2); }

TEST(Diagnose, HealthyLibrariesHaveNoFindings) {
  for (const auto& [subject, soname] :
       {std::pair{"sndfile", "libsndfile.so.1"}, std::pair{"ffmpeg", "libavformat.so.59"}}) {
    if (system_library(soname).empty()) continue;
    const auto report = diagnose({subject}, clean_options());
    EXPECT_TRUE(report.findings.empty()) << report.text();
    EXPECT_EQ(report.verdict(), "ok");
    EXPECT_FALSE(report.components[0].version.empty());
  }
}

/// One row per kind of damage to the first candidate; the system's own copy stands behind it.
TEST(Diagnose, NamesTheBadCopyThatShadowsTheSystems) {
  const auto real = system_library("libsndfile.so.1");
  if (real.empty()) GTEST_SKIP() << "no libsndfile on this machine";
  const auto data = slurp(real);
  struct Row {
    const char* code;
    std::string bytes;
  };
  const Row rows[] = {{"truncated-file", data.substr(0, 600)},
                      {"truncated-file", data.substr(0, 4096)},
                      {"truncated-file", data.substr(0, data.size() / 2)},
                      {"empty-file", ""},
                      {"truncated-file", data.substr(0, 10)},
                      {"truncated-file", data.substr(0, 64)},
                      {"not-elf", "version https://git-lfs.github.com/spec/v1\n"}};
  for (const auto& row : rows) {
    const Scratch scratch;
    const auto path = scratch.write("libsndfile.so.1", row.bytes);
    auto options = clean_options();
    options.loader.library_path = scratch.dir();
    const auto report = diagnose({"sndfile"}, options);
    expect_error(report, row.code, "sndfile", path);
    EXPECT_EQ(report.components[0].state, "ok");  // the good one behind it is used
    EXPECT_EQ(report.components[0].path, real);
    EXPECT_EQ(report.verdict(), "degraded");
  }
}

TEST(Diagnose, MissingIsAbsentUntilAskedFor) {
  auto options = clean_options();
  options.loader.cache_path = "/nonexistent";
  options.loader.default_dirs.clear();
  expect_error(diagnose({"sndfile"}, options), "missing-library", "sndfile", "libsndfile.so.1");
  expect_error(diagnose({"ffmpeg"}, options), "missing-library", "ffmpeg", "libavformat.so");
  EXPECT_TRUE(diagnose({}, options).findings.empty());
  EXPECT_EQ(diagnose({"sndfile"}, options).verdict(), "broken");
}

TEST(Diagnose, NamesUnsupportedFfmpeg) {
  const Scratch scratch;
  const auto path = scratch.write("libavformat.so.57", "");
  auto options = clean_options();
  options.loader.cache_path = "/nonexistent";
  options.loader.default_dirs.clear();
  options.loader.library_path = scratch.dir();
  expect_error(diagnose({"ffmpeg"}, options), "unsupported-major", "ffmpeg", path);
}

TEST(Diagnose, NamesBadSettings) {
  auto options = clean_options();
  options.settings["TONEARM_SNDFILE"] = "/nonexistent/libsndfile.so.1";
  options.settings["TONEARM_FFMPEG_DIR"] = "/nonexistent";
  expect_error(diagnose({"sndfile"}, options), "bad-setting", "sndfile", "TONEARM_SNDFILE");
  expect_error(diagnose({"ffmpeg"}, options), "bad-setting", "ffmpeg", "TONEARM_FFMPEG_DIR");
}

TEST(Diagnose, TurnsBadConstructorsIntoFindings) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  struct Row {
    const char* code;
    const char* body;
  };
  for (const auto& row : {Row{"crashes-on-load", "__builtin_trap();"}, Row{"crashes-on-load", "abort();"},
                          Row{"exits-on-load", "_exit(0);"}}) {
    const Scratch scratch;
    ASSERT_TRUE(scratch.compile("libbad.so", std::string("#include <stdlib.h>\n#include <unistd.h>\n"
                                                         "__attribute__((constructor)) static void start(void) { ") +
                                                 row.body + " }"));
    expect_error(diagnose({scratch / "libbad.so"}, clean_options()), row.code, "file", scratch / "libbad.so");
  }
}

TEST(OpenChild, EndsAHangAtTheDeadline) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  const Scratch scratch;
  ASSERT_TRUE(scratch.compile("libhang.so",
                              "__attribute__((constructor)) static void start(void) { for (;;) { __asm__(\"\"); } }"));
  OpenRequest request;
  request.paths = request.roots = {scratch / "libhang.so"};
  request.deadline = std::chrono::milliseconds(100);
  const auto outcome = open_in_child(request);
  EXPECT_EQ(outcome.fate, OpenOutcome::Fate::kHung);
  EXPECT_EQ(outcome_finding(outcome, request.deadline).code, "hangs-on-load");
  EXPECT_EQ(outcome.at, scratch / "libhang.so");
}

/// A site-packages directory with version stamps only.
struct Pair {
  const char* torch;
  const char* torch_cuda;
  const char* torchaudio;
  const char* code;  // "" for none
};

TEST(Diagnose, NamesTorchaudioBuiltForAnother) {
  for (const auto& pair :
       {Pair{"2.15.0+cu132", "'13.2'", "2.11.0+cu130", "built-for-other-cuda"},
        Pair{"2.15.0+cu130", "'13.0'", "2.11.0+cu130", ""}, Pair{"2.15.0+cpu", "None", "2.11.0+cu130", ""},
        Pair{"2.15.0+cu132", "'13.2'", "2.8.0+cu128", "built-for-other-torch"},
        Pair{"2.8.0+cu128", "'12.8'", "2.8.0+cu128", ""}}) {
    const Scratch site;
    site.write("torch/version.py",
               std::string("__version__ = '") + pair.torch + "'\ncuda: Optional[str] = " + pair.torch_cuda + "\n");
    site.write("torchaudio/version.py", std::string("__version__ = '") + pair.torchaudio + "'\ngit_version = 'x'\n");
    auto options = clean_options();
    options.wheel_dirs = {site.dir()};
    const auto report = diagnose({"torchaudio"}, options);
    if (*pair.code == '\0') {
      EXPECT_TRUE(report.findings.empty()) << report.text();
      continue;
    }
    expect_error(report, pair.code, "torchaudio", site / "torchaudio");
    EXPECT_NE(report.findings[0].next.find("regardless"), std::string::npos);
  }
}

TEST(Diagnose, NamesMissingPackages) {
  expect_error(diagnose({"torch"}, clean_options()), "missing-package", "torch", "torch");
  expect_error(diagnose({"torchaudio"}, clean_options()), "missing-package", "torchaudio", "torchaudio");
}

TEST(Diagnose, NamesAnExtensionForAnotherPython) {
  const Scratch prefix;
  const auto file = prefix.write("python3.13/site-packages/tonearm/_native.cpython-311-x86_64-linux-gnu.so", "x");
  auto options = clean_options();
  options.wheel_dirs = {prefix / "python3.13/site-packages"};
  expect_error(diagnose({"python"}, options), "built-for-other-python", "python", file);
}

}  // namespace
}  // namespace tonearm::doctor
