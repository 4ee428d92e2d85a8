// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Faults injected around real libraries, one row each: what is put where, and what the report must then say and only
// say. X is a directory in LD_LIBRARY_PATH.
#include <elf.h>

#include <functional>
#include <ostream>

#include "fmt/format.h"
#include "tests/doctor/stage.h"

namespace tonearm::doctor {
namespace {

using namespace test;

struct Row {
  const char* name;
  std::vector<std::string> subjects;
  const char* library;  // a soname of the system that the row needs, or ""
  std::function<void(Stage*)> inject;
  const char* code;
  Severity severity;
  const char* component;
  const char* subject;  // below X where it begins with "X/", else as it is
  const char* in_text;  // must stand in the finding
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string patched(std::string data, std::size_t at, std::uint16_t value) {
  std::memcpy(data.data() + at, &value, sizeof value);
  return data;
}

std::string foreign(const char* soname) {
  const std::uint16_t other = own_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64;
  return patched(slurp(system_library(soname)), offsetof(Elf64_Ehdr, e_machine), other);
}

constexpr auto kError = Severity::kError;
constexpr auto kNote = Severity::kNote;
constexpr auto kWarning = Severity::kWarning;

/// torch 2.8 with one function, and a torchaudio 2.8 that wants another. Names as the compiler mangles them.
void write_torch_pair(Stage* stage, const std::string& exported, const std::string& wanted) {
  const auto source = [](const std::string& symbol, const char* body) {
    return fmt::format("void f(void) __asm__(\"{}\"); void {} {}", symbol, "f(void)", body);
  };
  std::filesystem::create_directories(stage->in_x("torch/lib"));
  std::filesystem::create_directories(stage->in_x("torchaudio/lib"));
  stage->x.write("torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
  stage->x.write("torchaudio/version.py", "__version__ = '2.8.0+cu128'\n");
  ASSERT_TRUE(stage->x.compile("torch/lib/libc10.so", source(exported, "{}")));
  ASSERT_TRUE(stage->x.compile("torchaudio/lib/libtorchaudio.so",
                               fmt::format("void w(void) __asm__(\"{}\"); void g(void) {{ w(); }}", wanted)));
  stage->options.wheel_dirs = {stage->x.dir()};
}

/// libtop.so -> libmid.so.2 -> libend.so.5, in X.
void write_chain(Stage* stage, const std::string& top_flags = "") {
  stage->stub("libend.so.5", {});
  stage->stub("libmid.so.2", {"libend.so.5"});
  stage->stub("libtop.so", {"libmid.so.2"}, "int top;", top_flags);
}

/// X/libtop.so, whose dependency X/libinner.so.4 does this when it is loaded.
void write_constructor(Stage* stage, const char* body) {
  stage->stub("libinner.so.4", {},
              fmt::format("#include <stdlib.h>\n#include <unistd.h>\n"
                          "__attribute__((constructor)) static void start(void) {{ {} }}",
                          body));
  stage->stub("libtop.so", {"libinner.so.4"});
}

/// torch, and a torchcodec with an object for FFmpeg 6, from stubs that need nothing of the system.
void write_torchcodec(Stage* stage, bool with_avutil, const std::vector<std::string>& others) {
  for (const char* dir : {"torch/lib", "torchcodec"}) std::filesystem::create_directories(stage->in_x(dir));
  stage->x.write("torch/version.py", "__version__ = '2.8.0'\n");
  stage->x.write("torchcodec/version.py", "__version__ = '0.7.0'\n");
  stage->stub("torch/lib/libtorch.so", {}, "int stub;", "-nostdlib");
  stage->stub("libavutil.so.58", {}, "int stub;", "-nostdlib");
  for (const auto& other : others) stage->stub(other, {}, "int stub;", "-nostdlib");
  auto needs = others;
  needs.insert(needs.begin(), "libavutil.so.58");
  stage->stub("torchcodec/libtorchcodec_core6.so", needs, "int stub;", "-nostdlib");
  if (!with_avutil) std::filesystem::remove(stage->in_x("libavutil.so.58"));
  stage->only_x();
  stage->options.wheel_dirs = {stage->x.dir()};
}

constexpr const char* kNewString = "_ZN3c103fooERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE";
constexpr const char* kOldString = "_ZN3c103fooERKSs";

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"extra_need",
       {"ffmpeg"},
       "libgme.so.0",
       [](Stage* s) {
         ASSERT_TRUE(s->x.compile("libnope.so.9", "int nope;"));
         ASSERT_TRUE(s->x.compile("libgme.so.0", "int gme;", "-Wl,--no-as-needed '" + s->in_x("libnope.so.9") + "'"));
         std::filesystem::remove(s->in_x("libnope.so.9"));
       },
       "missing-library",
       kError,
       "ffmpeg",
       "libnope.so.9",
       "shadows"},
      {"old_node",
       {"ffmpeg"},
       "libavcodec.so.59",
       [](Stage* s) { s->map("libavcodec.so.59", "LIBAVCODEC_58", "int avcodec_version(void) { return 58 << 16; }"); },
       "version-node-missing",
       kError,
       "ffmpeg",
       "X/libavcodec.so.59",
       "LIBAVCODEC_58"},
      {"old_node_elsewhere",
       {"sndfile"},
       "libFLAC.so.12",
       [](Stage* s) { ASSERT_TRUE(s->x.compile("libFLAC.so.12", "int unrelated;")); },
       "symbol-missing",
       kError,
       "sndfile",
       "X/libFLAC.so.12",
       "FLAC__"},
      {"no_node",
       {"ffmpeg"},
       "libavcodec.so.59",
       [](Stage* s) { ASSERT_TRUE(s->x.compile("libavcodec.so.59", "int avcodec_version(void) { return 1; }")); },
       "no-version-info",
       kError,
       "ffmpeg",
       "X/libavcodec.so.59",
       "shadows"},
      {"other_machine_first",
       {"sndfile"},
       "libsndfile.so.1",
       [](Stage* s) { s->x.write("libsndfile.so.1", foreign("libsndfile.so.1")); },
       "wrong-architecture",
       kNote,
       "sndfile",
       "X/libsndfile.so.1",
       ""},
      {"other_machine_only",
       {"sndfile"},
       "libsndfile.so.1",
       [](Stage* s) {
         s->x.write("libsndfile.so.1", foreign("libsndfile.so.1"));
         s->only_x();
       },
       "wrong-architecture",
       kError,
       "sndfile",
       "X/libsndfile.so.1",
       ""},
      {"class_32_first",
       {"sndfile"},
       "libsndfile.so.1",
       [](Stage* s) {
         auto data = slurp(system_library("libsndfile.so.1"));
         data[EI_CLASS] = ELFCLASS32;
         s->x.write("libsndfile.so.1", data);
       },
       "wrong-architecture",
       kNote,
       "sndfile",
       "X/libsndfile.so.1",
       "32"},
      {"link_loop_first",
       {"sndfile"},
       "libsndfile.so.1",
       [](Stage* s) { std::filesystem::create_symlink("libsndfile.so.1", s->in_x("libsndfile.so.1")); },
       "dangling-link",
       kNote,
       "sndfile",
       "X/libsndfile.so.1",
       ""},
      {"link_only",
       {"sndfile"},
       "",
       [](Stage* s) {
         std::filesystem::create_symlink("nowhere", s->in_x("libsndfile.so.1"));
         s->only_x();
       },
       "missing-library",
       kError,
       "sndfile",
       "libsndfile.so.1",
       "nowhere"},
      {"program_without_libraries",
       {"ffmpeg"},
       "",
       [](Stage* s) {
         s->only_x();
         s->options.settings["PATH"] = s->x.dir();
         std::filesystem::permissions(s->x.write("ffmpeg", "#!/bin/sh\n"), std::filesystem::perms::all);
       },
       "missing-library",
       kError,
       "ffmpeg",
       "libavformat.so",
       "the shared libraries are not"},
      {"newer_major",
       {"ffmpeg"},
       "",
       [](Stage* s) {
         s->only_x();
         s->x.write("libavformat.so.66", "");
       },
       "unsupported-major",
       kError,
       "ffmpeg",
       "X/libavformat.so.66",
       "FFmpeg 12"},
      {"preload",
       {"core"},
       "",
       [](Stage* s) { s->options.loader.preload = "/nope.so"; },
       "preload-missing",
       kNote,
       "core",
       "/nope.so",
       "LD_PRELOAD"},
      {"setting_names_a_file",
       {"ffmpeg"},
       "",
       [](Stage* s) { s->options.settings["TONEARM_FFMPEG_DIR"] = s->x.write("file", "x"); },
       "bad-setting",
       kError,
       "ffmpeg",
       "TONEARM_FFMPEG_DIR",
       "not a directory"},
      {"setting_of_mixed_majors",
       {"ffmpeg"},
       "",
       [](Stage* s) {
         s->x.write("libavformat.so.59", "x");
         s->x.write("libavformat.so.60", "x");
         s->options.settings["TONEARM_FFMPEG_DIR"] = s->x.dir();
       },
       "mixed-set",
       kError,
       "ffmpeg",
       "TONEARM_FFMPEG_DIR",
       "libavformat.so.60"},
      {"setting_of_a_bad_file",
       {"sndfile"},
       "",
       [](Stage* s) { s->options.settings["TONEARM_SNDFILE"] = s->x.write("my.so", "<!DOCTYPE html>"); },
       "not-elf",
       kError,
       "sndfile",
       "X/my.so",
       "<!DOCTYPE"},
      {"torchaudio_of_the_old_string",
       {"torchaudio"},
       "",
       [](Stage* s) { write_torch_pair(s, kNewString, kOldString); },
       "built-for-other-abi",
       kError,
       "torchaudio",
       "X/torchaudio",
       "old std::string"},
      {"torchaudio_of_the_new_string",
       {"torchaudio"},
       "",
       [](Stage* s) { write_torch_pair(s, kOldString, kNewString); },
       "built-for-other-abi",
       kError,
       "torchaudio",
       "X/torchaudio",
       "new std::string"},
      {"torchaudio_wants_what_is_gone",
       {"torchaudio"},
       "",
       [](Stage* s) { write_torch_pair(s, "_ZN3c103barEi", "_ZN3c103fooEi"); },
       "symbol-missing",
       kError,
       "torchaudio",
       "X/torchaudio",
       "c10::foo(int)"},
      {"cpu_torch",
       {"torch"},
       "",
       [](Stage* s) {
         write_torch_pair(s, "a", "b");
         s->x.write("torch/version.py", "__version__ = '2.8.0+cpu'\ncuda = None\n");
         for (const char* name : {"libtorch_cpu.so", "libtorch_python.so"}) {
           ASSERT_TRUE(s->x.compile(std::string("torch/lib/") + name, "int x;"));
         }
       },
       "torch-without-cuda",
       kNote,
       "torch",
       "X/torch",
       "CPU only"},
      {"cuda_never_mapped",
       {"torch", "cuda"},
       "",
       [](Stage* s) {
         s->x.write("torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
         for (const char* name : {"libc10.so", "libtorch_cpu.so", "libtorch_cuda.so", "libtorch_python.so"}) {
           std::filesystem::create_directories(s->in_x("torch/lib"));
           ASSERT_TRUE(s->x.compile(std::string("torch/lib/") + name, "int x;"));
         }
         ASSERT_TRUE(s->x.compile("libcuda.so.1",
                                  "int cuInit(unsigned f) { return 0; }\n"
                                  "int cuDriverGetVersion(int* v) { *v = 13020; return 0; }"));
         s->options.wheel_dirs = {s->x.dir()};
         s->options.mapped = {s->in_x("torch/lib/libtorch_cpu.so")};
       },
       "torch-without-cuda",
       kError,
       "torch",
       "X/torch/lib/libtorch_cuda.so",
       "never mapped"},
      {"extra_need_elsewhere",
       {"sndfile"},
       "libmp3lame.so.0",
       [](Stage* s) {
         s->stub("libgone.so.4", {});
         s->stub("libmp3lame.so.0", {"libgone.so.4"});
         std::filesystem::remove(s->in_x("libgone.so.4"));
       },
       "missing-library",
       kError,
       "sndfile",
       "libgone.so.4",
       "libsndfile.so.1"},
      {"runpath_is_not_inherited",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         write_chain(s, "-Wl,--enable-new-dtags,-rpath,'$ORIGIN'");
         s->options.loader.library_path.clear();
       },
       "missing-library",
       kError,
       "file",
       "libend.so.5",
       "RUNPATH is not inherited"},
      {"initial_exec_tls",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         write_chain(s);
         s->stub("libend.so.5", {},
                 "static __thread char room[8192] __attribute__((tls_model(\"initial-exec\")));\n"
                 "char* f(int i) { return room + i; }");
       },
       "static-tls",
       kError,
       "file",
       "X/libend.so.5",
       "optional_static_tls"},
      {"stack_before_glibc_2_41",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         write_chain(s);
         s->stub("libmid.so.2", {"libend.so.5"}, "int stub;", "-Wl,-z,execstack");
         s->options.loader.glibc_minor = 40;
       },
       "executable-stack",
       kWarning,
       "file",
       "X/libmid.so.2",
       "PT_GNU_STACK"},
      {"stack_from_glibc_2_41",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         write_chain(s);
         s->stub("libend.so.5", {}, "int stub;", "-Wl,-z,execstack");
         s->options.loader.glibc_minor = 41;
       },
       "executable-stack",
       kError,
       "file",
       "X/libend.so.5",
       "patchelf"},
      {"address_space",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         write_chain(s);
         s->options.loader.address_space_limit = 1 << 20;
         s->options.loader.address_space_bytes = 1 << 14;
       },
       "address-space-limit",
       kError,
       "file",
       "X/libtop.so",
       "1024 KiB"},
      {"dependency_aborts",
       {"X/libtop.so"},
       "",
       [](Stage* s) { write_constructor(s, "abort();"); },
       "crashes-on-load",
       kError,
       "file",
       "X/libinner.so.4",
       "SIGABRT"},
      {"dependency_executes_ud2",
       {"X/libtop.so"},
       "",
       [](Stage* s) { write_constructor(s, "__builtin_trap();"); },
       "crashes-on-load",
       kError,
       "file",
       "X/libinner.so.4",
       "SIG"},
      {"dependency_exits",
       {"X/libtop.so"},
       "",
       [](Stage* s) { write_constructor(s, "_exit(0);"); },
       "exits-on-load",
       kError,
       "file",
       "X/libinner.so.4",
       "exit status 0"},
      {"dependency_loops",
       {"X/libtop.so"},
       "",
       [](Stage* s) { write_constructor(s, "for (;;) __asm__(\"\");"); },
       "hangs-on-load",
       kError,
       "file",
       "X/libinner.so.4",
       "5000 ms"},
      {"codec_library_that_crashes",
       {"sndfile"},
       "libsndfile.so.1",
       [](Stage* s) {
         s->stub("libsndfile.so.1", {}, "__attribute__((constructor)) static void f(void) { *(volatile int*)8 = 1; }");
       },
       "crashes-on-load",
       kError,
       "sndfile",
       "X/libsndfile.so.1",
       "SIGSEGV"},
      {"node_of_any_library",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         s->map("libown.so.3", "OWN_3", "int own(void) { return 3; }");
         s->stub("libtop.so", {"libown.so.3"}, "int own(void); int top(void) { return own(); }");
         s->map("libown.so.3", "OWN_2", "int own(void) { return 2; }");
       },
       "version-node-missing",
       kError,
       "file",
       "X/libown.so.3",
       "OWN_2"},
      {"right_node_one_function_missing",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         s->map("libown.so.3", "OWN_3", "int own(void) { return 3; } int other(void) { return 4; }");
         s->stub("libtop.so", {"libown.so.3"}, "int own(void); int top(void) { return own(); }");
         s->map("libown.so.3", "OWN_3", "int other(void) { return 4; }");
       },
       "symbol-missing",
       kError,
       "file",
       "X/libown.so.3",
       "own@OWN_3"},
      {"no_node_and_all_functions",
       {"X/libtop.so"},
       "",
       [](Stage* s) {
         s->map("libown.so.3", "OWN_3", "int own(void) { return 3; }");
         s->stub("libtop.so", {"libown.so.3"}, "int own(void); int top(void) { return own(); }");
         s->stub("libown.so.3", {}, "int own(void) { return 3; }");
       },
       "no-version-info",
       kNote,
       "file",
       "X/libown.so.3",
       "every function"},
      {"newer_glibc_deep_down",
       {"ffmpeg"},
       "libgme.so.0",
       [](Stage* s) {
         const Scratch future;  // a libc.so.6 to link against, not to run with
         future.write("map", "GLIBC_2.99 { global: *; };");
         ASSERT_TRUE(future.compile("libc.so.6", "void from_the_future(void) {}",
                                    "-nostdlib -Wl,--version-script='" + (future / "map") + "'"));
         ASSERT_TRUE(s->x.compile("libgme.so.0", "void from_the_future(void); void f(void) { from_the_future(); }",
                                  "-nostdlib '" + (future / "libc.so.6") + "'"));
       },
       "glibc-too-old",
       kError,
       "ffmpeg",
       "X/libgme.so.0",
       "GLIBC_2.99"},
      {"older_cxxabi",
       {"X/libtop.so"},
       "libstdc++.so.6",
       [](Stage* s) {
         s->map("libstdc++.so.6", "CXXABI_1.3.13", "void f(void) {}");
         s->stub("libmid.so.2", {"libstdc++.so.6"}, "void f(void); void g(void) { f(); }");
         s->stub("libtop.so", {"libmid.so.2"});
         s->map("libstdc++.so.6", "CXXABI_1.3.8", "void f(void) {}");
       },
       "libstdcxx-too-old",
       kError,
       "file",
       "X/libstdc++.so.6",
       "goes up to CXXABI_1.3.8\""},
      {"libstdcxx_of_the_system_is_older",
       {"X/libtop.so"},
       "libstdc++.so.6",
       [](Stage* s) {
         s->map("libstdc++.so.6", "GLIBCXX_3.4.99", "void f(void) {}");
         s->stub("libmid.so.2", {"libstdc++.so.6"}, "void f(void); void g(void) { f(); }");
         s->stub("libtop.so", {"libmid.so.2"});
         std::filesystem::remove(s->in_x("libstdc++.so.6"));
       },
       "libstdcxx-too-old",
       kError,
       "file",
       "X/libmid.so.2",
       "GLIBCXX_3.4.99"},
      {"avutil_of_another_ffmpeg",
       {"ffmpeg"},
       "libavcodec.so.59",
       [](Stage* s) { s->map("libavutil.so.57", "LIBAVUTIL_57", "int of_another_build;"); },
       "mixed-set",
       kError,
       "ffmpeg",
       "X/libavutil.so.57",
       "libswresample.so.4"},
      {"older_major",
       {"ffmpeg"},
       "",
       [](Stage* s) {
         s->only_x();
         s->x.write("libavformat.so.56", "");
       },
       "unsupported-major",
       kError,
       "ffmpeg",
       "X/libavformat.so.56",
       "FFmpeg 2"},
      {"setting_names_nothing",
       {"sndfile"},
       "",
       [](Stage* s) { s->options.settings["TONEARM_SNDFILE"] = s->in_x("gone"); },
       "bad-setting",
       kError,
       "sndfile",
       "TONEARM_SNDFILE",
       "gone"},
      {"cuda_library_of_torch_missing",
       {"torch"},
       "",
       [](Stage* s) {
         std::filesystem::create_directories(s->in_x("torch/lib"));
         s->x.write("torch/version.py", "__version__ = '2.8.0+cu128'\ncuda = '12.8'\n");
         s->stub("libcufft.so.11", {});
         for (const char* name : {"torch/lib/libc10.so", "torch/lib/libtorch_cpu.so", "torch/lib/libtorch_python.so"}) {
           s->stub(name, {});
         }
         s->stub("torch/lib/libtorch_cuda.so", {"libcufft.so.11"});
         std::filesystem::remove(s->in_x("libcufft.so.11"));
         s->options.wheel_dirs = {s->x.dir()};
       },
       "missing-library",
       kError,
       "torch",
       "libcufft.so.11",
       "libtorch_cuda.so"},
      {"torchcodec_without_ffmpeg",
       {"torchcodec"},
       "",
       [](Stage* s) { write_torchcodec(s, false, {}); },
       "missing-library",
       kError,
       "torchcodec",
       "libavutil.so.58",
       "looked in"},
      {"torchcodec_with_another_ffmpeg",
       {"torchcodec"},
       "",
       [](Stage* s) {
         write_torchcodec(s, false, {});
         s->stub("libavutil.so.65", {}, "int stub;", "-nostdlib");
       },
       "unsupported-major",
       kError,
       "torchcodec",
       "X/libavutil.so.65",
       "was not built for"},
      {"torchcodec_without_another_library",
       {"torchcodec"},
       "",
       [](Stage* s) {
         write_torchcodec(s, true, {"libpython-of-no-fame.so.1"});
         std::filesystem::remove(s->in_x("libpython-of-no-fame.so.1"));
       },
       "missing-library",
       kError,
       "torchcodec",
       "libpython-of-no-fame.so.1",
       "libtorchcodec_core6.so"},
      {"segfault",
       {"X/libbad.so"},
       "",
       [](Stage* s) {
         ASSERT_TRUE(
             s->x.compile("libbad.so", "__attribute__((constructor)) static void f(void) { *(volatile int*)8 = 1; }"));
       },
       "crashes-on-load",
       kError,
       "file",
       "X/libbad.so",
       "SIGSEGV"},
  };
  return all;
}

