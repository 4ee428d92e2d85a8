// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm-doctor as a program on sick machines: a broken libstdc++ before everything, no memory, no rights, no home.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>

#include "fmt/format.h"
#include "nlohmann/json.hpp"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

struct Outcome {
  int status = -1;
  std::string output;
  nlohmann::json report() const { return nlohmann::json::parse(output, nullptr, false); }
};

/// Runs a shell command; its standard output is kept.
Outcome run(const std::string& command) {
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.output.append(buffer, got);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  return outcome;
}

/// A directory that every user may enter, with a copy of the program that every user may run.
class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    ::chmod(scratch_.dir().c_str(), 0755);
    program_ = scratch_ / "tonearm-doctor";
    std::filesystem::copy_file(TONEARM_DOCTOR_PROGRAM, program_);
  }

  /// `before` stands before the program: "LD_LIBRARY_PATH=/x", "ulimit -v 4096;".
  Outcome doctor(const std::string& before, const std::string& arguments) const {
    return run(before + " '" + program_ + "' --json " + arguments);
  }

  /// Exactly one error; `subject` and `code` are its own.
  static void expect_error(const Outcome& outcome, const std::string& code, const std::string& component,
                           const std::string& subject) {
    ASSERT_EQ(outcome.status, 1) << outcome.output;
    const auto report = outcome.report();
    ASSERT_TRUE(report.is_object()) << outcome.output;
    std::vector<nlohmann::json> errors;
    for (const auto& finding : report["findings"]) {
      if (finding["severity"] == "error") errors.push_back(finding);
    }
    ASSERT_EQ(errors.size(), 1u) << outcome.output;
    EXPECT_EQ(errors[0]["code"], code);
    EXPECT_EQ(errors[0]["component"], component);
    EXPECT_EQ(errors[0]["subject"], subject);
    EXPECT_TRUE(errors[0]["next"].is_string());
  }

  /// A library of another user's, not readable by anyone else; the command prefix that becomes that other user.
  static std::string as_nobody() {
    if (::geteuid() != 0) return {};
    const std::string prefix = "setpriv --reuid 65534 --regid 65534 --clear-groups";
    return run(prefix + " true 2>/dev/null").status == 0 ? prefix : std::string();
  }

  Scratch scratch_;
  std::string program_;
};

TEST_F(Program, StartsBehindABrokenLibstdcxx) {
  if (system_library("libavformat.so.59").empty()) GTEST_SKIP() << "needs FFmpeg 5 of the system";
  const auto file = scratch_.write("x/libstdc++.so.6", "version https://git-lfs.github.com/spec/v1\n");
  expect_error(doctor("LD_LIBRARY_PATH='" + (scratch_ / "x") + "'", "ffmpeg"), "not-elf", "ffmpeg", file);
}

TEST_F(Program, NamesALibstdcxxThatIsTooOld) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  if (system_library("libavformat.so.59").empty()) GTEST_SKIP() << "needs FFmpeg 5 of the system";
  const Scratch old;
  ::chmod(old.dir().c_str(), 0755);
  old.write("map", "GLIBCXX_3.4 { global: f; };");
  ASSERT_TRUE(old.compile("libstdc++.so.6", "void f(void) {}", "-Wl,--version-script='" + (old / "map") + "'"));
  const auto outcome = doctor("LD_LIBRARY_PATH='" + old.dir() + "'", "ffmpeg");
  expect_error(outcome, "libstdcxx-too-old", "ffmpeg", old / "libstdc++.so.6");
  EXPECT_NE(outcome.output.find("goes up to GLIBCXX_3.4\""), std::string::npos) << outcome.output;
}

TEST_F(Program, NamesAGlibcThatIsTooOld) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  scratch_.write("map", "GLIBC_2.99 { global: *; };");
  const Scratch future;  // a libc.so.6 to link against, not to run with
  ASSERT_TRUE(future.compile("libc.so.6", "void from_the_future(void) {}",
                             "-nostdlib -Wl,--version-script='" + (scratch_ / "map") + "'"));
  ASSERT_TRUE(scratch_.compile("libnew.so", "void from_the_future(void); void f(void) { from_the_future(); }",
                               "-nostdlib '" + (future / "libc.so.6") + "'"));
  const auto outcome = doctor("", "'" + (scratch_ / "libnew.so") + "'");
  expect_error(outcome, "glibc-too-old", "file", scratch_ / "libnew.so");
  EXPECT_NE(outcome.output.find("GLIBC_2.99"), std::string::npos);
}

TEST_F(Program, NamesTheAddressSpaceLimit) {
  const auto real = system_library("libavformat.so.59");
  if (real.empty()) GTEST_SKIP() << "needs FFmpeg 5 of the system";
  static constexpr int kLimitKib = 65536;
  const auto outcome = doctor(fmt::format("ulimit -v {};", kLimitKib), "ffmpeg");
  expect_error(outcome, "address-space-limit", "ffmpeg", real);
  EXPECT_NE(outcome.output.find(std::to_string(kLimitKib) + " KiB"), std::string::npos);
}

TEST_F(Program, WorksWithoutAHomeOrInAReadOnlyOneAsAnotherUser) {
  const auto other = as_nobody();
  const auto home = scratch_ / "home";
  std::filesystem::create_directory(home);
  ::chmod(home.c_str(), 0555);
  for (const auto& directory : {std::string("/nonexistent"), home}) {
    const auto outcome = doctor("cd /; env -i HOME='" + directory + "' " + other, "core");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_EQ(outcome.report()["verdict"], "ok");
  }
  EXPECT_TRUE(std::filesystem::is_empty(home));
}

TEST_F(Program, WorksWithoutANetwork) {
  const std::string alone = "unshare -n";
  if (run(alone + " true 2>/dev/null").status != 0) GTEST_SKIP() << "needs the right to unshare -n";
  const auto outcome = doctor(alone, "core");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
}

