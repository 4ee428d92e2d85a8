// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/window.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace tonearm::core {

std::vector<double> make_window(WindowType type, int length, bool periodic, double blackman_coeff) {
  std::vector<double> w(static_cast<std::size_t>(length), 1.0);
  const int period = periodic ? length : length - 1;
  if (length < 2) return w;
  for (int i = 0; i < length; ++i) {
    const double a = 2 * std::numbers::pi * i / period;
    const double hann = 0.5 - 0.5 * std::cos(a);
    double v = 1;
    switch (type) {
      case WindowType::kHann: v = hann; break;
      case WindowType::kHamming: v = 0.54 - 0.46 * std::cos(a); break;
      case WindowType::kBlackman:
        v = blackman_coeff - 0.5 * std::cos(a) + (0.5 - blackman_coeff) * std::cos(2 * a);
        break;
      case WindowType::kPovey: v = std::pow(hann, 0.85); break;
      case WindowType::kRectangular: break;
    }
    w[static_cast<std::size_t>(i)] = v;
  }
  return w;
}

}  // namespace tonearm::core
