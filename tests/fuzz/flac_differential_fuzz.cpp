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
#include "tests/fuzz/flac_choices.h"

using namespace tonearm;

namespace {

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

std::vector<test::Seed> test::make_seeds() { return random_seeds(40); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!sndfile_is_there()) return 0;
  test::Choices choices(data, size);
  test::ChosenChannels chosen = test::choose_encoder(choices);
  test::TinyFlac& e = chosen.encoder;
  const unsigned damage = choices.next(4) == 0 ? 1 + choices.next(255) : 0, where = choices.next(0xFFFF);
  const test::Planar audio = test::choose_audio(choices, chosen);
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
