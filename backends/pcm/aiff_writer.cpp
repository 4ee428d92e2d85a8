// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AIFF for integers, AIFF-C for float, A-law and mu-law. Big endian throughout.
#include <algorithm>
#include <utility>

#include "backends/pcm/header_writer.h"

namespace tonearm::pcm {
namespace {

using core::SampleEncoding;

constexpr std::pair<const char*, const char*> kTextChunks[] = {
    {"title", "NAME"}, {"artist", "AUTH"}, {"copyright", "(c) "}, {"comment", "ANNO"}};

/// Compression type and its name as a Pascal string of even length.
std::string_view compression(SampleEncoding samples) {
  using namespace std::string_view_literals;
  switch (samples) {
    case SampleEncoding::kF32:
      return "fl32\x15"
             "32-bit floating point"sv;
    case SampleEncoding::kF64:
      return "fl64\x15"
             "64-bit floating point"sv;
    case SampleEncoding::kALaw:
      return "alaw\x09"
             "ALaw 2:1 "sv;
    case SampleEncoding::kMuLaw:
      return "ulaw\x09"
             "uLaw 2:1 "sv;
    default:
      return "NONE\x0F"
             "not compressed "sv;
  }
}

/// A whole number as an 80-bit IEEE 754 extended one.
void put_extended(HeaderBytes& out, std::uint64_t value) {
  const int shift = std::countl_zero(value);
  out.u16(static_cast<std::uint64_t>(16383 + 63 - shift));
  out.u64(value << shift);
}

}  // namespace

core::Result<std::string> make_aiff_header(const HeaderRequest& request) {
  const core::EncodeRequest& asked = request.target.request;
  const bool compressed = request.target.container == "aifc";
  if (request.layout.num_channels > 0x7FFF) {
    return cannot_hold(request, "num_channels", "at most 32767 channels", std::to_string(request.layout.num_channels));
  }
  HeaderBytes chunks(true);
  if (compressed) {
    HeaderBytes version(true);
    version.u32(0xA2805140);  // AIFF-C version 1
    chunks.chunk("FVER", version.bytes());
  }
  HeaderBytes comm(true);
  comm.u16(static_cast<std::uint64_t>(request.layout.num_channels));
  comm.u32(request.num_frames());
  comm.u16(static_cast<std::uint64_t>(8 * core::encoded_bytes(request.layout.encoding)));
  put_extended(comm, static_cast<std::uint64_t>(asked.sample_rate));
  if (compressed) comm.text(compression(request.layout.encoding));
  chunks.chunk("COMM", comm.bytes());
  for (const auto& [key, value] : asked.tags) {
    const auto* known = std::find_if(std::begin(kTextChunks), std::end(kTextChunks),
                                     [&key = key](const auto& pair) { return key == pair.first; });
    if (known == std::end(kTextChunks)) {
      return cannot_hold(request, "tags", "title, artist, copyright or comment", key);
    }
    chunks.chunk(known->second, value);
  }
  const std::uint64_t sound = 8 + request.data_bytes;
  const std::uint64_t form = 4 + chunks.bytes().size() + 8 + sound + padding_bytes(request);
  if (form > 0xFFFFFFFF) {
    return cannot_hold(request, "num_frames", "at most 4 GiB", std::to_string(form) + " bytes",
                       "save as caf, w64 or wav");
  }
  HeaderBytes header(true);
  header.text("FORM");
  header.u32(form);
  header.text(compressed ? "AIFC" : "AIFF");
  header.text(chunks.bytes());
  header.text("SSND");
  header.u32(sound);
  header.u64(0);  // offset and block size: none
  return header.bytes();
}

}  // namespace tonearm::pcm
