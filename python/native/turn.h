// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Turn: one user of a native object at a time. The GIL is free while native code works, so a second thread, or the
// user's own callback, could come in: that becomes an exception.
#pragma once

#include <atomic>

#include <nanobind/nanobind.h>

namespace tonearm::python {

/// What an object carries for its turns.
struct TurnState {
  std::atomic<bool> busy = false;
  bool closed = false;
};

class Turn {
 public:
  /// `what`: "reader", "writer". Raises RuntimeError where another turn is not over, ValueError where it is closed.
  Turn(TurnState& state, const char* what) : state_(state) {
    if (state.busy.exchange(true)) {
      PyErr_Format(PyExc_RuntimeError, "this %s is at work in another thread; open one %s per thread", what, what);
      nanobind::raise_python_error();
    }
    if (state.closed) {
      state.busy = false;
      PyErr_Format(PyExc_ValueError, "I/O operation on a closed %s", what);
      nanobind::raise_python_error();
    }
  }
  ~Turn() { state_.busy = false; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  TurnState& state_;
};

}  // namespace tonearm::python
