// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "python/native/read.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>

#include "python/native/dlpack.h"
#include "python/native/options.h"
#include "python/native/source.h"

namespace tonearm::python {
namespace {

/// Owns the sample memory and the numbers that a DLPack consumer reads. Freed by whoever takes the capsule,
/// possibly on a thread without the GIL: nothing of Python is in here.
struct SampleBlock {
  dlpack::ManagedTensor managed{};
  std::int64_t shape[2] = {0, 0};
  std::int64_t strides[2] = {0, 1};

  static void destroy(dlpack::ManagedTensor* managed) {
    auto* block = static_cast<SampleBlock*>(managed->manager_context);
    tonearm_free_samples(managed->tensor.data);
    delete block;
  }
};

dlpack::DataType to_dlpack_type(int sample_type) {
  switch (sample_type) {
    case TONEARM_UINT8: return {dlpack::kUInt, 8, 1};
    case TONEARM_INT16: return {dlpack::kInt, 16, 1};
    case TONEARM_INT32: return {dlpack::kInt, 32, 1};
    case TONEARM_FLOAT64: return {dlpack::kFloat, 64, 1};
    default: return {dlpack::kFloat, 32, 1};
  }
}

/// A consumer renames the capsule to "used_dltensor"; one that still has its name was never taken.
void destroy_capsule(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, "dltensor") == 0) return;
  auto* managed = static_cast<dlpack::ManagedTensor*>(PyCapsule_GetPointer(capsule, "dltensor"));
  managed->deleter(managed);
}

std::unique_ptr<Audio> read(Source& source, const Options& options) {
  SignalPoll poll(source.pending());
  const tonearm_options native = options.to_native(poll);
  tonearm_audio* audio = nullptr;
  run(source.pending(), [&](tonearm_error** error) { return tonearm_read(source.get(), &native, &audio, error); });
  return std::make_unique<Audio>(AudioHandle(audio));
}

/// read() into device memory: allocate(sample_type, num_channels, num_frames) gives its address, as tonearm_cuda_read
/// asks for it.
std::unique_ptr<Audio> cuda_read(Source& source, const Options& options, int device, std::uintptr_t stream,
                                 const nb::callable& allocate) {
  struct Context {
    const nb::callable& allocate;
    PendingException& pending;
  };
  const auto give = [](void* self, int sample_type, int num_channels, std::int64_t num_frames) -> void* {
    const auto& context = *static_cast<Context*>(self);
    const nb::gil_scoped_acquire gil;
    try {
      return reinterpret_cast<void*>(nb::cast<std::uintptr_t>(context.allocate(sample_type, num_channels, num_frames)));
    } catch (nb::python_error& error) {
      error.restore();
    } catch (const std::exception& error) {
      PyErr_SetString(PyExc_RuntimeError, error.what());
    }
    context.pending.capture();
    return nullptr;
  };
  SignalPoll poll(source.pending());
  const tonearm_options native = options.to_native(poll);
  Context context{allocate, source.pending()};
  tonearm_audio* audio = nullptr;
  run(source.pending(), [&](tonearm_error** error) {
    return tonearm_cuda_read(source.get(), &native, device, reinterpret_cast<void*>(stream), give, &context, &audio,
                             error);
  });
  return std::make_unique<Audio>(AudioHandle(audio));
}

/// load() in one step: of a path (str), of a file's bytes, or of a Source. The numbers are judged by the caller.
/// One step, because a second of WAV is read in 10 us, and making Source and Options in Python took 20 more.
std::unique_ptr<Audio> load(nb::handle uri, std::int64_t frame_offset, std::int64_t num_frames, int sample_type,
                            std::optional<std::string> format, std::optional<std::string> backend) {
  Options options;
  options.backend = std::move(backend);
  options.format = std::move(format);
  options.fields.frame_offset = frame_offset;
  options.fields.num_frames = num_frames;
  options.fields.sample_type = sample_type;
  if (PyUnicode_Check(uri.ptr())) {
    PyObject* path = PyUnicode_EncodeFSDefault(uri.ptr());
    if (path == nullptr) nb::raise_python_error();
    return read(*Source::from_path(nb::steal<nb::bytes>(path), false), options);
  }
  if (PyBytes_Check(uri.ptr())) return read(*Source::from_buffer(nb::borrow(uri), "<bytes>"), options);
  return read(nb::cast<Source&>(uri), options);
}

nb::dict get_info(Source& source, const Options& options, bool exact) {
  SignalPoll poll(source.pending());
  const tonearm_options native = options.to_native(poll);
  tonearm_info* info = nullptr;
  run(source.pending(),
      [&](tonearm_error** error) { return tonearm_get_info(source.get(), &native, exact ? 1 : 0, &info, error); });
  const InfoHandle owned(info);
  return info_to_dict(info);
}

/// One property of Options that is a plain field of tonearm_options.
template <auto member>
void bind_field(nb::class_<Options>& options, const char* name) {
  using Value = std::remove_reference_t<decltype(std::declval<tonearm_options&>().*member)>;
  options.def_prop_rw(
      name, [](const Options& self) { return self.fields.*member; },
      [](Options& self, Value value) { self.fields.*member = value; });
}

}  // namespace

