/* SPDX-FileCopyrightText: 2026 the tonearm authors
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * A C11 program that reads a WAV through tonearm.h and checks every sample, and one error.
 */
#include <tonearm/tonearm.h>

#include "write_wav.h"

#define EXPECT(condition)                                                    \
  do {                                                                       \
    if (!(condition)) return fprintf(stderr, "failed: %s\n", #condition), 1; \
  } while (0)

int main(int argc, char** argv) {
  EXPECT(argc == 2 && write_wav(argv[1]) == 0);

  tonearm_source* source = NULL;
  tonearm_error* error = NULL;
  EXPECT(tonearm_source_open_file("no such file.wav", 0, &source, &error) == TONEARM_NOT_FOUND);
  EXPECT(strstr(tonearm_error_message(error), "no such file.wav") != NULL);
  tonearm_error_free(error);

  EXPECT(tonearm_source_open_file(argv[1], 0, &source, &error) == TONEARM_OK);
  tonearm_options options;
  tonearm_options_init(&options);
  tonearm_audio* audio = NULL;
  EXPECT(tonearm_read(source, &options, &audio, &error) == TONEARM_OK);
  EXPECT(tonearm_audio_num_channels(audio) == kWavChannels);
  EXPECT(tonearm_audio_num_frames(audio) == kWavFrames);
  EXPECT(tonearm_audio_sample_rate(audio) == kWavRate);
  EXPECT(tonearm_audio_sample_type(audio) == TONEARM_FLOAT32);
  const float* data = tonearm_audio_data(audio);
  for (int channel = 0; channel < kWavChannels; ++channel) {
    for (int frame = 0; frame < kWavFrames; ++frame) {
      EXPECT(data[channel * kWavFrames + frame] == (float)wav_sample(channel, frame) / 32768.0f);
    }
  }
  printf("tonearm %s in C: (%d, %d) at %d Hz by %s, every sample right\n", tonearm_version(), kWavChannels, kWavFrames,
         kWavRate, tonearm_info_backend(tonearm_audio_info(audio)));
  tonearm_audio_free(audio);
  tonearm_source_free(source);
  return 0;
}
