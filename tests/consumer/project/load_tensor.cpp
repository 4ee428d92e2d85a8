// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm::load against whichever libtorch this is compiled with: every sample checked, the memory outlives the reader;
// saved again. The operators of torch_ops.h are found by the names that exported programs hold.
#include <tonearm/torch.h>
#include <tonearm/torch_ops.h>

#include <iostream>
#include <string>

#include "write_wav.h"

/// What the dispatcher has under this name; the schema's defaults stand for what is not given.
static torch::Tensor call_operator(const char* name, std::vector<c10::IValue> stack) {
  const c10::OperatorHandle handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, "");
  const auto& arguments = handle.schema().arguments();
  while (stack.size() < arguments.size()) stack.push_back(*arguments[stack.size()].default_value());
  handle.callBoxed(&stack);
  return stack.at(0).toTensor();
}

static bool operators_are_right() {
  const c10::IValue none;
  const torch::Tensor x = torch::randn({2, 4000}), window = torch::hann_window(400);
  bool right = torch::equal(call_operator("tonearm::resample", {x, 3, 2}), tonearm::resample(x, 3, 2));
  tonearm::ResampleOptions kaiser;
  kaiser.method = TONEARM_SINC_KAISER;
  kaiser.lowpass_filter_width = 16;
  kaiser.beta = 9;
  right = right && torch::equal(call_operator("tonearm::resample", {x, 3, 2, 16, 0.99, "sinc_interp_kaiser", 9.0}),
                                tonearm::resample(x, 3, 2, kaiser));
  right = right &&
          torch::equal(call_operator("tonearm::whisper_log_mel", {x}), tonearm::compute(tonearm::WhisperFeatures(), x));
  const std::vector<c10::IValue> plain{400, 200, 0, none, "none", false, "reflect", "none", 0.0, none};
  std::vector<c10::IValue> stack{x, window, none, none};
  stack.insert(stack.end(), plain.begin(), plain.end());
  for (int repetition = 0; repetition < 2; ++repetition) {  // the second by the plan that was kept
    const torch::Tensor spectrum = call_operator("tonearm::spectral_features", stack);
    const torch::Tensor want = torch::fft_rfft(x.unfold(-1, 400, 200) * window).transpose(-1, -2);
    right = right && spectrum.is_complex() && torch::allclose(spectrum, want, 1e-4, 1e-4);
  }
  const torch::Tensor bank = torch::rand({201, 12});
  stack[2] = bank;
  stack[7] = 2.0;
  const torch::Tensor mel = call_operator("tonearm::spectral_features", stack);
  const torch::Tensor power = torch::fft_rfft(x.unfold(-1, 400, 200) * window).abs().square();
  right = right && torch::allclose(mel, torch::matmul(power, bank).transpose(-1, -2), 1e-4, 1e-4);

  tonearm_kaldi_options options;
  tonearm_kaldi_options_init(&options);
  options.num_mel_bins = 40;
  options.use_energy = 1;
  const torch::Tensor fbank =
      call_operator("tonearm::kaldi_features",
                    {x[0], "fbank", "povey", none, 0.42, 22.0,    0.0,  1.0,   25.0, 10.0, 0.0,  false,  20.0,  13,
                     40,   0.97,    true,    true, true, 16000.0, true, false, true, true, true, -500.0, 100.0, 1.0});
  right = right && torch::equal(fbank, tonearm::compute(tonearm::Features(options), x[0]));
  try {
    call_operator("tonearm::resample", {x, 3, 2, 6, 0.99, "linear"});
    right = false;
  } catch (const std::invalid_argument& error) {
    right = right && std::string(error.what()).find("resampling_method") != std::string::npos;
  }
  return right;
}

