// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ogg_length.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace tonearm::ffmpeg {
namespace {

constexpr std::size_t kPageHeaderBytes = 27;
constexpr std::size_t kLargestPageBytes = 27 + 255 + 255 * 255;

/// Little endian, `count` bytes.
std::uint64_t read_le(const std::byte* at, int count) {
  std::uint64_t value = 0;
  for (int i = count - 1; i >= 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(at[i]);
  return value;
}

bool is_page(const std::byte* at) { return std::memcmp(at, "OggS", 4) == 0 && at[4] == std::byte{0}; }

}  // namespace

std::optional<OggLength> ogg_length(core::ByteSource& source) {
  const auto size = source.size();
  if (!size || *size < kPageHeaderBytes) return std::nullopt;

  std::byte head[kPageHeaderBytes + 255 + 64];
  const auto got = source.read_at(0, head);
  if (!got || *got < kPageHeaderBytes || !is_page(head)) return std::nullopt;
  const std::uint64_t serial = read_le(head + 14, 4);
  const std::size_t packet = kPageHeaderBytes + std::to_integer<std::size_t>(head[26]);
  std::int64_t pre_skip = 0;
  if (packet + 12 <= *got && std::memcmp(head + packet, "OpusHead", 8) == 0) {
    pre_skip = static_cast<std::int64_t>(read_le(head + packet + 10, 2));
  }

  const auto tail_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(*size, kLargestPageBytes));
  std::vector<std::byte> tail(tail_bytes);
  const auto read = source.read_at(*size - tail_bytes, tail);
  if (!read || *read < kPageHeaderBytes) return std::nullopt;
  for (std::size_t at = *read - kPageHeaderBytes + 1; at-- > 0;) {
    const std::byte* page = tail.data() + at;
    if (!is_page(page)) continue;
    const auto granule = static_cast<std::int64_t>(read_le(page + 6, 8));
    if (granule == -1) continue;  // no packet ends on this page
    const bool last = (std::to_integer<int>(page[5]) & 4) != 0;
    if (!last || read_le(page + 14, 4) != serial || granule < pre_skip) return std::nullopt;
    return OggLength{granule - pre_skip};
  }
  return std::nullopt;
}

}  // namespace tonearm::ffmpeg
