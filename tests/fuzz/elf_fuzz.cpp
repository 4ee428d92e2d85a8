// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as a shared object: headers, dynamic section, versions, symbols.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <vector>

#include "core/doctor/elf_file.h"
#include "tests/fuzz/seeds.h"

/// This program itself: as much of it as holds the headers, and a header alone.
std::vector<tonearm::test::Seed> tonearm::test::make_seeds() {
  constexpr std::size_t kMost = 16384;
  std::ifstream file("/proc/self/exe", std::ios::binary);
  Seed program(kMost);
  file.read(reinterpret_cast<char*>(program.data()), static_cast<std::streamsize>(kMost));
  program.resize(static_cast<std::size_t>(file.gcount()));
  const Seed header(program.begin(), program.begin() + std::min<std::ptrdiff_t>(64, std::ssize(program)));
  return {program, header};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tonearm::doctor;
  const MemoryBytes bytes({reinterpret_cast<const char*>(data), size});
  ElfFile elf;
  if (parse_elf(bytes, (size & 1) != 0, &elf)) return 0;
  SymbolSet exports;
  std::vector<SymbolNeed> needs;
  if (read_symbols(bytes, elf, &exports, &needs) && !needs.empty()) (void)exports.provides(needs.front());
  return 0;
}
