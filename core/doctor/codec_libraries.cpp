// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libsndfile, FFmpeg, and any file that was asked for by its path.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "core/doctor/codec_probe.h"
#include "core/doctor/examination.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tonearm::doctor {
namespace {

constexpr int kNewestMajor = 9;  // of FFmpeg
constexpr int kOldestMajor = 4;
constexpr int kFormatOffset = 54;  // libavformat.so.(N + 54) belongs to FFmpeg N, for 4 to 9

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

bool is_directory(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Finding bad_setting(const char* name, const std::string& value, std::string needed, std::string found) {
  Finding finding;
  finding.code = "bad-setting";
  finding.subject = name;
  finding.needed = std::move(needed);
  finding.found = std::move(found);
  finding.evidence = fmt::format("{}={}", name, value);
  finding.next = fmt::format("correct {} or unset it", name);
  return finding;
}

/// Takes the first place that can be used; what is wrong with the ones before it stays in the report.
bool take_first(Examination* examination, const std::vector<Place>& places, const Questions& questions) {
  for (const auto& place : places) {
    if (!examination->examine({place.path}, questions)) continue;
    examination->component.path = place.path;
    examination->component.source = place.source;
    return true;
  }
  return false;
}

/// The number behind ".so." in a library's file name, or -1.
int soname_major(const std::string& path) {
  const auto at = path.rfind(".so.");
  if (at == std::string::npos) return -1;
  const int major = std::atoi(path.c_str() + at + 4);
  return major > 0 ? major : -1;
}

/// libavformat files of one directory with a supported major, newest first; other majors go to `others`.
std::vector<std::string> list_avformat(const std::string& dir, std::set<std::string>* others) {
  std::vector<std::string> files;
  std::set<int> seen;
  for (const auto& path : list_files(dir, "libavformat", ".so.")) {
    const int major = soname_major(path);
    const bool supported = major >= kOldestMajor + kFormatOffset && major <= kNewestMajor + kFormatOffset;
    if (!supported) {
      if (major > 0) others->insert(path);
    } else if (seen.insert(major).second) {
      files.push_back(path);  // sorted by name: libavformat.so.59 comes before libavformat.so.59.27.100
    }
  }
  std::stable_sort(files.begin(), files.end(),
                   [](const auto& a, const auto& b) { return soname_major(a) > soname_major(b); });
  return files;
}

std::string ffmpeg_program(const Examination& examination) {
  const auto path = examination.setting("PATH");
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find(':', at), path.size());
    auto program = path.substr(at, end - at) + "/ffmpeg";
    at = end + 1;
    if (::access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

void ffmpeg_absent(Examination* examination, const Walker& search, const std::set<std::string>& others) {
  Finding finding;
  finding.evidence = fmt::format("looked in {}", search.places());
  finding.next = codec_advice("libavformat.so");
  finding.needed = fmt::format("FFmpeg {} to {}", kOldestMajor, kNewestMajor);
  if (!others.empty()) {
    const int major = soname_major(*others.rbegin());
    finding.code = "unsupported-major";
    finding.subject = absolute_path(*others.rbegin());
    finding.found = fmt::format("FFmpeg {} (libavformat.so.{})", major - kFormatOffset, major);
    examination->component.state = "unsupported";
    examination->component.path = finding.subject;
    if (!examination->asked) finding.severity = Severity::kWarning;
    examination->add(std::move(finding));
    return;
  }
  finding.code = "missing-library";
  finding.subject = "libavformat.so";
  finding.found = "no shared library of it";
  finding.chain = {"tonearm", "libavformat.so"};
  if (const auto program = ffmpeg_program(*examination); !program.empty()) {
    finding.found = fmt::format("the program {} is there, the shared libraries are not", program);
  }
  examination->absent(std::move(finding));
}

}  // namespace

void examine_sndfile(Examination* examination) {
  static constexpr const char* kSetting = "TONEARM_SNDFILE";
  static constexpr const char* kSoname = "libsndfile.so.1";
  std::vector<Place> places;
  const auto value = examination->setting(kSetting);
  Walker search(examination->options.loader);
  if (!value.empty()) {
    const auto path = is_directory(value) ? value + "/" + kSoname : value;
    if (!exists(path)) {
      examination->component.state = "broken";
      examination->add(
          bad_setting(kSetting, value, "libsndfile's path, or its directory", fmt::format("nothing at {}", path)));
      return;
    }
    places.push_back({path, "env"});
  } else {
    for (const auto& dir : environment_lib_dirs(*examination)) {
      if (exists(dir + "/" + kSoname)) places.push_back({dir + "/" + kSoname, "venv"});
    }
    if (const auto path = search.find_soname(kSoname, Severity::kError); !path.empty()) {
      places.push_back({path, "system"});
    }
    examination->add(search.findings());
    for (const auto& dir : examination->options.wheel_dirs) {
      for (const auto& path : list_files(dir + "/_soundfile_data", "libsndfile", ".so")) {
        places.push_back({path, "wheel"});
      }
    }
  }
  if (take_first(examination, places, {{"sf_version_string"}, probe_sndfile})) {
    auto version = examination->answers["sf_version_string"];  // "libsndfile-1.2.0"
    if (version.starts_with("libsndfile-")) version.erase(0, 11);
    examination->component.version = version;
    examination->component.license = "LGPL version 2.1 or later";
    return assess_sndfile(examination);
  }
  if (examination->has_error()) {
    examination->component.state = "broken";
    if (!places.empty()) examination->component.path = places.front().path;
    return;
  }
  Finding finding;
  finding.code = "missing-library";
  finding.subject = kSoname;
  finding.needed = kSoname;
  finding.found = "no such library";
  finding.chain = {"tonearm", kSoname};
  finding.evidence = fmt::format("looked in {}", search.places());
  for (const auto& note : search.findings()) finding.evidence = note.evidence + "; " + finding.evidence;
  finding.next = codec_advice(kSoname);
  examination->absent(std::move(finding));
}

void examine_ffmpeg(Examination* examination) {
  static constexpr const char* kSetting = "TONEARM_FFMPEG_DIR";
  std::vector<Place> places;
  std::set<std::string> others;
  Walker search(examination->options.loader);
  const auto value = examination->setting(kSetting);
  if (!value.empty()) {
    const auto files = list_avformat(value, &others);
    if (files.empty()) {
      examination->component.state = "broken";
      examination->add(bad_setting(kSetting, value, "a directory with libavformat.so.58 to .63",
                                   !exists(value)         ? "nothing there"
                                   : !is_directory(value) ? "not a directory"
                                                          : "a directory without any"));
      return;
    }
    if (files.size() > 1) {
      auto finding =
          bad_setting(kSetting, value, "the libraries of one FFmpeg", fmt::format("{}", fmt::join(files, ", ")));
      finding.code = "mixed-set";
      examination->component.state = "broken";
      examination->add(std::move(finding));
      return;
    }
    places.push_back({files.front(), "env"});
  } else {
    for (const auto& dir : environment_lib_dirs(*examination)) {
      for (const auto& path : list_avformat(dir, &others)) places.push_back({path, "venv"});
    }
    for (int major = kNewestMajor; major >= kOldestMajor; --major) {
      const auto path = search.find_soname(fmt::format("libavformat.so.{}", major + kFormatOffset), Severity::kError);
      if (!path.empty()) places.push_back({path, "system"});
    }
    examination->add(search.findings());
    for (const auto& dir : examination->options.wheel_dirs) {
      for (const auto& path : list_avformat(dir + "/av.libs", &others)) places.push_back({path, "wheel"});
    }
  }
  static const std::vector<std::string> kFunctions = {"av_version_info",        "avformat_license",
                                                      "avformat_configuration", "avcodec_configuration",
                                                      "avutil_configuration",   "swresample_configuration"};
  if (take_first(examination, places, {kFunctions, probe_ffmpeg, true})) {
    examination->component.version = examination->answers["av_version_info"];
    examination->component.license = examination->answers["avformat_license"];
    return assess_ffmpeg(examination);
  }
  // A function that is missing between libraries of two places is the mixture's fault.
  for (auto& finding : examination->findings) {
    const auto paths = finding.code == "symbol-missing" ? mixed_set(*examination) : std::string();
    if (paths.empty()) continue;
    finding.code = "mixed-set";
    finding.evidence = fmt::format("missing: {}", finding.needed);
    finding.needed = "libraries of one FFmpeg build";
    finding.found = paths;
  }
  if (examination->has_error()) {
    examination->component.state = "broken";
    if (!places.empty()) examination->component.path = places.front().path;
    return;
  }
  for (const auto& name : search.cache().names_with_prefix("libavformat.so.")) {
    const auto* path = search.cache().find(name);
    if (exists(*path) && soname_major(name) > 0) others.insert(*path);
  }
  std::string list = examination->options.loader.library_path;
  std::replace(list.begin(), list.end(), ';', ':');
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find(':', at), list.size());
    list_avformat(list.substr(at, end - at), &others);
    at = end + 1;
  }
  ffmpeg_absent(examination, search, others);
}

void examine_file(Examination* examination, const std::string& path) {
  examination->component.path = absolute_path(path);
  Walker walker(examination->options.loader);
  walker.add_root(path);
  walker.check_closure();
  examination->add(walker.findings());
  if (has_error(walker.findings())) {
    examination->component.state = "broken";
    return;
  }
  // A program, or an extension that only an interpreter can open, is not opened.
  const auto& root = walker.objects().front();
  FileProblem problem;
  std::vector<SymbolNeed> needs;
  const auto bytes = open_bytes(root.path, &problem, nullptr);
  if (bytes) read_symbols(*bytes, root.elf, nullptr, &needs);
  const bool wants_interpreter = std::any_of(needs.begin(), needs.end(), [](const SymbolNeed& need) {
    return need.name.starts_with("Py") || need.name.starts_with("_Py");
  });
  if (!root.elf.interpreter.empty() || wants_interpreter || !examination->options.open_in_child) return;
  if (!examination->examine({path})) examination->component.state = "broken";
}

}  // namespace tonearm::doctor
