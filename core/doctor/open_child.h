// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Opens libraries in a child process, so that a crash, an early exit or a hang in a constructor becomes a finding.
// Place in the flow: after the walk has found nothing wrong; used by the doctor program only. The child is a fork, so
// the caller must have no other threads: libtonearm inside someone's process leaves this to the program.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/doctor/findings.h"

namespace tonearm::doctor {

struct OpenRequest {
  std::vector<std::string> paths;      ///< opened in this order, by full path
  std::vector<std::string> roots;      ///< those of `paths` that must open; another one may lean on who needs it
  std::vector<std::string> functions;  ///< `const char* f(void)`, called once all are open; absent ones are skipped
  std::chrono::milliseconds deadline{5000};
  /// Runs in the child with the handles of `paths`; what it returns becomes part of `texts`. May be empty.
  std::function<std::map<std::string, std::string>(const std::vector<void*>&)> probe{};
};

struct OpenOutcome {
  enum class Fate { kOpened, kRefused, kCrashed, kExited, kHung, kNoChild };
  Fate fate = Fate::kNoChild;
  std::string at;                            ///< the object that was being opened when it ended
  std::string detail;                        ///< "SIGSEGV", "exit status 0", the loader's text
  std::map<std::string, std::string> texts;  ///< what the functions and the probe returned
};

OpenOutcome open_in_child(const OpenRequest& request);

/// The finding for an outcome other than kOpened.
Finding outcome_finding(const OpenOutcome& outcome, std::chrono::milliseconds deadline);

}  // namespace tonearm::doctor
