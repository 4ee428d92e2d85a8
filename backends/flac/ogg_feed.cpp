// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/ogg_feed.h"

#include <algorithm>
#include <cstring>

#include "core/registry/ogg_pages.h"

namespace tonearm::flac {
namespace {

constexpr std::size_t kPageHeaderBytes = 27;
constexpr std::size_t kMaxHeaderPart = kPageHeaderBytes + 255;  ///< with the lengths of the segments
constexpr std::size_t kMaxPageBytes = kMaxHeaderPart + 255 * 255;
constexpr std::size_t kScanBytes = std::size_t{16} << 10;  ///< searched for a page at a time
constexpr std::uint64_t kNoGranule = UINT64_MAX;

std::uint64_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t v = 0;
  for (std::size_t i = 0; i < count; ++i) v |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return v;
}

bool starts_page(Bytes bytes) { return bytes.size() >= 5 && std::memcmp(bytes.data(), "OggS\0", 5) == 0; }

/// The checksum of a page is computed with its own field (bytes 22 to 25) zero.
bool checksum_is_right(Bytes page) {
  constexpr std::byte kZeros[4] = {};
  std::uint32_t crc = core::ogg_crc32(page.first(22));
  crc = core::ogg_crc32(kZeros, crc);
  crc = core::ogg_crc32(page.subspan(26), crc);
  return crc == little_endian(page, 22, 4);
}

}  // namespace

core::Result<std::optional<OggFeed::Page>> OggFeed::read_page(std::uint64_t offset) {
  auto bytes = window_.at(offset, kMaxHeaderPart);
  if (!bytes) return bytes.error();
  if (bytes->size() < kPageHeaderBytes || !starts_page(*bytes)) return std::optional<Page>();
  Page page;
  page.offset = offset;
  const auto flags = std::to_integer<unsigned>((*bytes)[5]);
  page.continued = flags & 1;
  page.first = flags & 2;
  page.last = flags & 4;
  page.granule = little_endian(*bytes, 6, 8);
  page.serial = static_cast<std::uint32_t>(little_endian(*bytes, 14, 4));
  page.num_segments = std::to_integer<std::size_t>((*bytes)[26]);
  page.body = kPageHeaderBytes + page.num_segments;
  if (bytes->size() < page.body) return std::optional<Page>();
  page.bytes = page.body;
  for (std::size_t i = 0; i < page.num_segments; ++i) {
    page.bytes += std::to_integer<std::size_t>((*bytes)[kPageHeaderBytes + i]);
  }
  if (bytes->size() < page.bytes) bytes = window_.at(offset, page.bytes);
  if (!bytes) return bytes.error();
  if (bytes->size() < page.bytes) return std::optional<Page>();
  return std::optional<Page>(page);
}

template <class Wanted>
core::Result<std::optional<OggFeed::Page>> OggFeed::find_page(std::uint64_t from, std::uint64_t to,
                                                              const Wanted& wanted) {
  while (from < to) {
    auto bytes = window_.at(from, kScanBytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < kPageHeaderBytes) break;
    const void* hit = std::memchr(bytes->data(), 'O', bytes->size());
    if (hit == nullptr) {
      from += bytes->size();
      continue;
    }
    const auto at = static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes->data());
    from += at;
    if (from >= to) break;
    if (bytes->size() - at >= 5 && !starts_page(bytes->subspan(at))) {
      ++from;
      continue;
    }
    auto page = read_page(from);
    if (!page) return page.error();
    if (*page) {
      auto whole = window_.at(from, (*page)->bytes);
      if (!whole) return whole.error();
      if (checksum_is_right(whole->first((*page)->bytes))) {
        if (wanted(**page)) return page;
        from += (*page)->bytes;
        continue;
      }
    }
    ++from;
  }
  return std::optional<Page>();
}

core::Result<bool> OggFeed::next_page() {
  std::uint64_t at = in_page_ ? next_ : page_;
  for (;;) {
    auto page = read_page(at);
    if (!page) return page.error();
    if (!*page) {
      // Damage between pages, or the end: look for the next page of this stream.
      if (!serial_) return false;
      auto found = find_page(at, UINT64_MAX, [&](const Page& p) { return p.first || p.serial == *serial_; });
      if (!found) return found.error();
      if (!*found) return false;
      page = found;
      drop_fragment_ = true;
    }
    if (!serial_) serial_ = (*page)->serial;
    at = (*page)->offset + (*page)->bytes;
    if ((*page)->first && in_data_) {  // first pages stand before all others, so this is another chain's
      chained_ = (*page)->offset;
      return false;
    }
    if ((*page)->serial != *serial_) continue;
    in_data_ = !(*page)->first;
    page_ = (*page)->offset;
    next_ = at;
    in_page_ = true;
    segment_ = 0;
    segments_ = (*page)->num_segments;
    body_ = (*page)->body;
    if ((*page)->continued) {
      if (packet_.empty()) drop_fragment_ = true;
    } else {
      packet_.clear();  // what was begun is not continued: lost
      drop_fragment_ = false;
    }
    return true;
  }
}

