// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Our decoder against libFLAC, through libsndfile: the input chooses an encoder, its audio and one byte to damage.
// Held: whatever ours takes as whole (strict), libsndfile either refuses or gives with the same samples. Does nothing
// where libsndfile is absent.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "core/face/read.h"
#include "tests/fuzz/flac_seeds.h"

using namespace tonearm;

namespace {

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

core::Result<core::DecodedAudio> read_with(const char* backend, const std::vector<std::byte>& bytes) {
  const auto source = core::make_memory_source(bytes);
  core::ReadOptions options;
  options.open.backend = backend;
  options.open.options.strict = true;
  return core::read(*source, options);
}

bool sndfile_is_there() {
  static const bool there = [] {
    core::Backend* backend = core::default_registry().find("soundfile");
    const bool available = backend != nullptr && backend->available().available;
    if (!available) std::fprintf(stderr, "no libsndfile here: nothing to compare with\n");
    return available;
  }();
  return there;
}

}  // namespace

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  for (unsigned i = 0; i < 40; ++i) {
    std::mt19937 random(i);
    Seed seed(200 + 13 * i);
    for (std::uint8_t& byte : seed) byte = static_cast<std::uint8_t>(random());
    seeds.push_back(seed);
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!sndfile_is_there()) return 0;
  Choices choices(data, size);
  test::TinyFlac e;
  e.bits = 8 * (1 + static_cast<int>(choices.next(3)));
  const int channels = 1 + static_cast<int>(choices.next(3));
  e.stereo = channels == 2 ? choices.next(4) : 0;
  e.kind = static_cast<test::TinyFlac::Kind>(choices.next(3));
  e.order = e.kind == test::TinyFlac::kFixed ? choices.next(5) : 1 + choices.next(32);
  e.block = 16 + choices.next(300);
  e.rice = static_cast<unsigned>(e.bits) - 5 + choices.next(5);
  e.long_rice = e.rice > 14 || choices.next(2) == 0;
  e.escape = choices.next(8) == 0;
  e.partition_order = choices.next(3);
  e.variable = choices.next(2) == 0;
  e.md5 = choices.next(2) == 0;
  const unsigned damage = choices.next(4) == 0 ? 1 + choices.next(255) : 0, where = choices.next(0xFFFF);
  test::Planar audio(static_cast<std::size_t>(channels));
  while (!choices.empty() || audio[0].empty()) {
    for (auto& channel : audio) {
      std::int64_t x = 0;
      for (int b = 0; b < e.bits; b += 8) x = x << 8 | choices.take();
      channel.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(x) << (64 - e.bits)) >> (64 - e.bits + 1));
    }
  }
  std::vector<std::byte> bytes = e.encode(audio);
  const std::size_t first = e.frame_offsets[0];
  if (damage != 0) bytes[first + where % (bytes.size() - first)] ^= static_cast<std::byte>(damage);

  const auto ours = read_with("flac", bytes);
  if (!ours && damage == 0) std::abort();
  if (!ours) return 0;
  const auto theirs = read_with("soundfile", bytes);
  if (!theirs) return 0;
  const core::PlanarView a = ours->samples.view(), b = theirs->samples.view();
  if (a.num_channels != b.num_channels || a.num_frames != b.num_frames) std::abort();
  for (int c = 0; c < a.num_channels; ++c) {
    const auto bytes_of_channel = static_cast<std::size_t>(a.num_frames) * sizeof(float);
    if (std::memcmp(a.channel(c), b.channel(c), bytes_of_channel) != 0) std::abort();
  }
  return 0;
}
