// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as the version sections of an otherwise sound shared object. Random changes of a whole file seldom reach
// them: its headers must hold first.
#include <elf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/doctor/elf_file.h"
#include "tests/fuzz/seeds.h"

namespace {

using tonearm::test::Seed;

constexpr std::size_t kStringBytes = 32;
constexpr std::size_t kNumSymbols = 4;

/// What stands before the input: headers, strings, symbols, their count. The input's first four bytes place the needs
/// and the definitions in it, so that they may overlap; the rest of it is the sections.
struct Shell {
  Elf64_Ehdr head{};
  Elf64_Phdr headers[2]{};
  Elf64_Dyn dynamic[9]{};
  char strings[kStringBytes] = "\0libx.so.1\0NODE_1\0NODE_2\0f\0g";
  Elf64_Sym symbols[kNumSymbols]{};
  std::uint32_t hash[2] = {0, kNumSymbols};
};

std::string object_around(const std::uint8_t* data, std::size_t size) {
  Shell shell;
  const std::uint64_t file_bytes = sizeof shell + size;
  std::memcpy(shell.head.e_ident, ELFMAG, SELFMAG);
  shell.head.e_ident[EI_CLASS] = ELFCLASS64;
  shell.head.e_ident[EI_DATA] = ELFDATA2LSB;
  shell.head.e_ident[EI_VERSION] = EV_CURRENT;
  shell.head.e_type = ET_DYN;
  shell.head.e_machine = tonearm::doctor::own_machine();
  shell.head.e_version = EV_CURRENT;
  shell.head.e_phoff = offsetof(Shell, headers);
  shell.head.e_ehsize = sizeof(Elf64_Ehdr);
  shell.head.e_phentsize = sizeof(Elf64_Phdr);
  shell.head.e_phnum = 2;
  shell.headers[0] = {PT_LOAD, PF_R, 0, 0, 0, file_bytes, file_bytes, 4096};
  const auto dynamic_at = offsetof(Shell, dynamic);
  shell.headers[1] = {PT_DYNAMIC,           PF_R, dynamic_at, dynamic_at, dynamic_at, sizeof shell.dynamic,
                      sizeof shell.dynamic, 8};
  const auto placed = [&](std::size_t i) {
    return sizeof shell + (i < size ? data[i] : 0) + (i + 1 < size ? data[i + 1] * 256u : 0);
  };
  std::size_t at = 0;
  const auto entry = [&](Elf64_Sxword tag, Elf64_Xword value) {
    shell.dynamic[at].d_tag = tag;
    shell.dynamic[at++].d_un.d_val = value;
  };
  entry(DT_STRTAB, offsetof(Shell, strings));
  entry(DT_STRSZ, kStringBytes);
  entry(DT_SYMTAB, offsetof(Shell, symbols));
  entry(DT_HASH, offsetof(Shell, hash));
  entry(DT_VERSYM, sizeof shell);
  entry(DT_VERNEED, placed(0));
  entry(DT_VERDEF, placed(2));
  for (std::size_t i = 1; i < kNumSymbols; ++i) {
    shell.symbols[i].st_name = static_cast<Elf64_Word>(25 + 2 * (i & 1));  // "f", "g"
    shell.symbols[i].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    shell.symbols[i].st_shndx = i == 1 ? SHN_UNDEF : 1;
  }
  std::string object(file_bytes, '\0');
  std::memcpy(object.data(), &shell, sizeof shell);
  if (size > 0) std::memcpy(object.data() + sizeof shell, data, size);
  return object;
}

template <class T>
void put(Seed* seed, const T& value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  seed->insert(seed->end(), bytes, bytes + sizeof value);
}

}  // namespace

/// Two needs and two definitions that are in order; and nothing at all.
std::vector<Seed> tonearm::test::make_seeds() {
  Seed sound;
  const std::uint16_t needs_at = 8, definitions_at = 8 + 16 + 2 * 16;
  put(&sound, needs_at);  // these four bytes and the next four are also the symbols' version numbers
  put(&sound, definitions_at);
  put(&sound, std::uint32_t{0x00030002});
  put(&sound, Elf64_Verneed{VER_NEED_CURRENT, 2, 1, 16, 0});
  put(&sound, Elf64_Vernaux{1, 0, 2, 11, 16});
  put(&sound, Elf64_Vernaux{2, VER_FLG_WEAK, 3, 18, 0});
  put(&sound, Elf64_Verdef{VER_DEF_CURRENT, VER_FLG_BASE, 1, 1, 1, 20, 28});
  put(&sound, Elf64_Verdaux{1, 0});
  put(&sound, Elf64_Verdef{VER_DEF_CURRENT, 0, 2, 1, 2, 20, 0});
  put(&sound, Elf64_Verdaux{11, 0});
  return {sound, Seed(8, 0)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tonearm::doctor;
  const auto object = object_around(data, size);
  const MemoryBytes bytes(object);
  ElfFile elf;
  if (parse_elf(bytes, false, &elf)) return 0;
  SymbolSet exports;
  std::vector<SymbolNeed> needs;
  if (read_symbols(bytes, elf, &exports, &needs) && !needs.empty()) (void)exports.provides(needs.front());
  return 0;
}
