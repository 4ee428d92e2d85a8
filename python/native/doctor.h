// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Binding of the library's own state: version, backends, where wheels are, the doctor's report.
#pragma once

#include <nanobind/nanobind.h>

namespace tonearm::python {

void bind_doctor(nanobind::module_& module);

}  // namespace tonearm::python
