// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Audio made at test time: a PCM WAV of our own, encoded by whichever program is installed.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace tonearm::test {

inline void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

inline std::string chunk(const std::string& id, const std::string& body) {
  std::string out = id;
  put(out, body.size(), 4);
  out += body;
  if (body.size() % 2 != 0) out.push_back('\0');
  return out;
}

inline std::string riff(const std::string& chunks) {
  std::string out = "RIFF";
  put(out, chunks.size() + 4, 4);
  return out + "WAVE" + chunks;
}

inline std::string fmt_body(unsigned tag, unsigned channels, unsigned rate, unsigned block, unsigned bits) {
  std::string out;
  put(out, tag, 2);
  put(out, channels, 2);
  put(out, rate, 4);
  put(out, std::uint64_t{rate} * block, 4);
  put(out, block, 2);
  put(out, bits, 2);
  return out;
}

/// One sample of the signal every test uses: two tones and a little counter noise, different per channel.
inline std::int16_t tone(std::int64_t frame, int channel, int rate) {
  const double t = static_cast<double>(frame) / rate;
  const double value = 9000 * std::sin(2 * M_PI * (220 + 110 * channel) * t) + 4000 * std::sin(2 * M_PI * 1234.5 * t) +
                       static_cast<double>((frame * 7919 + channel * 31) % 257);
  return static_cast<std::int16_t>(std::lrint(value));
}

inline std::string pcm_wav(std::int64_t frames, int channels, int rate) {
  std::string data;
  for (std::int64_t i = 0; i < frames; ++i) {
    for (int c = 0; c < channels; ++c) put(data, static_cast<std::uint16_t>(tone(i, c, rate)), 2);
  }
  const auto ch = static_cast<unsigned>(channels);
  return riff(chunk("fmt ", fmt_body(1, ch, static_cast<unsigned>(rate), ch * 2, 16)) + chunk("data", data));
}

inline std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Writes the PCM WAV beside `output`, runs `command` (with {in} and {out} replaced) and returns what it wrote;
/// empty where the program is not installed or failed.
inline std::string encode(std::string command, const std::string& suffix, std::int64_t frames, int channels, int rate) {
  std::string directory = (std::filesystem::temp_directory_path() / "tonearm_encode_XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return {};
  const std::string in = directory + "/in.wav", out = directory + "/out" + suffix;
  std::ofstream(in, std::ios::binary) << pcm_wav(frames, channels, rate);
  for (const auto& [word, path] : {std::pair{std::string("{in}"), in}, std::pair{std::string("{out}"), out}}) {
    command.replace(command.find(word), word.size(), path);
  }
  const int status = std::system((command + " >/dev/null 2>&1").c_str());
  std::string bytes = status == 0 ? read_whole(out) : std::string();
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return bytes;
}

}  // namespace tonearm::test
