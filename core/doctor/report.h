// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the doctor says: components, findings, one verdict, as text for people and as JSON for programs.
// Place in the flow: last; knows nothing of how anything was examined.
#pragma once

#include <string>
#include <vector>

#include "core/doctor/findings.h"

namespace tonearm::doctor {

/// The state of something tonearm can use, or of a package that was asked for. Empty strings are written as null.
struct Component {
  std::string name;          ///< "core", "ffmpeg", "sndfile", "cuda", "torch", "python", ..., "file"
  std::string state = "ok";  ///< "ok", "absent", "broken", "unsupported", "not_built"
  std::string version;
  std::string path;
  std::string source;  ///< "env", "mapped", "venv", "system", "wheel"
  std::string license;
  std::vector<std::string> provides;
};

struct Report {
  std::vector<std::string> subjects;  ///< component names that were asked for; empty: all
  std::vector<Component> components;
  std::vector<Finding> findings;
  std::string unable;  ///< why the doctor could not do its work, or empty

  /// "ok", "degraded" or "broken", over the subjects asked for (none: the core).
  std::string verdict() const;
  /// 0 no error, 1 at least one, 2 the doctor could not do its work.
  int exit_status() const;
  /// The first line of the text: verdict and primary cause.
  std::string headline() const;
  /// At most 100 columns, ends with a newline; headline first and last.
  std::string text() const;
  /// One object, fields as in the schema; bytes that are not UTF-8 are escaped as Python's surrogateescape does.
  std::string json() const;
};

/// One finding as JSON, for Error::finding.
std::string finding_json(const Finding& finding);

}  // namespace tonearm::doctor
