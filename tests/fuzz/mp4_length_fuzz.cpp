// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: the boxes of an MP4 file that say how long its audio is.
// Held: no length below 0, no clock that stands still.
#include <cstdlib>

#include "backends/ffmpeg/mp4_length.h"
#include "tests/fuzz/seeds.h"
#include "tests/pcm/make_files.h"

using namespace tonearm;

namespace {

using test::ByteWriter;

ByteWriter box(const char* type, const ByteWriter& contents) {
  ByteWriter w(true);
  return w.u32(8 + contents.bytes.size()).text(type).append(contents.bytes);
}

/// A movie of `num_tracks` audio tracks; `wide`: the 64-bit versions of every box.
ByteWriter movie(int num_tracks, bool wide) {
  const int width = wide ? 8 : 4;
  const auto header = [&](std::uint64_t scale, std::uint64_t duration) {
    ByteWriter w(true);
    return w.uint(wide ? 1 : 0, 1).uint(0, 3).uint(0, width).uint(0, width).u32(scale).uint(duration, width).u32(0);
  };
  ByteWriter edit(true);
  edit.uint(wide ? 1 : 0, 1).uint(0, 3).u32(1).uint(1000, width).uint(1024, width).u32(0x10000);
  ByteWriter handler(true);
  handler.u32(0).u32(0).text("soun").u32(0);
  ByteWriter media(true);
  media.append(box("mdhd", header(48000, 49152)).bytes).append(box("hdlr", handler).bytes);
  ByteWriter track(true);
  track.append(box("edts", box("elst", edit)).bytes).append(box("mdia", media).bytes);
  ByteWriter inside(true);
  inside.append(box("mvhd", header(1000, 1000)).bytes);
  for (int i = 0; i < num_tracks; ++i) inside.append(box("trak", track).bytes);
  ByteWriter file(true);
  return file.append(box("ftyp", ByteWriter(true).text("M4A ").u32(0)).bytes).append(box("moov", inside).bytes);
}

}  // namespace

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  for (const int num_tracks : {1, 2}) {
    for (const bool wide : {false, true}) seeds.push_back(to_seed(movie(num_tracks, wide).bytes));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto source = core::make_memory_source(std::as_bytes(std::span(data, size)));
  const auto length = ffmpeg::mp4_length(*source);
  if (length && (length->media_units < 0 || length->media_scale <= 0 || length->movie_scale <= 0)) std::abort();
  return 0;
}
