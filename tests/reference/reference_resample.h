// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling straight from the definition, in long double, one output at a time. Shares no code with core/dsp.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace tonearm::reference {

/// I0 as the mean of exp(x cos(a)) over a circle; the trapezoid rule converges faster than any power for x < 40. The
/// 96 points come in fours of equal |cos(a)|.
inline double bessel_i0(double x) {
  constexpr int kQuarter = 24;
  const double pi = std::acos(-1.0);
  static const std::vector<double> cosines = [pi] {
    std::vector<double> all;
    for (int i = 1; i < kQuarter; ++i) all.push_back(std::cos(pi / 2 * i / kQuarter));
    return all;
  }();
  double sum = std::cosh(x) + 1;
  for (double c : cosines) sum += 2 * std::cosh(x * c);
  return sum / (2 * kQuarter);
}

/// `beta` < 0 means Hann. `o`, `n` in lowest terms.
struct ResampleDefinition {
  std::int64_t o, n;
  double width, rolloff, beta;
};

inline std::vector<double> resample(const ResampleDefinition& d, const std::vector<double>& x) {
  const long double pi = std::acos(-1.0L);
  const std::int64_t length = static_cast<std::int64_t>(x.size());
  const std::int64_t out_length = (length * d.n + d.o - 1) / d.o;
  const long double base = static_cast<long double>(d.o < d.n ? d.o : d.n) * d.rolloff;
  const long double norm = d.beta < 0 ? 1 : bessel_i0(d.beta);
  const std::int64_t reach =
      static_cast<std::int64_t>(std::ceil(d.width * static_cast<double>(d.o) / static_cast<double>(base))) + 2;
  std::vector<double> y;
  for (std::int64_t k = 0; k < out_length; ++k) {
    const std::int64_t centre = k * d.o / d.n;
    long double sum = 0;
    for (std::int64_t i = centre - reach; i <= centre + reach + 1; ++i) {
      if (i < 0 || i >= length) continue;
      const long double t =
          base * (static_cast<long double>(i * d.n - k * d.o) / (static_cast<long double>(d.o) * d.n));
      if (std::abs(t) >= d.width) continue;
      const long double sinc = t == 0 ? 1.0L : std::sin(pi * t) / (pi * t);
      const long double half = std::cos(pi * t / (2 * d.width));
      const long double r = t / d.width;
      const long double window =
          d.beta < 0 ? half * half : bessel_i0(d.beta * std::sqrt(static_cast<double>(1 - r * r))) / norm;
      sum += base / d.o * window * sinc * x[static_cast<std::size_t>(i)];
    }
    y.push_back(static_cast<double>(sum));
  }
  return y;
}

}  // namespace tonearm::reference
