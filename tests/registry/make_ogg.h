// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Ogg Opus files in memory: pages and headers are right, the audio is not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/registry/ogg_pages.h"

namespace tonearm::test {

inline std::string little_endian(std::uint64_t value, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

struct PageFields {
  int flags = 0;  // 1 continued, 2 first, 4 last
  std::int64_t granule = 0;
  std::uint32_t serial = 7;
  std::uint32_t sequence = 0;
};

/// A page that holds whole packets of fewer than 255 bytes each.
inline std::string page(const PageFields& fields, const std::vector<std::string>& packets) {
  std::string out = "OggS";
  out += '\0';
  out += static_cast<char>(fields.flags);
  out += little_endian(static_cast<std::uint64_t>(fields.granule), 8) + little_endian(fields.serial, 4) +
         little_endian(fields.sequence, 4) + std::string(4, '\0') + static_cast<char>(packets.size());
  for (const std::string& packet : packets) out += static_cast<char>(packet.size());
  for (const std::string& packet : packets) out += packet;
  out.replace(22, 4, little_endian(core::ogg_crc32(std::as_bytes(std::span(out))), 4));
  return out;
}

/// Makes the checksum of every whole page right.
inline void fix_checksums(std::string& bytes) {
  constexpr std::size_t kHeaderBytes = 27;
  for (std::size_t at = bytes.find("OggS"); at != std::string::npos; at = bytes.find("OggS", at + 1)) {
    if (bytes.size() - at < kHeaderBytes) return;
    std::size_t size = kHeaderBytes + static_cast<unsigned char>(bytes[at + 26]);
    if (bytes.size() - at < size) continue;
    const std::size_t num_lacing = size - kHeaderBytes;
    for (std::size_t i = 0; i < num_lacing; ++i) size += static_cast<unsigned char>(bytes[at + kHeaderBytes + i]);
    if (bytes.size() - at < size) continue;
    bytes.replace(at + 22, 4, std::string(4, '\0'));
    bytes.replace(at + 22, 4, little_endian(core::ogg_crc32(std::as_bytes(std::span(bytes).subspan(at, size))), 4));
  }
}

inline constexpr int kPacketFrames = 960;
inline const std::string kPacket = '\xF8' + std::string(60, 'x');  // CELT, 20 ms, one frame to a packet

/// An Opus stream of `num_pages` pages of 10 packets each, pre-skip 312.
inline std::string opus(int num_pages, std::uint32_t serial, int end_trim = 0, std::int64_t first_granule = 0,
                        bool is_marked = true) {
  const std::string head =
      std::string("OpusHead\x01\x02", 10) + little_endian(312, 2) + little_endian(48000, 4) + std::string(3, '\0');
  const std::string tags = "OpusTags" + little_endian(0, 4) + little_endian(1, 4) + little_endian(7, 4) + "TITLE=x";
  std::string out = page({2, 0, serial, 0}, {head}) + page({0, 0, serial, 1}, {tags});
  for (int i = 1; i <= num_pages; ++i) {
    const bool last = i == num_pages;
    const std::int64_t granule = first_granule + std::int64_t{i} * 10 * kPacketFrames - (last ? end_trim : 0);
    out += page({last && is_marked ? 4 : 0, granule, serial, static_cast<std::uint32_t>(i + 1)},
                std::vector<std::string>(10, kPacket));
  }
  return out;
}

}  // namespace tonearm::test
