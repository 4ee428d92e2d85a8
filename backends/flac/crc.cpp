// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/crc.h"

#include <array>

namespace tonearm::flac {
namespace {

/// table[k][b]: what byte b contributes when k more bytes follow it (slicing by sixteen).
template <class Word, Word kPolynomial, unsigned kSlices>
struct Tables {
  static constexpr unsigned kBits = sizeof(Word) * 8;
  std::array<std::array<Word, 256>, kSlices> at{};

  constexpr Tables() {
    for (unsigned b = 0; b < 256; ++b) {
      std::uint32_t crc = static_cast<std::uint32_t>(b) << (kBits - 8);
      for (int bit = 0; bit < 8; ++bit) {
        const bool top = (crc >> (kBits - 1)) & 1;
        crc <<= 1;
        if (top) crc ^= kPolynomial;
        if constexpr (kBits < 32) crc &= (std::uint32_t{1} << kBits) - 1;
      }
      at[0][b] = static_cast<Word>(crc);
    }
    for (unsigned k = 1; k < kSlices; ++k) {
      for (unsigned b = 0; b < 256; ++b) {
        const std::uint32_t before = at[k - 1][b];
        std::uint32_t crc = at[0][before >> (kBits - 8)];
        if constexpr (kBits > 8) crc ^= before << 8;
        at[k][b] = static_cast<Word>(crc);
      }
    }
  }
};

constexpr Tables<std::uint8_t, 0x07, 1> kCrc8;
constexpr Tables<std::uint16_t, 0x8005, 16> kCrc16;

unsigned u8(std::byte b) { return std::to_integer<unsigned>(b); }

}  // namespace

std::uint8_t crc8(std::span<const std::byte> bytes) {
  std::uint8_t crc = 0;
  for (std::byte b : bytes) crc = kCrc8.at[0][crc ^ u8(b)];
  return crc;
}

std::uint16_t crc16(std::span<const std::byte> bytes) {
  const auto& t = kCrc16.at;
  unsigned crc = 0;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; left -= 16, p += 16) {
    crc = t[15][(crc >> 8) ^ u8(p[0])] ^ t[14][(crc & 0xFF) ^ u8(p[1])] ^
          (t[13][u8(p[2])] ^ t[12][u8(p[3])] ^ t[11][u8(p[4])] ^ t[10][u8(p[5])] ^ t[9][u8(p[6])] ^ t[8][u8(p[7])] ^
           t[7][u8(p[8])] ^ t[6][u8(p[9])] ^ t[5][u8(p[10])] ^ t[4][u8(p[11])] ^ t[3][u8(p[12])] ^ t[2][u8(p[13])] ^
           t[1][u8(p[14])] ^ t[0][u8(p[15])]);
  }
  for (; left > 0; --left, ++p) crc = ((crc << 8) & 0xFFFF) ^ t[0][(crc >> 8) ^ u8(*p)];
  return static_cast<std::uint16_t>(crc);
}

}  // namespace tonearm::flac
