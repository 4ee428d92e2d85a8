// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as /etc/ld.so.cache.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "core/doctor/ld_cache.h"
#include "tests/fuzz/seeds.h"

/// The head of this machine's own cache, where it has one, and bare signatures of both formats.
std::vector<tonearm::test::Seed> tonearm::test::make_seeds() {
  std::vector<Seed> seeds;
  for (std::string text : {"glibc-ld.so.cache1.1", "ld.so-1.7.0"}) {
    text.resize(400);
    seeds.emplace_back(text.begin(), text.end());
  }
  constexpr std::size_t kMost = 8192;
  Seed own(kMost);
  std::ifstream file("/etc/ld.so.cache", std::ios::binary);
  file.read(reinterpret_cast<char*>(own.data()), static_cast<std::streamsize>(kMost));
  own.resize(static_cast<std::size_t>(file.gcount()));
  if (!own.empty()) seeds.push_back(own);
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tonearm::doctor;
  const auto cache = LdCache::read(MemoryBytes({reinterpret_cast<const char*>(data), size}), 4);
  (void)cache.find("libc.so.6");
  (void)cache.names_with_prefix("libav");
  return 0;
}
