// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm for libtorch: torch::Tensor load(path). Header only, compiled against the user's own libtorch.
// Place in the flow: the last stop; the only header that includes torch. libtonearm itself knows no torch symbol, so
// one build of it serves every libtorch from 1.13 on (C++17, or what that torch's headers ask for).
#pragma once

#include <torch/torch.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "tonearm/audio.h"

namespace tonearm {

/// Audio as a tensor, and where it came from.
struct Audio {
  torch::Tensor waveform;  ///< (num_channels, num_frames), contiguous, CPU
  int sample_rate = 0;     ///< Hz, of `waveform`
  std::string backend;
  AudioInfo info;  ///< of the source
  std::vector<std::string> warnings;
  std::int64_t num_non_finite = 0;  ///< where ReadOptions::non_finite has them counted
};

/// Hands decoded samples to a tensor without copying; the tensor owns the memory from then on.
inline torch::Tensor to_tensor(Samples samples) {
  const auto scalar_type = [&] {
    switch (samples.sample_type()) {
      case TONEARM_UINT8: return torch::kUInt8;
      case TONEARM_INT16: return torch::kInt16;
      case TONEARM_INT32: return torch::kInt32;
      case TONEARM_FLOAT64: return torch::kFloat64;
      default: return torch::kFloat32;
    }
  }();
  const std::vector<std::int64_t> shape{samples.num_channels(), samples.num_frames()};
  const auto options = torch::TensorOptions().dtype(scalar_type);
  if (samples.num_frames() == 0) return torch::empty(shape, options);
  void* data = samples.take_data();
  return torch::from_blob(
      data, shape, [](void* block) { tonearm_free_samples(block); }, options);
}

/// The same with all that is known of them.
inline Audio to_audio(Samples samples) {
  Audio audio;
  audio.sample_rate = samples.sample_rate();
  audio.info = samples.info();
  audio.backend = audio.info.backend;
  audio.warnings = samples.warnings();
  audio.num_non_finite = samples.num_non_finite();
  audio.waveform = to_tensor(std::move(samples));
  return audio;
}

/// Reads audio as a tensor: float32 in [-1, 1] unless the options say otherwise. Throws Error.
inline Audio read(const Source& source, const ReadOptions& options = {}) {
  return to_audio(read_samples(source, options));
}
inline Audio read(const std::string& path, const ReadOptions& options = {}) {
  return read(Source::file(path), options);
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

/// (num_channels, num_frames), float32 in [-1, 1], at the file's own rate. Throws Error.
inline torch::Tensor load(const std::string& path, const ReadOptions& options = {}) {
  return read(path, options).waveform;
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

namespace detail {

/// (channels, time), contiguous, of a float tensor on the CPU that needs no gradient.
inline torch::Tensor as_planes(const torch::Tensor& waveform) {
  if (waveform.dim() < 1 || !waveform.device().is_cpu() ||
      (waveform.scalar_type() != torch::kFloat32 && waveform.scalar_type() != torch::kFloat64)) {
    throw std::invalid_argument("tonearm: a float32 or float64 tensor (..., time) on the CPU is needed");
  }
  if (waveform.requires_grad() && torch::GradMode::is_enabled()) {
    throw std::invalid_argument("tonearm: this has no gradient; pass waveform.detach()");
  }
  const std::int64_t time = waveform.size(-1);
  std::int64_t channels = 1;
  for (std::int64_t d = 0; d + 1 < waveform.dim(); ++d) channels *= waveform.size(d);
  return waveform.detach().reshape({channels, time}).contiguous();
}

}  // namespace detail

/// Resamples (..., time), float32 or float64, on the CPU, by at most at::get_num_threads() threads. Has no gradient:
/// detach() first. Throws Error; std::invalid_argument for a tensor of another kind.
inline torch::Tensor resample(const torch::Tensor& waveform, const Resampler& resampler) {
  const torch::Tensor in = detail::as_planes(waveform);
  torch::Tensor out = torch::empty({in.size(0), resampler.length(in.size(1))}, in.options());
  const int channels = static_cast<int>(in.size(0)), threads = at::get_num_threads();
  if (in.scalar_type() == torch::kFloat32) {
    resampler.run(in.data_ptr<float>(), in.size(1), out.data_ptr<float>(), channels, threads);
  } else {
    resampler.run(in.data_ptr<double>(), in.size(1), out.data_ptr<double>(), channels, threads);
  }
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
/// time. `last`: the signal ends with it. Throws Error; std::invalid_argument for another type or number of channels.
template <class T>
torch::Tensor resample(ResampleStream<T>& stream, const torch::Tensor& chunk, bool last = false) {
  const torch::Tensor in = detail::as_planes(chunk);
  if (in.scalar_type() != (std::is_same<T, float>::value ? torch::kFloat32 : torch::kFloat64) ||
      in.size(0) != stream.num_channels()) {
    throw std::invalid_argument("tonearm::resample: a chunk of the stream's type and " +
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
/// decibels take one maximum over the channels of an item, the dimension before time.
inline torch::Tensor compute(const Features& features, const torch::Tensor& waveform) {
  const torch::Tensor in = detail::as_planes(waveform);
  const std::int64_t windows = features.num_windows(in.size(1)), values = features.num_values();
  torch::Tensor out = torch::empty({in.size(0), windows * values}, in.options());
  const int channels = static_cast<int>(in.size(0)), threads = at::get_num_threads();
  const int per_item = waveform.dim() > 1 && waveform.size(-2) > 0 ? static_cast<int>(waveform.size(-2)) : 1;
  if (in.scalar_type() == torch::kFloat32) {
    features.run(in.data_ptr<float>(), in.size(1), out.data_ptr<float>(), channels, per_item, threads);
  } else {
    features.run(in.data_ptr<double>(), in.size(1), out.data_ptr<double>(), channels, per_item, threads);
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

}  // namespace tonearm
