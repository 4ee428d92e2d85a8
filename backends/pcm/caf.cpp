// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CAF (Apple Core Audio Format): big-endian chunks with 64-bit sizes; -1 for the audio of a stream.
#include <bit>
#include <climits>
#include <cmath>

#include "backends/pcm/pcm_header.h"

namespace tonearm::pcm {
namespace {

constexpr std::uint32_t kFlagFloat = 1, kFlagLittleEndian = 2;

std::string codec_name(Bytes desc) {
  std::string name;
  for (std::size_t i = 8; i < 12; ++i) {
    const unsigned c = static_cast<unsigned>(get_uint(desc, i, 1, true));
    name += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  }
  if (name == "alac") return "ALAC";
  if (name == "aac ") return "AAC";
  if (name == "ima4") return "IMA ADPCM";
  if (name == "opus") return "Opus";
  return "\"" + name + "\"";
}

core::Result<void> parse_desc(Bytes desc, std::uint64_t offset, const HeaderReader& reader, PcmHeader& header) {
  if (desc.size() < 32) return corrupt(reader, offset, "32 bytes of desc", std::to_string(desc.size()) + " bytes");
  const double rate = std::bit_cast<double>(get_u64(desc, 0, true));
  const std::uint32_t flags = get_u32(desc, 12, true), packet_bytes = get_u32(desc, 16, true),
                      packet_frames = get_u32(desc, 20, true), channels = get_u32(desc, 24, true),
                      bits = get_u32(desc, 28, true);
  const bool linear = has_text(desc, 8, "lpcm");
  const bool alaw = has_text(desc, 8, "alaw"), ulaw = has_text(desc, 8, "ulaw");
  if (!linear && !alaw && !ulaw) return not_pcm(reader, codec_name(desc), "CAF");
  if (!(rate >= 0.5 && rate < INT_MAX)) {
    return corrupt(reader, offset, "a finite sample rate of at least 1 Hz", std::to_string(rate) + " Hz");
  }
  if (channels == 0 || channels > 0xFFFF) {
    return corrupt(reader, offset + 24, "1 to 65535 channels", std::to_string(channels) + " channels");
  }
  if (packet_frames != 1 || packet_bytes == 0 || packet_bytes % channels != 0) {
    return corrupt(reader, offset + 16, "packets of one frame, a multiple of the channel count",
                   std::to_string(packet_bytes) + " bytes and " + std::to_string(packet_frames) + " frames for " +
                       std::to_string(channels) + " channels");
  }
  const std::uint32_t sample_size = packet_bytes / channels;
  std::optional<core::SampleEncoding> encoding;
  if (linear && (flags & kFlagFloat) != 0) {
    if (sample_size == 4) encoding = core::SampleEncoding::kF32;
    if (sample_size == 8) encoding = core::SampleEncoding::kF64;
  } else if (linear) {
    if (sample_size <= 8 && bits <= sample_size * 8) encoding = integer_encoding(static_cast<int>(sample_size), false);
  } else if (sample_size == 1) {
    encoding = alaw ? core::SampleEncoding::kALaw : core::SampleEncoding::kMuLaw;
  }
  if (!encoding) {
    return not_pcm(reader, std::to_string(bits) + "-bit samples in " + std::to_string(sample_size) + " bytes", "CAF");
  }
  header.layout = {*encoding, (flags & kFlagLittleEndian) == 0, static_cast<int>(channels)};
  header.sample_rate = static_cast<int>(std::lround(rate));
  header.bits_per_sample = linear && bits > 0 ? static_cast<int>(bits) : static_cast<int>(sample_size * 8);
  return {};
}

/// An `info` chunk: a count, then pairs of zero-terminated strings.
void read_info(Bytes info, PcmHeader& header) {
  const std::uint32_t count = get_u32(info, 0, true);
  std::string_view text(reinterpret_cast<const char*>(info.data()), info.size());
  std::size_t at = 4;
  for (std::uint32_t i = 0; i < count && at < text.size(); ++i) {
    const std::size_t key_end = text.find('\0', at);
    if (key_end == std::string_view::npos) break;
    const std::size_t value_end = std::min(text.find('\0', key_end + 1), text.size());
    std::string key(text.substr(at, key_end - at));
    const bool plain =
        !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (plain) add_tag(header, key.c_str(), info.subspan(key_end + 1, value_end - key_end - 1));
    at = value_end + 1;
  }
}

}  // namespace

core::Result<PcmHeader> parse_caf(HeaderReader& reader, std::uint64_t start) {
  auto head = reader.read(start, 8);
  if (!head) return head.error();
  if (head->size() < 8 || !has_text(*head, 0, "caff")) return corrupt(reader, start, "a CAF header", "none");
  PcmHeader header;
  header.container = "caf";
  std::optional<DataExtent> data;
  bool described = false;
  std::uint64_t desc_offset = 0;
  std::uint64_t at = start + 8;
  for (int chunk = 0; chunk < kMaxChunks; ++chunk) {
    auto bytes = reader.read(at, 12 + 2048);
    if (!bytes) return bytes.error();
    if (bytes->size() < 12) break;
    const std::uint64_t size = get_u64(*bytes, 4, true);
    const bool data_chunk = has_text(*bytes, 0, "data");
    const bool open_ended = data_chunk && size == UINT64_MAX;
    if (!open_ended && size > INT64_MAX - 12 - at) {
      if (data) break;
      return corrupt(reader, at + 4, "a chunk size below 2^63", "a negative one");
    }
    const Bytes content = bytes->subspan(12, std::min<std::uint64_t>(bytes->size() - 12, size));
    if (has_text(*bytes, 0, "desc") && !described) {
      auto parsed = parse_desc(content, at + 12, reader, header);
      if (!parsed) return parsed.error();
      described = true;
      desc_offset = at + 12;
    } else if (data_chunk && !data) {
      // The audio follows a 32-bit edit count.
      data = DataExtent{at + 16, size > 4 ? size - 4 : 0, open_ended};
      if (open_ended || !reader.size()) break;
    } else if (has_text(*bytes, 0, "info")) {
      read_info(content, header);
    }
    at += 12 + size;
    if (reader.size() && at >= *reader.size()) break;
  }
  if (!described) return corrupt(reader, at, "a desc chunk", "none up to byte " + std::to_string(at));
  if (!data) return corrupt(reader, at, "a data chunk", "none up to byte " + std::to_string(at));
  auto settled = settle(header, *data, reader, desc_offset);
  if (!settled) return settled.error();
  return header;
}

}  // namespace tonearm::pcm
