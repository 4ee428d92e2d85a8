// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: what the pages of an Ogg Vorbis or Opus file say. The first byte chooses how much is right: with
// its lowest bit set every page's checksum is made so, which no fuzzer would find. Held: lengths add up; a place to
// decode from lies within its link and not behind the frame that was asked for.
#include <cstdlib>

#include "core/registry/ogg_stream.h"
#include "tests/fuzz/codec_seeds.h"
#include "tests/registry/make_ogg.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds = make_codec_seeds({{"ogg"}, {"opus"}});
  const auto add = [&](const std::string& bytes) {
    seeds.push_back(with_prefix(static_cast<std::uint8_t>(seeds.size() * 2 + 1), std::as_bytes(std::span(bytes))));
  };
  add(opus(3, 7));
  add(opus(3, 7, 100, 480000) + opus(2, 8, 50));
  add(opus(2, 7, 0, 0, false) + opus(2, 7));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const unsigned choice = data[0];
  std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if (choice & 1) test::fix_checksums(bytes);
  const auto source = core::make_memory_source(std::as_bytes(std::span(bytes)));
  auto stream = core::OggStream::scan(*source, 0, nullptr);
  if (!stream) std::abort();  // the source does not fail
  if (!*stream) return 0;
  const core::OggStream& ogg = **stream;
  std::int64_t total = 0;
  for (const core::OggLink& link : ogg.links()) {
    if (link.first_frame != total || link.num_frames < 0 || link.end > bytes.size()) std::abort();
    total += link.num_frames;
  }
  if (total != ogg.num_frames()) std::abort();
  (void)ogg.tags();
  for (const std::int64_t frame : {std::int64_t{choice >> 1} * 577, total - 1, total / 2}) {
    if (frame < 0 || frame >= total) continue;
    for (const std::int64_t pre_roll : {0, 24000}) {
      auto entry = ogg.locate(*source, frame, pre_roll, nullptr);
      if (!entry || entry->link >= ogg.links().size() || entry->frame > frame) std::abort();
      if (entry->byte > ogg.links()[entry->link].end) std::abort();
    }
  }
  return 0;
}
