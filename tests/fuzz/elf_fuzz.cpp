// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as a shared object: headers, dynamic section, versions, symbols.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/doctor/elf_file.h"

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
