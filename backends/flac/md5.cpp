// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/md5.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace tonearm::flac {
namespace {

/// floor(2^32 * |sin(i + 1)|)
constexpr std::uint32_t kSines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

/// Step kStep of 64; the roles of the four words turn by one with each.
template <std::size_t kStep>
inline __attribute__((always_inline)) void step(std::uint32_t (&s)[4], const std::uint32_t (&words)[16]) {
  constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
  std::uint32_t& a = s[(64 - kStep) % 4];
  const std::uint32_t b = s[(65 - kStep) % 4], c = s[(66 - kStep) % 4], d = s[(67 - kStep) % 4];
  std::uint32_t mixed = 0;
  std::size_t word = 0;
  if constexpr (kStep < 16) {
    mixed = d ^ (b & (c ^ d)), word = kStep;
  } else if constexpr (kStep < 32) {
    mixed = c ^ (d & (b ^ c)), word = 5 * kStep + 1;
  } else if constexpr (kStep < 48) {
    mixed = b ^ c ^ d, word = 3 * kStep + 5;
  } else {
    mixed = c ^ (b | ~d), word = 7 * kStep;
  }
  a = b + std::rotl(a + mixed + kSines[kStep] + words[word % 16], kShifts[kStep / 16][kStep % 4]);
}

template <std::size_t... kSteps>
inline __attribute__((always_inline)) void all_steps(std::uint32_t (&s)[4], const std::uint32_t (&words)[16],
                                                     std::index_sequence<kSteps...>) {
  (step<kSteps>(s, words), ...);
}

}  // namespace

void Md5::take_block(const std::byte* block) {
  std::uint32_t words[16];
  for (std::size_t i = 0; i < 16; ++i) {
    words[i] = 0;
    for (std::size_t b = 0; b < 4; ++b) words[i] |= std::to_integer<std::uint32_t>(block[4 * i + b]) << (8 * b);
  }
  std::uint32_t s[4] = {state_[0], state_[1], state_[2], state_[3]};
  all_steps(s, words, std::make_index_sequence<64>());
  for (std::size_t i = 0; i < 4; ++i) state_[i] += s[i];
}

void Md5::add(std::span<const std::byte> bytes) {
  const std::size_t had = total_bytes_ % begun_.size();
  total_bytes_ += bytes.size();
  if (had > 0) {
    const std::size_t n = std::min(begun_.size() - had, bytes.size());
    std::copy_n(bytes.data(), n, begun_.data() + had);
    bytes = bytes.subspan(n);
    if (had + n < begun_.size()) return;
    take_block(begun_.data());
  }
  for (; bytes.size() >= begun_.size(); bytes = bytes.subspan(begun_.size())) take_block(bytes.data());
  std::copy(bytes.begin(), bytes.end(), begun_.begin());
}

Md5Digest Md5::digest() {
  const std::uint64_t bits = total_bytes_ * 8;
  std::array<std::byte, 72> tail{std::byte{0x80}};
  const std::size_t zeros_end = (119 - total_bytes_ % 64) % 64 + 1;  // 1 to 64: the length ends a block
  for (std::size_t i = 0; i < 8; ++i) tail[zeros_end + i] = static_cast<std::byte>(bits >> (8 * i));
  add(std::span(tail).first(zeros_end + 8));
  Md5Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<std::uint8_t>(state_[i / 4] >> (8 * (i % 4)));
  return digest;
}

std::string hex(const Md5Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace tonearm::flac
