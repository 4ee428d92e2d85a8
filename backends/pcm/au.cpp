// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AU (Sun, NeXT): a header of six 32-bit words, big endian; "dns." marks the little-endian form of DEC.
#include <climits>
#include <utility>

#include "backends/pcm/pcm_header.h"

namespace tonearm::pcm {
namespace {

struct AuEncoding {
  std::uint32_t number;
  core::SampleEncoding encoding;
};

using core::SampleEncoding;
constexpr AuEncoding kEncodings[] = {
    {1, SampleEncoding::kMuLaw}, {2, SampleEncoding::kS8},  {3, SampleEncoding::kS16}, {4, SampleEncoding::kS24},
    {5, SampleEncoding::kS32},   {6, SampleEncoding::kF32}, {7, SampleEncoding::kF64}, {27, SampleEncoding::kALaw},
};

std::string codec_name(std::uint32_t number) {
  static constexpr std::pair<std::uint32_t, const char*> kNames[] = {
      {23, "G.721 ADPCM"}, {24, "G.722 ADPCM"}, {25, "G.723 ADPCM (3 bit)"}, {26, "G.723 ADPCM (5 bit)"}};
  for (const auto& [known, name] : kNames) {
    if (known == number) return name;
  }
  return "encoding " + std::to_string(number);
}

}  // namespace

core::Result<PcmHeader> parse_au(HeaderReader& reader, std::uint64_t start) {
  auto head = reader.read(start, 24);
  if (!head) return head.error();
  if (head->size() < 24) return corrupt(reader, start, "24 bytes of header", std::to_string(head->size()) + " bytes");
  const bool big = has_text(*head, 0, ".snd");
  if (!big && !has_text(*head, 0, "dns.")) return corrupt(reader, start, "an AU header", "none");
  const std::uint32_t offset = get_u32(*head, 4, big), size = get_u32(*head, 8, big), number = get_u32(*head, 12, big),
                      rate = get_u32(*head, 16, big), channels = get_u32(*head, 20, big);
  const AuEncoding* encoding = nullptr;
  for (const AuEncoding& known : kEncodings) {
    if (known.number == number) encoding = &known;
  }
  if (encoding == nullptr) return not_pcm(reader, codec_name(number), "AU");
  if (offset < 24) return corrupt(reader, start + 4, "audio behind the header, from byte 24", std::to_string(offset));
  if (rate == 0 || rate > INT_MAX) {
    return corrupt(reader, start + 16, "a sample rate of 1 to 2147483647 Hz", std::to_string(rate) + " Hz");
  }
  if (channels == 0 || channels > 0xFFFF) {
    return corrupt(reader, start + 20, "1 to 65535 channels", std::to_string(channels) + " channels");
  }
  PcmHeader header;
  header.container = "au";
  header.layout = {encoding->encoding, big, static_cast<int>(channels)};
  header.sample_rate = static_cast<int>(rate);
  header.bits_per_sample = core::encoded_bytes(encoding->encoding) * 8;
  auto settled = settle(header, {start + offset, size, size == 0xFFFFFFFF}, reader, start + 20);
  if (!settled) return settled.error();
  return header;
}

}  // namespace tonearm::pcm
