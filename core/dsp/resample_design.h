// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The windowed sinc of resample.h as a function of time, in double.
#pragma once

#include <cstdint>

#include "core/dsp/resample.h"

namespace tonearm::core {

/// One phase-continuous low-pass filter. Time is in input frames, relative to the output's position.
struct SincDesign {
  double width = 6;       ///< L, zero crossings on each side
  double beta = -1;       ///< Kaiser shape, or < 0 for Hann
  double peak = 1;        ///< of Kaiser's window before it is divided by it, I0(beta)
  double step = 1;        ///< zero crossings per input frame, b / o
  double half_width = 6;  ///< L / step, input frames; the support is |time| < half_width

  /// Weight at `time`. Beyond the support it continues the formula smoothly, which interpolation tables need; who
  /// sums must stop at the support.
  double weight(double time) const;
};

/// `o` and `n` in lowest terms.
SincDesign make_sinc_design(const ResampleOptions& options, std::int64_t o, std::int64_t n);

}  // namespace tonearm::core
