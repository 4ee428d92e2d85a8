// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Faults injected around real libraries, one row each: what is put where, and what the report must then say and only
// say. X is a directory in LD_LIBRARY_PATH.
#include <elf.h>

#include <functional>
#include <ostream>

#include "fmt/format.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

/// The stage of one row.
struct Stage {
  Scratch x;
  DiagnoseOptions options;

  Stage() {
    options.loader = clean_environment();
    options.loader.library_path = x.dir();
    options.open_in_child = true;
  }
  std::string in_x(const std::string& name) const { return x / name; }
  /// Nothing but X is searched.
  void only_x() {
    options.loader.cache_path = "/nonexistent";
    options.loader.default_dirs.clear();
  }
  void map(const std::string& name, const std::string& node, const std::string& source) const {
    x.write("map", node + " { global: *; };");
    ASSERT_TRUE(x.compile(name, source, "-Wl,--version-script='" + (x / "map") + "'"));
  }
};

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
  const auto path_of = [&](std::string name) { return name.starts_with("X/") ? stage.in_x(name.substr(2)) : name; };
  std::vector<std::string> subjects;
  for (const auto& subject : row.subjects) subjects.push_back(path_of(subject));
  const auto report = diagnose(subjects, stage.options);
  // A note may stand beside an error and explain it.
  const auto found = row.severity == kError ? errors_of(report.findings) : report.findings;
  ASSERT_EQ(found.size(), 1u) << report.text();
  const auto& finding = found[0];
  EXPECT_EQ(finding.code, row.code);
  EXPECT_EQ(finding.severity, row.severity);
  EXPECT_EQ(finding.component, row.component);
  EXPECT_EQ(finding.subject, path_of(row.subject));
  EXPECT_EQ(report.exit_status(), row.severity == kError ? 1 : 0);
  EXPECT_NE(finding_json(finding).find(row.in_text), std::string::npos) << finding_json(finding);
  if (row.severity == kError) {
    EXPECT_FALSE(finding.next.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Table, Faults, ::testing::ValuesIn(rows()),
                         [](const auto& info) { return std::string(info.param.name); });

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

/// The advice is for who owns the place.
TEST(Advice, KnowsCondaAndVenvs) {
  ::setenv("CONDA_PREFIX", "/opt/conda", 1);
  ::unsetenv("VIRTUAL_ENV");
  EXPECT_EQ(install_advice("libsndfile.so.1"), "conda install -c conda-forge libsndfile");
  EXPECT_EQ(restore_advice("/opt/conda/lib/libsndfile.so.1"), "conda install --force-reinstall libsndfile");
  ::setenv("VIRTUAL_ENV", "/home/me/venv", 1);
  EXPECT_EQ(install_advice("libsndfile.so.1").find("conda"), std::string::npos);
  EXPECT_EQ(restore_advice("/home/me/venv/lib/python3.11/site-packages/av.libs/libavutil.so.57"),
            "pip install --force-reinstall --no-deps av");
  ::unsetenv("CONDA_PREFIX");
  ::unsetenv("VIRTUAL_ENV");
}

}  // namespace
}  // namespace tonearm::doctor
