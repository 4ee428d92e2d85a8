// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The windowed sinc of resample.h as a function of time, in double.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/dsp/host_device.h"
#include "core/dsp/resample.h"

namespace tonearm::core {

/// Sum of (z / (k!)^2) powers: I0(2 sqrt(z)) for z >= 0, and its continuation J0(2 sqrt(-z)) below.
TONEARM_HOST_DEVICE inline double bessel_i0_of_square(double z) {
  double term = 1;
  double sum = 1;
  for (int k = 1; k < 400; ++k) {
    term *= z / (static_cast<double>(k) * k);
    sum += term;
    if (std::abs(term) < 1e-18 * std::abs(sum)) break;
  }
  return sum;
}

/// One phase-continuous low-pass filter. Time is in input frames, relative to the output's position.
struct SincDesign {
  double width = 6;       ///< L, zero crossings on each side
  double beta = -1;       ///< Kaiser shape, or < 0 for Hann
  double peak = 1;        ///< of Kaiser's window before it is divided by it, I0(beta)
  double step = 1;        ///< zero crossings per input frame, b / o
  double half_width = 6;  ///< L / step, input frames; the support is |time| < half_width

  /// Weight at `time`. Beyond the support it continues the formula smoothly, which interpolation tables need; who
  /// sums must stop at the support.
  TONEARM_HOST_DEVICE double weight(double time) const {
    constexpr double kPi = 3.14159265358979323846;
    const double t = time * step;
    const double x = kPi * t;
    const double sinc = t == 0 ? 1.0 : std::sin(x) / x;
    double window;
    if (beta < 0) {
      const double c = std::cos(x / (2 * width));
      window = c * c;
    } else {
      const double u = 1 - (t / width) * (t / width);
      window = bessel_i0_of_square(beta * beta / 4 * u) / peak;
    }
    return step * window * sinc;
  }
};

/// `o` and `n` in lowest terms.
SincDesign make_sinc_design(const ResampleOptions& options, std::int64_t o, std::int64_t n);

}  // namespace tonearm::core
