// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Metadata blocks and frame headers, each parser on any bytes.
// Held: no memory error; a header that is accepted is inside its bounds and its bytes.
#include <cstdlib>
#include <span>

#include "backends/flac/frame.h"
#include "core/registry/ogg_pages.h"
#include "tests/fuzz/flac_seeds.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  for_each_coding([&](TinyFlac& encoder, const Planar& audio) {
    seeds.push_back(with_prefix(0, encoder.stream_info(audio)));
    seeds.push_back(with_prefix(1, std::vector<std::byte>(36, std::byte(seeds.size()))));  // two seek points
    seeds.push_back(with_prefix(2, encoder.comment()));
    seeds.push_back(with_prefix(3, encoder.frame(audio, 0, 192)));
  });
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  switch (data[0] % 4) {
    case 0: {
      std::string reason;
      const auto stream = flac::parse_stream_info(bytes, reason);
      if (stream && (stream->sample_rate < 1 || stream->bits < 4 || stream->bits > 32)) std::abort();
      return 0;
    }
    case 1: (void)flac::parse_seek_table(bytes); return 0;
    case 2: {
      std::map<std::string, std::string> tags;
      core::parse_vorbis_comment(bytes, tags);
      return 0;
    }
    default: break;
  }
  flac::StreamHeader stream;
  stream.sample_rate = 44100;
  stream.num_channels = 2;
  stream.bits = 16;
  flac::FrameHeader header;
  if (flac::parse_frame_header(bytes, stream, header) != flac::FrameStatus::kOk) return 0;
  if (header.block < 1 || header.block > flac::kMaxBlock || header.bytes > bytes.size()) std::abort();
  return 0;
}
