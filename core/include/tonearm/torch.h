// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm for libtorch: torch::Tensor load(path). Header only, compiled against the user's own libtorch.
// Place in the flow: the last stop; the only header that includes torch. libtonearm itself knows no torch symbol, so
// one build of it serves every libtorch from 1.13 on (C++17, or what that torch's headers ask for).
#pragma once

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "tonearm/audio.h"

namespace tonearm {

/// Audio as a tensor, and where it came from.
struct Audio {
  torch::Tensor waveform;  ///< (num_channels, num_frames), contiguous
  int sample_rate = 0;     ///< Hz, of `waveform`
  std::string backend;
  AudioInfo info;  ///< of the source
  std::vector<std::string> warnings;
  std::int64_t num_non_finite = 0;  ///< where ReadOptions::non_finite has them counted
};

namespace detail {

/// Of a tonearm_sample_type.
inline torch::ScalarType scalar_type(int sample_type) {
  switch (sample_type) {
    case TONEARM_UINT8: return torch::kUInt8;
    case TONEARM_INT16: return torch::kInt16;
    case TONEARM_INT32: return torch::kInt32;
    case TONEARM_FLOAT64: return torch::kFloat64;
    default: return torch::kFloat32;
  }
}

}  // namespace detail

/// Hands decoded samples to a tensor without copying; the tensor owns the memory from then on.
inline torch::Tensor to_tensor(Samples samples) {
  const std::vector<std::int64_t> shape{samples.num_channels(), samples.num_frames()};
  const auto options = torch::TensorOptions().dtype(detail::scalar_type(samples.sample_type()));
  if (samples.num_frames() == 0) return torch::empty(shape, options);
  void* data = samples.take_data();
  return torch::from_blob(
      data, shape, [](void* block) { tonearm_free_samples(block); }, options);
}

namespace detail {

/// All that is known of samples but themselves.
inline Audio describe(const Samples& samples) {
  Audio audio;
  audio.sample_rate = samples.sample_rate();
  audio.info = samples.info();
  audio.backend = audio.info.backend;
  audio.warnings = samples.warnings();
  audio.num_non_finite = samples.num_non_finite();
  return audio;
}

}  // namespace detail

/// The same with all that is known of them.
inline Audio to_audio(Samples samples) {
  Audio audio = detail::describe(samples);
  audio.waveform = to_tensor(std::move(samples));
  return audio;
}

namespace detail {

// libtorch tells the handle of a stream only in newer releases; that of the default one is null in all.
template <class Stream>
auto handle_of(const Stream& stream, int) -> decltype(stream.native_handle()) {
  return stream.native_handle();
}
template <class Stream>
void* handle_of(const Stream& stream, long) {
  if (stream.id() == 0) return nullptr;
  throw std::invalid_argument(
      "tonearm: this libtorch tells the handle of no CUDA stream but the default one; make that the current stream, or "
      "use a newer libtorch");
}
/// The stream that torch works on now, as the C ABI takes it. Needs no header and no library of CUDA's.
inline void* current_stream(const torch::Device& device) {
  return handle_of(c10::impl::VirtualGuardImpl(device.type()).getStream(device), 0);
}

/// (channels, time), contiguous, of a tensor that the CPU's code or the kernels read and that needs no gradient.
inline torch::Tensor as_planes(const torch::Tensor& waveform) {
  const bool is_float = waveform.scalar_type() == torch::kFloat32;
  const bool is_double = waveform.scalar_type() == torch::kFloat64;
  const torch::Device device = waveform.device();
  if (waveform.dim() < 1 || !(is_float || is_double) || !(device.is_cpu() || (device.is_cuda() && is_float))) {
    throw std::invalid_argument(
        "tonearm: a tensor (..., time) is needed, float32 or float64 on the CPU, float32 on a CUDA device");
  }
  if (waveform.requires_grad() && torch::GradMode::is_enabled()) {
    throw std::invalid_argument("tonearm: this has no gradient; pass waveform.detach()");
  }
  const std::int64_t time = waveform.size(-1);
  std::int64_t channels = 1;
  for (std::int64_t d = 0; d + 1 < waveform.dim(); ++d) channels *= waveform.size(d);
  return waveform.detach().reshape({channels, time}).contiguous();
}

/// Planes on a CUDA device, and where their results go, as the kernels take them.
inline tonearm_cuda_batch as_batch(const torch::Tensor& in, const torch::Tensor& out) {
  tonearm_cuda_batch batch;
  tonearm_cuda_batch_init(&batch);
  batch.in_type = in.scalar_type() == torch::kInt16 ? TONEARM_INT16 : TONEARM_FLOAT32;
  batch.num_signals = in.size(0);
  batch.in = in.data_ptr();
  batch.in_stride = batch.num_samples = in.size(1);
  batch.out = out.data_ptr<float>();
  batch.out_stride = out.size(1);
  return batch;
}

/// as_planes(), or int16 on a CUDA device, which becomes float32 in [-1, 1).
inline torch::Tensor resample_planes(const torch::Tensor& in, const Resampler& resampler) {
  const auto type = in.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
  torch::Tensor out = torch::empty({in.size(0), resampler.length(in.size(1))}, in.options().dtype(type));
  const int channels = static_cast<int>(in.size(0)), threads = at::get_num_threads();
  if (in.is_cuda()) {
    resampler.run_on_device(static_cast<int>(in.get_device()), as_batch(in, out), current_stream(in.device()));
  } else if (type == torch::kFloat32) {
    resampler.run(in.data_ptr<float>(), in.size(1), out.data_ptr<float>(), channels, threads);
  } else {
    resampler.run(in.data_ptr<double>(), in.size(1), out.data_ptr<double>(), channels, threads);
  }
  return out;
}

/// The plan of this key; the last few are kept.
template <class Plan, class Make>
std::shared_ptr<const Plan> kept_plan(const std::string& key, const Make& make) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Plan>> plans;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = plans.find(key);
  if (found != plans.end()) return found->second;
  if (plans.size() >= 32) plans.clear();
  return plans[key] = std::shared_ptr<const Plan>(make());
}

}  // namespace detail

