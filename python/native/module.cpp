// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm._native: the C ABI as Python sees it. Thin; arguments are judged and defaults set in python/tonearm/*.py.
#include <nanobind/nanobind.h>

#include "python/native/batch.h"
#include "python/native/doctor.h"
#include "python/native/dsp.h"
#include "python/native/read.h"
#include "python/native/reader.h"
#include "python/native/source.h"
#include "python/native/writer.h"

NB_MODULE(_native, module) {
  // Objects that live to the end of the interpreter (a reader in a global) are no news to our users.
  nanobind::set_leak_warnings(false);
  module.attr("UINT8") = static_cast<int>(TONEARM_UINT8);
  module.attr("INT16") = static_cast<int>(TONEARM_INT16);
  module.attr("INT32") = static_cast<int>(TONEARM_INT32);
  module.attr("FLOAT32") = static_cast<int>(TONEARM_FLOAT32);
  module.attr("FLOAT64") = static_cast<int>(TONEARM_FLOAT64);
  module.attr("INT16_OR_FLOAT32") = static_cast<int>(TONEARM_INT16_OR_FLOAT32);
  module.attr("NATIVE") = static_cast<int>(TONEARM_NATIVE);
  tonearm::python::bind_source(module);
  tonearm::python::bind_read(module);
  tonearm::python::bind_reader(module);
  tonearm::python::bind_batch(module);
  tonearm::python::bind_writer(module);
  tonearm::python::bind_doctor(module);
  tonearm::python::bind_dsp(module);
}
