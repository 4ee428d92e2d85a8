// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// MD5 (RFC 1321) of decoded samples, for comparison with published sums. Not for security.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace tonearm::test {

class Md5 {
 public:
  void add(std::span<const std::byte> bytes) {
    total_bytes_ += bytes.size();
    for (const std::byte b : bytes) {
      block_[filled_++] = std::to_integer<std::uint8_t>(b);
      if (filled_ == block_.size()) take_block();
    }
  }
  template <class T>
  void add_values(std::span<const T> values) {
    add(std::as_bytes(values));
  }

  /// 32 hexadecimal digits. Ends the sum.
  std::string hex() {
    const std::uint64_t bits = total_bytes_ * 8;
    const std::byte one{0x80}, zero{0};
    add({&one, 1});
    while (filled_ != 56) add({&zero, 1});
    for (int i = 0; i < 8; ++i) block_[56 + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(bits >> 8 * i);
    take_block();
    std::string text;
    for (const std::uint32_t word : state_) {
      for (int i = 0; i < 4; ++i) {
        text += "0123456789abcdef"[word >> (8 * i + 4) & 15];
        text += "0123456789abcdef"[word >> 8 * i & 15];
      }
    }
    return text;
  }

 private:
  void take_block() {
    static constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    static const std::array<std::uint32_t, 64> kSines = [] {
      std::array<std::uint32_t, 64> table{};
      for (std::size_t i = 0; i < 64; ++i) {
        table[i] = static_cast<std::uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
      }
      return table;
    }();
    std::array<std::uint32_t, 16> words;
    std::memcpy(words.data(), block_.data(), block_.size());
    auto [a, b, c, d] = state_;
    for (std::uint32_t i = 0; i < 64; ++i) {
      std::uint32_t mixed = 0, index = 0;
      switch (i / 16) {
        case 0: mixed = (b & c) | (~b & d), index = i; break;
        case 1: mixed = (d & b) | (~d & c), index = 5 * i + 1; break;
        case 2: mixed = b ^ c ^ d, index = 3 * i + 5; break;
        default: mixed = c ^ (b | ~d), index = 7 * i; break;
      }
      const std::uint32_t sum = a + mixed + kSines[i] + words[index % 16];
      const int shift = kShifts[i / 16][i % 4];
      a = d, d = c, c = b;
      b += sum << shift | sum >> (32 - shift);
    }
    state_[0] += a, state_[1] += b, state_[2] += c, state_[3] += d;
    filled_ = 0;
  }

  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace tonearm::test
