// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// WAV, RF64 (EBU Tech 3306) and Wave64. Plain `fmt ` chunks for every channel count and depth, as libsndfile writes
// them: they are read everywhere, and WAVE_FORMAT_EXTENSIBLE is not.
#include <algorithm>
#include <utility>

#include "backends/pcm/header_writer.h"

namespace tonearm::pcm {
namespace {

using core::SampleEncoding;

constexpr std::uint64_t kMost32 = 0xFFFFFFFF;
constexpr std::size_t kDs64Bytes = 28;

constexpr std::pair<const char*, const char*> kInfoKeys[] = {
    {"title", "INAM"}, {"artist", "IART"}, {"album", "IPRD"},     {"comment", "ICMT"}, {"date", "ICRD"},
    {"genre", "IGNR"}, {"track", "ITRK"},  {"copyright", "ICOP"}, {"encoder", "ISFT"}, {"language", "ILNG"},
};

unsigned format_tag(SampleEncoding samples) {
  switch (samples) {
    case SampleEncoding::kF32:
    case SampleEncoding::kF64: return 3;
    case SampleEncoding::kALaw: return 6;
    case SampleEncoding::kMuLaw: return 7;
    default: return 1;
  }
}

std::string format_chunk(const HeaderRequest& request) {
  const std::uint64_t rate = static_cast<std::uint64_t>(request.target.request.sample_rate);
  const std::uint64_t frame_bytes = request.layout.frame_bytes();
  HeaderBytes fmt(false);
  fmt.u16(format_tag(request.layout.encoding));
  fmt.u16(static_cast<std::uint64_t>(request.layout.num_channels));
  fmt.u32(rate);
  fmt.u32(std::min(rate * frame_bytes, kMost32));
  fmt.u16(frame_bytes);
  fmt.u16(static_cast<std::uint64_t>(8 * core::encoded_bytes(request.layout.encoding)));
  if (format_tag(request.layout.encoding) != 1) fmt.u16(0);  // no extension; only PCM may leave the field out
  return fmt.bytes();
}

core::Result<void> check_frame_bytes(const HeaderRequest& request) {
  if (request.layout.frame_bytes() <= 0xFFFF) return {};
  return cannot_hold(request, "num_channels", "frames of at most 65535 bytes",
                     std::to_string(request.layout.frame_bytes()) + " bytes");
}

/// The tags as a LIST INFO chunk's content; empty without tags.
core::Result<std::string> info_list(const HeaderRequest& request) {
  HeaderBytes list(false);
  for (const auto& [key, value] : request.target.request.tags) {
    const auto* known = std::find_if(std::begin(kInfoKeys), std::end(kInfoKeys),
                                     [&key = key](const auto& pair) { return key == pair.first; });
    if (known == std::end(kInfoKeys)) {
      return cannot_hold(request, "tags",
                         "title, artist, album, comment, date, genre, track, copyright, encoder or language", key);
    }
    list.chunk(known->second, value + '\0');
  }
  return list.bytes().empty() ? std::string() : "INFO" + list.bytes();
}

}  // namespace

core::Result<std::string> make_wav_header(const HeaderRequest& request) {
  if (auto fits = check_frame_bytes(request); !fits) return fits.error();
  auto info = info_list(request);
  if (!info) return info.error();
  const core::EncodeRequest& asked = request.target.request;
  HeaderBytes chunks(false);
  chunks.chunk("fmt ", format_chunk(request));
  if (format_tag(request.layout.encoding) != 1) {
    HeaderBytes fact(false);
    fact.u32(std::min(request.num_frames(), kMost32));
    chunks.chunk("fact", fact.bytes());
  }
  if (!info->empty()) chunks.chunk("LIST", *info);

  // Room for 64-bit sizes is kept wherever they are, or may become, necessary: RF64's own way to grow out of RIFF.
  const std::uint64_t known_bytes =
      asked.num_frames < 0 ? 0 : static_cast<std::uint64_t>(asked.num_frames) * request.layout.frame_bytes();
  const auto outer = [&](std::uint64_t data_bytes, bool room) {  // what follows the size field of RIFF
    return 4 + (room ? 8 + kDs64Bytes : 0) + chunks.bytes().size() + 8 + data_bytes + data_bytes % 2;
  };
  const bool on_demand = request.target.container == "rf64";
  const bool room = on_demand || asked.num_frames < 0 || outer(known_bytes, false) > kMost32;
  const std::uint64_t outer_bytes = outer(request.data_bytes, room);
  const bool wide = on_demand || outer_bytes > kMost32;
  if (wide && !room) {
    return cannot_hold(request, "num_frames", std::to_string(asked.num_frames) + " frames, as announced",
                       std::to_string(request.num_frames()));
  }
  HeaderBytes header(false);
  header.text(wide ? "RF64" : "RIFF");
  header.u32(wide ? kMost32 : outer_bytes);
  header.text("WAVE");
  if (room) {
    HeaderBytes ds64(false);
    ds64.u64(wide ? outer_bytes : 0);
    ds64.u64(wide ? request.data_bytes : 0);
    ds64.u64(wide ? request.num_frames() : 0);
    ds64.u32(0);  // no further chunk sizes
    header.chunk(wide ? "ds64" : "JUNK", ds64.bytes());
  }
  header.text(chunks.bytes());
  header.text("data");
  header.u32(wide ? kMost32 : request.data_bytes);
  return header.bytes();
}

core::Result<std::string> make_wave64_header(const HeaderRequest& request) {
  using namespace std::string_view_literals;
  constexpr std::string_view kRiff = "riff\x2E\x91\xCF\x11\xA5\xD6\x28\xDB\x04\xC1\x00\x00"sv;
  constexpr std::string_view kTail = "\xF3\xAC\xD3\x11\x8C\xD1\x00\xC0\x4F\x8E\xDB\x8A"sv;
  constexpr std::uint64_t kChunkHeader = 24;  // a GUID and a size, which counts both
  if (auto fits = check_frame_bytes(request); !fits) return fits.error();
  if (!request.target.request.tags.empty())
    return cannot_hold(request, "tags", "no tags", "tags", "save as wav or caf");
  const std::string format = format_chunk(request);
  const std::size_t format_padding = (8 - format.size() % 8) % 8;
  const std::uint64_t before = kChunkHeader + 16 + kChunkHeader + format.size() + format_padding + kChunkHeader;
  HeaderBytes header(false);
  header.text(kRiff);
  header.u64(before + request.data_bytes + padding_bytes(request));
  header.text("wave");
  header.text(kTail);
  header.text("fmt ");
  header.text(kTail);
  header.u64(kChunkHeader + format.size());
  header.text(format + std::string(format_padding, '\0'));
  header.text("data");
  header.text(kTail);
  header.u64(kChunkHeader + request.data_bytes);
  return header.bytes();
}

}  // namespace tonearm::pcm
