// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling and features: plans as objects, samples by address.
#pragma once

#include <nanobind/nanobind.h>

namespace tonearm::python {

void bind_dsp(nanobind::module_& module);

}  // namespace tonearm::python
