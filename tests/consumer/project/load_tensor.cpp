// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm::load against whichever libtorch this is compiled with: every sample checked, the memory outlives the reader;
// saved again.
#include <tonearm/torch.h>

#include <iostream>
#include <string>

#include "write_wav.h"

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
                     torch::allclose(mono.waveform, expected.mean(0, true).narrow(1, 100, 50));
  std::cout << "libtorch " << TORCH_VERSION << ", C++ " << __cplusplus / 100 % 100 << ": " << wave.sizes() << " by "
            << mono.backend << (right ? ", every sample right\n" : ", WRONG\n");
  return right ? 0 : 1;
}
