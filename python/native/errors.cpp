// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "python/native/errors.h"

#include <cstring>
#include <utility>

namespace tonearm::python {

nb::object to_str(const char* text) {
  if (text == nullptr) text = "";
  PyObject* str = PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(std::strlen(text)), "surrogateescape");
  if (str == nullptr) nb::raise_python_error();
  return nb::steal(str);
}

void PendingException::capture() {
  nb::python_error error;  // takes over what PyErr_* holds
  if (exception_ == nullptr) exception_ = std::make_exception_ptr(std::move(error));
}

void PendingException::rethrow() {
  if (exception_ != nullptr) std::rethrow_exception(std::exchange(exception_, nullptr));
}

int SignalPoll::should_stop(void* self) {
  // Often enough that a person sees no delay, rarely enough that the GIL costs nothing.
  constexpr auto kInterval = std::chrono::milliseconds(100);
  auto& poll = *static_cast<SignalPoll*>(self);
  const auto now = std::chrono::steady_clock::now();
  if (now - poll.last_ < kInterval) return 0;
  poll.last_ = now;
  nb::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() == 0) return 0;
  poll.pending_.capture();
  return 1;
}

nb::object to_exception(tonearm_code code, ErrorHandle error) {
  const tonearm_error* e = error.get();
  nb::list candidates;
  for (std::size_t i = 0; i < tonearm_error_num_candidates(e); ++i) {
    candidates.append(nb::make_tuple(to_str(tonearm_error_candidate_backend(e, i)),
                                     to_str(tonearm_error_candidate_verdict(e, i)),
                                     to_str(tonearm_error_candidate_reason(e, i))));
  }
  return nb::module_::import_("tonearm._errors")
      .attr("from_native")(static_cast<int>(code), to_str(tonearm_error_message(e)), to_str(tonearm_error_stage(e)),
                           to_str(tonearm_error_subject(e)), to_str(tonearm_error_needed(e)),
                           to_str(tonearm_error_found(e)), to_str(tonearm_error_next(e)), candidates,
                           to_str(tonearm_error_finding(e)), tonearm_error_byte_offset(e));
}

void check(tonearm_code code, ErrorHandle error) {
  if (code == TONEARM_OK) return;
  const nb::object exception = to_exception(code, std::move(error));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  nb::raise_python_error();
}

}  // namespace tonearm::python
