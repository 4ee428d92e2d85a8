// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/ogg_pages.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace tonearm::core {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t kHeaderBytes = 27;
constexpr std::size_t kMaxTags = 1024;

/// at[k][b]: what byte b contributes when k more bytes follow it.
struct CrcTables {
  std::array<std::array<std::uint32_t, 256>, 8> at{};
  constexpr CrcTables() {
    for (std::uint32_t b = 0; b < 256; ++b) {
      std::uint32_t crc = b << 24;
      for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ ((crc >> 31) != 0 ? 0x04c11db7U : 0U);
      at[0][b] = crc;
    }
    for (std::size_t k = 1; k < at.size(); ++k) {
      for (std::size_t b = 0; b < 256; ++b) at[k][b] = at[k - 1][b] << 8 ^ at[0][at[k - 1][b] >> 24];
    }
  }
};
constexpr CrcTables kCrc;

std::uint32_t u8(std::byte b) { return std::to_integer<std::uint32_t>(b); }

std::uint64_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | u8(bytes[at + i]);
  return value;
}

/// The checksum is computed with its own field (bytes 22 to 25) zero.
bool checksum_is_right(Bytes page) {
  constexpr std::byte kZeros[4] = {};
  std::uint32_t crc = ogg_crc32(page.first(22));
  crc = ogg_crc32(kZeros, crc);
  return ogg_crc32(page.subspan(26), crc) == little_endian(page, 22, 4);
}

/// A field of `length` bytes behind its own length, or nothing where it does not fit.
std::optional<Bytes> length_prefixed(Bytes& rest) {
  if (rest.size() < 4) return std::nullopt;
  const std::uint64_t length = little_endian(rest, 0, 4);
  if (length > rest.size() - 4) return std::nullopt;
  const Bytes field = rest.subspan(4, static_cast<std::size_t>(length));
  rest = rest.subspan(4 + field.size());
  return field;
}

}  // namespace

std::uint32_t ogg_crc32(Bytes bytes, std::uint32_t crc) {
  const auto& t = kCrc.at;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    crc = t[7][(crc >> 24) ^ u8(p[0])] ^ t[6][((crc >> 16) & 0xFF) ^ u8(p[1])] ^ t[5][((crc >> 8) & 0xFF) ^ u8(p[2])] ^
          t[4][(crc & 0xFF) ^ u8(p[3])] ^ t[3][u8(p[4])] ^ t[2][u8(p[5])] ^ t[1][u8(p[6])] ^ t[0][u8(p[7])];
  }
  for (; left > 0; --left, ++p) crc = crc << 8 ^ t[0][(crc >> 24) ^ u8(*p)];
  return crc;
}

void parse_vorbis_comment(Bytes body, std::map<std::string, std::string>& tags) {
  if (!length_prefixed(body) || body.size() < 4) return;  // vendor
  const std::uint64_t count = little_endian(body, 0, 4);
  body = body.subspan(4);
  for (std::uint64_t i = 0; i < count && tags.size() < kMaxTags; ++i) {
    const std::optional<Bytes> field = length_prefixed(body);
    if (!field) return;
    const std::string text(reinterpret_cast<const char*>(field->data()), field->size());
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    std::string key = text.substr(0, equals);
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    tags.try_emplace(std::move(key), text.substr(equals + 1));
  }
}

/// The bytes from `offset` on, at least `wanted` unless the source ends before.
Result<Bytes> OggPages::bytes_at(std::uint64_t offset, std::size_t wanted) {
  if (!contents_.empty()) return contents_.subspan(std::min<std::uint64_t>(offset, contents_.size()));
  if (offset < window_begin_ || offset + wanted > window_begin_ + window_.size()) {
    if (stop_ != nullptr) {
      if (auto go_on = stop_->check(); !go_on) return go_on.error();
    }
    // What is there already is kept: a page is looked at twice, for its header and as a whole.
    const bool within = offset >= window_begin_ && offset < window_begin_ + window_.size();
    if (within) {
      window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(offset - window_begin_));
    } else {
      window_.clear();
    }
    window_begin_ = offset;
    const std::size_t have = window_.size();
    window_.resize(std::max(wanted, have + block_bytes_));
    auto got = source_.read_at(offset + have, std::span(window_).subspan(have));
    if (!got) return got.error();
    window_.resize(have + *got);
  }
  return Bytes(window_).subspan(static_cast<std::size_t>(offset - window_begin_));
}

