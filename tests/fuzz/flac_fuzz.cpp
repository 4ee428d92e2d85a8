// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libFuzzer target: a whole FLAC stream, native or in Ogg: open, decode, seek. The first byte chooses what is done.
// Held: no memory error, no undefined behaviour, no more frames than asked for.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "backends/flac/flac_backend.h"
#include "core/source/byte_source.h"
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
  if (size < 1) return 0;
  const unsigned choice = data[0];
  const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
  const auto source = core::make_memory_source(bytes);
  const auto probe = core::probe(*source);
  const auto backend = flac::make_flac_backend();
  if (!probe || !backend->declines(*probe).empty()) return 0;
  core::OpenOptions options;
  options.strict = choice & 1;
  options.verify = choice & 4;
  auto opened = backend->open(*source, *probe, options);
  if (!opened) return 0;
  core::Decoder& decoder = **opened;
  const bool native = choice & 2;
  constexpr std::int64_t kFrames = 5000;
  auto buffer = core::PlanarBuffer::allocate(native ? decoder.info().native_type : core::SampleType::kFloat32,
                                             decoder.info().num_channels, kFrames);
  for (int i = 0; i < 8; ++i) {
    auto got = decoder.decode(buffer->view());
    if (!got || *got == 0) break;
    if (*got > kFrames) std::abort();
  }
  const std::int64_t at = std::int64_t{choice >> 2} * 251;
  if (!decoder.seek(at)) return 0;
  (void)decoder.decode(buffer->view());
  return 0;
}