class Faults : public ::testing::TestWithParam<Row> {};

TEST_P(Faults, AreNamedAndNothingElseIs) {
  const auto& row = GetParam();
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  if (*row.library != '\0' && system_library(row.library).empty()) GTEST_SKIP() << "this system has no " << row.library;
  Stage stage;
  row.inject(&stage);
  std::vector<std::string> subjects;
  for (const auto& subject : row.subjects) subjects.push_back(stage.path_of(subject));
  const auto report = diagnose(subjects, stage.options);
  // A note may stand beside an error and explain it.
  const auto found = row.severity == kError ? errors_of(report.findings) : report.findings;
  ASSERT_EQ(found.size(), 1u) << report.text();
  const auto& finding = found[0];
  EXPECT_EQ(finding.code, row.code);
  EXPECT_EQ(finding.severity, row.severity);
  EXPECT_EQ(finding.component, row.component);
  EXPECT_EQ(finding.subject, stage.path_of(row.subject));
  EXPECT_EQ(report.exit_status(), row.severity == kError ? 1 : 0);
  EXPECT_NE(finding_json(finding).find(row.in_text), std::string::npos) << finding_json(finding);
  if (row.severity == kError) {
    EXPECT_FALSE(finding.next.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Faults, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

/// What the faults are injected into has none.
TEST(CleanMachine, HasNoFinding) {
  Stage stage;
  for (const std::vector<std::string>& subjects : {std::vector<std::string>{}, {"core"}}) {
    const auto report = diagnose(subjects, stage.options);
    EXPECT_TRUE(report.findings.empty()) << report.text();
    EXPECT_EQ(report.verdict(), "ok");
    EXPECT_EQ(report.exit_status(), 0);
  }
}

/// Where nothing asks for CUDA a torch without it is a note; `doctor torch cuda` asks.
TEST(Torch, WithoutCudaIsAnErrorWhereCudaIsAskedFor) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  Stage stage;
  stage.only_x();
  stage.x.write("torch/version.py", "__version__ = '2.8.0+cpu'\n");
  stage.options.wheel_dirs = {stage.x.dir()};
  for (const auto& finding : diagnose({"torch", "cuda"}, stage.options).findings) {
    if (finding.code != "torch-without-cuda") continue;
    EXPECT_EQ(finding.severity, kError);
    return;
  }
  FAIL() << "not told";
}

}  // namespace
}  // namespace tonearm::doctor
