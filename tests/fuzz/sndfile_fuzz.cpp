// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: what libsndfile is shown: our checked view of a file, and its decoding. Only our own code is
// instrumented; the library is the system's.
#include "backends/sndfile/sndfile_backend.h"
#include "tests/fuzz/codec_seeds.h"
#include "tests/fuzz/drive_decoder.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  return make_codec_seeds({{"wav"}, {"au"}, {"aiff"}, {"flac"}, {"ogg"}, {"opus"}, {"mp3"}});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto backend = sndfile::make_sndfile_backend();
  if (!backend->available().available) return 0;
  test::drive_decoder(*backend, data, size);
  return 0;
}
