// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Samples arrive as addresses of contiguous tensors: python/tonearm/_dsp.py holds the tensors for the time of the call
// and has checked their shapes and types. The module itself knows no torch.
#include "python/native/dsp.h"

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include "python/native/errors.h"
#include "python/native/handles.h"
#include "python/native/turn.h"

namespace tonearm::python {
namespace {

using ResamplerHandle = std::unique_ptr<tonearm_resampler, Deleter<tonearm_resampler_free>>;
using ResampleStreamHandle = std::unique_ptr<tonearm_resample_stream, Deleter<tonearm_resample_stream_free>>;
using FeaturesHandle = std::unique_ptr<tonearm_features, Deleter<tonearm_features_free>>;
using CudaResamplerHandle = std::unique_ptr<tonearm_cuda_resampler, Deleter<tonearm_cuda_resampler_free>>;
using CudaFeaturesHandle = std::unique_ptr<tonearm_cuda_features, Deleter<tonearm_cuda_features_free>>;

/// Runs `body` without the GIL and raises what it reports.
template <class Body>
void run_released(const Body& body) {
  tonearm_error* error = nullptr;
  tonearm_code code = TONEARM_OK;
  {
    nb::gil_scoped_release release;
    code = body(&error);
  }
  check(code, ErrorHandle(error));
}

/// Sets options->*member from the keyword of its name, where it is given.
template <class Options, class Member>
void take(const nb::dict& keywords, const char* name, Options& options, Member Options::*member) {
  if (!keywords.contains(name)) return;
  if constexpr (std::is_pointer_v<Member>) {
    options.*member = reinterpret_cast<Member>(nb::cast<std::uintptr_t>(keywords[name]));  // 0 is null
  } else {
    options.*member = nb::cast<Member>(keywords[name]);
  }
}

template <class T>
T* pointer(std::uintptr_t address) {
  return reinterpret_cast<T*>(address);
}

class Resampler {
 public:
  explicit Resampler(const nb::kwargs& keywords) {
    using O = tonearm_resample_options;
    O o;
    tonearm_resample_options_init(&o);
    take(keywords, "source_rate", o, &O::source_rate);
    take(keywords, "target_rate", o, &O::target_rate);
    take(keywords, "method", o, &O::method);
    take(keywords, "lowpass_filter_width", o, &O::lowpass_filter_width);
    take(keywords, "rolloff", o, &O::rolloff);
    take(keywords, "beta", o, &O::beta);
    tonearm_resampler* made = nullptr;
    run_released([&](tonearm_error** error) { return tonearm_resampler_make(&o, &made, error); });
    handle_.reset(made);
  }
  std::int64_t length(std::int64_t num_frames) const { return tonearm_resampler_length(handle_.get(), num_frames); }
  void run(int sample_type, int num_channels, std::uintptr_t in, std::int64_t in_frames, std::uintptr_t out,
           std::int64_t out_frames, int num_threads) const {
    run_released([&](tonearm_error** error) {
      return tonearm_resample(handle_.get(), sample_type, num_channels, pointer<const void>(in), in_frames, in_frames,
                              pointer<void>(out), out_frames, out_frames, num_threads, error);
    });
  }
  const tonearm_resampler* get() const { return handle_.get(); }

 private:
  ResamplerHandle handle_;
};

/// Of one signal at a time.
class ResampleStream {
 public:
  ResampleStream(const Resampler& resampler, int sample_type, int num_channels) {
    tonearm_resample_stream* made = nullptr;
    run_released([&](tonearm_error** error) {
      return tonearm_resample_stream_make(resampler.get(), sample_type, num_channels, &made, error);
    });
    handle_.reset(made);
  }
  std::int64_t length(std::int64_t in_frames, bool last) {
    const Turn turn(turns_, "stream");
    return tonearm_resample_stream_length(handle_.get(), in_frames, last ? 1 : 0);
  }
  void push(bool last, std::uintptr_t in, std::int64_t in_frames, std::uintptr_t out, std::int64_t out_frames) {
    const Turn turn(turns_, "stream");
    run_released([&](tonearm_error** error) {
      return tonearm_resample_stream_push(handle_.get(), last ? 1 : 0, pointer<const void>(in), in_frames, in_frames,
                                          pointer<void>(out), out_frames, out_frames, error);
    });
  }

