// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// RIFF, RIFX (big endian), RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088: 64-bit sizes in a ds64 chunk), Wave64.
#include "backends/pcm/pcm_header.h"
#include "backends/pcm/wave_format.h"

namespace tonearm::pcm {
namespace {

constexpr std::uint32_t kUnknown32 = 0xFFFFFFFF;
constexpr std::uint32_t kSoxPipe = 0x7FFFF000;  // what sox writes into a pipe

/// A fourcc is four printable characters.
bool looks_like_chunk(Bytes bytes) {
  return bytes.size() >= 4 && std::all_of(bytes.begin(), bytes.begin() + 4, [](std::byte b) {
           return std::to_integer<unsigned>(b) >= 0x20 && std::to_integer<unsigned>(b) < 0x7F;
         });
}

/// Offset of the chunk behind [.., end). Odd chunks are padded, but some writers forget to.
core::Result<std::uint64_t> next_chunk(HeaderReader& reader, std::uint64_t end, bool odd) {
  if (!odd) return end;
  auto bytes = reader.read(end, 5);
  if (!bytes) return bytes.error();
  const bool unpadded = looks_like_chunk(*bytes) && !looks_like_chunk(bytes->subspan(1));
  return unpadded ? end : end + 1;
}

/// Data size 0. The file is empty where its outer size agrees with the bytes there are; else the sizes were never
/// filled in (a pipe, an interrupted recording) and what follows is audio.
bool is_stream(std::uint64_t outer_bytes, std::uint64_t outer_end, std::uint64_t data_offset,
               std::optional<std::uint64_t> size) {
  if (outer_bytes == 0 || outer_end < data_offset) return true;
  return size ? outer_end > *size + 1 : outer_bytes >= kUnknown32;
}

void note_bytes_behind(PcmHeader& header, const DataExtent& data, std::uint64_t outer_end, HeaderReader& reader) {
  if (data.open_ended || data.promised != 0 || !reader.size() || *reader.size() <= outer_end + 1) return;
  header.warnings.push_back("the header says there is no audio; " + std::to_string(*reader.size() - outer_end) +
                            " bytes behind byte " + std::to_string(outer_end) + " are ignored");
}

struct Found {
  std::optional<DataExtent> data;
  bool format = false;
  std::uint64_t format_offset = 0;
};

core::Result<void> check_found(const Found& found, std::uint64_t end, const HeaderReader& reader) {
  if (!found.format) return corrupt(reader, end, "a format chunk", found.data ? "audio without one" : "none");
  if (!found.data) return corrupt(reader, end, "a data chunk", "none up to byte " + std::to_string(end));
  return {};
}

}  // namespace

core::Result<PcmHeader> parse_riff(HeaderReader& reader, std::uint64_t start) {
  auto head = reader.read(start, 12);
  if (!head) return head.error();
  if (head->size() < 12 || !has_text(*head, 8, "WAVE")) return corrupt(reader, start, "a WAVE header", "none");
  const bool big = has_text(*head, 0, "RIFX");
  const bool wide = has_text(*head, 0, "RF64") || has_text(*head, 0, "BW64");
  PcmHeader header;
  header.container = big ? "rifx" : wide ? "rf64" : "wav";
  std::uint64_t outer_bytes = get_u32(*head, 4, big);
  std::uint64_t wide_data_bytes = UINT64_MAX;  // of ds64

  Found found;
  std::uint64_t at = start + 12;
  for (int chunk = 0; chunk < kMaxChunks; ++chunk) {
    auto bytes = reader.read(at, 8 + 40);
    if (!bytes) return bytes.error();
    if (bytes->size() < 8) break;
    const std::uint32_t size32 = get_u32(*bytes, 4, big);
    std::uint64_t size = size32;
    const std::uint64_t body = at + 8;
    if (has_text(*bytes, 0, "ds64") && wide) {
      if (size < 24 || bytes->size() < 32)
        return corrupt(reader, at, "24 bytes of ds64", std::to_string(size) + " bytes");
      outer_bytes = get_u64(*bytes, 8, big);
      wide_data_bytes = get_u64(*bytes, 16, big);
    } else if (has_text(*bytes, 0, "fmt ") && !found.format) {
      const Bytes format = bytes->subspan(8, std::min<std::size_t>(bytes->size() - 8, size));
      auto parsed = parse_wave_format(format, big, body, reader, header);
      if (!parsed) return parsed.error();
      found.format = true;
      found.format_offset = body;
    } else if (has_text(*bytes, 0, "data") && !found.data) {
      DataExtent data{body, size, false, size32 == kSoxPipe};
      const std::uint64_t outer_end = outer_bytes > UINT64_MAX - start - 8 ? UINT64_MAX : start + 8 + outer_bytes;
      if (size32 == kUnknown32) {
        data.promised = wide ? wide_data_bytes : 0;
        data.open_ended = data.promised == UINT64_MAX || !wide;
      }
      if (!data.open_ended && data.promised == 0) {
        data.open_ended = is_stream(outer_bytes, outer_end, body, reader.size());
        note_bytes_behind(header, data, outer_end, reader);
      }
      found.data = data;
      // Behind the audio there may be tags, or even the format; a source that cannot seek is not read for them.
      if (data.open_ended || !reader.size()) break;
      size = data.promised;
    } else if (has_text(*bytes, 0, "LIST") && has_text(*bytes, 8, "INFO")) {
      auto tags = read_info_list(reader, body, size, big, header);
      if (!tags) return tags.error();
    } else if (size32 == kUnknown32) {
      break;
    }
    if (size > UINT64_MAX / 2 - body || (reader.size() && body + size >= *reader.size())) {
      at = reader.size().value_or(body);
      break;
    }
    auto next = next_chunk(reader, body + size, size & 1);
    if (!next) return next.error();
    at = *next;
  }
  auto complete = check_found(found, at, reader);
  if (!complete) return complete.error();
  auto settled = settle(header, *found.data, reader, found.format_offset);
  if (!settled) return settled.error();
  return header;
}

core::Result<PcmHeader> parse_wave64(HeaderReader& reader, std::uint64_t start) {
  // Chunk ids are GUIDs whose first four bytes are the RIFF names; sizes count the 24 bytes of the chunk header.
  static constexpr std::string_view kIdTail("\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A", 12);
  auto head = reader.read(start, 40);
  if (!head) return head.error();
  if (head->size() < 40 || !has_text(*head, 24, "wave") || !has_text(*head, 28, kIdTail)) {
    return corrupt(reader, start, "a Wave64 header", "none");
  }
  PcmHeader header;
  header.container = "w64";
  const std::uint64_t outer_bytes = get_u64(*head, 16, false);
  const std::uint64_t outer_end = outer_bytes > UINT64_MAX - start ? UINT64_MAX : start + outer_bytes;

  Found found;
  std::uint64_t at = start + 40;
  for (int chunk = 0; chunk < kMaxChunks; ++chunk) {
    auto bytes = reader.read(at, 24 + 40);
    if (!bytes) return bytes.error();
    if (bytes->size() < 24) break;
    std::uint64_t size = get_u64(*bytes, 16, false);
    const bool data_chunk = has_text(*bytes, 0, "data") && has_text(*bytes, 4, kIdTail);
    if (size < 24 && !data_chunk) {
      if (found.data) break;
      return corrupt(reader, at + 16, "a chunk size of at least 24 bytes", std::to_string(size));
    }
    if (has_text(*bytes, 0, "fmt ") && has_text(*bytes, 4, kIdTail) && !found.format) {
      const Bytes format = bytes->subspan(24, std::min<std::uint64_t>(bytes->size() - 24, size - 24));
      auto parsed = parse_wave_format(format, false, at + 24, reader, header);
      if (!parsed) return parsed.error();
      found.format = true;
      found.format_offset = at + 24;
    } else if (data_chunk && !found.data) {
      DataExtent data{at + 24, size < 24 ? 0 : size - 24, size >= UINT64_MAX / 2};
      if (data.promised == 0) {
        data.open_ended = is_stream(outer_bytes, outer_end, at + 24, reader.size());
        note_bytes_behind(header, data, outer_end, reader);
      }
      found.data = data;
      if (data.open_ended || !reader.size()) break;
      size = std::max<std::uint64_t>(size, 24);
    }
    if (size > UINT64_MAX / 2 - at || (reader.size() && at + size >= *reader.size())) {
      at = reader.size().value_or(at);
      break;
    }
    at += (size + 7) / 8 * 8;
  }
  auto complete = check_found(found, at, reader);
  if (!complete) return complete.error();
  auto settled = settle(header, *found.data, reader, found.format_offset);
  if (!settled) return settled.error();
  return header;
}

}  // namespace tonearm::pcm
