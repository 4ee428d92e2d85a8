// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One component's check, from candidate places to findings.
// Place in the flow: inside core/doctor, shared by codec_libraries.cpp, packages.cpp and driver.cpp.
#pragma once

#include <string>
#include <vector>

#include "core/doctor/doctor.h"
#include "core/doctor/open_child.h"

namespace tonearm::doctor {

/// A file that may be the component, and the kind of place it was found in ("env", "venv", "system", "wheel").
struct Place {
  std::string path;
  std::string source;
};

/// What one component's check works on.
struct Examination {
  const DiagnoseOptions& options;
  bool asked;  ///< by name: then absence is an error
  Component component;
  std::vector<Finding> findings;

  std::string setting(const char* name) const;
  /// Findings get the component's name; the same code on the same subject is kept once.
  void add(Finding finding);
  void add(const std::vector<Finding>& found) {
    for (const auto& finding : found) add(finding);
  }
  bool has_error() const;
  /// Walks `roots` in order and, if nothing is wrong and the options allow, opens them in a child and calls
  /// `functions`. True when it can be used.
  bool examine(const std::vector<std::string>& roots, const std::vector<std::string>& functions,
               std::map<std::string, std::string>* texts);
  /// Absent: a state, and where it was asked for, the finding.
  void absent(Finding finding);
};

/// `lib` of the running environment: the venv's before conda's.
std::vector<std::string> environment_lib_dirs(const Examination& examination);
/// Regular files in `dir` whose names start and match; sorted, full paths.
std::vector<std::string> list_files(const std::string& dir, const std::string& prefix, const std::string& infix);
bool has_error(const std::vector<Finding>& findings);

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
