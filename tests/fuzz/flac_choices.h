// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A fuzzer's bytes as choices: an encoder's settings, and the audio that it encodes.
// Place in the flow: targets that need whole streams, which mutated bytes of a stream (CRCs) would not be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include "tests/flac/tiny_encoder.h"
#include "tests/fuzz/seeds.h"

namespace tonearm::test {

/// Bytes of the input one after another, zeros behind its end.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  unsigned next(unsigned below) {
    const unsigned high = take(), low = take();
    return (high << 8 | low) % below;
  }
  std::uint8_t take() { return at_ < size_ ? data_[at_++] : std::uint8_t{0}; }
  bool empty() const { return at_ >= size_; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

struct ChosenChannels {
  TinyFlac encoder;
  int num_channels = 1;
};

inline ChosenChannels choose_encoder(Choices& choices) {
  ChosenChannels chosen;
  TinyFlac& e = chosen.encoder;
  e.bits = 8 * (1 + static_cast<int>(choices.next(3)));
  chosen.num_channels = 1 + static_cast<int>(choices.next(3));
  e.stereo = chosen.num_channels == 2 ? choices.next(4) : 0;
  e.kind = static_cast<TinyFlac::Kind>(choices.next(3));
  e.order = e.kind == TinyFlac::kFixed ? choices.next(5) : 1 + choices.next(32);
  e.block = 16 + choices.next(300);
  e.rice = static_cast<unsigned>(e.bits) - 5 + choices.next(5);
  e.long_rice = e.rice > 14 || choices.next(2) == 0;
  e.escape = choices.next(8) == 0;
  e.partition_order = choices.next(3);
  e.variable = choices.next(2) == 0;
  e.md5 = choices.next(2) == 0;
  return chosen;
}

/// What is left of the input as samples, at least one of each channel, one bit below full scale.
inline Planar choose_audio(Choices& choices, const ChosenChannels& chosen) {
  const int bits = chosen.encoder.bits;
  Planar audio(static_cast<std::size_t>(chosen.num_channels));
  while (!choices.empty() || audio[0].empty()) {
    for (auto& channel : audio) {
      std::int64_t x = 0;
      for (int b = 0; b < bits; b += 8) x = x << 8 | choices.take();
      channel.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << (64 - bits)) >> (64 - bits + 1));
    }
  }
  return audio;
}

/// Inputs for the two functions above: every one chooses something else.
inline std::vector<Seed> random_seeds(unsigned count) {
  std::vector<Seed> seeds;
  for (unsigned i = 0; i < count; ++i) {
    std::mt19937 random(i);
    Seed seed(200 + 13 * std::size_t{i});
    for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(random());
    seeds.push_back(seed);
  }
  return seeds;
}

}  // namespace tonearm::test