 private:
  TurnState turns_;
  ResampleStreamHandle handle_;
};

class Features {
 public:
  explicit Features(tonearm_features* made) : handle_(made) {}

  static std::unique_ptr<Features> chain(const nb::kwargs& keywords) {
    using O = tonearm_feature_options;
    O o;
    tonearm_feature_options_init(&o);
    take(keywords, "n_fft", o, &O::n_fft);
    take(keywords, "win_length", o, &O::win_length);
    take(keywords, "hop_length", o, &O::hop_length);
    take(keywords, "pad", o, &O::pad);
    take(keywords, "center", o, &O::center);
    take(keywords, "pad_mode", o, &O::pad_mode);
    take(keywords, "power", o, &O::power);
    take(keywords, "norm", o, &O::norm);
    take(keywords, "window", o, &O::window);
    take(keywords, "num_filters", o, &O::num_filters);
    take(keywords, "filters", o, &O::filters);
    take(keywords, "log", o, &O::log);
    take(keywords, "log_offset", o, &O::log_offset);
    take(keywords, "log_floor", o, &O::log_floor);
    take(keywords, "top_db", o, &O::top_db);
    take(keywords, "num_coefs", o, &O::num_coefs);
    take(keywords, "dct", o, &O::dct);
    return make([&](tonearm_features** made, tonearm_error** error) { return tonearm_features_make(&o, made, error); });
  }

  static std::unique_ptr<Features> kaldi(const nb::kwargs& keywords) {
    using O = tonearm_kaldi_options;
    O o;
    tonearm_kaldi_options_init(&o);
    take(keywords, "kind", o, &O::kind);
    take(keywords, "sample_frequency", o, &O::sample_frequency);
    take(keywords, "frame_length", o, &O::frame_length_ms);
    take(keywords, "frame_shift", o, &O::frame_shift_ms);
    take(keywords, "dither", o, &O::dither);
    take(keywords, "preemphasis_coefficient", o, &O::preemphasis);
    take(keywords, "remove_dc_offset", o, &O::remove_dc_offset);
    take(keywords, "window", o, &O::window);
    take(keywords, "blackman_coeff", o, &O::blackman_coeff);
    take(keywords, "round_to_power_of_two", o, &O::round_to_power_of_two);
    take(keywords, "snip_edges", o, &O::snip_edges);
    take(keywords, "energy_floor", o, &O::energy_floor);
    take(keywords, "raw_energy", o, &O::raw_energy);
    take(keywords, "use_energy", o, &O::use_energy);
    take(keywords, "htk_compat", o, &O::htk_compat);
    take(keywords, "subtract_mean", o, &O::subtract_mean);
    take(keywords, "num_mel_bins", o, &O::num_mel_bins);
    take(keywords, "low_freq", o, &O::low_freq);
    take(keywords, "high_freq", o, &O::high_freq);
    take(keywords, "vtln_low", o, &O::vtln_low);
    take(keywords, "vtln_high", o, &O::vtln_high);
    take(keywords, "vtln_warp", o, &O::vtln_warp);
    take(keywords, "use_log_fbank", o, &O::use_log_fbank);
    take(keywords, "use_power", o, &O::use_power);
    take(keywords, "num_ceps", o, &O::num_ceps);
    take(keywords, "cepstral_lifter", o, &O::cepstral_lifter);
    return make(
        [&](tonearm_features** made, tonearm_error** error) { return tonearm_features_make_kaldi(&o, made, error); });
  }

  static std::unique_ptr<Features> whisper(int n_mels) {
    return make([&](tonearm_features** made, tonearm_error** error) {
      return tonearm_features_make_whisper(n_mels, made, error);
    });
  }

