// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From a tonearm_error, or from an exception caught in a callback, to a Python exception.
// Place in the flow: every binding ends its native call with check().
#pragma once

#include <chrono>
#include <exception>

#include <nanobind/nanobind.h>

#include "python/native/handles.h"

namespace tonearm::python {

namespace nb = nanobind;

/// A C string as str; bytes that are not UTF-8 are escaped as os.fsdecode does. Null becomes "".
nb::object to_str(const char* text);

/// Keeps the first Python exception that a callback met, until the native call has unwound.
/// Threads: written with the GIL held, by the thread that runs the native call.
class PendingException {
 public:
  /// Takes the exception that Python has set (GIL held). A later one is dropped: the first is the cause.
  void capture();
  /// Raises what was captured, if anything (GIL held).
  void rethrow();

 private:
  std::exception_ptr exception_;
};

/// Lets Ctrl-C interrupt a long native call: asks Python for pending signals, at most ten times a second.
class SignalPoll {
 public:
  explicit SignalPoll(PendingException& pending) : pending_(pending) {}
  /// For tonearm_options::should_stop; takes the GIL only when it is time to ask.
  static int should_stop(void* self);

 private:
  PendingException& pending_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// The tonearm.Error (or the subclass that fits) of `error`, not raised. GIL held.
nb::object to_exception(tonearm_code code, ErrorHandle error);

/// Returns when `code` is 0; otherwise raises tonearm.Error (or the subclass that fits). GIL held.
void check(tonearm_code code, ErrorHandle error);

}  // namespace tonearm::python
