// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a process has mapped, looked at for copies that do not belong together.
// Place in the flow: only libtonearm inside someone's process has anything to look at; the program maps no codec
// library.
#pragma once

#include <string>
#include <vector>

#include "core/doctor/findings.h"

namespace tonearm::doctor {

/// Paths of all shared objects of this process, in the order in which they were mapped.
std::vector<std::string> mapped_paths();

/// Two copies of one library, two OpenMP runtimes. At most one finding per family.
std::vector<Finding> duplicate_findings(const std::vector<std::string>& mapped);

/// The mapped copy that carries `soname` and is another file than `resolved`, which is not mapped itself; or "".
std::string foreign_copy(const std::vector<std::string>& mapped, const std::string& soname,
                         const std::string& resolved);

}  // namespace tonearm::doctor