core::Result<bool> OggFeed::next_packet() {
  packet_.clear();
  while (!ended_) {
    if (!in_page_ || segment_ >= segments_) {
      auto more = next_page();
      if (!more) return more.error();
      if (!*more) {
        ended_ = true;
        break;
      }
      continue;
    }
    auto bytes = window_.at(page_, static_cast<std::size_t>(next_ - page_));
    if (!bytes) return bytes.error();
    if (bytes->size() < next_ - page_) {  // the source shrank since the page was read
      ended_ = true;
      break;
    }
    bool complete = false;
    std::size_t length = 0;
    while (segment_ < segments_ && !complete) {
      const auto lace = std::to_integer<std::size_t>((*bytes)[kPageHeaderBytes + segment_++]);
      length += lace;
      complete = lace < 255;
    }
    const Bytes part = bytes->subspan(body_, length);
    body_ += length;
    if (!drop_fragment_) packet_.insert(packet_.end(), part.begin(), part.end());
    if (packet_.size() > kMaxFrameBytes) {
      packet_.clear();
      drop_fragment_ = true;
    }
    if (!complete) continue;
    const bool dropped = drop_fragment_;
    drop_fragment_ = false;
    const bool frame = !packet_.empty() && packet_[0] == std::byte{0xFF};
    if (frame) drop_headers_ = false;
    if (!dropped && !packet_.empty() && !drop_headers_) {
      have_packet_ = true;
      return true;
    }
    packet_.clear();
  }
  packet_.clear();
  return false;
}

core::Result<Bytes> OggFeed::peek(std::size_t) {
  if (!have_packet_) {
    auto more = next_packet();
    if (!more) return more.error();
    if (!*more) return Bytes{};
  }
  return Bytes(packet_);
}

void OggFeed::advance(std::size_t) { have_packet_ = false; }

core::Result<bool> OggFeed::skip() {
  have_packet_ = false;
  auto bytes = peek(0);
  if (!bytes) return bytes.error();
  return !bytes->empty();
}

void OggFeed::restart(std::uint64_t page_offset) {
  page_ = page_offset;
  in_page_ = in_data_ = have_packet_ = ended_ = drop_fragment_ = false;
  segment_ = segments_ = 0;
  packet_.clear();
}

core::Result<void> OggFeed::locate(std::int64_t target, const StreamContext& context) {
  const auto tells_time = [&](const Page& p) { return p.serial == serial_ && p.granule != kNoGranule; };
  std::uint64_t low = first_page_;
  const std::optional<std::uint64_t> size = window_.source_size();
  if (size) {
    // Invariant: the frame that holds the target ends behind the page at `low`.
    std::uint64_t high = *size;
    while (high > low && high - low > kMaxPageBytes) {
      if (context.stop != nullptr) {
        auto go_on = context.stop->check();
        if (!go_on) return go_on.error();
      }
      const std::uint64_t middle = low + (high - low) / 2;
      auto page = find_page(middle, high, tells_time);
      if (!page) return page.error();
      if (*page && static_cast<std::int64_t>((*page)->granule) - context.numbering.base <= target) {
        low = (*page)->offset;
      } else {
        high = middle;
      }
    }
  }
  restart(low);
  drop_headers_ = low == first_page_;
  return {};
}

core::Result<std::optional<std::int64_t>> OggFeed::find_end(const StreamContext& context) {
  using End = std::optional<std::int64_t>;
  const std::optional<std::uint64_t> size = window_.source_size();
  if (!size || *size <= first_page_) return End();
  std::uint64_t from = *size - first_page_ > 2 * kMaxPageBytes ? *size - 2 * kMaxPageBytes : first_page_;
  const auto tells_time_or_begins = [&](const Page& p) {
    return p.first || (p.serial == serial_ && p.granule != kNoGranule);
  };
  End end;
  for (;;) {
    auto page = find_page(from, *size, tells_time_or_begins);
    if (!page) return page.error();
    if (!*page) return end;
    if ((*page)->first && end && *end > 0) return End();  // this stream ends before that page; decoding will find where
    if ((*page)->serial == serial_ && (*page)->granule <= static_cast<std::uint64_t>(INT64_MAX)) {
      end = static_cast<std::int64_t>((*page)->granule) - context.numbering.base;
    }
    from = (*page)->offset + (*page)->bytes;
  }
}

}  // namespace tonearm::flac
