// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One shared object as the dynamic loader would read it, without loading it.
// Place in the flow: lowest piece of the doctor; the walker stands on it. Knows nothing of search paths.
// Reads with pread, never through a mapping: a file that shrinks under a mapping kills the process with SIGBUS.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace tonearm::doctor {

/// What is wrong with a file as a file. The order is the order of precedence in a report.
enum class FileFault {
  kNone,
  kMissing,
  kDanglingLink,  ///< a link to nothing, or a loop of links
  kUnreadable,    ///< exists, this user may not read it
  kNotAFile,      ///< a directory, FIFO, socket or device
  kEmpty,
  kNotElf,
  kTruncated,  ///< shorter than its own headers say
  kMalformed,  ///< headers that contradict themselves or each other
  kWrongArchitecture,
};

/// "missing-library", "dangling-link", ...: the code of the finding.
const char* fault_code(FileFault fault);

/// A fault with the words that a finding needs.
struct FileProblem {
  FileFault fault = FileFault::kNone;
  std::string needed;
  std::string found;
  std::string evidence;
  explicit operator bool() const { return fault != FileFault::kNone; }
};

/// A run of bytes of known length.
class Bytes {
 public:
  virtual ~Bytes() = default;
  virtual std::uint64_t size() const = 0;
  /// Copies [offset, offset + count). False when any part lies outside or cannot be read.
  virtual bool read_at(std::uint64_t offset, void* to, std::size_t count) const = 0;
};

/// Borrowed memory; for tests and fuzzing.
class MemoryBytes final : public Bytes {
 public:
  explicit MemoryBytes(std::string_view data) : data_(data) {}
  std::uint64_t size() const override { return data_.size(); }
  bool read_at(std::uint64_t offset, void* to, std::size_t count) const override;

 private:
  std::string_view data_;
};

/// Which file it is, so that two paths to one file are told from two files.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

/// Opens a regular file for reading. Never blocks, not even on a FIFO. On failure returns null and fills `problem`
/// (never kNone then). `identity` may be null.
std::unique_ptr<Bytes> open_bytes(const std::string& path, FileProblem* problem, FileIdentity* identity);

/// One name in a version section.
struct VersionNode {
  std::string name;
  std::uint16_t index = 0;  ///< as DT_VERSYM refers to it
  bool weak = false;        ///< may be missing
};

/// The version nodes wanted from one other object.
struct VersionNeed {
  std::string file;  ///< soname of the provider
  std::vector<VersionNode> nodes;
};

/// What the loader learns from the headers and the dynamic section.
struct ElfFile {
  std::uint64_t file_bytes = 0;
  std::uint16_t type = 0;     ///< ET_DYN, ET_EXEC, ...
  std::uint16_t machine = 0;  ///< EM_X86_64, ...
  std::string soname;         ///< may be empty
  std::string rpath;          ///< DT_RPATH; empty where DT_RUNPATH stands beside it, as the loader does
  std::string runpath;
  bool has_runpath = false;
  std::string interpreter;  ///< PT_INTERP, empty for a library
  std::vector<std::string> needed;
  std::vector<VersionNeed> version_needs;
  std::vector<VersionNode> version_defs;  ///< without the base node, which is the file's own name
  bool has_version_defs = false;
  std::uint64_t flags = 0;    ///< DT_FLAGS
  std::uint64_t flags_1 = 0;  ///< DT_FLAGS_1
  bool executable_stack = false;
  std::uint64_t tls_bytes = 0;     ///< PT_TLS memory size
  std::uint64_t mapped_bytes = 0;  ///< address range of all PT_LOAD
  std::uint64_t load_end = 0;      ///< last file byte of any PT_LOAD, exclusive

  // File offsets of what read_symbols() reads; 0 where absent.
  std::uint64_t symbols_at = 0;
  std::uint64_t versions_at = 0;
  std::uint64_t strings_at = 0;
  std::uint64_t strings_bytes = 0;
  std::uint64_t num_symbols = 0;
};

/// Reads headers, dynamic section and version sections. Section headers are not looked at: the loader does not.
///
/// accept_program: ET_EXEC is fine (a program is examined, not a library).
/// Cost: a few preads; allocates no more than the file is long.
FileProblem parse_elf(const Bytes& bytes, bool accept_program, ElfFile* out);

/// Machine name for people: "x86-64", "aarch64", "machine 12".
std::string machine_name(std::uint16_t machine);
/// The machine this process runs as (EM_*).
std::uint16_t own_machine();

/// An undefined symbol that must be found somewhere.
struct SymbolNeed {
  std::string name;
  std::string version;   ///< empty: any
  std::string provider;  ///< soname that the version section names; empty without version
};

/// Everything that a set of objects exports, by hash of the name (64 bits: a collision would only hide a fault).
class SymbolSet {
 public:
  void add(std::string_view name, std::string_view version, bool matches_any_version);
  bool provides(const SymbolNeed& need) const;

 private:
  std::unordered_set<std::uint64_t> hashes_;
};

/// Adds the exports of one object to `exports` and appends its undefined non-weak symbols to `needs`; either may be
/// null. False when the tables do not lie inside the file.
bool read_symbols(const Bytes& bytes, const ElfFile& elf, SymbolSet* exports, std::vector<SymbolNeed>* needs);

}  // namespace tonearm::doctor
