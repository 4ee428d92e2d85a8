// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every way in which a file can be no library, at every kind of place: the library itself, what it needs, what that
// needs, and a library that no one has heard of. The check keys on the fault, not on the name.
#include <elf.h>
#include <sys/stat.h>

#include <functional>
#include <ostream>
#include <set>

#include "tests/doctor/stage.h"

namespace tonearm::doctor {
namespace {

using namespace test;

constexpr auto kError = Severity::kError;
constexpr auto kNote = Severity::kNote;

template <class T>
T get(const std::string& data, std::size_t at) {
  T value{};
  std::memcpy(&value, data.data() + at, sizeof value);
  return value;
}

template <class T>
std::string put(std::string data, std::size_t at, T value) {
  std::memcpy(data.data() + at, &value, sizeof value);
  return data;
}

/// Offset of the first program header of `type`.
std::size_t header_of(const std::string& data, std::uint32_t type) {
  const auto head = get<Elf64_Ehdr>(data, 0);
  for (std::size_t i = 0; i < head.e_phnum; ++i) {
    const auto at = head.e_phoff + i * sizeof(Elf64_Phdr);
    if (get<Elf64_Phdr>(data, at).p_type == type) return at;
  }
  ADD_FAILURE() << "no such program header";
  return head.e_phoff;
}

/// Offset of the dynamic entry with `tag`.
std::size_t entry_of(const std::string& data, std::int64_t tag) {
  auto at = get<Elf64_Phdr>(data, header_of(data, PT_DYNAMIC)).p_offset;
  while (get<Elf64_Dyn>(data, at).d_tag != tag) {
    if (get<Elf64_Dyn>(data, at).d_tag == DT_NULL) {
      ADD_FAILURE() << "no such dynamic entry";
      break;
    }
    at += sizeof(Elf64_Dyn);
  }
  return at;
}

/// Offset of the first version need. Version sections lie in the first segment, where address and offset are equal.
std::size_t needs_of(const std::string& data) { return get<Elf64_Dyn>(data, entry_of(data, DT_VERNEED)).d_un.d_ptr; }

constexpr std::size_t kValue = offsetof(Elf64_Dyn, d_un);
constexpr std::uint64_t kWild = std::uint64_t{1} << 40;

struct Damage {
  const char* name;
  const char* code;                                                // "" where it is no fault
  Severity severity;                                               // while a good copy stands behind it
  std::function<std::string(const std::string&)> change;           // of the bytes of the real library
  std::function<void(const std::string& path)> replace = nullptr;  // or something else than a file
  const char* text = "";                                           // must stand in the finding
  const char* code_alone = nullptr;                                // where nothing else is there, if another
};

std::function<std::string(const std::string&)> cut(std::size_t bytes) {
  return [bytes](const std::string& whole) { return whole.substr(0, bytes); };
}

std::function<std::string(const std::string&)> bytes(const char* text) {
  return [text](const std::string&) { return std::string(text); };
}

std::function<std::string(const std::string&)> of_type(std::uint16_t type) {
  return [type](const std::string& whole) { return put(whole, offsetof(Elf64_Ehdr, e_type), type); };
}

const Damage kDamages[] = {
    {"0 bytes", "empty-file", kError, cut(0)},
    {"10 bytes", "truncated-file", kError, cut(10), nullptr, "10 bytes"},
    {"64 bytes", "truncated-file", kError, cut(64)},
    {"600 bytes", "truncated-file", kError, cut(600), nullptr, "600 bytes"},
    {"4096 bytes", "truncated-file", kError, cut(4096), nullptr, "at least"},
    {"half", "truncated-file", kError, [](const auto& whole) { return whole.substr(0, whole.size() / 2); }},
    {"git-lfs pointer", "not-elf", kError, bytes("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), nullptr,
     "begins with `version https://git-lfs"},
    {"web page", "not-elf", kError, bytes("<!DOCTYPE html><title>404</title>"), nullptr, "<!DOCTYPE"},
    {"directory", "not-a-file", kError, nullptr, [](const auto& path) { std::filesystem::create_directory(path); },
     "a directory"},
    {"FIFO", "not-a-file", kError, nullptr, [](const auto& path) { ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0); },
     "a FIFO"},
    {"device", "not-a-file", kError, nullptr,
     [](const auto& path) { std::filesystem::create_symlink("/dev/null", path); }, "a device"},
    {"no dynamic section", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, header_of(whole, PT_DYNAMIC), std::uint32_t{PT_NULL}); }, nullptr,
     "no dynamic section"},
    {"wild dynamic section", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, header_of(whole, PT_DYNAMIC) + offsetof(Elf64_Phdr, p_vaddr), kWild); }},
    {"wild string table", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, entry_of(whole, DT_STRTAB) + kValue, kWild); }},
    {"program headers outside", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, offsetof(Elf64_Ehdr, e_phoff), kWild); }},
    {"too many program headers", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{0xfff0}); }},
    {"version needs outside", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, entry_of(whole, DT_VERNEED) + kValue, kWild); }, nullptr,
     "version needs"},
    {"version needs that run in a circle", "malformed-elf", kError,
     [](const auto& whole) { return put(whole, needs_of(whole) + offsetof(Elf64_Verneed, vn_next), std::uint32_t{1}); },
     nullptr, "version needs"},
    {"a program's type", "malformed-elf", kError, of_type(ET_EXEC)},
    {"a core file", "malformed-elf", kError, of_type(ET_CORE)},
    {"stripped section headers", "", kNote,
     [](const auto& whole) {
       return put(put(whole, offsetof(Elf64_Ehdr, e_shoff), std::uint64_t{0}), offsetof(Elf64_Ehdr, e_shnum),
                  std::uint16_t{0});
     }},
    {"garbage section headers", "", kNote,
     [](const auto& whole) { return put(whole, offsetof(Elf64_Ehdr, e_shoff), std::uint64_t{12345}); }},
    {"another machine", "wrong-architecture", kNote,
     [](const auto& whole) {
       const std::uint16_t other = own_machine() == EM_X86_64 ? EM_AARCH64 : EM_X86_64;
       return put(whole, offsetof(Elf64_Ehdr, e_machine), other);
     }},
    {"32 bits", "wrong-architecture", kNote,
     [](const auto& whole) { return put(whole, EI_CLASS, static_cast<char>(ELFCLASS32)); }, nullptr, "32"},
    {"dangling link", "dangling-link", kNote, nullptr,
     [](const auto& path) { std::filesystem::create_symlink("nowhere", path); }, "nowhere", "missing-library"},
    {"link loop", "dangling-link", kNote, nullptr,
     [](const auto& path) { std::filesystem::create_symlink(path, path); }, "loop", "missing-library"},
};

