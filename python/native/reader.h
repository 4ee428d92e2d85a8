// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Binding of tonearm_reader.
#pragma once

#include <nanobind/nanobind.h>

namespace tonearm::python {

void bind_reader(nanobind::module_& module);

}  // namespace tonearm::python
