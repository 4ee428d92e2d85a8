// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reader: blocks of a long file, in constant memory.
#include "python/native/reader.h"

#include <nanobind/stl/unique_ptr.h>

#include "python/native/options.h"
#include "python/native/read.h"
#include "python/native/source.h"
#include "python/native/turn.h"

namespace tonearm::python {
namespace {

/// One native reader and the source it borrows.
class Reader {
 public:
  Reader(nb::object source, const Options& options)
      : source_(std::move(source)), options_(options), poll_(native_source().pending()) {
    const tonearm_options native = options_.to_native(poll_);
    tonearm_reader* handle = nullptr;
    run(native_source().pending(),
        [&](tonearm_error** error) { return tonearm_reader_open(native_source().get(), &native, &handle, error); });
    handle_.reset(handle);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::unique_ptr<Audio> read(std::int64_t num_frames) {
    const Turn turn(turns_, "reader");
    tonearm_audio* audio = nullptr;
    run(native_source().pending(),
        [&](tonearm_error** error) { return tonearm_reader_read(handle_.get(), num_frames, &audio, error); });
    return std::make_unique<Audio>(AudioHandle(audio));
  }

  void seek(std::int64_t frame) {
    const Turn turn(turns_, "reader");
    run(native_source().pending(),
        [&](tonearm_error** error) { return tonearm_reader_seek(handle_.get(), frame, error); });
  }

  std::int64_t tell() {
    const Turn turn(turns_, "reader");
    return tonearm_reader_tell(handle_.get());
  }

  nb::dict info() {
    const Turn turn(turns_, "reader");
    return info_to_dict(tonearm_reader_info(handle_.get()));
  }

  void close() {
    const Turn turn(turns_, "reader");
    handle_.reset();
    source_ = nb::none();
    turns_.closed = true;
  }

 private:
  Source& native_source() { return nb::cast<Source&>(source_); }

  nb::object source_;
  Options options_;  // its strings are borrowed by the native reader
  SignalPoll poll_;
  TurnState turns_;
  ReaderHandle handle_;  // last: freed before the source
};

}  // namespace

void bind_reader(nb::module_& module) {
  nb::class_<Reader>(module, "Reader")
      .def(nb::init<nb::object, const Options&>(), nb::arg("source"), nb::arg("options"))
      .def("read", &Reader::read, nb::arg("num_frames"))
      .def("seek", &Reader::seek, nb::arg("frame"))
      .def("tell", &Reader::tell)
      .def("close", &Reader::close)
      .def_prop_ro("info", &Reader::info);
}

}  // namespace tonearm::python
