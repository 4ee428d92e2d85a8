// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/resample_design.h"

#include <algorithm>
#include <cmath>

namespace tonearm::core {
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
