// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the C ABI's sources of reading share: what is behind its handles, and judged options.
// Place in the flow: inside core/face only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/face/c_abi.h"
#include "core/face/caller_stop.h"
#include "core/face/read.h"

struct tonearm_source {
  std::unique_ptr<tonearm::core::ByteSource> value;
};
struct tonearm_info {
  tonearm::core::Description value;
  std::vector<std::pair<std::string, std::string>> tags;

  explicit tonearm_info(tonearm::core::Description description) : value(std::move(description)) {
    tags.assign(value.stream.tags.begin(), value.stream.tags.end());
  }
};
struct tonearm_audio {
  tonearm::core::PlanarBuffer samples;  ///< none, where they went elsewhere or were given away
  tonearm::core::SampleType sample_type;
  int num_channels;
  std::int64_t num_frames;
  int sample_rate;
  tonearm_info info;
  std::vector<std::string> warnings;
  std::int64_t num_non_finite;

  explicit tonearm_audio(tonearm::core::DecodedAudio audio)
      : samples(std::move(audio.samples)),
        sample_type(samples.type()),
        num_channels(samples.num_channels()),
        num_frames(samples.num_frames()),
        sample_rate(audio.sample_rate),
        info(std::move(audio.source)),
        warnings(std::move(audio.warnings)),
        num_non_finite(audio.num_non_finite) {}
};

namespace tonearm::core {

struct ReadRequest {
  ReadOptions options;
  std::unique_ptr<CallerStop> stop;
};

/// Options of an older, shorter struct are completed by the defaults; null means those.
Result<ReadRequest> parse_options(const tonearm_options* given);

}  // namespace tonearm::core