nb::dict info_to_dict(const tonearm_info* info) {
  nb::dict out;
  out["sample_rate"] = tonearm_info_sample_rate(info);
  out["num_channels"] = tonearm_info_num_channels(info);
  out["num_frames"] = tonearm_info_num_frames(info);
  out["num_frames_exact"] = tonearm_info_frames_exact(info) != 0;
  out["bits_per_sample"] = tonearm_info_bits_per_sample(info);
  out["encoding"] = to_str(tonearm_info_encoding(info));
  out["container"] = to_str(tonearm_info_container(info));
  out["backend"] = to_str(tonearm_info_backend(info));
  out["stream_index"] = tonearm_info_stream_index(info);
  out["num_streams"] = tonearm_info_num_streams(info);
  nb::list tags;
  for (std::size_t i = 0; i < tonearm_info_num_tags(info); ++i) {
    tags.append(nb::make_tuple(to_str(tonearm_info_tag_key(info, i)), to_str(tonearm_info_tag_value(info, i))));
  }
  out["tags"] = tags;
  return out;
}

nb::list Audio::warnings() const {
  nb::list out;
  for (std::size_t i = 0; i < tonearm_audio_num_warnings(handle_.get()); ++i) {
    out.append(to_str(tonearm_audio_warning(handle_.get(), i)));
  }
  return out;
}

nb::object Audio::to_dlpack() {
  if (num_channels() == 0 || num_frames() == 0) return nb::none();
  auto block = std::make_unique<SampleBlock>();
  block->shape[0] = num_channels();
  block->shape[1] = num_frames();
  block->strides[0] = num_frames();
  dlpack::Tensor& tensor = block->managed.tensor;
  tensor.data = tonearm_audio_take_data(handle_.get());
  if (tensor.data == nullptr) throw nb::value_error("there are no samples to give away");
  tensor.device = {dlpack::kCpu, 0};
  tensor.ndim = 2;
  tensor.dtype = to_dlpack_type(sample_type());
  tensor.shape = block->shape;
  tensor.strides = block->strides;
  block->managed.manager_context = block.get();
  block->managed.deleter = SampleBlock::destroy;
  PyObject* capsule = PyCapsule_New(&block->managed, "dltensor", destroy_capsule);
  if (capsule == nullptr) {
    SampleBlock::destroy(&block.release()->managed);
    nb::raise_python_error();
  }
  (void)block.release();  // the capsule owns it now
  return nb::steal(capsule);
}

void bind_read(nb::module_& module) {
  nb::class_<Options> options(module, "Options");
  options.def(nb::init<>())
      .def_rw("backend", &Options::backend, nb::arg().none())
      .def_rw("format", &Options::format, nb::arg().none());
  bind_field<&tonearm_options::frame_offset>(options, "frame_offset");
  bind_field<&tonearm_options::num_frames>(options, "num_frames");
  bind_field<&tonearm_options::sample_type>(options, "sample_type");
  bind_field<&tonearm_options::sample_rate>(options, "sample_rate");
  bind_field<&tonearm_options::mono>(options, "mono");
  bind_field<&tonearm_options::stream_index>(options, "stream_index");
  bind_field<&tonearm_options::strict>(options, "strict");
  bind_field<&tonearm_options::verify>(options, "verify");
  bind_field<&tonearm_options::threads>(options, "threads");
  bind_field<&tonearm_options::max_bytes>(options, "max_bytes");
  bind_field<&tonearm_options::max_frames>(options, "max_frames");
  bind_field<&tonearm_options::max_channels>(options, "max_channels");
  bind_field<&tonearm_options::deadline_sec>(options, "deadline_sec");
  bind_field<&tonearm_options::non_finite>(options, "non_finite");

  nb::class_<Audio>(module, "Audio")
      .def_prop_ro("sample_type", &Audio::sample_type)
      .def_prop_ro("num_channels", &Audio::num_channels)
      .def_prop_ro("num_frames", &Audio::num_frames)
      .def_prop_ro("sample_rate", &Audio::sample_rate)
      .def_prop_ro("info", &Audio::info)
      .def_prop_ro("warnings", &Audio::warnings)
      .def_prop_ro("num_non_finite", &Audio::num_non_finite)
      .def_prop_ro("address", &Audio::address)
      .def("to_dlpack", &Audio::to_dlpack);

  module.def("read", &read, nb::arg("source"), nb::arg("options"));
  module.def("cuda_read", &cuda_read, nb::arg("source"), nb::arg("options"), nb::arg("device"), nb::arg("stream"),
             nb::arg("allocate"));
  module.def("load", &load, nb::arg("uri"), nb::arg("frame_offset"), nb::arg("num_frames"), nb::arg("sample_type"),
             nb::arg("format").none(), nb::arg("backend").none());
  module.def("get_info", &get_info, nb::arg("source"), nb::arg("options"), nb::arg("exact"));
}

}  // namespace tonearm::python
