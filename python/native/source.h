// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Source: where the bytes of one call come from: a path, memory that Python owns, or an object with read().
// Place in the flow: made by tonearm/_sources.py, given to read.cpp and reader.cpp.
#pragma once

#include <cstdint>
#include <memory>

#include "python/native/errors.h"

namespace tonearm::python {

/// Calls a Python object's read(n) and seek(position); any exception waits in `pending`.
/// Offsets of the native side count from `base`, the position at which the object was handed over.
struct PythonStream {
  nb::object object;
  nb::object read;                    ///< bound method
  nb::object seek;                    ///< bound method, or none for a stream that cannot seek
  std::int64_t base = 0;              ///< bytes
  std::int64_t size = -1;             ///< bytes from base to the end, or -1
  std::size_t max_request_bytes = 0;  ///< most that one read(n) asks for; 0: what the native side wants
  PendingException pending;
};

/// One source with everything it borrows. One thread at a time.
class Source {
 public:
  static std::unique_ptr<Source> from_path(nb::bytes path, bool allow_special);
  static std::unique_ptr<Source> from_buffer(nb::object buffer, const char* name);
  /// `owner` keeps the memory at `address` alive.
  static std::unique_ptr<Source> from_address(std::uintptr_t address, std::size_t size_bytes, nb::object owner,
                                              const char* name);
  static std::unique_ptr<Source> from_stream(nb::object object, nb::object seek, std::int64_t base, std::int64_t size,
                                             std::size_t max_request_bytes, const char* name);
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  ~Source();

  tonearm_source* get() const { return handle_.get(); }
  /// Where callbacks leave their exceptions; used for signals too.
  PendingException& pending() { return stream_.pending; }

 private:
  Py_buffer view_{};
  bool has_view_ = false;
  nb::object owner_;
  PythonStream stream_;
  SourceHandle handle_;  // last: freed before what it borrows
};

/// Runs `call(error)`, a function of the C ABI, without the GIL, then raises what went wrong: an exception from a
/// callback as itself, anything else as tonearm.Error.
template <class Call>
void run(PendingException& pending, Call&& call) {
  tonearm_error* error = nullptr;
  tonearm_code code;
  {
    nb::gil_scoped_release release;
    code = call(&error);
  }
  ErrorHandle owned(error);
  pending.rethrow();
  check(code, std::move(owned));
}

void bind_source(nb::module_& module);

}  // namespace tonearm::python