  int num_values() const { return tonearm_features_num_values(handle_.get()); }
  std::int64_t num_windows(std::int64_t num_samples) const {
    std::int64_t count = 0;
    tonearm_error* error = nullptr;
    const tonearm_code code = tonearm_features_num_windows(handle_.get(), num_samples, &count, &error);
    check(code, ErrorHandle(error));
    return count;
  }
  void run(int sample_type, int num_channels, int channels_per_item, std::uintptr_t in, std::int64_t num_samples,
           std::uintptr_t out, std::int64_t num_windows, int num_threads, std::uint64_t dither_seed) const {
    run_released([&](tonearm_error** error) {
      return tonearm_features_compute(handle_.get(), sample_type, num_channels, channels_per_item,
                                      pointer<const void>(in), num_samples, num_samples, pointer<void>(out),
                                      num_windows, num_windows * num_values(), num_threads, dither_seed, error);
    });
  }
  const tonearm_features* get() const { return handle_.get(); }

 private:
  template <class Make>
  static std::unique_ptr<Features> make(const Make& body) {
    tonearm_features* made = nullptr;
    run_released([&](tonearm_error** error) { return body(&made, error); });
    return std::make_unique<Features>(made);
  }

  FeaturesHandle handle_;
};

/// tonearm_cuda_batch by the names of its fields; arrays are sequences of integers.
class CudaBatch {
 public:
  explicit CudaBatch(const nb::kwargs& keywords) {
    using B = tonearm_cuda_batch;
    tonearm_cuda_batch_init(&batch_);
    take(keywords, "in_type", batch_, &B::in_type);
    take(keywords, "num_signals", batch_, &B::num_signals);
    take(keywords, "signals_per_item", batch_, &B::signals_per_item);
    take(keywords, "input", batch_, &B::in);
    take(keywords, "in_stride", batch_, &B::in_stride);
    take(keywords, "num_samples", batch_, &B::num_samples);
    take(keywords, "output", batch_, &B::out);
    take(keywords, "out_stride", batch_, &B::out_stride);
    take(keywords, "out_row_stride", batch_, &B::out_row_stride);
    take(keywords, "dither_seed", batch_, &B::dither_seed);
    take_array(keywords, "in_offsets", in_offsets_, batch_.in_offsets);
    take_array(keywords, "lengths", lengths_, batch_.lengths);
    take_array(keywords, "out_offsets", out_offsets_, batch_.out_offsets);
    take_array(keywords, "dither_seeds", dither_seeds_, batch_.dither_seeds);
  }
  CudaBatch(const CudaBatch&) = delete;
  CudaBatch& operator=(const CudaBatch&) = delete;
  const tonearm_cuda_batch* get() const { return &batch_; }

 private:
  /// Keeps the values of the keyword `name` where it is given; all arrays have one for each signal.
  template <class Value>
  void take_array(const nb::dict& keywords, const char* name, std::vector<Value>& kept, const Value*& field) {
    if (!keywords.contains(name)) return;
    kept = nb::cast<std::vector<Value>>(keywords[name]);
    if (static_cast<std::int64_t>(kept.size()) != batch_.num_signals) {
      throw nb::value_error((std::string(name) + " must have a value for each signal").c_str());
    }
    field = kept.data();
  }

  tonearm_cuda_batch batch_;
  std::vector<std::int64_t> in_offsets_, lengths_, out_offsets_;
  std::vector<std::uint64_t> dither_seeds_;
};

class CudaResampler {
 public:
  CudaResampler(const Resampler& resampler, int device) {
    tonearm_cuda_resampler* made = nullptr;
    run_released(
        [&](tonearm_error** error) { return tonearm_cuda_resampler_make(resampler.get(), device, &made, error); });
    handle_.reset(made);
  }
  void run(const CudaBatch& batch, std::uintptr_t stream) const {
    run_released([&](tonearm_error** error) {
      return tonearm_cuda_resample(handle_.get(), batch.get(), pointer<void>(stream), error);
    });
  }

