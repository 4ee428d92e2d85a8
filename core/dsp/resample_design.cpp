// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/resample_design.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tonearm::core {
namespace {

// Sum of (z / (k!)^2) powers: I0(2 sqrt(z)) for z >= 0, and its continuation J0(2 sqrt(-z)) below.
double bessel_i0_of_square(double z) {
  double term = 1;
  double sum = 1;
  for (int k = 1; k < 400; ++k) {
    term *= z / (static_cast<double>(k) * k);
    sum += term;
    if (std::abs(term) < 1e-18 * std::abs(sum)) break;
  }
  return sum;
}

}  // namespace

double SincDesign::weight(double time) const {
  const double t = time * step;
  const double x = std::numbers::pi * t;
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

SincDesign make_sinc_design(const ResampleOptions& options, std::int64_t o, std::int64_t n) {
  SincDesign d;
  double rolloff = options.rolloff;
  switch (options.method) {
    case ResampleMethod::kSincHann: d.width = options.lowpass_filter_width; break;
    case ResampleMethod::kSincKaiser:
      d.width = options.lowpass_filter_width;
      d.beta = options.beta.value_or(14.769656459379492);
      break;
    // Kaiser's rule: attenuation A needs beta = 0.1102 (A - 8.7) and a transition of (A - 7.95) / (14.36 * 2L) cycles
    // per frame at cutoff spacing. The transition runs from the pass edge p to 1 (times Nyquist), its middle is the
    // cutoff (1 + p) / 2, and L counts zero crossings of that cutoff, hence the factor.
    case ResampleMethod::kHq:
      rolloff = (1 + 0.913) / 2;
      d.beta = 0.1102 * (136 - 8.7);
      d.width = std::ceil((136 - 7.95) / (14.36 * (1 - 0.913)) * rolloff);
      break;
    case ResampleMethod::kVhq:
      rolloff = (1 + 0.911) / 2;
      d.beta = 0.1102 * (180 - 8.7);
      d.width = std::ceil((180 - 7.95) / (14.36 * (1 - 0.911)) * rolloff);
      break;
  }
  if (d.beta >= 0) d.peak = bessel_i0_of_square(d.beta * d.beta / 4);
  d.step = static_cast<double>(std::min(o, n)) * rolloff / static_cast<double>(o);
  d.half_width = d.width / d.step;
  return d;
}

}  // namespace tonearm::core
