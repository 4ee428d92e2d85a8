// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// load FILE...: each file becomes a tensor. Prints one line of tab-separated fields for each:
// path, backend, channels, frames, rate in Hz, seconds of audio per second of work. scripts/demo shows them in a table.
#include <tonearm/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  int failures = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      using Clock = std::chrono::steady_clock;
      tonearm::Audio audio = tonearm::read(argv[i]);  // the first read opens the codec library; it is not timed
      double best_sec = 1e9;
      for (int repeat = 0; repeat < 3; ++repeat) {
        const auto begin = Clock::now();
        audio = tonearm::read(argv[i]);
        best_sec = std::min(best_sec, std::chrono::duration<double>(Clock::now() - begin).count());
      }
      const double audio_sec = static_cast<double>(audio.waveform.size(1)) / audio.sample_rate;
      std::printf("%s\t%s\t%lld\t%lld\t%d\t%.0f\n", argv[i], audio.backend.c_str(),
                  static_cast<long long>(audio.waveform.size(0)), static_cast<long long>(audio.waveform.size(1)),
                  audio.sample_rate, audio_sec / best_sec);
    } catch (const tonearm::Error& error) {
      std::fprintf(stderr, "%s\n", error.what());
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}
