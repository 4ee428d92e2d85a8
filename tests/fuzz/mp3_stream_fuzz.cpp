// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: what the headers of an MP3 stream say. The first byte chooses which part of the stream is looked at
// and where in it.
// Held: a place to decode from lies within the stream and not behind the frame that was asked for.
#include <cstdlib>

#include "core/registry/mp3_stream.h"
#include "tests/fuzz/seeds.h"
#include "tests/registry/make_mp3.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  const auto add = [&](const std::string& bytes) {
    seeds.push_back(with_prefix(static_cast<std::uint8_t>(seeds.size() * 19), std::as_bytes(std::span(bytes))));
  };
  const std::string frames = repeat(mpeg_frame('\x10'), 9);
  add(frames);
  add(mpeg_frame() + frames + "TAG" + std::string(125, 'x'));
  add(frames + std::string(300, '\0') + frames);
  for (const char* encoder : {"LAME3.100", "Lavf59.27", "Lavc59.37", "Xing 1.00"}) {
    add(xing_frame(9, 1353, encoder) + frames);
    add(xing_frame(90, 99999, encoder, 4095, 4095) + frames);
  }
  std::string vbri = mpeg_frame();
  vbri.replace(36, 18, "VBRI" + std::string(6, '\1') + big_endian(1353) + big_endian(9));
  add(vbri + frames);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const unsigned choice = data[0];
  const auto source = core::make_memory_source(std::as_bytes(std::span(data + 1, size - 1)));
  const std::uint64_t begin = choice & 3, end = (choice & 4) != 0 ? UINT64_MAX : size - 1;
  auto stream = core::Mp3Stream::scan(*source, begin, end, nullptr);
  if (!stream) std::abort();  // the source does not fail
  if (!*stream) return 0;
  core::Mp3Stream& mp3 = **stream;
  if (mp3.num_frames() < -1 || mp3.end() > size || mp3.start().byte > mp3.end()) std::abort();
  for (const std::int64_t frame : {std::int64_t{choice >> 3} * 577, mp3.num_frames() - 1, std::int64_t{0}}) {
    if (frame < 0) continue;
    auto entry = mp3.locate(*source, frame, nullptr);
    if (!entry || entry->frame > frame || entry->byte < mp3.start().byte || entry->byte > mp3.end()) std::abort();
  }
  return 0;
}
