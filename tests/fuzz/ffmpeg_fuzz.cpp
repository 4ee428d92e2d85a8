// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: what FFmpeg is shown. The checksums of Ogg pages are made right. Only our own code is instrumented;
// the library is the system's.
#include "backends/ffmpeg/ffmpeg_backend.h"
#include "tests/fuzz/codec_seeds.h"
#include "tests/fuzz/drive_decoder.h"
#include "tests/registry/make_ogg.h"

using namespace tonearm;

std::vector<test::Seed> test::make_seeds() {
  return make_codec_seeds({{"ogg"}, {"opus"}, {"mp3"}, {"m4a"}, {"alac"}, {"aac"}, {"wav"}, {"flac"}});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto backend = ffmpeg::make_ffmpeg_backend();
  if (!backend->available().available) return 0;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  test::fix_checksums(bytes);
  data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  test::drive_decoder(*backend, data, size);
  return 0;
}
