// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Metadata blocks of FLAC (RFC 9639 section 8): STREAMINFO, SEEKTABLE, VORBIS_COMMENT; the others are passed over.
// Place in the flow: read once when a stream is opened, from the file or from Ogg packets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/flac/md5.h"

namespace tonearm::flac {

using Bytes = std::span<const std::byte>;

enum class BlockType : unsigned { kStreamInfo = 0, kSeekTable = 3, kVorbisComment = 4, kForbidden = 127 };

inline constexpr std::size_t kBlockHeaderBytes = 4;
inline constexpr std::size_t kStreamInfoBytes = 34;

struct BlockHeader {
  bool last = false;
  unsigned type = 0;
  std::uint32_t length = 0;  ///< bytes of the body, < 2^24
};

/// STREAMINFO as it stands. Totals and sizes are claims: streams exist in which each of them is wrong.
struct StreamHeader {
  unsigned min_block = 0, max_block = 0;                   ///< samples per channel
  std::uint32_t min_frame_bytes = 0, max_frame_bytes = 0;  ///< 0: unknown
  int sample_rate = 0;                                     ///< Hz
  int num_channels = 0;                                    ///< 1 to 8
  int bits = 0;                                            ///< 4 to 32
  std::int64_t total_frames = 0;                           ///< instants; 0: unknown
  Md5Digest md5{};                                         ///< of the interleaved little-endian samples; zeros: unknown
};

struct SeekPoint {
  std::uint64_t sample = 0;
  std::uint64_t offset = 0;  ///< bytes from the first frame
};

/// `bytes` has at least kBlockHeaderBytes.
BlockHeader parse_block_header(Bytes bytes);

/// Nothing where it is shorter than 34 bytes or holds values no stream can have; `reason` says which.
std::optional<StreamHeader> parse_stream_info(Bytes body, std::string& reason);

/// Points in rising order only; placeholders and a table out of order are left out.
std::vector<SeekPoint> parse_seek_table(Bytes body);

}  // namespace tonearm::flac
