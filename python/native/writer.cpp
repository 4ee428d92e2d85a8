// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Writer: planar samples of a tensor's memory to a path, to an object with write(), or to bytes.
// Place in the flow: under tonearm/_save.py, which sees to types, devices and strides.
#include "python/native/writer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include "python/native/read.h"
#include "python/native/source.h"
#include "python/native/turn.h"

namespace tonearm::python {
namespace {

/// The fields of tonearm_save_options, owning their strings; an empty one is not set. Defaults and meanings are those
/// of tonearm.h.
struct SaveOptions {
  std::string backend;
  std::string format;
  std::string encoding;
  std::optional<double> compression;
  std::vector<std::pair<std::string, std::string>> tags;
  tonearm_save_options fields;

  SaveOptions() { tonearm_save_options_init(&fields); }
};

/// Calls a Python object's write(bytes) and seek(position); any exception waits in `pending`.
struct PythonOutput {
  nb::object write;                   ///< bound method
  nb::object seek;                    ///< bound method, or none: the bytes then come in order
  std::int64_t base = 0;              ///< where the object stood at first
  std::size_t max_request_bytes = 0;  ///< most that one write() is given; 0: what the native side has
  PendingException pending;
};

/// -1 with a Python exception set, or the bytes taken.
std::int64_t write_from(PythonOutput& output, const void* data, std::size_t size) {
  if (output.max_request_bytes > 0) size = std::min(size, output.max_request_bytes);
  // A copy: the object may keep what it is given.
  const nb::object chunk =
      nb::steal(PyBytes_FromStringAndSize(static_cast<const char*>(data), static_cast<Py_ssize_t>(size)));
  if (!chunk.is_valid()) return -1;
  const nb::object taken = nb::steal(PyObject_CallOneArg(output.write.ptr(), chunk.ptr()));
  if (!taken.is_valid()) return -1;
  if (!PyLong_Check(taken.ptr())) return static_cast<std::int64_t>(size);  // None and the like: all of it
  const long long count = PyLong_AsLongLong(taken.ptr());
  if (count == -1 && PyErr_Occurred() != nullptr) return -1;
  if (count > 0 && static_cast<unsigned long long>(count) <= size) return count;
  PyErr_Format(PyExc_OSError, "write() of %zu bytes returned %lld", size, count);
  return -1;
}

// No C++ exception may cross the C ABI: these use the C API, and leave what Python raised in `pending`.
std::int64_t output_write(void* context, const void* data, std::size_t size) {
  auto& output = *static_cast<PythonOutput*>(context);
  nb::gil_scoped_acquire gil;
  const std::int64_t count = write_from(output, data, size);
  if (count < 0) output.pending.capture();
  return count;
}

int output_seek(void* context, std::uint64_t offset) {
  auto& output = *static_cast<PythonOutput*>(context);
  nb::gil_scoped_acquire gil;
  const auto position = static_cast<long long>(offset) + output.base;
  if (nb::steal(PyObject_CallFunction(output.seek.ptr(), "L", position)).is_valid()) return 0;
  output.pending.capture();
  return -1;
}

/// One native writer and the sink it borrows.
class Writer {
 public:
  static std::unique_ptr<Writer> to_path(nb::bytes path, const SaveOptions& options) {
    auto writer = std::make_unique<Writer>();
    tonearm_sink* sink = nullptr;
    run(writer->output_.pending,
        [&](tonearm_error** error) { return tonearm_sink_open_file(path.c_str(), &sink, error); });
    writer->sink_.reset(sink);
    writer->open(options);
    return writer;
  }

  static std::unique_ptr<Writer> to_memory(const SaveOptions& options) {
    auto writer = std::make_unique<Writer>();
    tonearm_sink* sink = nullptr;
    run(writer->output_.pending, [&](tonearm_error** error) { return tonearm_sink_open_memory(&sink, error); });
    writer->sink_.reset(sink);
    writer->open(options);
    return writer;
  }

  static std::unique_ptr<Writer> to_stream(nb::object write, nb::object seek, std::int64_t base,
                                           std::size_t max_request_bytes, const char* name,
                                           const SaveOptions& options) {
    auto writer = std::make_unique<Writer>();
    writer->output_.write = std::move(write);
    writer->output_.seek = std::move(seek);
    writer->output_.base = base;
    writer->output_.max_request_bytes = max_request_bytes;
    tonearm_output callbacks{};
    callbacks.size_of_struct = sizeof(callbacks);
    callbacks.context = &writer->output_;
    callbacks.write = output_write;
    callbacks.seek = writer->output_.seek.is_none() ? nullptr : output_seek;
    tonearm_sink* sink = nullptr;
    run(writer->output_.pending,
        [&](tonearm_error** error) { return tonearm_sink_open_stream(&callbacks, name, &sink, error); });
    writer->sink_.reset(sink);
    writer->open(options);
    return writer;
  }

  Writer() : poll_(output_.pending) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// `address`: of (channels, num_frames) contiguous samples, which the caller keeps alive for the call.
  void write(std::uintptr_t address, std::int64_t num_frames) {
    const Turn turn(turns_, "writer");
    run_or_give_up([&](tonearm_error** error) {
      return tonearm_writer_write(writer_.get(), reinterpret_cast<const void*>(address), num_frames, num_frames, error);
    });
  }

