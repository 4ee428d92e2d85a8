// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Between the rows of a resampler's table. Included as resample_kernels_inl.h is, and by the kernels of cuda/.

namespace {

TONEARM_HOST_DEVICE inline std::int64_t floor_to_int(double v) {
  const std::int64_t i = static_cast<std::int64_t>(v);
  return i > v ? i - 1 : i;
}

// Cubic Lagrange weights at s in [0, 1) between the second and the third of four equally spaced points.
TONEARM_HOST_DEVICE inline void cubic_weights(double s, double* w) {
  w[0] = -s * (s - 1) * (s - 2) / 6;
  w[1] = (s + 1) * (s - 1) * (s - 2) / 2;
  w[2] = -(s + 1) * s * (s - 2) / 2;
  w[3] = (s + 1) * s * (s - 1) / 6;
}

}  // namespace
