// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling straight from the definition, in long double, one output at a time. Shares no code with core/dsp.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

namespace tonearm::reference {

/// I0 as the mean of exp(x cos(a)) over a circle; the trapezoid rule converges faster than any power for x < 40.
inline double bessel_i0(double x) {
  constexpr int kPoints = 96;
  const double pi = std::acos(-1.0);
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) sum += std::exp(x * std::cos(2 * pi * i / kPoints));
  return sum / kPoints;
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
