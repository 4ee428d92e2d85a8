// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Libraries that open and can do less than they should, from stubs.
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
  unsigned avcodec_major;
  unsigned avcodec_minor;
  const char* no_decoder;  // beginning of the decoders' names that are absent
  const char* no_demuxer;
  const char* avutil_build;
  const char* code;
  const char* library;  // stem of the subject
};
constexpr FfmpegRow kFfmpegRows[] = {
    {"whole", 59, 37, "-", "-", "a", "", ""},
    {"whole, of another major", 62, 11, "-", "-", "a", "", ""},
    {"no AAC", 59, 37, "aac", "-", "a", "codec-missing", "libavcodec"},
    {"no MP3", 60, 31, "mp3", "-", "a", "codec-missing", "libavcodec"},
    {"no Opus", 62, 28, "opus", "-", "a", "codec-missing", "libavcodec"},
    {"MP3 without its demuxer", 59, 37, "-", "mp3", "a", "container-missing", "libavformat"},
    {"AAC without ADTS has MP4", 61, 19, "-", "aac", "a", "", ""},
    {"a snapshot before the release", 59, 10, "-", "-", "a", "older-than-built", "libavcodec"},
    {"another before its release", 58, 17, "-", "-", "a", "older-than-built", "libavcodec"},
    {"the last before its release", 62, 10, "-", "-", "a", "older-than-built", "libavcodec"},
    {"libavutil of another build", 59, 37, "-", "-", "b", "mixed-set", "libavutil"},
    {"libavutil of another build of FFmpeg 8", 62, 11, "-", "-", "b", "mixed-set", "libavutil"},
};

TEST(Ffmpeg, NamesWhatItLacks) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  for (const auto& row : kFfmpegRows) {
    SCOPED_TRACE(row.what);
    const Scratch scratch;
    const auto link = [&](const std::string& name) { return "-Wl,--no-as-needed '" + (scratch / name) + "'"; };
    const auto avutil = fmt::format("libavutil.so.{}", row.avcodec_major - 2);
    const auto avcodec = fmt::format("libavcodec.so.{}", row.avcodec_major);
    const auto avformat = fmt::format("libavformat.so.{}", row.avcodec_major);
    ASSERT_TRUE(scratch.compile(avutil, fmt::format("const char* avutil_configuration(void) {{ return \"{}\"; }}\n"
                                                    "const char* av_version_info(void) {{ return \"5.1\"; }}",
                                                    row.avutil_build)));
    ASSERT_TRUE(scratch.compile(
        avcodec,
        fmt::format("#include <string.h>\n"
                    "const char* avcodec_configuration(void) {{ return \"a\"; }}\n"
                    "unsigned avcodec_version(void) {{ return {} << 16 | {} << 8 | 100; }}\n"
                    "const void* avcodec_find_decoder_by_name(const char* name) {{\n"
                    "  return strncmp(name, \"{}\", {}) == 0 || strncmp(name, \"lib\", 3) == 0 ? 0 : name; }}",
                    row.avcodec_major, row.avcodec_minor, row.no_decoder, std::strlen(row.no_decoder)),
        link(avutil)));
    ASSERT_TRUE(scratch.compile(avformat,
                                fmt::format("#include <string.h>\n"
                                            "const char* avformat_license(void) {{ return \"LGPL\"; }}\n"
                                            "const char* avformat_configuration(void) {{ return \"a\"; }}\n"
                                            "const void* av_find_input_format(const char* name) {{\n"
                                            "  return strcmp(name, \"{}\") == 0 ? 0 : name; }}",
                                            row.no_demuxer),
                                link(avcodec) + " " + link(avutil)));
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
    EXPECT_TRUE(report.findings[0].subject.starts_with(scratch / row.library + ".so.")) << report.findings[0].subject;
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
                                       {"1.1.0", false, "codec-missing"},
                                       {"1.0.28", false, "older-than-needed"},
                                       {"1.0.31", false, "older-than-needed"}};

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

}  // namespace
}  // namespace tonearm::doctor
