// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/mp3_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tonearm::core {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::int64_t kDecoderDelay = 529;         // of the hybrid filterbank, part of what a LAME tag trims
constexpr std::int64_t kLandmarkStep = 64;          // MPEG frames between two kept positions
constexpr std::size_t kMaxReservoirBytes = 511;     // main_data_begin has 9 bits
constexpr std::uint64_t kLeastMpegFrameBytes = 24;  // 8 kbit/s at 24 kHz
constexpr int kStateFrames = 2;                     // decoded whole before the wanted one: overlap and synthesis window
constexpr std::size_t kTagBytes = 4 + 32 + 8 + 112 + 24;  // header, side information, and all of Xing and LAME we read

unsigned byte_at(Bytes bytes, std::size_t at) { return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0; }

std::uint32_t big_endian(Bytes bytes, std::size_t at) {
  return byte_at(bytes, at) << 24 | byte_at(bytes, at + 1) << 16 | byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3);
}

bool has_at(Bytes bytes, std::size_t at, std::string_view text) {
  return at + text.size() <= bytes.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

/// A Xing, Info or VBRI tag in the stream's first MPEG frame.
struct Tag {
  std::int64_t mpeg_frames = -1;  ///< behind the tag's own; -1: not said
  std::int64_t num_bytes = -1;    ///< from the tag's frame to the end of the audio; -1: not said
  bool has_delay = false;         ///< by an encoder that is known to write it
  std::int64_t delay = 0;
  std::int64_t padding = 0;
};

std::optional<Tag> read_tag(Bytes bytes, const Mp3Header& header) {
  Tag tag;
  if (has_at(bytes, 36, "VBRI")) {
    tag.num_bytes = big_endian(bytes, 36 + 10);
    tag.mpeg_frames = big_endian(bytes, 36 + 14);
    return tag;
  }
  std::size_t at = static_cast<std::size_t>(header.tag_offset);
  if (!has_at(bytes, at, "Xing") && !has_at(bytes, at, "Info")) return std::nullopt;
  const unsigned flags = byte_at(bytes, at + 7);
  at += 8;
  if ((flags & 1) != 0) tag.mpeg_frames = big_endian(bytes, at), at += 4;
  if ((flags & 2) != 0) tag.num_bytes = big_endian(bytes, at), at += 4;
  if ((flags & 4) != 0) at += 100;  // the seek table: percents of the bytes, too coarse for us
  if ((flags & 8) != 0) at += 4;    // quality
  if (has_at(bytes, at, "LAME") || has_at(bytes, at, "Lavf") || has_at(bytes, at, "Lavc")) {
    tag.has_delay = true;
    tag.delay = byte_at(bytes, at + 21) << 4 | byte_at(bytes, at + 22) >> 4;
    tag.padding = (byte_at(bytes, at + 22) & 15) << 8 | byte_at(bytes, at + 23);
  }
  return tag;
}

class Walk : public HeaderWalk {
 public:
  using HeaderWalk::HeaderWalk;

  Result<std::optional<Mp3Header>> header() {
    auto bytes = look(4);
    if (!bytes) return bytes.error();
    return parse_mp3_header(*bytes);
  }
  /// Whether the audio ends here: at `end`, or at what may follow the last MPEG frame without being damage.
  Result<bool> has_ended(std::uint64_t end) {
    if (at() >= end) return at() == end;
    auto rest = look(static_cast<std::size_t>(std::min<std::uint64_t>(end - at(), 16)));
    if (!rest) return rest.error();
    for (const std::string_view tag : {"TAG", "APETAGEX", "LYRICSBEGIN", "ID3", "3DI"}) {
      if (has_at(*rest, 0, tag)) return true;
    }
    return std::all_of(rest->begin(), rest->end(), [](std::byte b) { return b == std::byte{0}; });
  }
};

bool is_same_stream(const std::optional<Mp3Header>& header, const Mp3Header& first) {
  return header && header->sample_rate == first.sample_rate && header->num_frames == first.num_frames;
}

}  // namespace

