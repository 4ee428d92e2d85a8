// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One thing that is wrong, and what to do about it.
// Place in the flow: what every check of the doctor returns and what a report prints.
#pragma once

#include <string>
#include <vector>

#include "core/doctor/elf_file.h"

namespace tonearm::doctor {

enum class Severity {
  kNote,     ///< passed over, or harmless
  kWarning,  ///< works, with less
  kError,    ///< what was asked for cannot work, or the candidate that the loader would take is bad
};

const char* severity_name(Severity severity);

/// Fields as in the JSON report; an empty string is written as null.
struct Finding {
  std::string code;  ///< an entry of fault_table()
  Severity severity = Severity::kError;
  std::string component;
  std::string subject;  ///< absolute path, soname or variable at fault; never empty in an error
  std::string needed;
  std::string found;
  std::vector<std::string> chain;  ///< who needs whom, the subject last
  std::string evidence;
  std::string next;  ///< a command or an action; never empty in an error
  /// The words of the report's first line, where code and subject alone do not tell. Not in the JSON.
  std::string headline{};
};

/// A finding about a file as a file; `next` is filled with the package that would restore it.
Finding file_finding(const FileProblem& problem, Severity severity, const std::string& path,
                     std::vector<std::string> chain);

/// Whose package managers the advice names.
struct Host {
  enum class System { kDebian, kFedora, kOther };
  System system = System::kOther;
  std::string conda_prefix;  ///< empty outside conda
  std::string virtual_env;   ///< empty outside a venv; a venv made inside conda is not conda's

  /// This process's, by its environment and the texts of /etc/os-release.
  static Host of_process();
};
/// The system that a text of /etc/os-release describes, by ID and ID_LIKE.
Host::System system_of(const std::string& os_release);

/// How to get `soname` here ("apt-get install libsndfile1"), or a general action where that is not known.
std::string install_advice(const std::string& soname, const Host& host = Host::of_process());
/// The same for a codec library of tonearm's, which may also come in a Python package: first choice in a venv.
std::string codec_advice(const std::string& soname, const Host& host = Host::of_process());
/// How to restore the file at `path`: by the package manager that owns its place.
std::string restore_advice(const std::string& path, const Host& host = Host::of_process());

/// One kind of fault, for docs/troubleshooting.md.
struct FaultEntry {
  const char* code;
  const char* symptom;  ///< what a person sees without the doctor
  const char* cause;
  const char* remedy;
};

/// Every code that a report can contain, in the order of the page.
const std::vector<FaultEntry>& fault_table();
/// docs/troubleshooting.md.
std::string troubleshooting_page();

}  // namespace tonearm::doctor