/// Of this machine as it is, whatever is wrong with it.
TEST_F(Program, WritesPlainLinesOf100ColumnsWithTheVerdictFirstAndLast) {
  for (const char* subjects : {"", "ffmpeg sndfile", "torchaudio torchcodec cuda", "/nonexistent/lib.so"}) {
    const auto text = run("'" + program_ + "' " + subjects).output;
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a colour";
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line); lines.push_back(line)) EXPECT_LE(line.size(), 100u) << line;
    ASSERT_GE(lines.size(), 3u) << text;
    EXPECT_EQ(lines.front(), lines.back());
    const auto verdict = lines[0].substr(0, lines[0].find(':'));
    EXPECT_TRUE(verdict == "ok" || verdict == "degraded" || verdict == "broken") << lines[0];
  }
}

TEST_F(Program, NamesAFileThatThisUserMayNotRead) {
  const auto other = as_nobody();
  if (other.empty()) GTEST_SKIP() << "needs root and setpriv to become another user";
  const auto real = system_library("libsndfile.so.1");
  if (real.empty()) GTEST_SKIP() << "no libsndfile on this machine";
  const auto file = scratch_.write("x/libsndfile.so.1", slurp(real));
  ASSERT_EQ(::chmod(file.c_str(), 0), 0);
  // The loader passes over it, and the system's copy serves: a note.
  const auto first = doctor("LD_LIBRARY_PATH='" + (scratch_ / "x") + "' " + other, "sndfile");
  EXPECT_EQ(first.status, 0) << first.output;
  const auto report = first.report();
  ASSERT_EQ(report["findings"].size(), 1u) << first.output;
  EXPECT_EQ(report["findings"][0]["code"], "unreadable");
  EXPECT_EQ(report["findings"][0]["severity"], "note");
  EXPECT_EQ(report["findings"][0]["subject"], file);
  EXPECT_EQ(report["components"][0]["path"], real);
  expect_error(doctor("TONEARM_SNDFILE='" + file + "' " + other, "sndfile"), "unreadable", "sndfile", file);
}

TEST_F(Program, NamesANoexecMount) {
  const auto mount = scratch_ / "m";
  std::filesystem::create_directory(mount);
  // In a mount namespace of its own, so that nothing stays behind.
  const auto inside = fmt::format("mount -t tmpfs -o noexec none '{0}' && cp '{1}' '{0}/libm.so.6'", mount,
                                  system_library("libm.so.6"));
  const auto in_namespace = [&](const std::string& command) {
    return "unshare -m sh -c \"" + command + "\" 2>/dev/null";
  };
  if (run(in_namespace(inside)).status != 0) GTEST_SKIP() << "needs the right to mount (unshare -m, mount)";
  const auto outcome = run(in_namespace(inside + " && '" + program_ + "' --json '" + mount + "/libm.so.6'"));
  expect_error(outcome, "noexec-mount", "file", mount + "/libm.so.6");
  EXPECT_NE(outcome.output.find(mount + " is mounted noexec"), std::string::npos) << outcome.output;

  // Deep in a closure whose other files may be mapped.
  const auto ogg = system_library("libogg.so.0"), sndfile = system_library("libsndfile.so.1");
  if (ogg.empty() || sndfile.empty()) GTEST_SKIP() << "no libsndfile with libogg on this machine";
  const auto deep =
      run(in_namespace(fmt::format("mount -t tmpfs -o noexec none '{0}' && cp '{1}' '{0}/libogg.so.0' && "
                                   "LD_LIBRARY_PATH='{0}' '{2}' --json '{3}'",
                                   mount, ogg, program_, sndfile)));
  expect_error(deep, "noexec-mount", "file", mount + "/libogg.so.0");
  EXPECT_NE(deep.output.find("\"libsndfile.so.1\""), std::string::npos) << deep.output;
}

TEST_F(Program, NamesHalfATorch) {
  const auto libm = slurp(system_library("libm.so.6"));
  const std::string site = scratch_ / "site";
  scratch_.write("site/torch/version.py", "__version__ = '2.15.0+cpu'\n");
  for (const char* name : {"libc10.so", "libtorch.so", "libtorch_python.so"}) {
    scratch_.write(std::string("site/torch/lib/") + name, libm);
  }
  const auto cut = scratch_.write("site/torch/lib/libtorch_cpu.so", libm.substr(0, libm.size() / 2));
  expect_error(doctor("", "torch --wheels '" + site + "'"), "truncated-file", "torch", cut);
  std::filesystem::remove(cut);
  expect_error(doctor("", "torch --wheels '" + site + "'"), "missing-library", "torch", "libtorch_cpu.so");
}

TEST_F(Program, SaysItCouldNotDoItsWork) {
  EXPECT_EQ(doctor("", "no-such-subject").status, 2);
  EXPECT_EQ(doctor("", "core >/dev/full").status, 2);
  EXPECT_EQ(doctor("", "core --manifest /nonexistent 2>/dev/null").status, 2);
  EXPECT_EQ(doctor("", "--no-such-option 2>/dev/null").status, 2);
}

/// What stands at the place of a library that was named.
TEST_F(Program, NamesWhatIsNoFile) {
  std::filesystem::create_directory(scratch_ / "libdir.so");
  ASSERT_EQ(::mkfifo((scratch_ / "libfifo.so").c_str(), 0644), 0);
  for (const auto& path : {scratch_ / "libdir.so", scratch_ / "libfifo.so", std::string("/dev/null")}) {
    expect_error(doctor("", "'" + path + "'"), "not-a-file", "file", path);
  }
}

}  // namespace
}  // namespace tonearm::doctor
