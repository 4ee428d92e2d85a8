// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where fuzzing starts: inputs of the right shape, made when they are needed. Each target has its own make_seeds().
#pragma once

#include <cstdint>
#include <vector>

namespace tonearm::test {

using Seed = std::vector<std::uint8_t>;

std::vector<Seed> make_seeds();

}  // namespace tonearm::test
