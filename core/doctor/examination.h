// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One component's check, from candidate places to findings.
// Place in the flow: inside core/doctor, shared by the files that examine one kind of component each.
#pragma once

#include <string>
#include <vector>

#include "core/doctor/doctor.h"
#include "core/doctor/manifest.h"
#include "core/doctor/open_child.h"

namespace tonearm::doctor {

/// A file that may be the component, and the kind of place it was found in ("env", "venv", "system", "wheel").
struct Place {
  std::string path;
  std::string source;
};

/// What to ask a library once it is open in the child.
struct Questions {
  std::vector<std::string> functions{};  ///< see OpenRequest
  decltype(OpenRequest::probe) probe{};
  bool neighbours{};  ///< see WalkOptions
};

/// What one component's check works on.
struct Examination {
  const DiagnoseOptions& options;
  bool asked;       ///< by name: then absence is an error
  bool cuda_asked;  ///< "cuda" is among the subjects: then a torch without it is an error
  Component component;
  std::vector<Finding> findings;
  std::vector<std::string> closure{};            ///< of the last examine(): the paths of all objects
  std::map<std::string, std::string> answers{};  ///< of the last examine()

  std::string setting(const char* name) const;
  /// Findings get the component's name; the same code on the same subject is kept once.
  void add(Finding finding);
  void add(const std::vector<Finding>& found) {
    for (const auto& finding : found) add(finding);
  }
  bool has_error() const;
  /// Walks `roots` in order and, if nothing is wrong and the options allow, opens them in a child, puts `questions` and
  /// fills `answers`. True when it can be used.
  bool examine(const std::vector<std::string>& roots, const Questions& questions = {});
  /// A warning where the process holds another file under the soname of `object`.
  void check_mapped_copy(const Object& object);
  /// Absent: a state, and where it was asked for, the finding.
  void absent(Finding finding);
};

/// `lib` of the running environment: the venv's before conda's.
std::vector<std::string> environment_lib_dirs(const Examination& examination);
/// Regular files in `dir` whose names start and match; sorted, full paths.
std::vector<std::string> list_files(const std::string& dir, const std::string& prefix, const std::string& infix);
bool has_error(const std::vector<Finding>& findings);

/// What is lacking in the library that was opened last: warnings, and Component::provides.
void assess_ffmpeg(Examination* examination);
void assess_sndfile(Examination* examination);
/// The paths of FFmpeg's libraries in the closure where they are not of one build, else "".
std::string mixed_set(const Examination& examination);

void examine_core(Examination* examination);
void examine_sndfile(Examination* examination);
void examine_ffmpeg(Examination* examination);
void examine_file(Examination* examination, const std::string& path);
void examine_torch(Examination* examination);
void examine_torchaudio(Examination* examination);
void examine_torchcodec(Examination* examination);
void examine_soundfile(Examination* examination);
void examine_python(Examination* examination);
void examine_cuda(Examination* examination);

}  // namespace tonearm::doctor