/// Which library is damaged, and who is asked about.
struct Place {
  const char* name;
  const char* subject;
  const char* library;
  bool alone;  // nothing else has it
};

void PrintTo(const Place& place, std::ostream* out) { *out << place.name; }

constexpr Place kPlaces[] = {{"TheLibraryItself", "sndfile", "libsndfile.so.1", false},
                             {"WhatItNeeds", "sndfile", "libmpg123.so.0", false},
                             {"WhatThatNeeds", "sndfile", "libogg.so.0", false},
                             {"WhatFfmpegNeeds", "ffmpeg", "libgme.so.0", false},
                             {"WhatAnyFileNeeds", "X/libouter.so.2", "libinner-of-no-fame.so.7", true}};

class FileFaults : public ::testing::TestWithParam<Place> {};

TEST_P(FileFaults, AreNamedAndNothingElseIs) {
  const auto& place = GetParam();
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  const auto real = system_library(place.alone ? "libm.so.6" : place.library);
  if (real.empty()) GTEST_SKIP() << "this system has no " << place.library;
  const auto whole = slurp(real);
  for (const auto& damage : kDamages) {
    SCOPED_TRACE(damage.name);
    Stage stage;
    const auto path = stage.in_x(place.library);
    if (place.alone) {
      stage.stub(place.library, {});
      // RPATH, as the child that opens it has this process's environment.
      stage.stub("libouter.so.2", {place.library}, "int outer;", "-Wl,--disable-new-dtags,-rpath,'$ORIGIN'");
      std::filesystem::remove(path);
    }
    if (damage.replace) {
      damage.replace(path);
    } else {
      stage.x.write(place.library, damage.change(whole));
    }
    const auto report = diagnose({stage.path_of(place.subject)}, stage.options);
    if (*damage.code == '\0') {
      EXPECT_TRUE(report.findings.empty()) << report.text();
      continue;
    }
    const bool missing = place.alone && damage.code_alone != nullptr;
    const auto severity = place.alone ? kError : damage.severity;
    ASSERT_EQ(report.findings.size(), 1u) << report.text();
    const auto& finding = report.findings[0];
    EXPECT_EQ(finding.code, missing ? damage.code_alone : damage.code);
    EXPECT_EQ(finding.severity, severity) << report.text();
    EXPECT_EQ(finding.component, place.alone ? "file" : place.subject);
    EXPECT_EQ(finding.subject, missing ? place.library : path);
    EXPECT_EQ(report.exit_status(), severity == kError ? 1 : 0);
    EXPECT_NE(finding_json(finding).find(damage.text), std::string::npos) << finding_json(finding);
    EXPECT_FALSE(finding.next.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(At, FileFaults, ::testing::ValuesIn(kPlaces),
                         [](const auto& info) { return std::string(info.param.name); });

/// Faults do not hide each other, within a component and across two.
TEST(FileFaults, TwoAtOnceAreTwoFindings) {
  for (const char* name : {"libsndfile.so.1", "libmpg123.so.0", "libFLAC.so.12", "libavformat.so.59", "libgme.so.0"}) {
    if (system_library(name).empty()) GTEST_SKIP() << "this system has no " << name;
  }
  Stage stage;
  stage.x.write("libmpg123.so.0", slurp(system_library("libmpg123.so.0")).substr(0, 4096));
  stage.x.write("libFLAC.so.12", "");
  stage.x.write("libgme.so.0", "<!DOCTYPE html>");
  const auto in_sndfile = diagnose({"sndfile"}, stage.options);
  ASSERT_EQ(in_sndfile.findings.size(), 2u) << in_sndfile.text();
  EXPECT_NE(in_sndfile.findings[0].code, in_sndfile.findings[1].code);
  const auto errors = errors_of(diagnose({"ffmpeg", "sndfile"}, stage.options).findings);
  std::set<std::string> told;
  for (const auto& finding : errors) told.insert(finding.component + " " + finding.code);
  // FFmpeg of Debian needs libmpg123 through libopenmpt.
  EXPECT_TRUE(told.contains("ffmpeg not-elf"));
  EXPECT_TRUE(told.contains("sndfile truncated-file"));
  EXPECT_TRUE(told.contains("sndfile empty-file"));
}

/// A request asks this before it opens a library: what would end the process is refused, what the loader refuses with
/// a word is left to the loader.
TEST(BeforeOpening, RefusesWhatWouldEndTheProcess) {
  if (!has_compiler()) GTEST_SKIP() << "no C compiler (cc) to build stubs";
  const Stage stage;
  const auto whole = slurp(system_library("libm.so.6"));
  const auto outer = stage.in_x("libouter.so.2");
  stage.stub("libinner.so.7", {});
  // RPATH, so that this process's own environment leads to X.
  stage.stub("libouter.so.2", {"libinner.so.7"}, "int outer;", "-Wl,--disable-new-dtags,-rpath,'$ORIGIN'");
  EXPECT_TRUE(check_before_opening({outer}));
  const auto inner = stage.x.write("libinner.so.7", whole.substr(0, 4096));
  const auto refused = check_before_opening({outer});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::ErrorCode::kMissingDependency);
  EXPECT_EQ(refused.error().subject, inner);
  EXPECT_EQ(refused.error().found, "4096 bytes");
  EXPECT_FALSE(refused.error().next.empty());
  std::filesystem::remove(inner);
  EXPECT_TRUE(check_before_opening({outer}));
  ASSERT_EQ(::mkfifo(inner.c_str(), 0600), 0);
  EXPECT_FALSE(check_before_opening({outer}));
}

}  // namespace
}  // namespace tonearm::doctor