  /// A block as a reader gave it, which must be of the announced shape and type.
  void write_audio(const Audio& audio) {
    const Turn turn(turns_, "writer");
    const tonearm_audio* block = audio.get();
    run_or_give_up([&](tonearm_error** error) {
      const std::int64_t frames = tonearm_audio_num_frames(block);
      return tonearm_writer_write(writer_.get(), tonearm_audio_data(block), frames, frames, error);
    });
  }

  void close() {
    const Turn turn(turns_, "writer");
    run_or_give_up([&](tonearm_error** error) { return tonearm_writer_close(writer_.get(), error); });
    turns_.closed = true;
  }

  /// Gives up: what was there before stays.
  void discard() {
    if (turns_.closed) return;  // after an error it was given up already
    const Turn turn(turns_, "writer");
    give_up();
  }

  std::int64_t num_frames() const { return tonearm_writer_num_frames(writer_.get()); }
  nb::object backend() const { return to_str(tonearm_writer_backend(writer_.get())); }
  nb::bytes contents() const {
    return nb::bytes(static_cast<const char*>(tonearm_sink_data(sink_.get())), tonearm_sink_size(sink_.get()));
  }
  nb::list warnings() const {
    nb::list out;
    for (std::size_t i = 0; i < tonearm_writer_num_warnings(writer_.get()); ++i) {
      out.append(to_str(tonearm_writer_warning(writer_.get(), i)));
    }
    return out;
  }

 private:
  void give_up() {
    turns_.closed = true;
    writer_.reset();
    sink_.reset();
  }

  /// A traceback may keep this object for long: the temporary file goes at once.
  template <class Call>
  void run_or_give_up(const Call& call) {
    try {
      run(output_.pending, call);
    } catch (...) {
      give_up();
      throw;
    }
  }

  void open(const SaveOptions& options) {
    tonearm_save_options native = options.fields;
    native.backend = options.backend.empty() ? nullptr : options.backend.c_str();
    native.format = options.format.empty() ? nullptr : options.format.c_str();
    native.encoding = options.encoding.empty() ? nullptr : options.encoding.c_str();
    native.has_compression = options.compression ? 1 : 0;
    native.compression = options.compression.value_or(0);
    std::vector<tonearm_tag> tags;
    for (const auto& [key, value] : options.tags) tags.push_back({key.c_str(), value.c_str()});
    native.tags = tags.data();
    native.num_tags = tags.size();
    native.should_stop = SignalPoll::should_stop;
    native.stop_context = &poll_;
    tonearm_writer* writer = nullptr;
    run(output_.pending,
        [&](tonearm_error** error) { return tonearm_writer_open(sink_.get(), &native, &writer, error); });
    writer_.reset(writer);
  }

  PythonOutput output_;
  SignalPoll poll_;
  TurnState turns_;
  SinkHandle sink_;
  WriterHandle writer_;  // last: freed before what it borrows
};

/// One property of SaveOptions that is a plain field of tonearm_save_options.
template <auto member>
void bind_field(nb::class_<SaveOptions>& options, const char* name) {
  using Value = std::remove_reference_t<decltype(std::declval<tonearm_save_options&>().*member)>;
  options.def_prop_rw(
      name, [](const SaveOptions& self) { return self.fields.*member; },
      [](SaveOptions& self, Value value) { self.fields.*member = value; });
}

}  // namespace

void bind_writer(nb::module_& module) {
  nb::class_<SaveOptions> options(module, "SaveOptions");
  options.def(nb::init<>())
      .def_rw("backend", &SaveOptions::backend)
      .def_rw("format", &SaveOptions::format)
      .def_rw("encoding", &SaveOptions::encoding)
      .def_rw("compression", &SaveOptions::compression, nb::arg().none())
      .def(
          "add_tag",
          [](SaveOptions& self, std::string key, std::string value) {
            self.tags.emplace_back(std::move(key), std::move(value));
          },
          nb::arg("key"), nb::arg("value"));
  bind_field<&tonearm_save_options::sample_rate>(options, "sample_rate");
  bind_field<&tonearm_save_options::num_channels>(options, "num_channels");
  bind_field<&tonearm_save_options::sample_type>(options, "sample_type");
  bind_field<&tonearm_save_options::num_frames>(options, "num_frames");
  bind_field<&tonearm_save_options::bits_per_sample>(options, "bits_per_sample");
  bind_field<&tonearm_save_options::deadline_sec>(options, "deadline_sec");
  bind_field<&tonearm_save_options::non_finite>(options, "non_finite");

  nb::class_<Writer>(module, "Writer")
      .def_static("to_path", &Writer::to_path, nb::arg("path"), nb::arg("options"))
      .def_static("to_memory", &Writer::to_memory, nb::arg("options"))
      .def_static("to_stream", &Writer::to_stream, nb::arg("write"), nb::arg("seek").none(), nb::arg("base"),
                  nb::arg("max_request_bytes"), nb::arg("name"), nb::arg("options"))
      .def("write", &Writer::write, nb::arg("address"), nb::arg("num_frames"))
      .def("write_audio", &Writer::write_audio, nb::arg("audio"))
      .def("close", &Writer::close)
      .def("discard", &Writer::discard)
      .def_prop_ro("num_frames", &Writer::num_frames)
      .def_prop_ro("backend", &Writer::backend)
      .def_prop_ro("contents", &Writer::contents)
      .def_prop_ro("warnings", &Writer::warnings);
}

}  // namespace tonearm::python
