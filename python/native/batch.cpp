// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Batch: many sources read by native threads, without the GIL.
// Place in the flow: under tonearm/_batch.py.
#include "python/native/batch.h"

#include <chrono>
#include <vector>

#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

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
    Taken taken;
    while (true) {
      {
        nb::gil_scoped_release release;
        taken = take();
      }
      if (taken.state >= 0) break;
      if (PyErr_CheckSignals() != 0) nb::raise_python_error();
    }
    if (taken.state == 0) return nb::none();
    if (taken.audio) return nb::make_tuple(taken.index, std::make_unique<Audio>(std::move(taken.audio)), nb::none());
    return nb::make_tuple(taken.index, nb::none(), to_exception(std::move(taken.error)));
  }

  /// All that is left, as one block: (Audio of items * channels channels, frames of each item, exceptions by item,
  /// warnings by item). Raises where the sources do not fit together.
  nb::tuple read_padded() {
    const std::size_t count = nb::len(items_);
    std::vector<std::int64_t> lengths(count);
    nb::dict errors, warnings;
    tonearm_padded* made = nullptr;
    tonearm_error* error = nullptr;
    tonearm_code code = tonearm_padded_new(count, &made, &error);
    const PaddedHandle padded(made);
    while (code == TONEARM_OK) {
      Taken taken;
      {
        nb::gil_scoped_release release;
        // Without Python while there is nothing to tell it, but for its signals now and then.
        const auto start = std::chrono::steady_clock::now();
        do {
          taken = take();
          if (taken.state != 1 || !taken.audio) break;
          code = tonearm_padded_add(padded.get(), taken.index, taken.audio.get(), &error);
          lengths[taken.index] = tonearm_audio_num_frames(taken.audio.get());
        } while (code == TONEARM_OK && tonearm_audio_num_warnings(taken.audio.get()) == 0 &&
                 std::chrono::steady_clock::now() - start < std::chrono::duration<double>(kPollSec));
      }
      if (code != TONEARM_OK || taken.state == 0) break;
      if (taken.state == 1 && taken.audio) {
        if (tonearm_audio_num_warnings(taken.audio.get()) > 0) {
          warnings[nb::int_(taken.index)] = Audio(std::move(taken.audio)).warnings();
        }
      } else if (taken.state == 1) {
        errors[nb::int_(taken.index)] = to_exception(std::move(taken.error));
      }
      if (PyErr_CheckSignals() != 0) nb::raise_python_error();
    }
    tonearm_audio* whole = nullptr;
    if (code == TONEARM_OK) code = tonearm_padded_finish(padded.get(), &whole, &error);
    check(code, ErrorHandle(error));
    return nb::make_tuple(std::make_unique<Audio>(AudioHandle(whole)), lengths, errors, warnings);
  }

  /// Cancels what is left and waits for the threads, which never need the GIL.
  void close() {
    nb::gil_scoped_release release;
    batch_.reset();
  }

 private:
  static constexpr double kPollSec = 0.1;
  /// One step of waiting: 1, and exactly one of audio and error is set; 0 at the end; -1 where it takes longer.
  struct Taken {
    int state = 0;
    std::size_t index = 0;
    AudioHandle audio;
    ErrorHandle error;
  };
  Taken take() {
    Taken taken;
    if (!batch_) return taken;
    tonearm_audio* audio = nullptr;
    tonearm_error* error = nullptr;
    taken.state = tonearm_batch_next(batch_.get(), kPollSec, &taken.index, &audio, &error);
    taken.audio.reset(audio);
    taken.error.reset(error);
    return taken;
  }
  static nb::object to_exception(ErrorHandle error) {
    const tonearm_code code = tonearm_error_code(error.get());
    return python::to_exception(code, std::move(error));
  }

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
      .def("read_padded", &Batch::read_padded)
      .def("close", &Batch::close);
}

}  // namespace tonearm::python
