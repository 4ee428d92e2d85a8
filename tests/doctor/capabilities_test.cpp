// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Libraries that open and can do less than they should, from stubs.
#include <algorithm>

#include "core/doctor/mapped.h"
#include "fmt/format.h"
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

/// One row per kind of FFmpeg; `code` is the only finding, a warning, or "".
struct FfmpegRow {
  const char* what;
  unsigned avcodec_minor;
  const char* no_decoder;  // beginning of the decoders' names that are absent
  const char* no_demuxer;
  const char* avutil_build;
  const char* code;
  const char* library;  // file name of the subject
};
constexpr FfmpegRow kFfmpegRows[] = {
    {"whole", 37, "-", "-", "a", "", ""},
    {"no AAC", 37, "aac", "-", "a", "codec-missing", "libavcodec.so.59"},
    {"no MP3", 37, "mp3", "-", "a", "codec-missing", "libavcodec.so.59"},
    {"no Opus", 37, "opus", "-", "a", "codec-missing", "libavcodec.so.59"},
    {"MP3 without its demuxer", 37, "-", "mp3", "a", "container-missing", "libavformat.so.59"},
    {"a snapshot before the release", 10, "-", "-", "a", "older-than-built", "libavcodec.so.59"},
    {"libavutil of another build", 37, "-", "-", "b", "mixed-set", "libavutil.so.57"},
};

TEST(Ffmpeg, NamesWhatItLacks) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  for (const auto& row : kFfmpegRows) {
    SCOPED_TRACE(row.what);
    const Scratch scratch;
    const auto link = [&](const char* name) { return "-Wl,--no-as-needed '" + (scratch / name) + "'"; };
    ASSERT_TRUE(
        scratch.compile("libavutil.so.57", fmt::format("const char* avutil_configuration(void) {{ return \"{}\"; }}\n"
                                                       "const char* av_version_info(void) {{ return \"5.1\"; }}",
                                                       row.avutil_build)));
    ASSERT_TRUE(scratch.compile(
        "libavcodec.so.59",
        fmt::format("#include <string.h>\n"
                    "const char* avcodec_configuration(void) {{ return \"a\"; }}\n"
                    "unsigned avcodec_version(void) {{ return 59 << 16 | {} << 8 | 100; }}\n"
                    "const void* avcodec_find_decoder_by_name(const char* name) {{\n"
                    "  return strncmp(name, \"{}\", {}) == 0 || strncmp(name, \"lib\", 3) == 0 ? 0 : name; }}",
                    row.avcodec_minor, row.no_decoder, std::strlen(row.no_decoder)),
        link("libavutil.so.57")));
    ASSERT_TRUE(scratch.compile("libavformat.so.59",
                                fmt::format("#include <string.h>\n"
                                            "const char* avformat_license(void) {{ return \"LGPL\"; }}\n"
                                            "const char* avformat_configuration(void) {{ return \"a\"; }}\n"
                                            "const void* av_find_input_format(const char* name) {{\n"
                                            "  return strcmp(name, \"{}\") == 0 ? 0 : name; }}",
                                            row.no_demuxer),
                                link("libavcodec.so.59") + " " + link("libavutil.so.57")));
    auto options = clean_options();
    options.loader.library_path = scratch.dir();
    options.settings["TONEARM_FFMPEG_DIR"] = scratch.dir();
    const auto report = diagnose({"ffmpeg"}, options);
    EXPECT_EQ(report.exit_status(), 0) << report.text();
    if (*row.code == '\0') {
      EXPECT_TRUE(report.findings.empty()) << report.text();
      EXPECT_EQ(report.components[0].provides, (std::vector<std::string>{"mp3", "aac", "opus"}));
      continue;
    }
    ASSERT_EQ(report.findings.size(), 1u) << report.text();
    EXPECT_EQ(report.findings[0].code, row.code);
    EXPECT_EQ(report.findings[0].severity, Severity::kWarning);
    EXPECT_EQ(report.findings[0].component, "ffmpeg");
    EXPECT_EQ(report.findings[0].subject, scratch / row.library);
    EXPECT_FALSE(report.findings[0].next.empty());
  }
}

/// A function that is missing between libraries of two places: the mixture, not the symbol.
TEST(Ffmpeg, NamesAMixtureThatDoesNotLoad) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  const Scratch here, there;
  ASSERT_TRUE(there.compile("libavutil.so.57", "void av_new_function(void) {}"));
  ASSERT_TRUE(here.compile("libavformat.so.59", "void av_new_function(void); void f(void) { av_new_function(); }",
                           "-Wl,--no-as-needed '" + (there / "libavutil.so.57") + "'"));
  ASSERT_TRUE(there.compile("libavutil.so.57", "void av_old_function(void) {}"));
  auto options = clean_options();
  options.loader.library_path = there.dir();
  options.settings["TONEARM_FFMPEG_DIR"] = here.dir();
  const auto report = diagnose({"ffmpeg"}, options);
  const auto errors = errors_of(report.findings);
  ASSERT_EQ(errors.size(), 1u) << report.text();
  EXPECT_EQ(errors[0].code, "mixed-set");
  EXPECT_NE(errors[0].found.find(here / "libavformat.so.59"), std::string::npos);
  EXPECT_NE(errors[0].found.find(there / "libavutil.so.57"), std::string::npos);
}

struct SndfileRow {
  const char* version;
  bool decodes;
  const char* code;
};
constexpr SndfileRow kSndfileRows[] = {{"1.2.0", true, ""},
                                       {"1.0.31", true, ""},  // the list omits MP3, and it works
                                       {"1.2.0", false, "codec-missing"},
                                       {"1.0.28", false, "older-than-needed"}};