 private:
  CudaResamplerHandle handle_;
};

class CudaFeatures {
 public:
  CudaFeatures(const Features& features, int device) {
    tonearm_cuda_features* made = nullptr;
    run_released(
        [&](tonearm_error** error) { return tonearm_cuda_features_make(features.get(), device, &made, error); });
    handle_.reset(made);
  }
  std::size_t workspace(const CudaBatch& batch) const {
    std::size_t bytes = 0;
    run_released([&](tonearm_error** error) {
      return tonearm_cuda_features_workspace(handle_.get(), batch.get(), &bytes, error);
    });
    return bytes;
  }
  void run(const CudaBatch& batch, std::uintptr_t workspace, std::size_t workspace_bytes, std::uintptr_t stream) const {
    run_released([&](tonearm_error** error) {
      return tonearm_cuda_features_run(handle_.get(), batch.get(), pointer<void>(workspace), workspace_bytes,
                                       pointer<void>(stream), error);
    });
  }

 private:
  CudaFeaturesHandle handle_;
};

/// Copies rows of host memory to device memory; strides and lengths in bytes.
void cuda_upload(int device, std::uintptr_t stream, std::uintptr_t from, std::size_t from_pitch, std::uintptr_t to,
                 std::size_t to_pitch, std::size_t row_bytes, std::size_t num_rows) {
  run_released([&](tonearm_error** error) {
    return tonearm_cuda_upload(device, pointer<void>(stream), pointer<const void>(from), from_pitch, pointer<void>(to),
                               to_pitch, row_bytes, num_rows, error);
  });
}

void cuda_examine(int device) {
  run_released([&](tonearm_error** error) { return tonearm_cuda_examine(device, error); });
}

}  // namespace

void bind_dsp(nb::module_& module) {
  nb::class_<Resampler>(module, "Resampler")
      .def(nb::init<const nb::kwargs&>())
      .def("length", &Resampler::length, nb::arg("num_frames"))
      .def("run", &Resampler::run, nb::arg("sample_type"), nb::arg("num_channels"), nb::arg("input"),
           nb::arg("in_frames"), nb::arg("output"), nb::arg("out_frames"), nb::arg("num_threads") = 1);
  nb::class_<ResampleStream>(module, "ResampleStream")
      .def(nb::init<const Resampler&, int, int>(), nb::arg("resampler"), nb::arg("sample_type"),
           nb::arg("num_channels"))
      .def("length", &ResampleStream::length, nb::arg("in_frames"), nb::arg("last"))
      .def("push", &ResampleStream::push, nb::arg("last"), nb::arg("input"), nb::arg("in_frames"), nb::arg("output"),
           nb::arg("out_frames"));
  nb::class_<Features>(module, "Features")
      .def_static("chain", &Features::chain)
      .def_static("kaldi", &Features::kaldi)
      .def_static("whisper", &Features::whisper, nb::arg("n_mels"))
      .def_prop_ro("num_values", &Features::num_values)
      .def("num_windows", &Features::num_windows, nb::arg("num_samples"))
      .def("run", &Features::run, nb::arg("sample_type"), nb::arg("num_channels"), nb::arg("channels_per_item"),
           nb::arg("input"), nb::arg("num_samples"), nb::arg("output"), nb::arg("num_windows"),
           nb::arg("num_threads") = 1, nb::arg("dither_seed") = 0);
  module.def("cuda_examine", &cuda_examine, nb::arg("device"));
  module.def("cuda_upload", &cuda_upload, nb::arg("device"), nb::arg("stream"), nb::arg("input"), nb::arg("in_pitch"),
             nb::arg("output"), nb::arg("out_pitch"), nb::arg("row_bytes"), nb::arg("num_rows"));
  nb::class_<CudaBatch>(module, "CudaBatch").def(nb::init<const nb::kwargs&>());
  nb::class_<CudaResampler>(module, "CudaResampler")
      .def(nb::init<const Resampler&, int>(), nb::arg("resampler"), nb::arg("device"))
      .def("run", &CudaResampler::run, nb::arg("batch"), nb::arg("stream"));
  nb::class_<CudaFeatures>(module, "CudaFeatures")
      .def(nb::init<const Features&, int>(), nb::arg("features"), nb::arg("device"))
      .def("workspace", &CudaFeatures::workspace, nb::arg("batch"))
      .def("run", &CudaFeatures::run, nb::arg("batch"), nb::arg("workspace"), nb::arg("workspace_bytes"),
           nb::arg("stream"));
}

}  // namespace tonearm::python
