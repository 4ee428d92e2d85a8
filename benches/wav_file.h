// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A WAV file in memory for the benchmarks, and what each of its samples is.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

namespace tonearm::bench {

inline constexpr int kRate = 44100;
inline constexpr int kChannels = 2;

/// Sample (frame, channel) as an integer of `bits` bits: a chirp, loud but below full scale.
inline std::int64_t sample_value(std::int64_t frame, int channel, int bits) {
  const double t = static_cast<double>(frame) / kRate;
  return std::llround(0.7 * std::sin(300.0 * t * (1.0 + t / 60) + channel) * std::ldexp(1.0, bits - 1));
}

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

/// The samples alone, interleaved, little-endian.
inline std::string make_samples(int bits, std::int64_t num_frames) {
  std::string data;
  data.reserve(static_cast<std::size_t>(num_frames * kChannels * bits / 8));
  for (std::int64_t f = 0; f < num_frames; ++f) {
    for (int c = 0; c < kChannels; ++c) put(data, static_cast<std::uint64_t>(sample_value(f, c, bits)), bits / 8);
  }
  return data;
}

inline std::string make_wav(int bits, std::int64_t num_frames) {
  const std::string data = make_samples(bits, num_frames);
  const unsigned frame_bytes = static_cast<unsigned>(kChannels * bits / 8);
  std::string wav = "RIFF";
  put(wav, 36 + data.size(), 4);
  wav += "WAVEfmt ";
  put(wav, 16, 4);
  put(wav, 1, 2);
  put(wav, kChannels, 2);
  put(wav, kRate, 4);
  put(wav, kRate * frame_bytes, 4);
  put(wav, frame_bytes, 2);
  put(wav, static_cast<unsigned>(bits), 2);
  wav += "data";
  put(wav, data.size(), 4);
  return wav + data;
}

}  // namespace tonearm::bench
