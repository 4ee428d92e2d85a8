// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Seeks: the input chooses a stream, its container, a seek table that may lie, bytes to damage and places to go to.
// Held: what is read behind a seek equals the slice of the full read, damage or not.
#include <algorithm>
#include <cstdlib>
#include <optional>

#include "backends/flac/flac_backend.h"
#include "core/source/byte_source.h"
#include "tests/fuzz/flac_choices.h"

using namespace tonearm;

namespace {

constexpr std::int64_t kPart = 100;  ///< frames read behind each seek
constexpr int kSeeks = 6;

/// One channel of all that the decoder gives; nothing where it says that no frame is whole.
std::optional<std::vector<float>> read_all(core::Decoder& decoder, int channel) {
  auto buffer = core::PlanarBuffer::allocate(core::SampleType::kFloat32, decoder.info().num_channels, 4000);
  std::vector<float> all;
  for (;;) {
    auto got = decoder.decode(buffer->view());
    if (!got) return std::nullopt;
    if (*got == 0) return all;
    const float* x = buffer->view().channel_as<float>(channel);
    all.insert(all.end(), x, x + *got);
  }
}

}  // namespace

std::vector<test::Seed> test::make_seeds() { return random_seeds(30); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::Choices choices(data, size);
  const bool ogg = choices.next(3) == 0;
  const unsigned packets_per_page = 1 + choices.next(8);
  const unsigned repeats = choices.next(4) == 0 ? 40 : 1;  // long enough for the bisection, or not
  const unsigned num_damaged = choices.next(3);
  unsigned where[2], damage[2], target[kSeeks];
  for (unsigned i = 0; i < 2; ++i) {
    where[i] = choices.next(0xFFFF) * 7;
    damage[i] = 1 + choices.next(255);
  }
  for (unsigned& t : target) t = choices.next(0xFFFF);
  test::ChosenChannels chosen = test::choose_encoder(choices);
  test::TinyFlac& e = chosen.encoder;
  const unsigned num_points = choices.next(4);
  for (unsigned i = 0; i < num_points; ++i) {
    const std::uint64_t sample = choices.next(0xFFFF), offset = choices.next(0xFFFF);
    e.seek_points.push_back({sample, offset});
  }
  test::Planar audio = test::choose_audio(choices, chosen);
  for (auto& channel : audio) {
    const std::vector<std::int64_t> once = channel;
    for (unsigned i = 1; i < repeats; ++i) channel.insert(channel.end(), once.begin(), once.end());
  }
  e.tags = "A=b";
  std::vector<std::byte> bytes = e.encode(audio);
  const std::size_t first = ogg ? 200 : e.frame_offsets[0];  // behind the metadata
  if (ogg) bytes = e.encode_ogg(audio, packets_per_page);
  for (unsigned i = 0; i < num_damaged && bytes.size() > first; ++i) {
    bytes[first + where[i] % (bytes.size() - first)] ^= static_cast<std::byte>(damage[i]);
  }

  const auto source = core::make_memory_source(bytes);
  const auto probe = core::probe(*source);
  if (!probe) std::abort();
  const auto opened = flac::make_flac_backend()->open(*source, *probe, {});
  if (!opened) return 0;
  core::Decoder& decoder = **opened;
  const int channel = static_cast<int>(target[0] % static_cast<unsigned>(chosen.num_channels));
  const std::optional<std::vector<float>> read = read_all(decoder, channel);
  if (!read && num_damaged == 0) std::abort();
  if (!read) return 0;
  const std::vector<float>& full = *read;
  if (num_damaged == 0 && full.size() != audio[0].size()) std::abort();
  auto buffer = core::PlanarBuffer::allocate(core::SampleType::kFloat32, chosen.num_channels, kPart);
  for (const unsigned t : target) {
    const std::size_t at = t % (full.size() + 2);
    if (!decoder.seek(static_cast<std::int64_t>(at))) std::abort();
    const auto got = decoder.decode(buffer->view());
    if (!got) std::abort();
    const std::size_t expected = std::min<std::size_t>(kPart, full.size() - std::min(at, full.size()));
    if (static_cast<std::size_t>(*got) != expected) std::abort();
    const float* x = buffer->view().channel_as<float>(channel);
    if (!std::equal(x, x + expected, full.begin() + static_cast<std::ptrdiff_t>(std::min(at, full.size())))) {
      std::abort();
    }
  }
  return 0;
}
