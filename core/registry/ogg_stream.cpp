// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/ogg_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tonearm::core {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint64_t kWalkBytes = 256 << 10;   // a file of this size is read as a whole: as cheap as probing it
constexpr std::uint64_t kBisectBytes = 64 << 10;  // below this distance pages are read one after the other
constexpr std::size_t kSmallBlock = 16 << 10;     // holds the usual page of 4 to 8 KiB, found anywhere in it
constexpr int kMaxHeaderBytes = 16 << 20;         // a cover picture stands in the comments
constexpr std::size_t kMaxLinks = 4096;

std::uint32_t u8(std::byte b) { return std::to_integer<std::uint32_t>(b); }

std::uint32_t little_endian(Bytes bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | u8(bytes[at + i]);
  return value;
}

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// How many frames each packet decodes to.
class PacketClock {
 public:
  static std::optional<PacketClock> make(const OggLink& link) {
    PacketClock clock;
    clock.is_opus_ = link.is_opus;
    if (!link.is_opus && !clock.read_modes(link.headers[0], link.headers[2])) return std::nullopt;
    return clock;
  }

  /// Of the next packet: 0 for the first one of Vorbis, which has nothing to overlap with, and for what is no audio.
  std::int64_t frames(Bytes packet) {
    if (packet.empty()) return 0;
    if (is_opus_) return opus_frames(packet);
    if ((u8(packet[0]) & 1) != 0) return 0;
    const std::size_t mode = u8(packet[0]) >> 1 & mode_mask_;
    if (mode >= long_modes_.size()) return 0;
    const int block = block_frames_[long_modes_[mode] ? 1 : 0];
    const int frames = previous_block_ > 0 ? (previous_block_ + block) / 4 : 0;
    previous_block_ = block;
    return frames;
  }

 private:
  /// The TOC byte (RFC 6716 section 3.1), at 48 kHz.
  static std::int64_t opus_frames(Bytes packet) {
    const std::uint32_t toc = u8(packet[0]), config = toc >> 3;
    constexpr std::array<int, 4> silk{480, 960, 1920, 2880}, celt{120, 240, 480, 960};
    const int each = config < 12 ? silk[config & 3] : config < 16 ? silk[config & 1] : celt[config & 3];
    const std::uint32_t code = toc & 3;
    if (code == 0) return each;
    if (code != 3) return 2 * each;
    return packet.size() < 2 ? 0 : static_cast<std::int64_t>(u8(packet[1]) & 63) * each;
  }

  /// The modes stand at the end of the setup header (Vorbis I section 4.2.4), behind codebooks that would have to be
  /// parsed to get there; so they are read backwards: a framing bit, then 41 bits for each mode, then their number.
  bool read_modes(Bytes identification, Bytes setup) {
    block_frames_ = {1 << (u8(identification[28]) & 15), 1 << (u8(identification[28]) >> 4)};
    const std::size_t num_bits = setup.size() * 8;
    // Bit `i` from the end; a field read so has its highest bit first.
    const auto bits = [&](std::size_t from, std::size_t count) {
      std::uint32_t value = 0;
      for (std::size_t i = from; i < from + count; ++i) {
        const std::size_t at = num_bits - 1 - i;
        value = value << 1 | (u8(setup[at / 8]) >> (at % 8) & 1);
      }
      return value;
    };
    constexpr std::size_t kModeBits = 41, kCountBits = 6, kLeastBits = 97;
    std::size_t at = 0;
    while (at + kLeastBits < num_bits && bits(at, 1) == 0) ++at;
    ++at;  // the framing bit
    const std::size_t begin = at;
    std::size_t count = 0;
    for (std::size_t seen = 1; at + kLeastBits <= num_bits && seen <= 64; ++seen) {
      if (bits(at, 8) > 63 || bits(at + 8, 16) != 0 || bits(at + 24, 16) != 0) break;  // no mapping, window, transform
      at += kModeBits;
      if (bits(at, kCountBits) + 1 == seen) count = seen;
    }
    if (count == 0) return false;
    long_modes_.resize(count);
    for (std::size_t i = 0; i < count; ++i) long_modes_[count - 1 - i] = bits(begin + i * kModeBits + 40, 1) != 0;
    while (mode_mask_ + 1 < count) mode_mask_ = mode_mask_ << 1 | 1;
    return true;
  }