/// Resamples (..., time), float32 or float64 on the CPU, by at most at::get_num_threads() threads; float32 on a CUDA
/// device, by its kernels on torch's current stream. Has no gradient: detach() first. Throws Error, where the device
/// cannot work with the doctor's finding; std::invalid_argument for a tensor of another kind.
inline torch::Tensor resample(const torch::Tensor& waveform, const Resampler& resampler) {
  const torch::Tensor out = detail::resample_planes(detail::as_planes(waveform), resampler);
  std::vector<std::int64_t> shape = waveform.sizes().vec();
  shape.back() = out.size(1);
  return out.reshape(shape);
}
/// Rates in Hz. Designs the filter anew: keep a Resampler for many short signals.
inline torch::Tensor resample(const torch::Tensor& waveform, std::int64_t source_rate, std::int64_t target_rate,
                              const ResampleOptions& options = {}) {
  return resample(waveform, Resampler(source_rate, target_rate, options));
}

/// The output (..., time) that the next `chunk` (..., time) of a signal completes; its channels are all dimensions but
/// time. `last`: the signal ends with it. Throws Error; std::invalid_argument for another type, device or number of
/// channels.
template <class T>
torch::Tensor resample(ResampleStream<T>& stream, const torch::Tensor& chunk, bool last = false) {
  const torch::Tensor in = detail::as_planes(chunk);
  if (!in.device().is_cpu() ||
      in.scalar_type() != (std::is_same<T, float>::value ? torch::kFloat32 : torch::kFloat64) ||
      in.size(0) != stream.num_channels()) {
    throw std::invalid_argument("tonearm::resample: a chunk on the CPU of the stream's type and " +
                                std::to_string(stream.num_channels()) + " channels is needed, not of " +
                                std::to_string(in.size(0)));
  }
  torch::Tensor out = torch::empty({in.size(0), stream.length(in.size(1), last)}, in.options());
  stream.push(in.data_ptr<T>(), in.size(1), out.data_ptr<T>(), last);
  std::vector<std::int64_t> shape = chunk.sizes().vec();
  shape.back() = out.size(1);
  return out.reshape(shape);
}

