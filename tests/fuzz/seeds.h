// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where fuzzing starts: inputs of the right shape, made when they are needed. Each target has its own make_seeds().
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tonearm::test {

using Seed = std::vector<std::uint8_t>;

std::vector<Seed> make_seeds();

inline Seed to_seed(std::span<const std::byte> bytes) {
  Seed seed;
  for (const std::byte b : bytes) seed.push_back(std::to_integer<std::uint8_t>(b));
  return seed;
}

/// `first` is the choice that a target reads from its input's first byte.
inline Seed with_prefix(std::uint8_t first, std::span<const std::byte> bytes) {
  Seed seed = to_seed(bytes);
  seed.insert(seed.begin(), first);
  return seed;
}

}  // namespace tonearm::test
