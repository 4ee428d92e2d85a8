// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <nanobind/nanobind.h>

namespace tonearm::python {

void bind_writer(nanobind::module_& module);

}  // namespace tonearm::python