/// Features of (..., time): (..., value, window), or (..., window, value) where features.window_major(). As resample();
/// decibels take one maximum over the channels of an item, the dimension before time. Kaldi's dither is drawn by
/// `dither_seed`, the signal's number, window and place.
inline torch::Tensor compute(const Features& features, const torch::Tensor& waveform, std::uint64_t dither_seed = 0) {
  const torch::Tensor in = detail::as_planes(waveform);
  const std::int64_t windows = features.num_windows(in.size(1)), values = features.num_values();
  torch::Tensor out = torch::empty({in.size(0), windows * values}, in.options());
  const int channels = static_cast<int>(in.size(0)), threads = at::get_num_threads();
  const int per_item = waveform.dim() > 1 && waveform.size(-2) > 0 ? static_cast<int>(waveform.size(-2)) : 1;
  if (in.is_cuda()) {
    const int device = static_cast<int>(in.get_device());
    tonearm_cuda_batch batch = detail::as_batch(in, out);
    batch.signals_per_item = per_item;
    batch.dither_seed = dither_seed;
    const auto bytes = static_cast<std::int64_t>(features.workspace_on_device(device, batch));
    // Freed on return, to work of the same stream only: that comes after the kernels.
    const torch::Tensor workspace = torch::empty({bytes}, in.options().dtype(torch::kUInt8));
    features.run_on_device(device, batch, workspace.data_ptr(), workspace.nbytes(),
                           detail::current_stream(in.device()));
  } else if (in.scalar_type() == torch::kFloat32) {
    features.run(in.data_ptr<float>(), in.size(1), out.data_ptr<float>(), channels, per_item, threads, dither_seed);
  } else {
    features.run(in.data_ptr<double>(), in.size(1), out.data_ptr<double>(), channels, per_item, threads, dither_seed);
  }
  std::vector<std::int64_t> shape = waveform.sizes().vec();
  shape.back() = features.window_major() ? windows : values;
  shape.push_back(features.window_major() ? values : windows);
  return out.reshape(shape);
}

/// (..., bin, window); complex where the spectrogram is.
inline torch::Tensor compute(const Spectrogram& spectrogram, const torch::Tensor& waveform) {
  const torch::Tensor out = compute(static_cast<const Features&>(spectrogram), waveform);
  if (!spectrogram.is_complex()) return out;
  std::vector<std::int64_t> shape = waveform.sizes().vec();  // memory is [bin][window][re, im]
  shape.back() = spectrogram.num_bins();
  shape.insert(shape.end(), {out.size(-1), 2});
  return torch::view_as_complex(out.reshape(shape));
}

namespace detail {

/// The CUDA device to read to, with its number; nothing for the CPU. Throws Error with the finding where it cannot
/// work.
inline std::optional<torch::Device> cuda_device(const torch::Device& device) {
  if (device.is_cpu()) return std::nullopt;
  if (!device.is_cuda()) {
    throw std::invalid_argument("tonearm: audio is read to the CPU or a CUDA device, not to " + device.str() +
                                "; read to the CPU and move the tensor with to()");
  }
  tonearm_error* error = nullptr;
  check(tonearm_cuda_examine(device.has_index() ? device.index() : 0, &error), error);
  if (!torch::cuda::is_available()) {
    throw std::invalid_argument(
        "tonearm: the CUDA device works, but this libtorch does not see it; link libtorch_cuda, "
        "with -Wl,--no-as-needed -ltorch_cuda");
  }
  return device.has_index() ? device : c10::impl::VirtualGuardImpl(device.type()).getDevice();
}

/// What the library does after decoding: mix, resample by HQ; float32 of int16 in [-1, 1).
inline torch::Tensor finish_on_device(torch::Tensor waveform, int rate_hz, const ReadOptions& options) {
  const auto to_float = [](const torch::Tensor& samples) {
    return samples.scalar_type() == torch::kInt16 ? samples.to(torch::kFloat32).mul_(1.0 / 32768) : samples;
  };
  if (options.mono && waveform.size(0) > 1) waveform = to_float(waveform).mean(0, true);
  const int wanted_hz = options.sample_rate;
  if (wanted_hz == 0 || wanted_hz == rate_hz) return to_float(waveform);
  const auto resampler = kept_plan<Resampler>(std::to_string(rate_hz) + ':' + std::to_string(wanted_hz), [&] {
    ResampleOptions hq;
    hq.method = TONEARM_HQ;
    return new Resampler(rate_hz, wanted_hz, hq);
  });
  return resample_planes(waveform, *resampler);
}

}  // namespace detail