/// The page that begins at `offset`, or nothing.
Result<std::optional<OggPage>> OggPages::page_at(std::uint64_t offset) {
  const std::optional<OggPage> none;
  auto head = bytes_at(offset, kHeaderBytes);
  if (!head) return head.error();
  if (head->size() < kHeaderBytes || std::memcmp(head->data(), "OggS\0", 5) != 0) return none;
  const std::size_t body = kHeaderBytes + u8((*head)[26]);
  head = bytes_at(offset, body);
  if (!head) return head.error();
  if (head->size() < body) return none;
  std::size_t total = body;
  for (std::size_t i = kHeaderBytes; i < body; ++i) total += u8((*head)[i]);
  auto bytes = bytes_at(offset, total);
  if (!bytes) return bytes.error();
  if (bytes->size() < total) return none;
  const Bytes whole = bytes->first(total);
  if (!checksum_is_right(whole)) return none;
  OggPage page;
  page.begin = offset;
  page.end = offset + total;
  const std::uint32_t flags = u8(whole[5]);
  page.continued = (flags & 1) != 0;
  page.first = (flags & 2) != 0;
  page.last = (flags & 4) != 0;
  page.granule = static_cast<std::int64_t>(little_endian(whole, 6, 8));
  page.serial = static_cast<std::uint32_t>(little_endian(whole, 14, 4));
  page.sequence = static_cast<std::uint32_t>(little_endian(whole, 18, 4));
  page.lacing = whole.subspan(kHeaderBytes, body - kHeaderBytes);
  page.body = whole.subspan(body);
  return std::optional<OggPage>(page);
}

Result<std::optional<OggPage>> OggPages::next() {
  while (at_ < end_) {
    auto page = page_at(at_);
    if (!page) return page.error();
    if (*page) {
      at_ = (*page)->end;
      return page;
    }
    // On to the next byte that may begin one.
    auto bytes = bytes_at(at_ + 1, kHeaderBytes);
    if (!bytes) return bytes.error();
    std::size_t step = 1 + bytes->size();
    if (bytes->empty()) {
      num_skipped_ += 1;
      at_ = end_;
      break;
    }
    if (const void* hit = std::memchr(bytes->data(), 'O', bytes->size())) {
      step = 1 + static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes->data());
    }
    num_skipped_ += step;
    at_ += step;
  }
  return std::optional<OggPage>();
}

Result<std::optional<OggPacket>> OggPackets::next() {
  if (!in_packet_) whole_.clear();
  while (true) {
    if (!page_ || segment_ == page_->lacing.size()) {
      const bool spans = in_packet_;
      auto page = pages_.next();
      if (!page) return page.error();
      page_ = *page;
      if (!page_) return std::optional<OggPacket>();
      if (page_->serial != serial_) {
        page_.reset();
        continue;
      }
      const bool gap = sequence_ && page_->sequence != *sequence_ + 1;
      sequence_ = page_->sequence;
      segment_ = body_at_ = last_end_ = 0;
      for (std::size_t i = 0; i < page_->lacing.size(); ++i) {
        if (page_->lacing[i] != std::byte{255}) last_end_ = i + 1;
      }
      if (gap || (spans && !page_->continued)) {
        lost_any_ = true;
        in_packet_ = false;
        whole_.clear();
      }
      if (page_->continued && !in_packet_) {  // its beginning was not seen
        while (segment_ < page_->lacing.size()) {
          const std::byte lace = page_->lacing[segment_++];
          body_at_ += u8(lace);
          if (lace != std::byte{255}) break;
        }
      }
      continue;
    }
    std::size_t length = 0;
    bool complete = false;
    while (segment_ < page_->lacing.size() && !complete) {
      const std::byte lace = page_->lacing[segment_++];
      length += u8(lace);
      complete = lace != std::byte{255};
    }
    const Bytes part = page_->body.subspan(body_at_, length);
    body_at_ += length;
    if (!complete || in_packet_) whole_.insert(whole_.end(), part.begin(), part.end());
    if (!complete) {
      in_packet_ = true;
      continue;
    }
    OggPacket packet;
    packet.bytes = in_packet_ ? Bytes(whole_) : part;
    packet.page_begin = page_->begin;
    packet.page_end = page_->end;
    if (segment_ == last_end_) {
      packet.granule = page_->granule;
      packet.ends_stream = page_->last;
    }
    in_packet_ = false;
    return std::optional<OggPacket>(packet);
  }
}

}  // namespace tonearm::core
