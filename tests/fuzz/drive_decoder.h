// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes through one backend: probe, open, decode, seek. The input's first byte chooses what is done.
// Held: no memory error, no undefined behaviour, no more frames than asked for, a position that the source knows.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <span>

#include "core/registry/decoder.h"
#include "core/source/byte_source.h"

namespace tonearm::test {

inline void drive_decoder(core::Backend& backend, const std::uint8_t* data, std::size_t size) {
  if (size < 1) return;
  const unsigned choice = data[0];
  const auto source = core::make_memory_source(std::as_bytes(std::span(data + 1, size - 1)));
  const auto probe = core::probe(*source);
  if (!probe || !backend.declines(*probe).empty()) return;
  core::OpenOptions options;
  options.strict = choice & 1;
  options.verify = choice & 4;
  options.limits.max_channels = 16;  // the buffer below is for as many
  auto opened = backend.open(*source, *probe, options);
  if (!opened) return;
  core::Decoder& decoder = **opened;
  if (decoder.info().num_channels < 1 || decoder.info().sample_rate < 1) std::abort();
  const bool native = choice & 2;
  constexpr std::int64_t kFrames = 5000;
  auto buffer = core::PlanarBuffer::allocate(native ? decoder.info().native_type : core::SampleType::kFloat32,
                                             decoder.info().num_channels, kFrames);
  if (!buffer) return;
  for (int i = 0; i < 8; ++i) {
    auto got = decoder.decode(buffer->view());
    if (!got || *got == 0) break;
    if (*got < 0 || *got > kFrames) std::abort();
  }
  const std::int64_t at = std::int64_t{choice >> 2} * 251;
  if (!decoder.seek(at)) return;
  (void)decoder.decode(buffer->view());
}

}  // namespace tonearm::test
