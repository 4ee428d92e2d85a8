// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AU (Sun, NeXT), big endian.
#include <algorithm>

#include "backends/pcm/header_writer.h"

namespace tonearm::pcm {
namespace {

unsigned encoding_number(core::SampleEncoding samples) {
  switch (samples) {
    case core::SampleEncoding::kMuLaw: return 1;
    case core::SampleEncoding::kS8: return 2;
    case core::SampleEncoding::kS16: return 3;
    case core::SampleEncoding::kS24: return 4;
    case core::SampleEncoding::kS32: return 5;
    case core::SampleEncoding::kF32: return 6;
    case core::SampleEncoding::kF64: return 7;
    default: return 27;  // A-law
  }
}

}  // namespace

core::Result<std::string> make_au_header(const HeaderRequest& request) {
  if (!request.target.request.tags.empty())
    return cannot_hold(request, "tags", "no tags", "tags", "save as wav or caf");
  constexpr std::uint64_t kStreamed = 0xFFFFFFFF;  // also the word for "longer than 4 GiB"
  HeaderBytes header(true);
  header.text(".snd");
  header.u32(24);
  header.u32(std::min(request.data_bytes, kStreamed));
  header.u32(encoding_number(request.layout.encoding));
  header.u32(static_cast<std::uint64_t>(request.target.request.sample_rate));
  header.u32(static_cast<std::uint64_t>(request.layout.num_channels));
  return header.bytes();
}

}  // namespace tonearm::pcm
