// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// torch.ops.tonearm for C++: include this in one source of a program that runs exported or scripted models, and the
// operators that Python put in them are there, with the same schemas (python/tonearm/_ops.py; a test compares).
// Place in the flow: beside torch.h, above it; registers with the user's libtorch when the program starts.
// Float32 and float64 on the CPU, float32 on CUDA devices, without gradients. A process that imports tonearm's Python
// package has them already.
#pragma once

#include <torch/library.h>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "tonearm/torch.h"

namespace tonearm {
namespace detail {

/// The arguments of one call, by the names of its schema. Borrows both.
class OperatorArguments {
 public:
  OperatorArguments(const c10::FunctionSchema& schema, const c10::IValue* values) : schema_(schema), values_(values) {}

  torch::Tensor waveform() const { return values_[0].toTensor(); }
  int integer(const char* name) const { return static_cast<int>(at(name).toInt()); }
  std::int64_t large(const char* name) const { return at(name).toInt(); }
  double number(const char* name) const { return at(name).toDouble(); }
  double number_or(const char* name, double absent) const { return at(name).isNone() ? absent : number(name); }
  int flag(const char* name) const { return at(name).toBool() ? 1 : 0; }
  /// Where `choices` holds the text. Throws std::invalid_argument.
  int choice(const char* name, std::initializer_list<const char*> choices) const {
    const std::string given = at(name).toStringRef();
    std::string needed;
    int index = 0;
    for (const char* choice : choices) {
      if (given == choice) return index;
      needed += (index++ == 0 ? "" : ", ") + std::string(choice);
    }
    throw std::invalid_argument("tonearm: " + std::string(name) + " must be one of " + needed + ", not " + given);
  }
  /// A table in double, contiguous, on the CPU; undefined where there is none.
  torch::Tensor table(const char* name) const {
    const c10::IValue& value = at(name);
    return value.isNone() ? torch::Tensor() : value.toTensor().detach().to(torch::kCPU, torch::kFloat64).contiguous();
  }
  /// The integer in a tensor of one; 0 where there is none.
  std::uint64_t seed(const char* name) const {
    return at(name).isNone() ? 0 : static_cast<std::uint64_t>(at(name).toTensor().item<std::int64_t>());
  }
  /// Everything but the waveform and the argument `call`, which is a call's: equal keys are equal plans.
  std::string key(const std::string& call = {}) const {
    std::string key;
    for (std::size_t i = 1; i < schema_.arguments().size(); ++i) {
      if (schema_.arguments()[i].name() != call) append(key, values_[i]);
    }
    return key;
  }

 private:
  const c10::IValue& at(const char* name) const {
    std::size_t i = 0;
    while (schema_.arguments()[i].name() != name) ++i;  // the schema is ours: the name is there
    return values_[i];
  }
  static void append(std::string& key, const c10::IValue& value) {
    const auto add = [&](char kind, const void* data, std::size_t bytes) {
      key += kind;
      key += std::to_string(bytes) + ':';
      key.append(static_cast<const char*>(data), bytes);
    };
    if (value.isTensor()) {
      const torch::Tensor table = value.toTensor().detach().to(torch::kCPU, torch::kFloat64).contiguous();
      add('t', table.data_ptr(), table.nbytes());
    } else if (value.isDouble()) {
      const double number = value.toDouble();
      add('d', &number, sizeof number);
    } else if (value.isString()) {
      add('s', value.toStringRef().data(), value.toStringRef().size());
    } else if (!value.isNone()) {
      const std::int64_t number = value.isBool() ? value.toBool() : value.toInt();
      add('i', &number, sizeof number);
    } else {
      key += 'n';
    }
  }

