// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What an FFmpeg or a libsndfile that opens can and cannot do, from the answers of the child process.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "core/doctor/codec_probe.h"
#include "core/doctor/examination.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tonearm::doctor {
namespace {

constexpr const char* kOwnLibraries[] = {"libavformat", "libavcodec", "libavutil", "libswresample"};

/// avcodec_version() of the first release of each major, whose structs the layout tables were made for.
struct FirstRelease {
  int ffmpeg_major;
  unsigned avcodec_major;
  unsigned avcodec_minor;
};
constexpr FirstRelease kFirstReleases[] = {{4, 58, 18}, {5, 59, 18}, {6, 60, 3}, {7, 61, 3}, {8, 62, 11}, {9, 63, 0}};

std::string answer(const Examination& examination, const char* key) {
  const auto it = examination.answers.find(key);
  return it == examination.answers.end() ? std::string() : it->second;
}

/// The object of the closure whose file name begins so, or "".
std::string object_of(const Examination& examination, const std::string& stem) {
  for (const auto& path : examination.closure) {
    if (std::filesystem::path(path).filename().string().starts_with(stem)) return path;
  }
  return {};
}

Finding lacking(const Examination& examination, const char* code, const std::string& subject) {
  Finding finding;
  finding.code = code;
  finding.severity = Severity::kWarning;
  finding.subject = subject.empty() ? examination.component.path : subject;
  finding.chain = {"tonearm", std::filesystem::path(finding.subject).filename().string()};
  return finding;
}

void check_age(Examination* examination) {
  const auto version = static_cast<unsigned>(std::strtoul(answer(*examination, "avcodec").c_str(), nullptr, 10));
  const unsigned major = version >> 16, minor = version >> 8 & 0xff;
  for (const auto& first : kFirstReleases) {
    if (first.avcodec_major != major || minor >= first.avcodec_minor) continue;
    auto finding = lacking(*examination, "older-than-built", object_of(*examination, "libavcodec"));
    finding.needed =
        fmt::format("libavcodec {}.{} or newer: FFmpeg {}.0", major, first.avcodec_minor, first.ffmpeg_major);
    finding.found = fmt::format("libavcodec {}.{}, a snapshot from before that release", major, minor);
    finding.next = fmt::format("use a release of FFmpeg {}, or pip install av", first.ffmpeg_major);
    examination->add(std::move(finding));
  }
}

void check_codecs(Examination* examination) {
  const auto decoders = answer(*examination, "decoders"), demuxers = answer(*examination, "demuxers");
  if (decoders.empty()) return;  // it has no such functions; that is told elsewhere
  const auto any = [](const std::string& list, const std::vector<const char*>& names) {
    return std::any_of(names.begin(), names.end(),
                       [&](const char* name) { return list.find(fmt::format(",{},", name)) != std::string::npos; });
  };
  for (const auto& codec : expected_codecs()) {
    const bool decodes = any(decoders, codec.decoders);
    if (decodes && any(demuxers, codec.demuxers)) {
      examination->component.provides.emplace_back(codec.name);
      continue;
    }
    auto finding = decodes ? lacking(*examination, "container-missing", object_of(*examination, "libavformat"))
                           : lacking(*examination, "codec-missing", object_of(*examination, "libavcodec"));
    finding.needed = decodes ? fmt::format("a demuxer for {} ({})", codec.name, fmt::join(codec.demuxers, " or "))
                             : fmt::format("a decoder for {} ({})", codec.name, fmt::join(codec.decoders, " or "));
    finding.found = fmt::format("this FFmpeg was built without; its license: {}",
                                examination->component.license.empty() ? "not said" : examination->component.license);
    finding.evidence = answer(*examination, "avcodec_configuration");
    finding.next = "use a complete FFmpeg: " + codec_advice("libavformat.so");
    examination->add(std::move(finding));
  }
}

}  // namespace

std::string mixed_set(const Examination& examination) {
  std::set<std::string> dirs, builds;
  std::vector<std::string> paths;
  for (const char* stem : kOwnLibraries) {
    const auto path = object_of(examination, stem);
    if (path.empty()) continue;
    paths.push_back(path);
    std::error_code error;
    dirs.insert(std::filesystem::weakly_canonical(path, error).parent_path().string());
    if (const auto build = answer(examination, (std::string(stem).substr(3) + "_configuration").c_str());
        !build.empty()) {
      builds.insert(build);
    }
  }
  // One build has one configuration; without the answers, one place is one build.
  const bool mixed = builds.empty() ? dirs.size() > 1 : builds.size() > 1;
  return mixed ? fmt::format("{}", fmt::join(paths, ", ")) : std::string();
}

void assess_ffmpeg(Examination* examination) {
  check_age(examination);
  check_codecs(examination);
  if (const auto paths = mixed_set(*examination); !paths.empty()) {
    auto finding = lacking(*examination, "mixed-set", object_of(*examination, "libavutil"));
    finding.needed = "libraries of one FFmpeg build";
    finding.found = paths;
    finding.evidence = "their configurations differ";
    finding.next = "keep one set: remove the other's directory from the loader's path";
    examination->add(std::move(finding));
  }
}

void assess_sndfile(Examination* examination) {
  auto& component = examination->component;
  const auto mp3 = answer(*examination, "mp3");
  if (mp3.empty()) return;
  component.provides = {"wav", "aiff", "au", "caf"};
  if (mp3 == "yes") return component.provides.emplace_back("mp3"), void();
  char* rest = nullptr;
  const long major = std::strtol(component.version.c_str(), &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  const bool old = major == 1 && minor < 1;
  auto finding = lacking(*examination, old ? "older-than-needed" : "codec-missing", component.path);
  finding.needed = old ? "libsndfile 1.1.0 or newer, for MP3" : "libsndfile with MP3 (libmpg123 and libmp3lame)";
  finding.found = old ? fmt::format("libsndfile {}", component.version)
                      : fmt::format("libsndfile {}, and a clip of MP3 does not decode", component.version);
  finding.next = "MP3 then needs FFmpeg, or pip install soundfile, which brings its own libsndfile";
  examination->add(std::move(finding));
}

}  // namespace tonearm::doctor
