// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "python/native/source.h"

#include <algorithm>
#include <cstring>

#include <nanobind/stl/unique_ptr.h>

namespace tonearm::python {
namespace {

/// The bytes of an object for as long as this lives.
class BufferView {
 public:
  ~BufferView() {
    if (held_) PyBuffer_Release(&view_);
  }
  bool acquire(PyObject* object) { return held_ = PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) == 0; }
  const void* data() const { return view_.buf; }
  std::size_t size_bytes() const { return static_cast<std::size_t>(view_.len); }

 private:
  Py_buffer view_{};
  bool held_ = false;
};

/// -1 with a Python exception set, or the bytes copied to `out`.
std::int64_t read_into(PythonStream& stream, void* out, std::size_t size) {
  if (stream.max_request_bytes > 0) size = std::min(size, stream.max_request_bytes);
  const nb::object chunk = nb::steal(PyObject_CallFunction(stream.read.ptr(), "n", static_cast<Py_ssize_t>(size)));
  if (!chunk.is_valid()) return -1;
  if (chunk.is_none()) {
    PyErr_SetString(PyExc_BlockingIOError, "read() returned None: the stream is in non-blocking mode");
    return -1;
  }
  if (!PyObject_CheckBuffer(chunk.ptr())) {
    PyErr_Format(PyExc_TypeError, "read() must return bytes, not %s%s", Py_TYPE(chunk.ptr())->tp_name,
                 PyUnicode_Check(chunk.ptr()) ? " (open the file in binary mode)" : "");
    return -1;
  }
  BufferView view;
  if (!view.acquire(chunk.ptr())) return -1;
  if (view.size_bytes() > size) {
    PyErr_Format(PyExc_ValueError, "read(%zu) returned %zu bytes", size, view.size_bytes());
    return -1;
  }
  std::memcpy(out, view.data(), view.size_bytes());
  return static_cast<std::int64_t>(view.size_bytes());
}

// No C++ exception may cross the C ABI: these use the C API, and leave what Python raised in `pending`.
std::int64_t stream_read(void* context, void* out, std::size_t size) {
  auto& stream = *static_cast<PythonStream*>(context);
  nb::gil_scoped_acquire gil;
  const std::int64_t count = read_into(stream, out, size);
  if (count < 0) stream.pending.capture();
  return count;
}

int stream_seek(void* context, std::uint64_t offset) {
  auto& stream = *static_cast<PythonStream*>(context);
  nb::gil_scoped_acquire gil;
  const auto position = static_cast<long long>(offset) + stream.base;
  if (nb::steal(PyObject_CallFunction(stream.seek.ptr(), "L", position)).is_valid()) return 0;
  stream.pending.capture();
  return -1;
}

std::int64_t stream_size(void* context) { return static_cast<PythonStream*>(context)->size; }

}  // namespace

Source::~Source() {
  handle_.reset();
  if (has_view_) PyBuffer_Release(&view_);
}

std::unique_ptr<Source> Source::from_path(nb::bytes path, bool allow_special) {
  auto source = std::make_unique<Source>();
  tonearm_source* handle = nullptr;
  run(source->pending(), [&](tonearm_error** error) {
    return tonearm_source_open_file(path.c_str(), allow_special ? 1 : 0, &handle, error);
  });
  source->handle_.reset(handle);
  return source;
}

std::unique_ptr<Source> Source::from_buffer(nb::object buffer, const char* name) {
  auto source = std::make_unique<Source>();
  if (PyObject_GetBuffer(buffer.ptr(), &source->view_, PyBUF_SIMPLE) != 0) nb::raise_python_error();
  source->has_view_ = true;
  tonearm_source* handle = nullptr;
  run(source->pending(), [&](tonearm_error** error) {
    return tonearm_source_open_memory(source->view_.buf, static_cast<std::size_t>(source->view_.len), name, &handle,
                                      error);
  });
  source->handle_.reset(handle);
  return source;
}

std::unique_ptr<Source> Source::from_address(std::uintptr_t address, std::size_t size_bytes, nb::object owner,
                                             const char* name) {
  auto source = std::make_unique<Source>();
  source->owner_ = std::move(owner);
  tonearm_source* handle = nullptr;
  run(source->pending(), [&](tonearm_error** error) {
    return tonearm_source_open_memory(reinterpret_cast<const void*>(address), size_bytes, name, &handle, error);
  });
  source->handle_.reset(handle);
  return source;
}

std::unique_ptr<Source> Source::from_stream(nb::object object, nb::object seek, std::int64_t base, std::int64_t size,
                                            std::size_t max_request_bytes, const char* name) {
  auto source = std::make_unique<Source>();
  PythonStream& stream = source->stream_;
  stream.object = object;
  stream.read = object.attr("read");
  stream.seek = std::move(seek);
  stream.base = base;
  stream.size = size;
  stream.max_request_bytes = max_request_bytes;
  tonearm_stream callbacks{};
  callbacks.size_of_struct = sizeof(callbacks);
  callbacks.context = &stream;
  callbacks.read = stream_read;
  callbacks.seek = stream.seek.is_none() ? nullptr : stream_seek;
  callbacks.size = stream_size;
  tonearm_source* handle = nullptr;
  run(source->pending(),
      [&](tonearm_error** error) { return tonearm_source_open_stream(&callbacks, name, &handle, error); });
  source->handle_.reset(handle);
  return source;
}

void bind_source(nb::module_& module) {
  nb::class_<Source>(module, "Source")
      .def_static("from_path", &Source::from_path, nb::arg("path"), nb::arg("allow_special") = false)
      .def_static("from_buffer", &Source::from_buffer, nb::arg("buffer"), nb::arg("name"))
      .def_static("from_address", &Source::from_address, nb::arg("address"), nb::arg("size_bytes"), nb::arg("owner"),
                  nb::arg("name"))
      .def_static("from_stream", &Source::from_stream, nb::arg("object"), nb::arg("seek").none(), nb::arg("base"),
                  nb::arg("size"), nb::arg("max_request_bytes"), nb::arg("name"));
}

}  // namespace tonearm::python
