// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Ogg pages and the packets on them (RFC 3533), and the comments that Ogg codecs share.
// Place in the flow: below OggStream, which reads lengths and places from them, and the decoders that are fed packets.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/registry/decoder.h"

namespace tonearm::core {

inline constexpr std::int64_t kNoGranule = -1;                      ///< no packet ends on the page
inline constexpr std::size_t kMaxPageBytes = 27 + 255 + 255 * 255;  ///< header, lacing values, body

/// The checksum of a page: polynomial 0x04c11db7, no reflection, from zero. `crc` continues an earlier call.
std::uint32_t ogg_crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0);

/// Adds `key=value` pairs of a Vorbis comment with keys in lower case; a repeated key keeps its first value. Lengths
/// that do not fit the body end the reading; what came before stays.
void parse_vorbis_comment(std::span<const std::byte> body, std::map<std::string, std::string>& tags);

/// One page whose checksum is right. The spans hold until the next call to the OggPages that gave it.
struct OggPage {
  std::uint64_t begin = 0;  ///< byte in the source
  std::uint64_t end = 0;    ///< byte behind it
  bool continued = false;   ///< begins with the rest of a packet
  bool first = false;       ///< of its logical stream
  bool last = false;
  std::int64_t granule = kNoGranule;
  std::uint32_t serial = 0;
  std::uint32_t sequence = 0;
  std::span<const std::byte> lacing;
  std::span<const std::byte> body;
};

/// Pages one after the other. What is no page is passed over. Borrows the source.
class OggPages {
 public:
  /// Pages that begin in [at, end). `block_bytes` is what is read at once.
  OggPages(ByteSource& source, std::uint64_t at, std::uint64_t end, StopToken* stop, std::size_t block_bytes = 64 << 10)
      : source_(source), contents_(source.contents()), at_(at), end_(end), stop_(stop), block_bytes_(block_bytes) {}

  /// Nothing where no further page begins before the end. Errors: those of reading and of the stop token.
  Result<std::optional<OggPage>> next();

  /// Bytes passed over so far, a page that was cut short at the end of the source included.
  std::uint64_t num_skipped() const { return num_skipped_; }
  ByteSource& source() const { return source_; }

 private:
  Result<std::span<const std::byte>> bytes_at(std::uint64_t offset, std::size_t wanted);
  Result<std::optional<OggPage>> page_at(std::uint64_t offset);

  ByteSource& source_;
  std::span<const std::byte> contents_;  ///< of a source in memory: not copied
  std::uint64_t at_;
  std::uint64_t end_;
  StopToken* stop_;
  std::size_t block_bytes_;
  std::vector<std::byte> window_;
  std::uint64_t window_begin_ = 0;
  std::uint64_t num_skipped_ = 0;
};

/// A packet, valid until the next one is asked for.
struct OggPacket {
  std::span<const std::byte> bytes;
  std::uint64_t page_begin = 0;  ///< of the page on which it ends
  std::uint64_t page_end = 0;
  std::int64_t granule = kNoGranule;  ///< of that page, on the last packet that ends there
  bool ends_stream = false;           ///< the last packet of a page marked as the stream's last
};

/// The packets of one logical stream.
class OggPackets {
 public:
  OggPackets(OggPages pages, std::uint32_t serial) : pages_(std::move(pages)), serial_(serial) {}

  /// Nothing at the end of the pages. The rest of a packet whose beginning was not seen is left out.
  Result<std::optional<OggPacket>> next();
  /// Whether packets were lost before the last one returned: a gap in the pages' numbers, or damage.
  bool lost_any() const { return lost_any_; }
  std::uint64_t num_skipped() const { return pages_.num_skipped(); }

 private:
  OggPages pages_;
  std::uint32_t serial_;
  std::optional<OggPage> page_;
  std::optional<std::uint32_t> sequence_;  ///< of the page before
  std::size_t segment_ = 0;
  std::size_t body_at_ = 0;
  std::size_t last_end_ = 0;  ///< segments up to which packets end on the page
  bool in_packet_ = false;    ///< whole_ holds the beginning of one
  bool lost_any_ = false;
  std::vector<std::byte> whole_;  ///< a packet that spans pages
};

}  // namespace tonearm::core
