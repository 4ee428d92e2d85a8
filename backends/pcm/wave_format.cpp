// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/pcm/wave_format.h"

#include <climits>
#include <utility>

namespace tonearm::pcm {
namespace {

constexpr unsigned kPcm = 1, kFloat = 3, kALaw = 6, kMuLaw = 7, kExtensible = 0xFFFE;

std::string codec_name(unsigned tag) {
  static constexpr std::pair<unsigned, const char*> kNames[] = {
      {0x0002, "MS ADPCM"},    {0x0010, "OKI ADPCM"},    {0x0011, "IMA ADPCM"},    {0x0014, "G.723 ADPCM"},
      {0x0016, "G.726 ADPCM"}, {0x0020, "Yamaha ADPCM"}, {0x0022, "TrueSpeech"},   {0x0031, "GSM 6.10"},
      {0x0040, "G.721 ADPCM"}, {0x0045, "G.726 ADPCM"},  {0x0050, "MPEG audio"},   {0x0055, "MP3"},
      {0x0064, "G.726 ADPCM"}, {0x0065, "G.722 ADPCM"},  {0x00FF, "AAC"},          {0x0160, "WMA v1"},
      {0x0161, "WMA v2"},      {0x0162, "WMA Pro"},      {0x0163, "WMA Lossless"}, {0x0270, "ATRAC3"},
      {0x1610, "AAC"},         {0x2000, "AC-3"},         {0x2001, "DTS"},          {0x674F, "Vorbis"},
      {0x6771, "Vorbis"},      {0xA109, "Speex"},        {0xF1AC, "FLAC"}};
  for (const auto& [known, name] : kNames) {
    if (known == tag) return name;
  }
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text = "format tag 0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += kHex[tag >> shift & 15];
  return text;
}

/// Bytes 2 to 15 of a sub-format GUID that is a format tag: xxxx0000-0010-8000-00AA00389B71 (mmreg.h), or the B-format
/// GUID xxxx0001-0721-11D3-8644-C8C1CA000000 of ambisonic files.
bool is_format_tag_guid(Bytes guid, bool big_endian) {
  static constexpr std::string_view kTail("\x80\x00\x00\xAA\x00\x38\x9B\x71", 8);
  static constexpr std::string_view kAmbisonicTail("\x86\x44\xC8\xC1\xCA\x00\x00\x00", 8);
  const std::uint32_t first = get_u32(guid, 0, big_endian), second = get_u16(guid, 4, big_endian),
                      third = get_u16(guid, 6, big_endian);
  if (has_text(guid, 8, kTail)) return first <= 0xFFFF && second == 0 && third == 0x0010;
  return has_text(guid, 8, kAmbisonicTail) && second == 0x0721 && third == 0x11D3;
}

}  // namespace

core::Result<void> parse_wave_format(Bytes chunk, bool big_endian, std::uint64_t offset, const HeaderReader& reader,
                                     PcmHeader& header) {
  if (chunk.size() < 14) {
    return corrupt(reader, offset, "a format chunk of at least 14 bytes", std::to_string(chunk.size()) + " bytes");
  }
  unsigned tag = get_u16(chunk, 0, big_endian);
  const int channels = static_cast<int>(get_u16(chunk, 2, big_endian));
  const std::uint32_t rate = get_u32(chunk, 4, big_endian);
  const int block_align = static_cast<int>(get_u16(chunk, 12, big_endian));
  int bits = chunk.size() >= 16 ? static_cast<int>(get_u16(chunk, 14, big_endian)) : 0;
  const bool extensible = tag == kExtensible;
  int valid_bits = 0;
  if (extensible) {
    if (chunk.size() < 40) {
      return corrupt(reader, offset, "40 bytes of extensible format", std::to_string(chunk.size()) + " bytes");
    }
    const Bytes guid = chunk.subspan(24, 16);
    tag = get_u32(guid, 0, big_endian) & 0xFFFF;
    if (!is_format_tag_guid(guid, big_endian)) return not_pcm(reader, "an unknown sub-format", header.container);
    valid_bits = static_cast<int>(get_u16(chunk, 18, big_endian));
  }
  if (tag != kPcm && tag != kFloat && tag != kALaw && tag != kMuLaw) {
    return not_pcm(reader, codec_name(tag), header.container);
  }
  if (channels == 0) return corrupt(reader, offset + 2, "at least 1 channel", "0 channels");
  if (rate == 0 || rate > INT_MAX) {
    return corrupt(reader, offset + 4, "a sample rate of 1 to 2147483647 Hz", std::to_string(rate) + " Hz");
  }
  if (block_align == 0 || block_align % channels != 0) {
    return corrupt(reader, offset + 12, "a frame size (block align) that is a multiple of the channel count",
                   std::to_string(block_align) + " bytes for " + std::to_string(channels) + " channels");
  }
  const int container_bytes = block_align / channels;
  if (bits == 0) bits = container_bytes * 8;
  const int width = (bits + 7) / 8;
  if (width > container_bytes) {
    return corrupt(reader, offset + 12, "a frame size that holds the samples",
                   std::to_string(block_align) + " bytes for " + std::to_string(channels) + " channels of " +
                       std::to_string(bits) + " bits");
  }

  std::optional<core::SampleEncoding> encoding;
  if (tag == kPcm) {
    encoding = integer_encoding(container_bytes, true);
    // Left-justified is the rule of WAVEFORMATEXTENSIBLE. In a plain header 24 bits in 4 bytes are what ALSA's arecord
    // writes as S24_LE: the low three bytes.
    if (!extensible && container_bytes == 4 && width == 3) encoding = core::SampleEncoding::kS24Low32;
  } else if (tag == kFloat) {
    if (container_bytes == 4 && width == 4) encoding = core::SampleEncoding::kF32;
    if (container_bytes == 8 && width == 8) encoding = core::SampleEncoding::kF64;
  } else if (container_bytes == 1) {
    encoding = tag == kALaw ? core::SampleEncoding::kALaw : core::SampleEncoding::kMuLaw;
  }
  if (!encoding) {
    return not_pcm(reader,
                   std::to_string(bits) + "-bit " + (tag == kFloat ? "float" : "samples") + " in " +
                       std::to_string(container_bytes) + " bytes",
                   header.container);
  }
  header.layout = {*encoding, big_endian, channels};
  header.sample_rate = static_cast<int>(rate);
  header.bits_per_sample = valid_bits > 0 && valid_bits <= bits ? valid_bits : bits;
  return {};
}

}  // namespace tonearm::pcm
