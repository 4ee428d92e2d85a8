// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Runs a fuzz target without a fuzzer: over inputs made here, the same at every run, and those of a packed corpus
// (--corpus FILE, written by pack_corpus.py); or over the files given as arguments. So ctest drives every target on
// every compiler, and a crash that a fuzzer saved can be replayed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string_view>

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

/// How many inputs the packed corpus held; 0 where it cannot be read or ends inside one.
std::size_t run_corpus(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::size_t count = 0;
  for (unsigned char length[4]; file.read(reinterpret_cast<char*>(length), sizeof length); ++count) {
    tonearm::test::Seed input(length[0] | length[1] << 8 | length[2] << 16 | std::size_t{length[3]} << 24);
    if (!file.read(reinterpret_cast<char*>(input.data()), static_cast<std::streamsize>(input.size()))) return 0;
    run(input);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 0;
  if (argc == 3 && std::string_view(argv[1]) == "--corpus") {
    count = run_corpus(argv[2]);
    if (count == 0) {
      std::fprintf(stderr, "no corpus in %s\n", argv[2]);
      return 1;
    }
    argc = 1;
  }
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
  for (const auto& seed : tonearm::test::make_seeds()) count += run_mutations(seed, random);
  std::printf("%zu inputs\n", count);
  return count > 0 ? 0 : 1;
}