  bool is_opus_ = false;
  std::array<int, 2> block_frames_{};
  std::vector<bool> long_modes_;
  std::uint32_t mode_mask_ = 0;
  int previous_block_ = 0;
};

/// What the first packet says. False where it is neither Vorbis nor Opus.
bool read_identification(OggLink& link) {
  const Bytes packet = link.headers[0];
  if (starts_with(packet, "\x01vorbis") && packet.size() >= 30) {
    link.num_channels = static_cast<int>(u8(packet[11]));
    link.sample_rate = static_cast<int>(little_endian(packet, 12, 4));
    const std::uint32_t blocks = u8(packet[28]);
    return link.num_channels > 0 && link.sample_rate > 0 && (blocks & 15) >= 6 && (blocks & 15) <= blocks >> 4 &&
           blocks >> 4 <= 13;
  }
  if (starts_with(packet, "OpusHead") && packet.size() >= 19 && u8(packet[8]) < 16) {
    link.is_opus = true;
    link.num_channels = static_cast<int>(u8(packet[9]));
    link.sample_rate = 48000;
    link.num_skipped = little_endian(packet, 10, 2);
    return link.num_channels > 0;
  }
  return false;
}

/// The headers of the link that begins at `begin`, and where its audio starts. Nothing where it is no link of ours.
Result<std::optional<OggLink>> read_link(ByteSource& source, std::uint64_t begin, std::uint64_t end, StopToken* stop) {
  const std::optional<OggLink> none;
  OggPages pages(source, begin, end, stop);
  auto first = pages.next();
  if (!first) return first.error();
  if (!*first || !(*first)->first) return none;
  OggLink link;
  link.serial = (*first)->serial;
  const std::uint64_t first_end = (*first)->end;
  auto second = pages.next();
  if (!second) return second.error();
  if (*second && (*second)->first) return none;  // several streams side by side

  OggPackets packets(OggPages(source, begin, end, stop), link.serial);
  std::size_t num_bytes = 0, wanted = 1;
  while (link.headers.size() < wanted) {
    auto packet = packets.next();
    if (!packet) return packet.error();
    if (!*packet || (num_bytes += (*packet)->bytes.size()) > kMaxHeaderBytes) return none;
    link.headers.emplace_back((*packet)->bytes.begin(), (*packet)->bytes.end());
    link.headers_end = (*packet)->page_end;
    if (link.headers.size() == 1) {
      if (!read_identification(link) || link.headers_end != first_end) return none;
      wanted = link.is_opus ? 2 : 3;
    }
  }

  auto clock = PacketClock::make(link);
  if (!clock) return none;
  OggPackets audio(OggPages(source, link.headers_end, end, stop), link.serial);
  std::int64_t frames = 0;
  while (true) {
    auto packet = audio.next();
    if (!packet) return packet.error();
    if (!*packet) break;
    frames += clock->frames((*packet)->bytes);
    if ((*packet)->granule == kNoGranule) continue;
    const std::int64_t before = (*packet)->granule - frames;
    link.first_granule = std::max<std::int64_t>(before, 0);
    if (before < 0 && !link.is_opus && !(*packet)->ends_stream) link.num_skipped = -before;
    break;
  }
  return std::optional<OggLink>(std::move(link));
}

