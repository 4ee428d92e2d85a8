// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: what a caller may ask of save: format, encoding, depth, compression, tags, shape, samples.
// Held: a request is refused with a reason, or gives a file; one of PCM has the frames and channels that were written.
#include <cstdlib>
#include <cstring>

#include "core/face/read.h"
#include "core/face/save.h"
#include "tests/fuzz/flac_choices.h"

using namespace tonearm;

namespace {

template <std::size_t n>
std::string choose(test::Choices& choices, const char* const (&words)[n]) {
  const unsigned at = choices.next(n + 1);
  if (at < n) return words[at];
  std::string any(choices.next(12), '\0');
  for (char& c : any) c = static_cast<char>(choices.take());
  return any;
}

core::EncodeRequest choose_request(test::Choices& choices) {
  core::EncodeRequest request;
  request.format = choose(choices, {"", "wav", "rf64", "w64", "aiff", "aifc", "au", "caf", "flac", "ogg", "opus", "mp3",
                                    "m4a", "alac", "aac", "WAV"});
  request.encoding = choose(choices, {"", "", "PCM_S", "PCM_U", "PCM_F", "ULAW", "ALAW", "FLAC", "VORBIS", "OPUS"});
  constexpr int kBits[] = {0, 0, 8, 16, 24, 32, 64, -1};
  request.bits_per_sample = choices.next(16) == 0 ? static_cast<int>(choices.next(65536)) : kBits[choices.next(8)];
  if (choices.next(4) == 0) {
    std::uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | choices.take();
    double any = 0;
    std::memcpy(&any, &bits, sizeof any);
    request.compression = choices.next(2) == 0 ? any : choices.next(600);
  }
  for (unsigned i = choices.next(3); i > 0; --i) {
    request.tags[choose(choices, {"title", "artist", "date", "track", "comment"})] = choose(choices, {"x", ""});
  }
  constexpr int kRates[] = {8000, 16000, 22050, 44100, 48000, 96000, 0, -1};
  request.sample_rate = choices.next(8) == 0 ? static_cast<int>(choices.next(65536)) * 33 : kRates[choices.next(8)];
  request.num_channels = static_cast<int>(choices.next(10));
  constexpr core::SampleType kTypes[] = {core::SampleType::kUInt8, core::SampleType::kInt16, core::SampleType::kInt32,
                                         core::SampleType::kFloat32, core::SampleType::kFloat64};
  request.type = kTypes[choices.next(5)];
  request.non_finite = static_cast<core::NonFinite>(choices.next(4));
  return request;
}

}  // namespace

std::vector<test::Seed> test::make_seeds() { return random_seeds(60); }

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::Choices choices(data, size);
  core::EncodeRequest request = choose_request(choices);
  const auto frames = static_cast<std::int64_t>(choices.next(700));
  const unsigned announced = choices.next(4);  // 3: another number than will be written
  request.num_frames = announced == 0 ? -1 : announced == 3 ? 2 * frames + 1 : 2 * frames;
  core::MemorySink sink;
  auto writer = core::Writer::open(sink, request, nullptr);
  if (!writer) {
    if (writer.error().message().empty()) std::abort();
    return 0;
  }
  std::vector<std::byte> samples(static_cast<std::size_t>(frames * request.num_channels) *
                                 core::sample_bytes(request.type));
  for (std::byte& byte : samples) byte = std::byte{choices.take()};
  const core::PlanarView view{samples.data(), request.type, request.num_channels, frames, frames};
  if (!writer->write(view) || !writer->write(view) || !writer->close()) return 0;
  if (writer->num_frames() != 2 * frames) std::abort();
  if (writer->backend() != "pcm" || announced == 3) return 0;
  const auto source = core::make_memory_source(sink.contents());
  core::ReadOptions options;
  options.open.options.strict = true;
  const auto audio = core::read(*source, options);
  if (!audio || audio->samples.num_frames() != 2 * frames || audio->samples.num_channels() != request.num_channels) {
    std::abort();
  }
  return 0;
}
