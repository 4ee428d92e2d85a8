// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Small reads of a header through one window, so that a typical header costs one read of the source.
// Place in the flow: between core/source and the parsers of this room.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/result.h"
#include "core/source/byte_source.h"

namespace tonearm::pcm {

using Bytes = std::span<const std::byte>;

/// Bounds-checked access: past the end there are zeros. Callers check sizes where a zero would mislead.
inline std::uint64_t get_uint(Bytes bytes, std::size_t offset, std::size_t width, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t at = offset + (big_endian ? i : width - 1 - i);
    value = value << 8 | (at < bytes.size() ? std::to_integer<std::uint64_t>(bytes[at]) : 0);
  }
  return value;
}
inline std::uint32_t get_u16(Bytes bytes, std::size_t offset, bool big_endian) {
  return static_cast<std::uint32_t>(get_uint(bytes, offset, 2, big_endian));
}
inline std::uint32_t get_u32(Bytes bytes, std::size_t offset, bool big_endian) {
  return static_cast<std::uint32_t>(get_uint(bytes, offset, 4, big_endian));
}
inline std::uint64_t get_u64(Bytes bytes, std::size_t offset, bool big_endian) {
  return get_uint(bytes, offset, 8, big_endian);
}
inline bool has_text(Bytes bytes, std::size_t offset, std::string_view text) {
  if (offset > bytes.size() || bytes.size() - offset < text.size()) return false;
  return std::equal(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char c, std::byte b) { return static_cast<unsigned char>(c) == std::to_integer<unsigned>(b); });
}

class HeaderReader {
 public:
  static constexpr std::size_t kWindow = 4096;

  explicit HeaderReader(core::ByteSource& source) : source_(source), size_(source.size()) {}

  /// Up to `count` (<= kWindow) bytes from `offset`; fewer only at the end of the source. Valid until the next call.
  core::Result<Bytes> read(std::uint64_t offset, std::size_t count) {
    count = std::min(count, kWindow);
    const bool inside = offset >= begin_ && offset - begin_ <= filled_ && count <= filled_ - (offset - begin_);
    if (!inside) {
      auto got = source_.read_at(offset, window_);
      if (!got) {
        filled_ = 0;
        return got.error();
      }
      begin_ = offset;
      filled_ = *got;
    }
    const std::size_t skip = static_cast<std::size_t>(offset - begin_);
    return Bytes(window_).subspan(skip, std::min(count, filled_ - skip));
  }

  core::ByteSource& source() const { return source_; }
  /// Of the whole source, where known.
  std::optional<std::uint64_t> size() const { return size_; }

 private:
  core::ByteSource& source_;
  std::optional<std::uint64_t> size_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
  std::array<std::byte, kWindow> window_;
};

}  // namespace tonearm::pcm
