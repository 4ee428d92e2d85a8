// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "python/native/doctor.h"

#include <string>
#include <vector>

#include <nanobind/stl/vector.h>

#include "python/native/errors.h"
#include "python/native/source.h"

namespace tonearm::python {
namespace {

std::vector<const char*> c_strings(const std::vector<nb::bytes>& texts) {
  std::vector<const char*> out;
  for (const nb::bytes& text : texts) out.push_back(text.c_str());
  return out;
}

void set_wheel_directories(const std::vector<nb::bytes>& directories) {
  const std::vector<const char*> pointers = c_strings(directories);
  tonearm_set_wheel_directories(pointers.data(), pointers.size());
}

nb::list backend_names() {
  nb::list names;
  for (std::size_t i = 0; i < tonearm_num_backends(); ++i) names.append(to_str(tonearm_backend_name(i)));
  return names;
}

/// May open a codec library: the GIL is free meanwhile.
nb::dict examine_backend(std::size_t index) {
  if (index >= tonearm_num_backends()) throw nb::index_error("no such backend");
  AvailabilityHandle availability;
  {
    nb::gil_scoped_release release;
    availability.reset(tonearm_backend_examine(index));
  }
  nb::dict out;
  out["name"] = to_str(tonearm_backend_name(index));
  out["description"] = to_str(tonearm_backend_description(index));
  out["available"] = tonearm_availability_ok(availability.get()) != 0;
  out["version"] = to_str(tonearm_availability_version(availability.get()));
  out["path"] = to_str(tonearm_availability_path(availability.get()));
  out["reason"] = to_str(tonearm_availability_reason(availability.get()));
  out["next"] = to_str(tonearm_availability_next(availability.get()));
  return out;
}

nb::object diagnose(const std::vector<nb::bytes>& subjects) {
  const std::vector<const char*> pointers = c_strings(subjects);
  PendingException pending;
  char* report = nullptr;
  run(pending,
      [&](tonearm_error** error) { return tonearm_diagnose(pointers.data(), pointers.size(), &report, error); });
  const StringHandle owned(report);
  return to_str(report);
}

}  // namespace

void bind_doctor(nb::module_& module) {
  module.def("version", [] { return to_str(tonearm_version()); });
  module.def("set_wheel_directories", &set_wheel_directories, nb::arg("directories"));
  module.def("backend_names", &backend_names);
  module.def("examine_backend", &examine_backend, nb::arg("index"));
  module.def("diagnose", &diagnose, nb::arg("subjects"));
}

}  // namespace tonearm::python
