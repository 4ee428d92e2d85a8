// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: uncompressed audio in every container: header, samples, seek.
#include "backends/pcm/pcm_backend.h"
#include "tests/fuzz/drive_decoder.h"
#include "tests/fuzz/seeds.h"
#include "tests/pcm/make_files.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  const auto add = [&](const std::vector<std::byte>& bytes) {
    seeds.push_back(with_prefix(static_cast<std::uint8_t>(seeds.size() * 11), bytes));
  };
  const std::vector<std::byte> audio = counting_bytes(96);
  for (const char* magic : {"RIFF", "RIFX", "RF64", "BW64"}) add(make_riff({}, audio, magic));
  for (const auto& [tag, bytes] :
       {std::pair<unsigned, unsigned>{1, 1}, {1, 3}, {1, 4}, {3, 4}, {3, 8}, {6, 1}, {7, 1}}) {
    WaveFormat format;
    format.tag = tag;
    format.container_bytes = bytes;
    format.bits = 8 * bytes;
    add(make_riff(format, audio));
    format.extensible = true;
    format.valid_bits = format.bits;
    add(make_riff(format, audio, "RIFF", 0xFFFFFFFF, 0));
    add(make_wave64(format, audio));
  }
  ByteWriter list;
  list.text("LIST").u32(18).text("INFOINAM").u32(6).text(std::string_view("title\0", 6));
  add(make_riff({}, audio, "RIFF", kTrueSize, kTrueSize, list.bytes, list.bytes));
  for (const char* compression : {"", "NONE", "sowt", "fl32", "fl64", "ulaw", "alaw", "in24"}) {
    add(make_aiff(compression, 2, 16, 24, audio));
  }
  for (unsigned encoding : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 27U}) {
    add(make_au(encoding % 2 == 0, encoding, 1, audio));
  }
  for (const char* format : {"lpcm", "ulaw", "alaw"}) add(make_caf(format, 2, 2, 2, 16, audio));
  add(make_caf("lpcm", 1, 2, 4, 32, audio, UINT64_MAX));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto backend = pcm::make_pcm_backend();
  test::drive_decoder(*backend, data, size);
  return 0;
}
