// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Small FLAC streams of every coding, native and in Ogg, by our own encoder.
#pragma once

#include <cstddef>
#include <functional>
#include <random>

#include "tests/flac/tiny_encoder.h"
#include "tests/fuzz/seeds.h"

namespace tonearm::test {

/// Noise of `bits`-bit samples that no predictor of ours turns into residuals of more than 32 bits.
inline Planar noise(int channels, std::size_t frames, int bits, unsigned seed) {
  std::mt19937_64 random(seed);
  Planar audio(static_cast<std::size_t>(channels));
  for (auto& channel : audio) {
    for (std::size_t i = 0; i < frames; ++i) channel.push_back(static_cast<std::int64_t>(random()) >> (64 - bits + 2));
  }
  return audio;
}

/// Calls `take` with encoders that differ in everything, and audio for each.
inline void for_each_coding(const std::function<void(TinyFlac&, const Planar&)>& take) {
  for (int bits : {8, 16, 24, 32}) {
    for (unsigned stereo = 0; stereo <= 3; ++stereo) {
      TinyFlac e;
      e.bits = bits;
      e.stereo = stereo;
      e.kind = stereo == 0 ? TinyFlac::kVerbatim : stereo == 1 ? TinyFlac::kFixed : TinyFlac::kLpc;
      e.order = stereo == 1 ? 3 : static_cast<unsigned>(bits / 2);
      e.block = 192;
      e.rice = static_cast<unsigned>(bits - 4);
      e.long_rice = true;
      e.escape = bits == 16 && stereo == 2;
      e.partition_order = stereo;
      e.variable = bits == 24;
      e.tags = "A=b";
      e.md5 = true;
      take(e, noise(2, 500, bits, stereo));
    }
  }
}

}  // namespace tonearm::test
