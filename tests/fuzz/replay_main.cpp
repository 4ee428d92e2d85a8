// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a fuzz target without a fuzzer: over inputs made here, the same at every run, or over the files given as
// arguments. So ctest drives every target on every compiler, and a crash that a fuzzer saved can be replayed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

#include "tests/fuzz/seeds.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const tonearm::test::Seed& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

/// Every seed as it is, cut everywhere near its start, and with some of its bytes changed.
std::size_t run_mutations(const tonearm::test::Seed& seed, std::mt19937& random) {
  constexpr std::size_t kCuts = 200;
  constexpr int kChanged = 300;
  run(seed);
  for (std::size_t size = 0; size < std::min(seed.size(), kCuts); ++size) {
    run({seed.begin(), seed.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  for (int i = 0; i < kChanged && !seed.empty(); ++i) {
    tonearm::test::Seed changed = seed;
    const std::size_t reach = i % 2 == 0 ? std::min<std::size_t>(seed.size(), 128) : seed.size();
    for (unsigned n = 1 + random() % 6; n > 0; --n) changed[random() % reach] = static_cast<std::uint8_t>(random());
    run(changed);
  }
  return 1 + std::min(seed.size(), kCuts) + kChanged;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "cannot read %s\n", argv[i]);
      return 1;
    }
    run({std::istreambuf_iterator<char>(file), {}});
  }
  if (argc > 1) return 0;
  std::mt19937 random(1);
  std::size_t count = 0;
  for (const auto& seed : tonearm::test::make_seeds()) count += run_mutations(seed, random);
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