TEST(Sndfile, IsJudgedByAClipNotByItsList) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  for (const auto& row : kSndfileRows) {
    const Scratch scratch;
    ASSERT_TRUE(scratch.compile("libsndfile.so.1",
                                fmt::format("const char* sf_version_string(void) {{ return \"libsndfile-{}\"; }}\n"
                                            "void* sf_open_fd(int f, int m, void* i, int c) {{ return {} ? i : 0; }}\n"
                                            "long sf_readf_float(void* s, float* p, long n) {{ return n; }}",
                                            row.version, row.decodes ? 1 : 0)));
    auto options = clean_options();
    options.loader.library_path = scratch.dir();
    const auto report = diagnose({"sndfile"}, options);
    EXPECT_EQ(report.exit_status(), 0) << report.text();
    EXPECT_EQ(report.components[0].version, row.version);
    if (*row.code == '\0') {
      EXPECT_TRUE(report.findings.empty()) << report.text();
      EXPECT_EQ(report.components[0].provides.back(), "mp3");
      continue;
    }
    ASSERT_EQ(report.findings.size(), 1u) << report.text();
    EXPECT_EQ(report.findings[0].code, row.code);
    EXPECT_EQ(report.findings[0].severity, Severity::kWarning);
    EXPECT_EQ(report.findings[0].subject, scratch / "libsndfile.so.1");
  }
}

TEST(Mapped, NamesDuplicates) {
  struct Row {
    std::vector<const char*> files;  // below the scratch directory
    const char* subject_of;          // "component" asked for
    const char* code;
    Severity severity;
  };
  const Row rows[] = {
      {{"a/libavutil.so.57", "b/libavutil.so.57"}, "ffmpeg", "duplicate-library", Severity::kWarning},
      {{"a/libavutil.so.57", "av.libs/libavutil-3a1b.so.57.28.100"}, "ffmpeg", "duplicate-library", Severity::kWarning},
      {{"a/libtonearm.so", "b/libtonearm.so"}, "core", "duplicate-library", Severity::kError},
      {{"a/libc10.so", "b/libc10.so"}, "torch", "duplicate-library", Severity::kError},
      {{"a/libgomp.so.1", "b/libiomp5.so"}, "core", "duplicate-openmp", Severity::kWarning},
      {{"a/libgomp.so.1", "t/libgomp-a34b.so.1"}, "core", "duplicate-openmp", Severity::kWarning},
      {{"a/libc10.so", "a/libc10_cuda.so"}, "torch", "", Severity::kNote},
      {{"a/libavutil.so.57", "a/libavcodec.so.59"}, "ffmpeg", "", Severity::kNote},
  };
  for (const auto& row : rows) {
    const Scratch scratch;
    auto options = clean_options();
    options.open_in_child = false;
    for (const char* file : row.files) options.mapped.push_back(scratch.write(file, "x"));
    std::vector<Finding> found;
    for (const auto& finding : diagnose({row.subject_of}, options).findings) {
      if (finding.code.starts_with("duplicate-")) found.push_back(finding);
    }
    if (*row.code == '\0') {
      EXPECT_TRUE(found.empty()) << row.files[0];
      continue;
    }
    ASSERT_EQ(found.size(), 1u) << row.files[0];
    EXPECT_EQ(found[0].code, row.code);
    EXPECT_EQ(found[0].severity, row.severity);
    EXPECT_EQ(found[0].component, row.subject_of);
    EXPECT_EQ(found[0].subject, options.mapped[1]);
    EXPECT_NE(found[0].found.find(options.mapped[0]), std::string::npos);
  }
}

TEST(Mapped, TwoNamesOfOneFileAreOneCopy) {
  const Scratch scratch;
  auto options = clean_options();
  options.mapped = {scratch.write("a/libavutil.so.57", "x"), scratch / "libavutil.so.57"};
  std::filesystem::create_symlink(options.mapped[0], options.mapped[1]);
  options.open_in_child = false;
  for (const auto& finding : diagnose({"ffmpeg"}, options).findings) EXPECT_NE(finding.code, "duplicate-library");
}

TEST(Mapped, NamesAForeignCopy) {
  const auto real = system_library("libsndfile.so.1");
  if (real.empty()) GTEST_SKIP() << "no libsndfile on this machine";
  const Scratch scratch;
  const auto foreign = scratch.write("libsndfile.so.1", slurp(real));
  auto options = clean_options();
  options.mapped = {foreign};
  const auto report = diagnose({"sndfile"}, options);
  ASSERT_EQ(report.findings.size(), 1u) << report.text();
  EXPECT_EQ(report.findings[0].code, "foreign-copy-mapped");
  EXPECT_EQ(report.findings[0].subject, foreign);
  EXPECT_EQ(report.findings[0].needed, real);
  // With the resolved one mapped too it is a duplicate.
  options.mapped.push_back(real);
  const auto both = diagnose({"sndfile"}, options);
  ASSERT_EQ(both.findings.size(), 1u) << both.text();
  EXPECT_EQ(both.findings[0].code, "duplicate-library");
}

TEST(Mapped, SeesThisProcess) {
  const auto paths = mapped_paths();
  EXPECT_TRUE(std::any_of(paths.begin(), paths.end(), [](const auto& path) { return path.ends_with("/libc.so.6"); }));
}

}  // namespace
}  // namespace tonearm::doctor
