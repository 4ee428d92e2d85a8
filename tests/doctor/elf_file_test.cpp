// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/elf_file.h"

#include <elf.h>
#include <sys/stat.h>

#include <random>

#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

FileProblem parse(const std::string& data, ElfFile* elf = nullptr) {
  ElfFile own;
  const MemoryBytes bytes(data);
  ElfFile* out = elf == nullptr ? &own : elf;
  const auto problem = parse_elf(bytes, false, out);
  if (!problem) {
    SymbolSet exports;
    std::vector<SymbolNeed> needs;
    (void)read_symbols(bytes, *out, &exports, &needs);
  }
  return problem;
}

/// A library that every glibc machine has.
const std::string& sample() {
  static const std::string data = slurp(system_library("libm.so.6"));
  return data;
}

TEST(ElfFile, ReadsARealLibrary) {
  ElfFile elf;
  ASSERT_FALSE(parse(sample(), &elf));
  EXPECT_EQ(elf.soname, "libm.so.6");
  EXPECT_FALSE(elf.needed.empty());
  EXPECT_TRUE(elf.has_version_defs);
  EXPECT_FALSE(elf.executable_stack);
  SymbolSet exports;
  ASSERT_TRUE(read_symbols(MemoryBytes(sample()), elf, &exports, nullptr));
  EXPECT_TRUE(exports.provides({"cos", "GLIBC_2.2.5", "libm.so.6"}) || own_machine() != EM_X86_64);
  EXPECT_TRUE(exports.provides({"cos", "", ""}));
  EXPECT_FALSE(exports.provides({"cos", "GLIBC_9.9", "libm.so.6"}));
  EXPECT_FALSE(exports.provides({"no_such_function", "", ""}));
}

TEST(ElfFile, NamesEmptyForeignAndCutFiles) {
  EXPECT_EQ(parse("").fault, FileFault::kEmpty);
  const auto pointer = parse("version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
  EXPECT_EQ(pointer.fault, FileFault::kNotElf);
  EXPECT_NE(pointer.found.find("version https://git-lfs"), std::string::npos);
  EXPECT_EQ(parse("<!DOCTYPE html>").fault, FileFault::kNotElf);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{10}, std::size_t{64}, std::size_t{600}, std::size_t{4096}, sample().size() / 2}) {
    EXPECT_EQ(parse(sample().substr(0, size)).fault, FileFault::kTruncated) << size;
  }
}

TEST(ElfFile, NamesOtherMachinesAndClasses) {
  auto data = sample();
  const std::uint16_t other = own_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64;
  std::memcpy(data.data() + offsetof(Elf64_Ehdr, e_machine), &other, sizeof other);
  EXPECT_EQ(parse(data).fault, FileFault::kWrongArchitecture);
  data = sample();
  data[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(parse(data).fault, FileFault::kWrongArchitecture);
}

TEST(ElfFile, NamesContradictions) {
  const auto patched = [](std::size_t at, auto value) {
    auto data = sample();
    std::memcpy(data.data() + at, &value, sizeof value);
    return parse(data).fault;
  };
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_type), std::uint16_t{ET_CORE}), FileFault::kMalformed);
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_type), std::uint16_t{ET_EXEC}), FileFault::kMalformed);
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_phoff), std::uint64_t{1} << 60), FileFault::kMalformed);
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{0xffff}), FileFault::kMalformed);
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{0}), FileFault::kMalformed);
  // Garbage where the section headers should be is no fault: the loader never looks.
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_shoff), std::uint64_t{12345}), FileFault::kNone);
  EXPECT_EQ(patched(offsetof(Elf64_Ehdr, e_shoff), std::uint64_t{0}), FileFault::kNone);
}

TEST(ElfFile, SurvivesEveryCut) {
  for (std::size_t size = 0; size < std::min<std::size_t>(sample().size(), 8192); size += 7) {
    EXPECT_TRUE(parse(sample().substr(0, size))) << size;
  }
}

TEST(ElfFile, SurvivesRandomDamage) {
  std::mt19937 random(20260101);
  auto data = sample();
  data.resize(data.size());
  // The first kilobytes hold headers, hash, symbols and versions: damage there is damage to what is parsed.
  for (int round = 0; round < 600; ++round) {
    auto broken = data;
    const std::size_t reach = round % 2 == 0 ? 1024 : std::min<std::size_t>(broken.size(), 65536);
    for (int i = 0; i < 1 + round % 16; ++i) broken[random() % reach] = static_cast<char>(random());
    (void)parse(broken);
  }
  for (int round = 0; round < 600; ++round) {
    std::string noise(random() % 4096, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    if (noise.size() > 64) std::memcpy(noise.data(), data.data(), 64);
    (void)parse(noise);
  }
}

TEST(OpenBytes, SaysWhatStandsThereInstead) {
  const Scratch scratch;
  FileProblem problem;
  EXPECT_EQ(open_bytes(scratch.dir(), &problem, nullptr), nullptr);
  EXPECT_EQ(problem.fault, FileFault::kNotAFile);
  ASSERT_EQ(::mkfifo((scratch / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(open_bytes(scratch / "fifo", &problem, nullptr), nullptr);
  EXPECT_EQ(problem.found, "a FIFO");
  EXPECT_EQ(open_bytes("/dev/null", &problem, nullptr), nullptr);
  EXPECT_EQ(problem.found, "a device");
  EXPECT_EQ(open_bytes(scratch / "nothing", &problem, nullptr), nullptr);
  EXPECT_EQ(problem.fault, FileFault::kMissing);
  std::filesystem::create_symlink("nowhere", scratch / "link");
  EXPECT_EQ(open_bytes(scratch / "link", &problem, nullptr), nullptr);
  EXPECT_EQ(problem.fault, FileFault::kDanglingLink);
  std::filesystem::create_symlink("loop", scratch / "loop");
  EXPECT_EQ(open_bytes(scratch / "loop", &problem, nullptr), nullptr);
  EXPECT_EQ(problem.found, "a loop of links");
}

}  // namespace
}  // namespace tonearm::doctor
