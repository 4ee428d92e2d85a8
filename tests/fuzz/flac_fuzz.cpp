// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: a whole FLAC stream, native or in Ogg.
#include "backends/flac/flac_backend.h"
#include "tests/fuzz/drive_decoder.h"
#include "tests/fuzz/flac_seeds.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  for_each_coding([&](TinyFlac& encoder, const Planar& audio) {
    const auto choice = static_cast<std::uint8_t>(seeds.size() * 5);
    seeds.push_back(with_prefix(choice, encoder.encode(audio)));
    std::vector<std::byte> ogg = encoder.encode_ogg(audio, 2);
    seeds.push_back(with_prefix(choice, ogg));
    encoder.serial += 1;
    const std::vector<std::byte> chained = encoder.encode_ogg(audio, 3);
    ogg.insert(ogg.end(), chained.begin(), chained.end());
    seeds.push_back(with_prefix(choice, ogg));
  });
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto backend = flac::make_flac_backend();
  test::drive_decoder(*backend, data, size);
  return 0;
}
