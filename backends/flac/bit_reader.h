// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// BitReader: bits of a FLAC frame, most significant first, through a 64-bit cache.
// Place in the flow: under the frame parser; the Rice loop in kernels.cpp keeps its fields in registers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tonearm::flac {

inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  if constexpr (std::endian::native == std::endian::little) v = __builtin_bswap64(v);
  return v;
}

/// Reads past the end give zero bits and are noticed by exhausted(); they never touch memory.
struct BitReader {
  const std::uint8_t* next = nullptr;  ///< first byte not wholly in the cache
  const std::uint8_t* end = nullptr;
  std::uint64_t cache = 0;    ///< the next bits, top-aligned; bits below `count` are a preview, not zero
  unsigned count = 0;         ///< bits of the cache that are counted as read
  std::uint64_t padding = 0;  ///< zero bits supplied behind the end

  explicit BitReader(std::span<const std::byte> bytes)
      : next(reinterpret_cast<const std::uint8_t*>(bytes.data())), end(next + bytes.size()) {}

  /// At least 56 bits are in the cache afterwards. The bits below `count` are already those of the bytes at `next`,
  /// so that OR-ing them once more changes nothing and no branch is needed.
  __attribute__((always_inline)) void refill() {
    if (end - next >= 8) {
      cache |= load_be64(next) >> count;
      next += (63 - count) >> 3;
      count |= 56;
      return;
    }
    while (count < 56) {  // so that it stays below 64, which is no shift
      if (next < end) {
        cache |= std::uint64_t{*next++} << (56 - count);
      } else {
        padding += 8;
      }
      count += 8;
    }
  }

  /// Bits 0 to 32.
  std::uint32_t read(unsigned bits) {
    if (count < bits) refill();
    if (bits == 0) return 0;
    const std::uint64_t value = cache >> (64 - bits);
    cache <<= bits;
    count -= bits;
    return static_cast<std::uint32_t>(value);
  }

  /// Two's complement, bits 0 to 33 (the side channel of 32-bit stereo has 33).
  std::int64_t read_signed(unsigned bits) {
    if (bits == 0) return 0;
    std::uint64_t value = 0;
    if (bits > 32) {
      value = std::uint64_t{read(bits - 32)} << 32;
      value |= read(32);
    } else {
      value = read(bits);
    }
    return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
  }

  /// Zero bits before the next one bit, which is consumed too. Stops at `limit` (returns limit + 1) and at the end.
  std::uint32_t read_unary(std::uint32_t limit) {
    std::uint32_t zeros = 0;
    for (;;) {
      refill();
      const unsigned run = cache == 0 ? 64 : static_cast<unsigned>(std::countl_zero(cache));
      if (run < count) {
        cache <<= run;
        cache <<= 1;
        count -= run + 1;
        zeros += run;
        return zeros <= limit ? zeros : limit + 1;
      }
      zeros += count;
      cache = 0;  // the preview bits come again with the next refill
      count = 0;
      if (zeros > limit || exhausted()) return limit + 1;
    }
  }

  /// True once bits behind the end were consumed.
  bool exhausted() const { return padding > count; }

  void align_to_byte() {
    const unsigned odd = count & 7;
    cache <<= odd;
    count -= odd;
  }

  /// Bytes consumed since `begin`; call at a byte boundary and before the end only.
  std::size_t bytes_since(const std::byte* begin) const {
    return static_cast<std::size_t>(next - reinterpret_cast<const std::uint8_t*>(begin)) -
           (count - static_cast<unsigned>(padding)) / 8;
  }
};

}  // namespace tonearm::flac
