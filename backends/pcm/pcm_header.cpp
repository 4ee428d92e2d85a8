// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/pcm/pcm_header.h"

#include <utility>

namespace tonearm::pcm {
namespace {

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || text.size() - i < length) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const unsigned next = static_cast<unsigned char>(text[i + k]);
      // The second byte rules out overlong forms, surrogates and what lies past U+10FFFF.
      const unsigned low = k > 1 ? 0x80 : lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
      const unsigned high = k > 1 ? 0xBF : lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
      if (next < low || next > high) return false;
    }
    i += length;
  }
  return true;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const unsigned code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return out;
}

}  // namespace

core::Result<void> settle(PcmHeader& header, const DataExtent& extent, HeaderReader& reader, std::uint64_t where) {
  if (header.layout.num_channels < 1) return corrupt(reader, where, "at least 1 channel", "0 channels");
  if (header.sample_rate < 1) return corrupt(reader, where, "a sample rate of at least 1 Hz", "0 Hz or less");

  const std::uint64_t frame_bytes = header.layout.frame_bytes();
  const std::optional<std::uint64_t> size = reader.size();
  header.data_offset = extent.offset;
  header.exact = size.has_value();
  const std::uint64_t rest = size && *size > extent.offset ? *size - extent.offset : 0;
  const bool open_ended = extent.open_ended || (extent.placeholder && (!size || extent.promised > rest));
  if (!open_ended) header.data_bytes = extent.promised;
  if (size) {
    if (!open_ended && extent.promised > rest) {
      header.damage = "truncated: the header promises " + std::to_string(extent.promised) +
                      " bytes of audio from byte " + std::to_string(extent.offset) + ", the source ends at byte " +
                      std::to_string(*size);
    }
    header.data_bytes = open_ended ? rest : std::min(extent.promised, rest);
    // A wild channel count is believed only of a file that holds at least one such frame.
    if (header.layout.num_channels > 1024 && *header.data_bytes < frame_bytes) {
      return corrupt(reader, where, "a channel count that the audio can hold",
                     std::to_string(header.layout.num_channels) + " channels, " + std::to_string(*header.data_bytes) +
                         " bytes of audio");
    }
    const std::uint64_t partial = *header.data_bytes % frame_bytes;
    if (partial != 0 && header.damage.empty()) {
      header.warnings.push_back("the last " + std::to_string(partial) + " bytes of audio are no whole frame; ignored");
    }
  }
  return {};
}

std::optional<core::SampleEncoding> integer_encoding(int container_bytes, bool unsigned_8bit) {
  switch (container_bytes) {
    case 1: return unsigned_8bit ? core::SampleEncoding::kU8 : core::SampleEncoding::kS8;
    case 2: return core::SampleEncoding::kS16;
    case 3: return core::SampleEncoding::kS24;
    case 4: return core::SampleEncoding::kS32;
    case 8: return core::SampleEncoding::kS64;
    default: return std::nullopt;
  }
}

core::Error corrupt(const HeaderReader& reader, std::uint64_t offset, std::string needed, std::string found) {
  const std::string& name = reader.source().name();
  core::Error error =
      core::make_error(core::ErrorCode::kCorruptData, core::Stage::kOpen,
                       "cannot read the header of \"" + name + "\" (byte " + std::to_string(offset) + ")", name,
                       std::move(needed), std::move(found), "check whether the file was copied or written completely");
  error.byte_offset = static_cast<std::int64_t>(offset);
  return error;
}

core::Error not_pcm(const HeaderReader& reader, const std::string& codec, const std::string& container) {
  const std::string& name = reader.source().name();
  return core::make_error(core::ErrorCode::kUnsupportedFormat, core::Stage::kOpen,
                          "\"" + name + "\" holds " + codec + " in " + container + ", which is not PCM", name,
                          "PCM, float, A-law or mu-law samples", codec);
}

void add_tag(PcmHeader& header, const char* key, Bytes text) {
  std::string_view view(reinterpret_cast<const char*>(text.data()), text.size());
  view = view.substr(0, view.find('\0'));
  while (!view.empty() && view.back() == ' ') view.remove_suffix(1);
  if (view.empty()) return;
  header.tags.emplace(key, is_utf8(view) ? std::string(view) : latin1_to_utf8(view));
}

core::Result<void> read_info_list(HeaderReader& reader, std::uint64_t begin, std::uint64_t size, bool big_endian,
                                  PcmHeader& header) {
  static constexpr std::pair<std::string_view, const char*> kKeys[] = {
      {"INAM", "title"},     {"IART", "artist"},  {"IPRD", "album"},    {"ICMT", "comment"},
      {"ICRD", "date"},      {"IGNR", "genre"},   {"ITRK", "track"},    {"IPRT", "track"},
      {"ICOP", "copyright"}, {"ISFT", "encoder"}, {"ILNG", "language"}, {"IENG", "engineer"}};
  constexpr int kMaxEntries = 64;
  constexpr std::size_t kMaxText = 2048;  // bytes; longer values are cut
  std::uint64_t at = 4;                   // behind "INFO"
  for (int entry = 0; entry < kMaxEntries && at + 8 <= size; ++entry) {
    auto bytes = reader.read(begin + at, 8 + kMaxText);
    if (!bytes) return bytes.error();
    if (bytes->size() < 8) break;
    const std::uint64_t length = std::min<std::uint64_t>(get_u32(*bytes, 4, big_endian), size - at - 8);
    for (const auto& [id, key] : kKeys) {
      if (has_text(*bytes, 0, id)) {
        add_tag(header, key, bytes->subspan(8, std::min<std::size_t>(bytes->size() - 8, length)));
      }
    }
    at += 8 + length + (length & 1);
  }
  return {};
}

}  // namespace tonearm::pcm
