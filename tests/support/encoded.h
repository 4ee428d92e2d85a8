// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Encoded audio made at test time by tonearm itself, with the libraries that are here.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/face/save.h"

namespace tonearm::test {

/// What to save as; an empty encoding is the format's default.
struct SavedAs {
  const char* format;
  const char* encoding = "";
};

/// Tones in two channels at 48 kHz as a file of that format; empty where it cannot be written here.
inline std::vector<std::byte> encode_tones(const SavedAs& as, std::int64_t num_frames) {
  std::vector<float> samples(2 * static_cast<std::size_t>(num_frames));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double t = static_cast<double>(i) / 48000;
    samples[i] = static_cast<float>(0.4 * std::sin(6283 * t * (1 + 0.1 * std::sin(t))));
  }
  core::EncodeRequest request;
  request.format = as.format;
  request.encoding = as.encoding;
  request.sample_rate = 48000;
  request.num_channels = 2;
  request.num_frames = num_frames;
  core::MemorySink sink;
  auto writer = core::Writer::open(sink, request, nullptr);
  const core::PlanarView view{reinterpret_cast<std::byte*>(samples.data()), core::SampleType::kFloat32, 2, num_frames,
                              num_frames};
  if (!writer || !writer->write(view) || !writer->close()) return {};
  return {sink.contents().begin(), sink.contents().end()};
}

}  // namespace tonearm::test