/// Reads audio as a tensor: float32 in [-1, 1] unless the options say otherwise. To a CUDA device 16-bit audio goes as
/// it is, from page-locked memory while it is decoded, and is mixed, resampled and converted there, on torch's current
/// stream. Throws Error, where the device cannot work with the doctor's finding; std::invalid_argument for a device of
/// another kind.
inline Audio read(const Source& source, const ReadOptions& options = {}, const torch::Device& device = torch::kCPU) {
  const std::optional<torch::Device> target = detail::cuda_device(device);
  if (!target) return to_audio(read_samples(source, options));
  ReadOptions on_host = options;
  const bool finishes = options.sample_type == TONEARM_FLOAT32;
  if (finishes) on_host.with_sample_rate(0).with_mono(false).with_sample_type(TONEARM_INT16_OR_FLOAT32);
  torch::Tensor waveform;
  const auto allocate = [&](tonearm_sample_type sample_type, int num_channels, std::int64_t num_frames) {
    waveform = torch::empty({num_channels, num_frames}, torch::dtype(detail::scalar_type(sample_type)).device(*target));
    return waveform.data_ptr();
  };
  const Samples samples = read_samples_to_device(source, on_host, static_cast<int>(target->index()),
                                                 detail::current_stream(*target), allocate);
  Audio audio = detail::describe(samples);
  audio.waveform = waveform.narrow(1, 0, samples.num_frames()).contiguous();  // a copy where the source ended early
  if (finishes) {
    audio.waveform = detail::finish_on_device(audio.waveform, audio.sample_rate, options);
    if (options.sample_rate != 0) audio.sample_rate = options.sample_rate;
  }
  return audio;
}
inline Audio read(const std::string& path, const ReadOptions& options = {}, const torch::Device& device = torch::kCPU) {
  return read(Source::file(path), options, device);
}

/// (num_channels, num_frames), float32 in [-1, 1], at the file's own rate. As read().
inline torch::Tensor load(const std::string& path, const ReadOptions& options = {},
                          const torch::Device& device = torch::kCPU) {
  return read(path, options, device).waveform;
}

/// What became of one file of read_many: exactly one of `audio` and `error` is set.
struct ReadResult {
  std::optional<Audio> audio;
  std::optional<Error> error;

  explicit operator bool() const { return audio.has_value(); }
  /// Throws the error where there is one.
  const Audio& value() const {
    if (error) throw *error;
    return *audio;
  }
};

/// Reads all files with a few threads; results in the order of `paths`, errors as data. For more files than fit into
/// memory use Batch.
inline std::vector<ReadResult> read_many(const std::vector<std::string>& paths, const BatchOptions& options = {}) {
  std::vector<ReadResult> results(paths.size());
  Batch batch(paths, options);
  while (std::optional<BatchResult> item = batch.next()) {
    if (item->samples) {
      results[item->index].audio = to_audio(std::move(*item->samples));
    } else {
      results[item->index].error = std::move(item->error);
    }
  }
  return results;
}

/// Saves a tensor of shape (num_channels, num_frames), or (num_frames) for one channel: uint8, int16, int32, float32 or
/// float64, on any device, with any strides. A file that was there is replaced whole, or stays as it was. Throws Error;
/// std::invalid_argument for a tensor of another shape or type.
inline SaveReport save(const std::string& path, const torch::Tensor& waveform, int sample_rate,
                       const SaveOptions& options = {}) {
  SampleView samples;
  if (waveform.dim() != 1 && waveform.dim() != 2) {
    throw std::invalid_argument("tonearm::save: a tensor of shape (channels, frames) or (frames) is needed");
  }
  if (waveform.scalar_type() == torch::kUInt8) {
    samples.sample_type = TONEARM_UINT8;
  } else if (waveform.scalar_type() == torch::kInt16) {
    samples.sample_type = TONEARM_INT16;
  } else if (waveform.scalar_type() == torch::kInt32) {
    samples.sample_type = TONEARM_INT32;
  } else if (waveform.scalar_type() == torch::kFloat64) {
    samples.sample_type = TONEARM_FLOAT64;
  } else if (waveform.scalar_type() != torch::kFloat32) {
    throw std::invalid_argument("tonearm::save: uint8, int16, int32, float32 or float64 samples are needed");
  }
  const torch::Tensor planar = (waveform.dim() == 1 ? waveform.unsqueeze(0) : waveform).detach().cpu().contiguous();
  samples.data = planar.data_ptr();
  samples.num_channels = static_cast<int>(planar.size(0));
  samples.num_frames = planar.size(1);
  samples.channel_stride = planar.size(1);
  return save(path, samples, sample_rate, options);
}

}  // namespace tonearm
