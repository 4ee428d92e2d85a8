// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The look that a request takes before it opens a codec library or the kernels. Place in the flow: called by the
// backends and by cuda/, once.
#include <algorithm>

#include "core/doctor/doctor.h"
#include "core/library/library.h"
#include "fmt/format.h"

namespace tonearm::doctor {

core::Result<void> check_before_opening(const std::vector<std::string>& paths) {
  WalkOptions options{.check_symbols = false, .accept_program = false, .neighbours = true};
  for (auto& library : core::mapped_libraries()) options.mapped.emplace(library.soname, library.path);
  Walker walker(LoaderEnvironment::of_process(), options);
  for (const auto& path : paths) walker.add_root(path);
  for (const auto& finding : walker.findings()) {
    if (finding.severity != Severity::kError || finding.code == "missing-library") continue;
    return core::make_error(core::ErrorCode::kMissingDependency, core::Stage::kDependency,
                            fmt::format("cannot use the library \"{}\": {}", paths.back(), finding.code),
                            finding.subject, finding.needed, finding.found, finding.next);
  }
  return {};
}

core::Result<void> check_cuda_device(int device) {
  DiagnoseOptions options = DiagnoseOptions::of_process();
  options.open_driver = true;
  options.cuda_device = device;
  const Report report = diagnose({"cuda"}, options);
  const auto error = std::find_if(report.findings.begin(), report.findings.end(),
                                  [](const Finding& finding) { return finding.severity == Severity::kError; });
  if (error == report.findings.end()) return {};
  auto result = core::make_error(core::ErrorCode::kMissingDependency, core::Stage::kDependency,
                                 fmt::format("cannot use CUDA device {}: {}", device, error->code), error->subject,
                                 error->needed, error->found, error->next);
  result.finding = finding_json(*error);
  return result;
}

}  // namespace tonearm::doctor
