// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the C ABI's sources of signal processing share: the designs behind its handles, and completed options.
// Place in the flow: inside core/face only.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>

#include "core/dsp/features.h"
#include "core/dsp/resample.h"
#include "core/face/c_abi.h"

struct tonearm_resampler {
  tonearm::core::ResamplePlan value;
};
struct tonearm_resample_stream {
  tonearm::core::ResampleStream value;
  tonearm::core::SampleType sample_type;
  int num_channels;
};
struct tonearm_features {
  tonearm::core::FeaturePlan value;
};

namespace tonearm::core {

inline Error bad_argument(const char* name, const char* needed, std::int64_t found) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: " + std::string(name), name,
                    needed, std::to_string(found));
}

/// A program compiled against an older header gives a shorter struct; the defaults complete it.
template <class Options>
Result<Options> complete(const Options* given, void (*init)(Options*)) {
  if (given == nullptr) return null_argument("options");
  if (given->size < sizeof(given->size))
    return bad_argument("options.size", "what the _init function sets", static_cast<std::int64_t>(given->size));
  Options options;
  init(&options);
  std::memcpy(&options, given, std::min(given->size, sizeof options));
  return options;
}

}  // namespace tonearm::core