  const c10::FunctionSchema& schema_;
  const c10::IValue* values_;
};

inline torch::Tensor operator_resample(const OperatorArguments& a) {
  const auto resampler = kept_plan<Resampler>(a.key(), [&] {
    ResampleOptions options;
    options.method = static_cast<tonearm_resample_method>(
        a.choice("resampling_method", {"sinc_interp_hann", "sinc_interp_kaiser", "hq", "vhq"}));
    options.lowpass_filter_width = a.integer("lowpass_filter_width");
    options.rolloff = a.number("rolloff");
    options.beta = a.number_or("beta", options.beta);
    return new Resampler(a.large("orig_freq"), a.large("new_freq"), options);
  });
  return resample(a.waveform(), *resampler);
}

inline torch::Tensor operator_spectral_features(const OperatorArguments& a) {
  const torch::Tensor window = a.table("window"), filters = a.table("filters"), dct = a.table("dct");
  const double power = a.number_or("power", 0);
  const auto features = kept_plan<Features>("chain" + a.key(), [&] {
    tonearm_feature_options options;
    tonearm_feature_options_init(&options);
    options.n_fft = a.integer("n_fft");
    options.win_length = static_cast<int>(window.numel());
    options.hop_length = a.integer("hop_length");
    options.pad = a.integer("pad");
    options.center = a.flag("center");
    options.pad_mode = a.choice("pad_mode", {"constant", "reflect", "replicate"});
    options.power = power;
    options.norm = a.choice("norm", {"none", "window", "frame_length"});
    options.window = window.data_ptr<double>();
    const bool fits = !filters.defined() || (filters.dim() == 2 && filters.size(0) == options.n_fft / 2 + 1);
    if (!fits || (dct.defined() && (!filters.defined() || dct.dim() != 2 || dct.size(0) != filters.size(1)))) {
      throw std::invalid_argument("tonearm: filters (n_fft / 2 + 1, n) and dct (n, m) are needed");
    }
    if (filters.defined()) {
      options.num_filters = static_cast<int>(filters.size(1));
      options.filters = filters.data_ptr<double>();
    }
    options.log = a.choice("log", {"none", "ln", "db"});
    options.log_offset = options.log_floor = a.number("log_parameter");
    options.top_db = a.number_or("top_db", -1);
    if (dct.defined()) {
      options.num_coefs = static_cast<int>(dct.size(1));
      options.dct = dct.data_ptr<double>();
    }
    return new Features(options);
  });
  const torch::Tensor out = compute(*features, a.waveform());
  if (power != 0 || filters.defined()) return out;
  std::vector<std::int64_t> pairs = out.sizes().vec();  // re and im stand beside each other
  pairs[pairs.size() - 2] /= 2;
  pairs.push_back(2);
  return torch::view_as_complex(out.reshape(pairs));
}

inline torch::Tensor operator_whisper_log_mel(const OperatorArguments& a) {
  const auto features = kept_plan<WhisperFeatures>(a.key(), [&] { return new WhisperFeatures(a.integer("n_mels")); });
  return compute(*features, a.waveform());
}

inline torch::Tensor operator_kaldi_features(const OperatorArguments& a) {
  const auto features = kept_plan<Features>("kaldi" + a.key("dither_seed"), [&] {
    tonearm_kaldi_options options;
    tonearm_kaldi_options_init(&options);
    options.kind = a.choice("kind", {"fbank", "mfcc", "spectrogram"});
    options.window = a.choice("window_type", {"hanning", "hamming", "blackman", "povey", "rectangular"});
    options.blackman_coeff = a.number("blackman_coeff");
    options.cepstral_lifter = a.number("cepstral_lifter");
    options.dither = a.number("dither");
    options.energy_floor = a.number("energy_floor");
    options.frame_length_ms = a.number("frame_length");
    options.frame_shift_ms = a.number("frame_shift");
    options.high_freq = a.number("high_freq");
    options.htk_compat = a.flag("htk_compat");
    options.low_freq = a.number("low_freq");
    options.num_ceps = a.integer("num_ceps");
    options.num_mel_bins = a.integer("num_mel_bins");
    options.preemphasis = a.number("preemphasis_coefficient");
    options.raw_energy = a.flag("raw_energy");
    options.remove_dc_offset = a.flag("remove_dc_offset");
    options.round_to_power_of_two = a.flag("round_to_power_of_two");
    options.sample_frequency = a.number("sample_frequency");
    options.snip_edges = a.flag("snip_edges");
    options.subtract_mean = a.flag("subtract_mean");
    options.use_energy = a.flag("use_energy");
    options.use_log_fbank = a.flag("use_log_fbank");
    options.use_power = a.flag("use_power");
    options.vtln_high = a.number("vtln_high");
    options.vtln_low = a.number("vtln_low");
    options.vtln_warp = a.number("vtln_warp");
    return new Features(options);
  });
  return compute(*features, a.waveform(), a.seed("dither_seed"));
}

/// What the dispatcher calls. Boxed, since optional arguments have another type in each libtorch.
template <torch::Tensor (*kRun)(const OperatorArguments&)>
void run_operator(const c10::OperatorHandle& handle, std::vector<c10::IValue>* stack) {
  const std::size_t count = handle.schema().arguments().size();
  torch::Tensor out = kRun(OperatorArguments(handle.schema(), stack->data() + (stack->size() - count)));
  stack->resize(stack->size() - count);
  stack->emplace_back(std::move(out));
}

}  // namespace detail
}  // namespace tonearm

TORCH_LIBRARY_FRAGMENT(tonearm, library) {
  library.def(
      "resample(Tensor waveform, int orig_freq, int new_freq, int lowpass_filter_width=6, float rolloff=0.99, "
      "str resampling_method=\"sinc_interp_hann\", float? beta=None) -> Tensor");
  library.def(
      "spectral_features(Tensor waveform, Tensor window, Tensor? filters, Tensor? dct, int n_fft, int hop_length, "
      "int pad, float? power, str norm, bool center, str pad_mode, str log, float log_parameter, float? top_db) "
      "-> Tensor");
  library.def("whisper_log_mel(Tensor waveform, int n_mels=80) -> Tensor");
  library.def(
      "kaldi_features(Tensor waveform, str kind, str window_type, Tensor? dither_seed, float blackman_coeff, "
      "float cepstral_lifter, float dither, float energy_floor, float frame_length, float frame_shift, "
      "float high_freq, bool htk_compat, float low_freq, int num_ceps, int num_mel_bins, "
      "float preemphasis_coefficient, bool raw_energy, bool remove_dc_offset, bool round_to_power_of_two, "
      "float sample_frequency, bool snip_edges, bool subtract_mean, bool use_energy, bool use_log_fbank, "
      "bool use_power, float vtln_high, float vtln_low, float vtln_warp) -> Tensor");
}

namespace tonearm {
namespace detail {

inline void implement_operators(torch::Library& library) {
  using torch::CppFunction;
  library.impl("resample", CppFunction::makeFromBoxedFunction<&run_operator<operator_resample>>());
  library.impl("spectral_features", CppFunction::makeFromBoxedFunction<&run_operator<operator_spectral_features>>());
  library.impl("whisper_log_mel", CppFunction::makeFromBoxedFunction<&run_operator<operator_whisper_log_mel>>());
  library.impl("kaldi_features", CppFunction::makeFromBoxedFunction<&run_operator<operator_kaldi_features>>());
}

}  // namespace detail
}  // namespace tonearm

TORCH_LIBRARY_IMPL(tonearm, CPU, library) { tonearm::detail::implement_operators(library); }
TORCH_LIBRARY_IMPL(tonearm, CUDA, library) { tonearm::detail::implement_operators(library); }
