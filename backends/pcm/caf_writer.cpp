// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CAF (Apple Core Audio Format): 64-bit sizes, little-endian samples, any tag.
#include "backends/pcm/header_writer.h"

namespace tonearm::pcm {

core::Result<std::string> make_caf_header(const HeaderRequest& request) {
  using core::SampleEncoding;
  const core::EncodeRequest& asked = request.target.request;
  const SampleEncoding samples = request.layout.encoding;
  const bool is_float = samples == SampleEncoding::kF32 || samples == SampleEncoding::kF64;
  const bool companded = samples == SampleEncoding::kALaw || samples == SampleEncoding::kMuLaw;
  HeaderBytes header(true);
  header.text("caff");
  header.u16(1);  // version
  header.u16(0);  // flags
  header.text("desc");
  header.u64(32);
  header.u64(std::bit_cast<std::uint64_t>(static_cast<double>(asked.sample_rate)));
  header.text(!companded ? "lpcm" : samples == SampleEncoding::kALaw ? "alaw" : "ulaw");
  header.u32(companded ? 0U : (is_float ? 1U : 0U) | (request.layout.big_endian ? 0U : 2U));
  header.u32(request.layout.frame_bytes());
  header.u32(1);  // frames per packet
  header.u32(static_cast<std::uint64_t>(request.layout.num_channels));
  header.u32(static_cast<std::uint64_t>(8 * core::encoded_bytes(samples)));
  if (!asked.tags.empty()) {
    HeaderBytes info(true);
    info.u32(asked.tags.size());
    for (const auto& [key, value] : asked.tags) info.text(key + '\0' + value + '\0');
    header.text("info");
    header.u64(info.bytes().size());
    header.text(info.bytes());
  }
  header.text("data");
  header.u64(4 + request.data_bytes);
  header.u32(0);  // edit count
  return header.bytes();
}

}  // namespace tonearm::pcm