// What torch.h adds to the plain classes: shapes, types, and the refusal of what does not fit.
static bool tensors_are_right() {
  const torch::Tensor x = torch::randn({2, 3, 4000});
  const tonearm::Resampler resampler(44100, 16000);
  tonearm::ResampleStream<float> stream(resampler, 6);
  const torch::Tensor first = tonearm::resample(stream, x.narrow(-1, 0, 1500));
  const torch::Tensor rest = tonearm::resample(stream, x.narrow(-1, 1500, 2500), true);
  bool right = torch::equal(torch::cat({first, rest}, -1), tonearm::resample(x, resampler));
  for (const torch::Tensor& other : {x.to(torch::kFloat64), x[0]}) {
    try {
      tonearm::resample(stream, other);
      right = false;
    } catch (const std::invalid_argument&) {
    }
  }

  tonearm::SpectrogramOptions options;
  options.hop_length = 160;
  const torch::Tensor window = torch::hann_window(400);
  const torch::Tensor power = tonearm::compute(tonearm::Spectrogram(options), x);
  options.power = std::nullopt;
  const torch::Tensor spectrum = tonearm::compute(tonearm::Spectrogram(options), x);
  const torch::Tensor want =
      torch::stft(x.reshape({6, 4000}), 400, 160, 400, window, true, "reflect", false, true, true)
          .reshape({2, 3, 201, 26});
  right = right && spectrum.is_complex() && torch::allclose(spectrum, want, 1e-4, 1e-4) &&
          torch::allclose(power, want.abs().square(), 1e-3, 1e-3);

  const tonearm::KaldiFbank fbank;
  const torch::Tensor bands = tonearm::compute(fbank, x);
  right = right && bands.sizes() == torch::IntArrayRef({2, 3, 23, 23}) &&
          torch::equal(bands[1][2], tonearm::compute(fbank, x[1][2])) &&
          tonearm::compute(tonearm::KaldiMfcc(), x).sizes() == torch::IntArrayRef({2, 3, 23, 13}) &&
          tonearm::compute(tonearm::MelSpectrogram(), x).sizes() == torch::IntArrayRef({2, 3, 128, 21}) &&
          tonearm::compute(tonearm::Mfcc(13), x).sizes() == torch::IntArrayRef({2, 3, 13, 21}) &&
          tonearm::compute(tonearm::WhisperFeatures(), x).sizes() == torch::IntArrayRef({2, 3, 80, 25});
  return right;
}

/// Read to a CUDA device: the same samples there, or an error that says why not; nothing falls back to the CPU.
static bool device_is_honoured_or_refused(const char* path, const torch::Tensor& expected) {
  try {
    tonearm::read(path, {}, torch::kMeta);
    return false;
  } catch (const std::invalid_argument& error) {
    if (std::string(error.what()).find("not to meta") == std::string::npos) return false;
  }
  try {
    const torch::Tensor there = tonearm::load(path, {}, torch::kCUDA);
    return there.is_cuda() && torch::equal(there.cpu(), expected);
  } catch (const tonearm::Error& error) {  // no driver, no device, no kernels: the doctor's finding
    return error.code() == TONEARM_MISSING_DEPENDENCY && error.finding() && !error.next().empty();
  } catch (const std::invalid_argument& error) {  // a device, and a libtorch that was linked without CUDA
    return std::string(error.what()).find("libtorch_cuda") != std::string::npos;
  }
}

int main(int argc, char** argv) {
  if (argc != 2 || write_wav(argv[1]) != 0) return 2;
  torch::Tensor wave = tonearm::load(argv[1]);
  torch::Tensor expected = torch::empty({kWavChannels, kWavFrames});
  for (int channel = 0; channel < kWavChannels; ++channel) {
    for (int frame = 0; frame < kWavFrames; ++frame) {
      expected.data_ptr<float>()[channel * kWavFrames + frame] =
          static_cast<float>(wav_sample(channel, frame)) / 32768.0f;
    }
  }
  const tonearm::Audio mono = tonearm::read(argv[1], tonearm::ReadOptions().with_mono().with_range(100, 50));
  const std::string copy = std::string(argv[1]) + ".aiff";
  tonearm::SaveOptions options;
  options.bits_per_sample = 24;
  tonearm::save(copy, wave.t().contiguous().t(), kWavRate, options);  // strides of another order
  const bool right = torch::equal(tonearm::load(copy), expected) && wave.is_contiguous() &&
                     torch::equal(wave, expected) && mono.sample_rate == kWavRate &&
                     torch::allclose(mono.waveform, expected.mean(0, true).narrow(1, 100, 50)) &&
                     operators_are_right() && tensors_are_right() && device_is_honoured_or_refused(argv[1], expected);
  std::cout << "libtorch " << TORCH_VERSION << ", C++ " << __cplusplus / 100 % 100 << ": " << wave.sizes() << " by "
            << mono.backend << (right ? ", every sample right\n" : ", WRONG\n");
  return right ? 0 : 1;
}
