// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The random numbers of dither, the same on the CPU and on a device.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/dsp/host_device.h"

namespace tonearm::core {

/// splitmix64's finish.
TONEARM_HOST_DEVICE inline std::uint64_t mix_bits(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// What the noise of signal `item` of a call with `seed` is drawn by.
TONEARM_HOST_DEVICE inline std::uint64_t noise_key(std::uint64_t seed, std::uint64_t item) {
  return mix_bits(mix_bits(seed) ^ item);
}

/// A draw of the normal distribution. Counter based: splitmix64 over the key and the two counters, then Box-Muller; the
/// same draw for the same place, in any order.
TONEARM_HOST_DEVICE inline double gaussian_noise(std::uint64_t signal_key, std::uint64_t frame, std::uint64_t index) {
  constexpr double kPi = 3.14159265358979323846;
  const std::uint64_t key = mix_bits(mix_bits(signal_key ^ frame) ^ index);
  const double u = (static_cast<double>(key >> 11) + 0.5) * 0x1p-53;
  const double v = (static_cast<double>(mix_bits(key) >> 11) + 0.5) * 0x1p-53;
  return std::sqrt(-2 * std::log(u)) * std::cos(2 * kPi * v);
}

}  // namespace tonearm::core
