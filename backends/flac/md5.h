// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// MD5 (RFC 1321): the sum that STREAMINFO keeps of all samples. It guards against accidents, not against people.
// Place in the flow: fed by flac_decoder.cpp where a caller asks for `verify`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tonearm::flac {

using Md5Digest = std::array<std::uint8_t, 16>;

class Md5 {
 public:
  void add(std::span<const std::byte> bytes);
  /// Ends the sum.
  Md5Digest digest();

 private:
  void take_block(const std::byte* block);

  std::array<std::uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<std::byte, 64> begun_{};  ///< a block that is not whole yet
  std::uint64_t total_bytes_ = 0;
};

/// 32 hexadecimal digits.
std::string hex(const Md5Digest& digest);

}  // namespace tonearm::flac
