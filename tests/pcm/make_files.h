// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Small uncompressed audio files in memory, one builder per container, with every field open to lies.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tonearm::test {

/// Bytes under construction; integers in either order.
class ByteWriter {
 public:
  explicit ByteWriter(bool big_endian = false) : big_endian_(big_endian) {}

  ByteWriter& text(std::string_view text) {
    for (const char c : text) bytes.push_back(static_cast<std::byte>(c));
    return *this;
  }
  ByteWriter& uint(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) {
      bytes.push_back(static_cast<std::byte>(value >> 8 * (big_endian_ ? width - 1 - i : i)));
    }
    return *this;
  }
  ByteWriter& u16(std::uint64_t value) { return uint(value, 2); }
  ByteWriter& u32(std::uint64_t value) { return uint(value, 4); }
  ByteWriter& u64(std::uint64_t value) { return uint(value, 8); }
  ByteWriter& append(const std::vector<std::byte>& more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return *this;
  }
  /// Overwrites a 32-bit field.
  ByteWriter& set_u32(std::size_t offset, std::uint64_t value) {
    ByteWriter field(big_endian_);
    field.u32(value);
    std::copy(field.bytes.begin(), field.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
    return *this;
  }

  std::vector<std::byte> bytes;

 private:
  bool big_endian_;
};

/// The bytes 1, 2, 3, ... as audio; any of them is a fine integer sample.
inline std::vector<std::byte> counting_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 7 + 1);
  return bytes;
}

struct WaveFormat {
  unsigned tag = 1;
  unsigned channels = 2;
  unsigned rate = 16000;
  unsigned container_bytes = 2;  ///< of one sample
  unsigned bits = 16;
  bool extensible = false;
  unsigned valid_bits = 0;  ///< of an extensible header
  int block_align = -1;     ///< -1: channels * container_bytes
};

inline ByteWriter make_format(const WaveFormat& format, bool big = false) {
  const unsigned block_align =
      format.block_align < 0 ? format.channels * format.container_bytes : static_cast<unsigned>(format.block_align);
  ByteWriter w(big);
  w.u16(format.extensible ? 0xFFFE : format.tag).u16(format.channels).u32(format.rate).u32(format.rate * block_align);
  w.u16(block_align).u16(format.bits);
  if (format.extensible) {
    w.u16(22).u16(format.valid_bits).u32(0).u32(format.tag).u16(0).u16(0x10);
    w.text(std::string_view("\x80\x00\x00\xAA\x00\x38\x9B\x71", 8));
  }
  return w;
}

inline constexpr std::uint64_t kTrueSize = UINT64_MAX - 1;  ///< write the size that is right

/// "RIFF", "RIFX", "RF64" or "BW64". `before` and `behind` are whole chunks around the audio.
inline std::vector<std::byte> make_riff(const WaveFormat& format, const std::vector<std::byte>& audio,
                                        std::string_view magic = "RIFF", std::uint64_t data_size = kTrueSize,
                                        std::uint64_t riff_size = kTrueSize, const std::vector<std::byte>& before = {},
                                        const std::vector<std::byte>& behind = {}) {
  const bool big = magic == "RIFX", wide = magic == "RF64" || magic == "BW64";
  ByteWriter w(big);
  w.text(magic).u32(0).text("WAVE");
  const std::uint64_t promised = data_size == kTrueSize ? audio.size() : data_size;
  if (wide) w.text("ds64").u32(28).u64(0).u64(promised).u64(0).u32(0);
  const ByteWriter chunk = make_format(format, big);
  w.text("fmt ").u32(chunk.bytes.size()).append(chunk.bytes).append(before);
  w.text("data").u32(wide ? 0xFFFFFFFF : promised).append(audio);
  if (audio.size() % 2 != 0) w.uint(0, 1);
  w.append(behind);
  w.set_u32(4, wide ? 0xFFFFFFFF : riff_size == kTrueSize ? w.bytes.size() - 8 : riff_size);
  if (wide) w.set_u32(20, w.bytes.size() - 8);
  return w.bytes;
}

inline std::vector<std::byte> make_wave64(const WaveFormat& format, const std::vector<std::byte>& audio,
                                          std::uint64_t data_size = kTrueSize) {
  constexpr std::string_view kTail("\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A", 12);
  const ByteWriter chunk = make_format(format);
  ByteWriter w;
  w.text("riff").text(std::string_view("\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\x00\x00", 12)).u64(0);
  w.text("wave").text(kTail);
  w.text("junk").text(kTail).u64(24 + 3).u64(0);  // 3 bytes and their padding
  w.text("fmt ").text(kTail).u64(24 + chunk.bytes.size()).append(chunk.bytes);
  while (w.bytes.size() % 8 != 0) w.uint(0, 1);
  w.text("data").text(kTail).u64(data_size == kTrueSize ? 24 + audio.size() : data_size).append(audio);
  w.set_u32(16, w.bytes.size());
  return w.bytes;
}

/// An 80-bit number of a whole rate.
inline void put_extended(ByteWriter& w, std::uint32_t rate) {
  if (rate == 0) {
    w.uint(0, 2).u64(0);
    return;
  }
  const int shift = std::countl_zero(std::uint64_t{rate});
  w.u16(static_cast<std::uint64_t>(16383 + 63 - shift)).u64(std::uint64_t{rate} << shift);
}

/// AIFF where `compression` is empty, else AIFF-C.
inline std::vector<std::byte> make_aiff(std::string_view compression, unsigned channels, unsigned bits,
                                        std::uint64_t frames, const std::vector<std::byte>& audio,
                                        std::uint32_t rate = 16000, std::uint64_t sound_size = kTrueSize) {
  ByteWriter w(true);
  w.text("FORM").u32(0).text(compression.empty() ? "AIFF" : "AIFC");
  w.text("NAME").u32(5).text("a tag").uint(0, 1);
  w.text("COMM").u32(compression.empty() ? 18 : 24).u16(channels).u32(frames).u16(bits);
  put_extended(w, rate);
  if (!compression.empty()) w.text(compression).u16(0);
  w.text("SSND").u32(sound_size == kTrueSize ? 8 + audio.size() : sound_size).u32(0).u32(0).append(audio);
  w.set_u32(4, w.bytes.size() - 8);
  return w.bytes;
}

inline std::vector<std::byte> make_au(bool big, unsigned encoding, unsigned channels,
                                      const std::vector<std::byte>& audio, std::uint64_t data_size = kTrueSize,
                                      unsigned rate = 16000) {
  ByteWriter w(big);
  w.text(big ? ".snd" : "dns.").u32(28).u32(data_size == kTrueSize ? audio.size() : data_size).u32(encoding);
  w.u32(rate).u32(channels).u32(0).append(audio);
  return w.bytes;
}

inline std::vector<std::byte> make_caf(std::string_view format, unsigned flags, unsigned channels,
                                       unsigned sample_bytes, unsigned bits, const std::vector<std::byte>& audio,
                                       std::uint64_t data_size = kTrueSize, double rate = 16000) {
  ByteWriter w(true);
  w.text("caff").u16(1).u16(0).text("desc").u64(32).u64(std::bit_cast<std::uint64_t>(rate));
  w.text(format).u32(flags).u32(channels * sample_bytes).u32(1).u32(channels).u32(bits);
  w.text("info").u64(4 + 6 + 6).u32(1).text(std::string_view("Title\0a tag\0", 12));
  w.text("data").u64(data_size == kTrueSize ? 4 + audio.size() : data_size).u32(0).append(audio);
  return w.bytes;
}

}  // namespace tonearm::test
