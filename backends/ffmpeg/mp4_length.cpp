// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/mp4_length.h"

#include <array>
#include <string_view>

namespace tonearm::ffmpeg {
namespace {

constexpr int kMaxBoxes = 4096;  // of the whole file; a crafted one has to end, too

/// Contents of a box: bytes [begin, end) of the source.
struct Range {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class Reader {
 public:
  explicit Reader(core::ByteSource& source) : source_(source) {}

  /// Big endian, `count` bytes at range.begin + offset; nothing outside the range or the source.
  std::optional<std::uint64_t> number(Range range, std::uint64_t offset, std::size_t count) {
    if (range.end - range.begin < count || offset > range.end - range.begin - count) return std::nullopt;
    std::array<std::byte, 8> bytes{};
    const auto got = source_.read_at(range.begin + offset, std::span(bytes).first(count));
    if (!got || *got != count) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    return value;
  }

  /// The next child of `parent`, which moves on behind it. Sets its type.
  std::optional<Range> next_box(Range& parent, std::uint32_t& type) {
    const auto size32 = number(parent, 0, 4);
    const auto name = number(parent, 4, 4);
    if (!size32 || !name || ++num_boxes_ > kMaxBoxes) return std::nullopt;
    std::uint64_t size = *size32, header = 8;
    if (size == 1) {
      const auto size64 = number(parent, 8, 8);
      if (!size64) return std::nullopt;
      size = *size64;
      header = 16;
    }
    if (size == 0) size = parent.end - parent.begin;  // to the end of the file
    if (size < header || size > parent.end - parent.begin) return std::nullopt;
    type = static_cast<std::uint32_t>(*name);
    const Range box{parent.begin + header, parent.begin + size};
    parent.begin += size;
    return box;
  }

  std::optional<Range> find(Range parent, std::string_view wanted) {
    std::uint32_t type = 0;
    while (auto box = next_box(parent, type)) {
      if (type == code(wanted)) return box;
    }
    return std::nullopt;
  }

  static std::uint32_t code(std::string_view name) {
    std::uint32_t value = 0;
    for (const char c : name) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }

 private:
  core::ByteSource& source_;
  int num_boxes_ = 0;
};

/// The track's length, where it is an audio track; sets is_audio.
std::optional<Mp4Length> track_length(Reader& reader, Range track, bool& is_audio) {
  const auto media = reader.find(track, "mdia");
  if (!media) return std::nullopt;
  const auto handler = reader.find(*media, "hdlr");
  if (!handler || reader.number(*handler, 8, 4) != Reader::code("soun")) return std::nullopt;
  is_audio = true;
  const auto header = reader.find(*media, "mdhd");
  const auto edits = reader.find(track, "edts");
  const auto list = edits ? reader.find(*edits, "elst") : std::nullopt;
  if (!header || !list || reader.number(*list, 4, 4) != 1) return std::nullopt;

  const bool wide = reader.number(*header, 0, 1) == 1;
  const auto scale = reader.number(*header, wide ? 20 : 12, 4);
  const auto duration = reader.number(*header, wide ? 24 : 16, wide ? 8 : 4);
  const bool wide_list = reader.number(*list, 0, 1) == 1;
  const auto start = reader.number(*list, wide_list ? 16 : 12, wide_list ? 8 : 4);
  const auto speed = reader.number(*list, wide_list ? 24 : 16, 4);
  // A start of -1 (an empty edit) is larger than any duration.
  if (!scale || !duration || !start || speed != 0x10000 || *scale == 0 || *duration > INT64_MAX || *start > *duration) {
    return std::nullopt;
  }
  return Mp4Length{static_cast<std::int64_t>(*duration - *start), static_cast<std::int64_t>(*scale), 0};
}

}  // namespace

std::optional<Mp4Length> mp4_length(core::ByteSource& source) {
  const auto size = source.size();
  if (!size) return std::nullopt;
  Reader reader(source);
  const auto movie = reader.find({0, *size}, "moov");
  if (!movie) return std::nullopt;
  const auto header = reader.find(*movie, "mvhd");
  if (!header) return std::nullopt;
  const auto scale = reader.number(*header, reader.number(*header, 0, 1) == 1 ? 20 : 12, 4);
  if (!scale || *scale == 0) return std::nullopt;

  std::optional<Mp4Length> length;
  int num_audio = 0;
  Range rest = *movie;
  std::uint32_t type = 0;
  while (auto box = reader.next_box(rest, type)) {
    if (type != Reader::code("trak")) continue;
    bool is_audio = false;
    if (auto found = track_length(reader, *box, is_audio)) length = found;
    if (is_audio && ++num_audio > 1) return std::nullopt;
  }
  if (length) length->movie_scale = static_cast<std::int64_t>(*scale);
  return length;
}

}  // namespace tonearm::ffmpeg
