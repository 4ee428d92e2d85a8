// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// MP3 streams in memory: headers and tags are right, the audio is not.
#pragma once

#include <cstddef>
#include <string>

namespace tonearm::test {

/// MPEG-1 layer III at 44.1 kHz, stereo: 417 bytes at 128 kbit/s, 104 at 32 kbit/s (without padding).
inline std::string mpeg_frame(char bitrate = '\x90') {
  const std::size_t size = bitrate == '\x90' ? 417 : 104;
  std::string frame(size, '\x55');
  frame.replace(0, 4, std::string("\xFF\xFB", 2) + bitrate + '\x00');
  return frame;
}

inline std::string repeat(const std::string& part, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += part;
  return all;
}

inline std::string big_endian(std::size_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

/// The tag's MPEG frame. `encoder` of 9 bytes; the delay and padding of LAME's defaults.
inline std::string xing_frame(std::size_t mpeg_frames, std::size_t num_bytes, const std::string& encoder,
                              int delay = 576, int padding = 1000) {
  std::string frame = mpeg_frame();
  std::string tag = "Xing" + big_endian(3) + big_endian(mpeg_frames) + big_endian(num_bytes) + encoder;
  tag += std::string(12, '\0');
  tag += static_cast<char>(delay >> 4);
  tag += static_cast<char>((delay & 15) << 4 | padding >> 8);
  tag += static_cast<char>(padding & 0xFF);
  frame.replace(36, tag.size(), tag);
  return frame;
}

}  // namespace tonearm::test
