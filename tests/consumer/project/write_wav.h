/* SPDX-FileCopyrightText: 2026 the tonearm authors
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * A 16-bit PCM WAV of known samples, written without tonearm: channel c, frame f holds wav_sample(c, f).
 */
#ifndef WRITE_WAV_H_
#define WRITE_WAV_H_

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kWavChannels = 2, kWavFrames = 1000, kWavRate = 22050 };

static inline int16_t wav_sample(int channel, int frame) {
  return (int16_t)((frame * 61 + channel * 20011) % 65536 - 32768);
}

static inline void put_le(unsigned char* out, uint32_t value, int num_bytes) {
  for (int i = 0; i < num_bytes; ++i) out[i] = (unsigned char)(value >> (8 * i));
}

/* 0 on success. */
static inline int write_wav(const char* path) {
  const uint32_t data_bytes = kWavChannels * kWavFrames * 2;
  unsigned char header[44];
  memcpy(header, "RIFF....WAVEfmt ....................data....", 44);
  put_le(header + 4, 36 + data_bytes, 4);
  put_le(header + 16, 16, 4);
  put_le(header + 20, 1, 2);
  put_le(header + 22, kWavChannels, 2);
  put_le(header + 24, kWavRate, 4);
  put_le(header + 28, kWavRate * kWavChannels * 2, 4);
  put_le(header + 32, kWavChannels * 2, 2);
  put_le(header + 34, 16, 2);
  put_le(header + 40, data_bytes, 4);
  FILE* file = fopen(path, "wb");
  if (file == NULL) return -1;
  size_t written = fwrite(header, 1, sizeof header, file);
  for (int frame = 0; frame < kWavFrames; ++frame) {
    for (int channel = 0; channel < kWavChannels; ++channel) {
      unsigned char sample[2];
      put_le(sample, (uint16_t)wav_sample(channel, frame), 2);
      written += fwrite(sample, 1, sizeof sample, file);
    }
  }
  return fclose(file) == 0 && written == sizeof header + data_bytes ? 0 : -1;
}

#endif /* WRITE_WAV_H_ */
