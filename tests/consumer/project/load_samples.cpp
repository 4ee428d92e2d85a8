// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A C++17 program without torch: audio.h, every sample checked, saved again, and one error.
#include <tonearm/audio.h>

#include <iostream>
#include <string>

#include "write_wav.h"

int main(int argc, char** argv) {
  if (argc != 2 || write_wav(argv[1]) != 0) return 2;
  try {
    tonearm::read_samples("no such file.wav");
    std::cerr << "a missing file was read\n";
    return 1;
  } catch (const tonearm::Error& error) {
    if (error.code() != TONEARM_NOT_FOUND || error.stage() != "source") {
      std::cerr << "wrong error: " << error.what() << '\n';
      return 1;
    }
  }
  const tonearm::AudioInfo info = tonearm::info(argv[1]);
  const tonearm::Samples samples = tonearm::read_samples(argv[1]);
  bool right = info.num_frames == kWavFrames && info.frames_exact && samples.num_frames() == kWavFrames &&
               samples.num_channels() == kWavChannels && samples.sample_rate() == kWavRate;
  for (int channel = 0; right && channel < kWavChannels; ++channel) {
    for (int frame = 0; frame < kWavFrames; ++frame) {
      right = right && samples.channel(channel)[frame] == static_cast<float>(wav_sample(channel, frame)) / 32768.0f;
    }
  }
  const tonearm::SampleView view{samples.data(), samples.sample_type(), samples.num_channels(), samples.num_frames(),
                                 samples.num_frames()};
  const std::string copy = std::string(argv[1]) + ".caf";
  const tonearm::SaveReport report =
      tonearm::save(copy, view, kWavRate, tonearm::SaveOptions().with_bits_per_sample(16).with_tag("title", "copy"));
  const tonearm::Samples again = tonearm::read_samples(copy);
  right = right && report.backend == "pcm" && report.warnings.empty() && again.info().tags.at("title") == "copy" &&
          again.num_frames() == kWavFrames &&
          again.channel(kWavChannels - 1)[7] == samples.channel(kWavChannels - 1)[7];
  std::cout << "C++17 without torch: " << samples.num_channels() << " x " << samples.num_frames() << " by "
            << info.backend << (right ? ", every sample right\n" : ", WRONG\n");
  return right ? 0 : 1;
}
