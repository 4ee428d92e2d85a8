// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Batch: many sources read by native threads, without the GIL.
// Place in the flow: under tonearm/_batch.py.
#include "python/native/batch.h"

#include <vector>

#include <nanobind/stl/unique_ptr.h>

#include "python/native/options.h"
#include "python/native/read.h"

namespace tonearm::python {
namespace {

/// The batch and the memory that it borrows: paths as bytes objects, file contents as buffers.
class Batch {
 public:
  /// items: a path as bytes, or a (buffer,) tuple with the contents of a file.
  Batch(nb::list items, const Options& options, int num_threads, std::size_t max_ahead, bool in_order) : items_(items) {
    const std::size_t count = nb::len(items);
    views_.reserve(count);  // views must not move: they are released one by one
    std::vector<tonearm_batch_item> native_items;
    for (nb::handle item : items) {
      if (nb::isinstance<nb::bytes>(item)) {
        native_items.push_back({nb::cast<nb::bytes>(item).c_str(), nullptr, 0});
      } else {
        const Py_buffer& view = borrow(item[0]);
        native_items.push_back({nullptr, view.buf, static_cast<std::size_t>(view.len)});
      }
    }
    tonearm_options native = options.fields;
    native.backend = options.backend ? options.backend->c_str() : nullptr;
    native.format = options.format ? options.format->c_str() : nullptr;
    tonearm_batch* batch = nullptr;
    tonearm_error* error = nullptr;
    const tonearm_code code = tonearm_batch_open(native_items.data(), count, &native, num_threads, max_ahead,
                                                 in_order ? 1 : 0, &batch, &error);
    ErrorHandle owned(error);
    if (code != TONEARM_OK) {
      release_views();
      check(code, std::move(owned));
    }
    batch_.reset(batch);
  }
  ~Batch() {
    close();
    release_views();
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// (index, Audio or None, exception or None), or None at the end. Ctrl-C is seen while waiting.
  nb::object next() {
    constexpr double kPollSec = 0.1;
    std::size_t index = 0;
    tonearm_audio* audio = nullptr;
    tonearm_error* error = nullptr;
    int state = -1;
    while (state < 0 && batch_ != nullptr) {
      {
        nb::gil_scoped_release release;
        state = tonearm_batch_next(batch_.get(), kPollSec, &index, &audio, &error);
      }
      if (state < 0 && PyErr_CheckSignals() != 0) nb::raise_python_error();
    }
    if (state <= 0) return nb::none();
    if (audio != nullptr) return nb::make_tuple(index, std::make_unique<Audio>(AudioHandle(audio)), nb::none());
    ErrorHandle owned(error);
    const tonearm_code code = tonearm_error_code(owned.get());
    return nb::make_tuple(index, nb::none(), to_exception(code, std::move(owned)));
  }

  /// Cancels what is left and waits for the threads, which never need the GIL.
  void close() {
    nb::gil_scoped_release release;
    batch_.reset();
  }

 private:
  const Py_buffer& borrow(nb::handle object) {
    views_.emplace_back();
    if (PyObject_GetBuffer(object.ptr(), &views_.back(), PyBUF_SIMPLE) != 0) {
      views_.pop_back();
      release_views();
      nb::raise_python_error();
    }
    return views_.back();
  }
  void release_views() {
    for (Py_buffer& view : views_) PyBuffer_Release(&view);
    views_.clear();
  }

  nb::list items_;
  std::vector<Py_buffer> views_;
  BatchHandle batch_;
};

}  // namespace

void bind_batch(nb::module_& module) {
  nb::class_<Batch>(module, "Batch")
      .def(nb::init<nb::list, const Options&, int, std::size_t, bool>(), nb::arg("items"), nb::arg("options"),
           nb::arg("num_threads"), nb::arg("max_ahead"), nb::arg("in_order"))
      .def("next", &Batch::next)
      .def("close", &Batch::close);
}

}  // namespace tonearm::python