std::optional<Mp3Header> parse_mp3_header(Bytes bytes) {
  if (bytes.size() < 4) return std::nullopt;
  const unsigned b1 = byte_at(bytes, 1), b2 = byte_at(bytes, 2), b3 = byte_at(bytes, 3);
  if (byte_at(bytes, 0) != 0xFF || (b1 & 0xE0) != 0xE0) return std::nullopt;
  const unsigned version = b1 >> 3 & 3, layer = b1 >> 1 & 3, bitrate = b2 >> 4, rate = b2 >> 2 & 3,
                 padding = b2 >> 1 & 1;
  if (version == 1 || layer != 1 || bitrate == 0 || bitrate == 15 || rate == 3) return std::nullopt;
  static constexpr std::array<unsigned, 15> kbps1{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  static constexpr std::array<unsigned, 15> kbps2{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
  static constexpr std::array<unsigned, 3> hz{44100, 48000, 32000};
  const bool mpeg1 = version == 3, mono = b3 >> 6 == 3, checked = (b1 & 1) == 0;
  const unsigned sample_rate = hz[rate] >> (mpeg1 ? 0 : version == 2 ? 1 : 2);
  const std::size_t side = mpeg1 ? (mono ? 17 : 32) : (mono ? 9 : 17);
  const std::size_t overhead = 4 + side + (checked ? 2 : 0);
  Mp3Header header;
  header.num_bytes = (mpeg1 ? 144 : 72) * 1000 * (mpeg1 ? kbps1 : kbps2)[bitrate] / sample_rate + padding;
  header.main_data_bytes = header.num_bytes - std::min(header.num_bytes, overhead);
  header.num_frames = mpeg1 ? 1152 : 576;
  header.sample_rate = static_cast<int>(sample_rate);
  header.tag_offset = static_cast<int>(4 + side);
  return header;
}

Result<std::optional<Mp3Stream>> Mp3Stream::scan(ByteSource& source, std::uint64_t begin, std::uint64_t end,
                                                 StopToken* stop) {
  const std::optional<Mp3Stream> none;
  const auto size = source.size();
  if (!size) return none;
  end = std::min(end, *size);
  if (begin >= end) return none;
  Walk walk(source, begin, stop);
  auto head = walk.look(kTagBytes);
  if (!head) return head.error();
  const auto first = parse_mp3_header(*head);
  if (!first) return none;

  Mp3Stream stream;
  stream.first_ = *first;
  stream.end_ = end;
  const auto tag = read_tag(head->first(std::min(head->size(), first->num_bytes)), *first);
  if (tag) walk.skip(first->num_bytes);
  stream.begin_ = std::min(walk.at(), end);  // the tag's own frame may be cut short
  if (tag && tag->has_delay) stream.num_skipped_ = tag->delay + kDecoderDelay;

  // A tag whose bytes end where the audio ends is right about the MPEG frames too; otherwise they are counted.
  const std::int64_t said = tag ? tag->mpeg_frames : -1;
  bool settled = false;
  if (said > 0 && tag->num_bytes > 0) {
    Walk behind(source, begin + static_cast<std::uint64_t>(tag->num_bytes), stop);
    auto ended = behind.has_ended(end);
    if (!ended) return ended.error();
    settled = *ended;
  }
  std::int64_t mpeg_frames = said;
  if (!settled) {
    mpeg_frames = 0;
    while (true) {
      auto header = walk.header();
      if (!header) return header.error();
      if (walk.at() >= end || !is_same_stream(*header, *first)) {
        auto ended = walk.has_ended(end);
        if (!ended) return ended.error();
        settled = *ended;
        break;
      }
      if (end - walk.at() < (*header)->num_bytes) {  // cut within the last MPEG frame, which does not count
        settled = true;
        break;
      }
      if (mpeg_frames % kLandmarkStep == 0) stream.landmarks_.push_back(walk.at());
      ++mpeg_frames;
      walk.skip((*header)->num_bytes);
    }
    settled = settled && said <= mpeg_frames;
  }
  stream.most_mpeg_frames_ = static_cast<std::uint64_t>(mpeg_frames);
  if (settled) {
    stream.frames_kind_ = FramesKind::kExact;
  } else {
    const std::uint64_t rest = end - std::min(walk.at(), end);
    const std::uint64_t walked = walk.at() - stream.begin_;
    stream.most_mpeg_frames_ += rest / kLeastMpegFrameBytes;
    if (mpeg_frames > 0)
      mpeg_frames += static_cast<std::int64_t>(rest / (walked / static_cast<std::uint64_t>(mpeg_frames)));
  }
  // A tag that promises fewer than there are belonged to another stream: its padding means nothing here.
  std::int64_t padding = 0;
  if (tag && tag->has_delay && said == mpeg_frames) padding = std::max<std::int64_t>(tag->padding - kDecoderDelay, 0);
  stream.num_frames_ = std::max<std::int64_t>(mpeg_frames * first->num_frames - stream.num_skipped_ - padding, 0);
  return std::optional<Mp3Stream>(std::move(stream));
}

Result<Mp3Stream::Entry> Mp3Stream::locate(ByteSource& source, std::int64_t frame, StopToken* stop) {
  const std::int64_t wanted = (frame + num_skipped_) / first_.num_frames;  // MPEG frame that holds it
  Entry entry = start();

  // Back from the wanted MPEG frame: kStateFrames, then as many as hold the reservoir of the first of those. They are
  // at most 511 bytes of main data, at 8 kbit/s and 24 kHz some 50 MPEG frames of 24 bytes.
  struct Place {
    std::uint64_t byte;
    std::size_t main_data_bytes;
  };
  constexpr std::size_t kMaxBack = kMaxReservoirBytes + kStateFrames;  // one byte each at the very least
  const std::int64_t from = std::max<std::int64_t>(wanted - static_cast<std::int64_t>(kMaxBack), 0);
  std::int64_t index = std::min(from / kLandmarkStep, std::max<std::int64_t>(std::ssize(landmarks_) - 1, 0));
  Walk walk(source, landmarks_.empty() ? begin_ : landmarks_[static_cast<std::size_t>(index)], stop);
  index *= kLandmarkStep;
  std::vector<Place> last;  // the MPEG frames before the wanted one, `last.back()` next to it
  for (; index < wanted; ++index) {
    auto header = walk.header();
    if (!header) return header.error();
    if (!is_same_stream(*header, first_)) return entry;  // damaged: from the start
    if (index % kLandmarkStep == 0 && index / kLandmarkStep == std::ssize(landmarks_)) landmarks_.push_back(walk.at());
    if (index >= from) last.push_back({walk.at(), (*header)->main_data_bytes});
    walk.skip((*header)->num_bytes);
  }
  std::size_t back = 0, reservoir = 0;
  while (back < last.size() && (back <= kStateFrames || reservoir < kMaxReservoirBytes)) {
    const Place& place = last[last.size() - ++back];
    if (back > kStateFrames) reservoir += place.main_data_bytes;
  }
  if (reservoir < kMaxReservoirBytes) return entry;
  entry.byte = last[last.size() - back].byte;
  entry.frame = (wanted - static_cast<std::int64_t>(back)) * first_.num_frames - num_skipped_;
  return entry;
}

Result<std::optional<Bytes>> Mp3Frames::next() {
  const std::optional<Bytes> none;
  auto head = walk_.look(4);
  if (!head) return head.error();
  const auto header = parse_mp3_header(*head);
  if (!is_same_stream(header, first_) || walk_.at() + header->num_bytes > end_) return none;
  auto bytes = walk_.look(header->num_bytes);
  if (!bytes) return bytes.error();
  if (bytes->size() < header->num_bytes) return none;
  walk_.skip(header->num_bytes);
  return std::optional<Bytes>(*bytes);
}

}  // namespace tonearm::core