/// The last page in [begin, end) on which a packet ends.
Result<std::optional<OggPage>> last_page(ByteSource& source, std::uint64_t begin, std::uint64_t end, StopToken* stop) {
  for (std::uint64_t back = 2 * kMaxPageBytes;; back *= 4) {
    const std::uint64_t from = end - begin > back ? end - back : begin;
    OggPages pages(source, from, end, stop);
    std::optional<OggPage> last;
    while (true) {
      auto page = pages.next();
      if (!page) return page.error();
      if (!*page) break;
      if ((*page)->granule != kNoGranule) last = **page;
    }
    if (last || from == begin) return last;
  }
}

/// The source's size; one that cannot seek is read to its end, which keeps what it reads.
Result<std::uint64_t> measure(ByteSource& source, StopToken* stop) {
  if (const auto size = source.size()) return *size;
  std::vector<std::byte> block(64 << 10);
  for (std::uint64_t size = 0;;) {
    if (stop != nullptr) {
      if (auto go_on = stop->check(); !go_on) return go_on.error();
    }
    auto got = source.read_at(size, block);
    if (!got) return got.error();
    if (*got == 0) return size;
    size += *got;
  }
}

/// What is dropped at the start and counted in granules: of Opus, not of Vorbis, which counts from behind it.
std::int64_t skipped_in_granules(const OggLink& link) { return link.is_opus ? link.num_skipped : 0; }

void set_end(OggLink& link, std::uint64_t end, std::int64_t granule, bool is_marked) {
  link.end = end;
  link.is_marked = is_marked;
  link.num_frames = std::max<std::int64_t>(granule - link.first_granule - skipped_in_granules(link), 0);
}

}  // namespace

/// Every page: where each link begins and ends. False where the streams are not ours, or not one after the other.
Result<bool> OggStream::walk(ByteSource& source, std::uint64_t begin, std::uint64_t end, StopToken* stop) {
  links_.clear();
  OggPages pages(source, begin, end, stop);
  std::int64_t granule = 0;
  while (true) {
    auto page = pages.next();
    if (!page) return page.error();
    if (!*page) break;
    if ((*page)->first) {
      if (!links_.empty() && links_.back().end == 0) return false;
      auto link = read_link(source, (*page)->begin, end, stop);
      if (!link) return link.error();
      if (!*link || links_.size() == kMaxLinks) return false;
      links_.push_back(std::move(**link));
      granule = links_.back().first_granule;
    }
    if (links_.empty() || (*page)->serial != links_.back().serial) {
      is_damaged_ = true;
      continue;
    }
    OggLink& link = links_.back();
    if ((*page)->begin < link.headers_end) continue;
    if ((*page)->granule != kNoGranule) granule = (*page)->granule;
    set_end(link, (*page)->end, granule, (*page)->last);
  }
  if (links_.empty()) return false;
  if (links_.back().end == 0) set_end(links_.back(), end, 0, false);
  is_damaged_ = is_damaged_ || pages.num_skipped() > end - links_.back().end;
  return true;
}

Result<std::optional<OggStream>> OggStream::scan(ByteSource& source, std::uint64_t begin, StopToken* stop) {
  const std::optional<OggStream> none;
  const auto size = measure(source, stop);
  if (!size) return size.error();
  if (begin >= *size) return none;
  OggStream stream;
  auto link = read_link(source, begin, *size, stop);
  if (!link) return link.error();
  if (!*link) return none;

  auto last = last_page(source, (*link)->headers_end, *size, stop);
  if (!last) return last.error();
  bool chained = *size - begin <= kWalkBytes || !*last || (*last)->serial != (*link)->serial;
  // Links may bear the same number: then pages in between do not count up to the last one.
  std::uint32_t sequence = 0;
  for (int quarter = 1; quarter < 4 && !chained; ++quarter) {
    const std::uint64_t at = begin + (*size - begin) / 4 * static_cast<std::uint64_t>(quarter);
    OggPages pages(source, at, *size, stop, kSmallBlock);
    auto page = pages.next();
    if (!page) return page.error();
    chained = !*page || (*page)->first || (*page)->serial != (*link)->serial || (*page)->sequence < sequence ||
              (*page)->sequence > (*last)->sequence;
    if (!chained) sequence = (*page)->sequence;
  }
  if (chained) {
    auto walked = stream.walk(source, begin, *size, stop);
    if (!walked) return walked.error();
    if (!*walked) return none;
  } else {
    set_end(**link, (*last)->end, (*last)->granule, (*last)->last);
    stream.links_.push_back(std::move(**link));
  }
  std::int64_t first_frame = 0;
  for (OggLink& each : stream.links_) {
    each.first_frame = first_frame;
    first_frame += each.num_frames;
  }
  const std::uint64_t end = stream.links_.back().end;
  if (!stream.links_.back().is_marked && end < *size) {
    stream.truncation_ = "truncated: " + std::to_string(*size - end) + " bytes from byte " + std::to_string(end) +
                         " are not a whole Ogg page";
  }
  return std::optional<OggStream>(std::move(stream));
}

std::int64_t OggStream::num_frames() const { return links_.back().first_frame + links_.back().num_frames; }

FramesKind OggStream::frames_kind() const {
  return has_exact_places() && links_.back().is_marked ? FramesKind::kExact : FramesKind::kEstimated;
}

bool OggStream::has_exact_places() const {
  return !is_damaged_ &&
         std::all_of(links_.begin(), links_.end() - 1, [](const OggLink& link) { return link.is_marked; });
}

std::map<std::string, std::string> OggStream::tags() const {
  std::map<std::string, std::string> tags;
  const OggLink& link = links_.front();
  const std::size_t mark = link.is_opus ? 8 : 7;  // "OpusTags", "\x03vorbis"
  const Bytes comments = link.headers[1];
  parse_vorbis_comment(comments.subspan(std::min(mark, comments.size())), tags);
  tags.erase("metadata_block_picture");  // pictures are no text
  tags.erase("coverart");
  return tags;
}

OggEntry OggStream::start_of(std::size_t link) const {
  return {link, links_[link].headers_end, links_[link].first_frame - links_[link].num_skipped, true};
}

Result<OggEntry> OggStream::locate(ByteSource& source, std::int64_t frame, std::int64_t pre_roll,
                                   StopToken* stop) const {
  std::size_t index = 0;
  while (index + 1 < links_.size() && links_[index + 1].first_frame <= frame) ++index;
  const OggLink& link = links_[index];
  OggEntry entry = start_of(index);
  const std::int64_t granule_zero = link.first_frame - link.first_granule - skipped_in_granules(link);
  const std::int64_t target = frame - pre_roll - granule_zero;
  std::uint64_t low = link.headers_end, high = link.end;
  while (high - low > kBisectBytes) {
    const std::uint64_t middle = low + (high - low) / 2;
    OggPages pages(source, middle, high, stop, kSmallBlock);
    std::optional<OggPage> found;
    while (true) {
      auto page = pages.next();
      if (!page) return page.error();
      if (!*page) break;
      if ((*page)->serial != link.serial || (*page)->granule == kNoGranule) continue;
      found = **page;
      break;
    }
    if (found && found->granule <= target) {
      low = found->begin;
    } else {
      high = middle;
    }
  }
  OggPages pages(source, low, link.end, stop, kSmallBlock);
  while (true) {
    auto page = pages.next();
    if (!page) return page.error();
    if (!*page) break;
    if ((*page)->serial != link.serial || (*page)->granule == kNoGranule) continue;
    if ((*page)->granule > target) break;
    // A packet has to begin and end on it.
    const auto& lacing = (*page)->lacing;
    const auto ends = std::count_if(lacing.begin(), lacing.end(), [](std::byte b) { return b != std::byte{255}; });
    if (ends < ((*page)->continued ? 2 : 1)) continue;
    entry.byte = (*page)->begin;
    entry.frame = granule_zero + (*page)->granule;
    entry.is_start = false;
  }
  return entry;
}

}  // namespace tonearm::core
