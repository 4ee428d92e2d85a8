// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/elf_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr std::size_t kBlockBytes = 16384;    // one pread serves the header, or a whole version section
constexpr std::size_t kMaxNameBytes = 65536;  // a longer string in a dynamic string table is damage
constexpr std::uint64_t kPageBytes = 4096;

class FileBytes final : public Bytes {
 public:
  FileBytes(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  ~FileBytes() override { ::close(fd_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  std::uint64_t size() const override { return size_; }

  bool read_at(std::uint64_t offset, void* to, std::size_t count) const override {
    if (offset > size_ || count > size_ - offset) return false;
    auto* at = static_cast<char*>(to);
    while (count > 0) {
      const ssize_t got = ::pread(fd_, at, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      offset += static_cast<std::uint64_t>(got);
      count -= static_cast<std::size_t>(got);
    }
    return true;
  }

 private:
  int fd_;
  std::uint64_t size_;
};

/// Small reads out of one cached block, so that walking a section costs one pread.
class BlockReader {
 public:
  explicit BlockReader(const Bytes& bytes) : bytes_(bytes) {}

  template <class T>
  bool get(std::uint64_t offset, T* out) {
    if (!cover(offset, sizeof(T))) return false;
    std::memcpy(out, block_.data() + (offset - start_), sizeof(T));
    return true;
  }

  /// The NUL-terminated string at `offset`, which must end before `limit`.
  std::optional<std::string> string_at(std::uint64_t offset, std::uint64_t limit) {
    std::string text;
    while (offset < limit && text.size() <= kMaxNameBytes) {
      if (!cover(offset, 1)) return std::nullopt;
      const char* from = block_.data() + (offset - start_);
      const std::uint64_t have = std::min<std::uint64_t>(block_.size() - (offset - start_), limit - offset);
      if (const void* end = std::memchr(from, 0, have)) {
        text.append(from, static_cast<const char*>(end));
        return text;
      }
      text.append(from, have);
      offset += have;
    }
    return std::nullopt;
  }

 private:
  bool cover(std::uint64_t offset, std::size_t count) {
    if (offset >= start_ && offset - start_ <= block_.size() && count <= block_.size() - (offset - start_)) return true;
    if (offset > bytes_.size() || count > bytes_.size() - offset) return false;
    const auto want = std::min<std::uint64_t>(std::max(count, kBlockBytes), bytes_.size() - offset);
    block_.resize(want);
    start_ = offset;
    if (bytes_.read_at(offset, block_.data(), want)) return true;
    block_.clear();
    return false;
  }

  const Bytes& bytes_;
  std::uint64_t start_ = 0;
  std::vector<char> block_;
};

FileProblem malformed(std::string evidence) {
  return {FileFault::kMalformed, "a well-formed shared object", "one whose headers contradict each other",
          std::move(evidence)};
}

FileProblem truncated(std::uint64_t have, std::uint64_t need, std::string evidence) {
  return {FileFault::kTruncated, fmt::format("at least {} bytes", need), fmt::format("{} bytes", have),
          std::move(evidence)};
}

/// First bytes of something that is not ELF, made printable.
std::string printable_start(const Bytes& bytes) {
  char raw[40];
  const std::size_t count = std::min<std::uint64_t>(sizeof raw, bytes.size());
  if (!bytes.read_at(0, raw, count)) return "nothing that can be read";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto c = static_cast<unsigned char>(raw[i]);
    if (c == '\n' || c == '\r') break;
    if (c >= 0x20 && c < 0x7f) {
      text += raw[i];
    } else {
      text += fmt::format("\\x{:02x}", c);
    }
  }
  return text;
}

/// Offsets in the file for addresses in memory, by the PT_LOAD table.
class AddressMap {
 public:
  void add(const Elf64_Phdr& load) { loads_.push_back(load); }
  /// Where `address` lies in the file and how many bytes of its segment follow; nullopt when in no segment.
  std::optional<std::uint64_t> offset_of(std::uint64_t address, std::uint64_t* available) const {
    for (const auto& load : loads_) {
      if (address >= load.p_vaddr && address - load.p_vaddr < load.p_filesz) {
        const std::uint64_t inside = address - load.p_vaddr;
        if (available != nullptr) *available = load.p_filesz - inside;
        return load.p_offset + inside;
      }
    }
    return std::nullopt;
  }

 private:
  std::vector<Elf64_Phdr> loads_;
};

FileProblem check_ident(const Bytes& bytes, const Elf64_Ehdr& head, bool accept_program) {
  const auto wrong_architecture = [&](std::string found) {
    return FileProblem{FileFault::kWrongArchitecture, fmt::format("64-bit {}", machine_name(own_machine())), found,
                       fmt::format("built for {}, this process is 64-bit {}", found, machine_name(own_machine()))};
  };
  if (head.e_ident[EI_CLASS] == ELFCLASS32) {
    return wrong_architecture(fmt::format("32-bit {}", machine_name(head.e_machine)));
  }
  if (head.e_ident[EI_CLASS] != ELFCLASS64) return malformed(fmt::format("class {}", head.e_ident[EI_CLASS]));
  if (head.e_ident[EI_DATA] == ELFDATA2MSB) return wrong_architecture("a big-endian machine");
  if (head.e_ident[EI_DATA] != ELFDATA2LSB) return malformed(fmt::format("byte order {}", head.e_ident[EI_DATA]));
  if (head.e_machine != own_machine())
    return wrong_architecture(fmt::format("64-bit {}", machine_name(head.e_machine)));
  if (head.e_ident[EI_VERSION] != EV_CURRENT || head.e_version != EV_CURRENT) return malformed("unknown ELF version");
  if (head.e_type == ET_CORE) return malformed("it is a core file");
  if (head.e_type == ET_REL) return malformed("it is an object file that was never linked (ET_REL)");
  if (head.e_type == ET_EXEC && !accept_program) return malformed("it is a program (ET_EXEC), not a shared object");
  if (head.e_type != ET_DYN && head.e_type != ET_EXEC) return malformed(fmt::format("file type {}", head.e_type));
  if (head.e_phentsize != sizeof(Elf64_Phdr)) {
    return malformed(fmt::format("program headers of {} bytes each, not {}", head.e_phentsize, sizeof(Elf64_Phdr)));
  }
  if (head.e_phnum == 0) return malformed("no program headers");
  const std::uint64_t table_bytes = std::uint64_t{head.e_phnum} * sizeof(Elf64_Phdr);
  if (head.e_phoff > bytes.size()) {
    return malformed(fmt::format("program headers at byte {}, the file ends at {}", head.e_phoff, bytes.size()));
  }
  if (table_bytes > bytes.size() - head.e_phoff) {
    constexpr int kPlausibleHeaders = 256;  // real objects have 7 to 15
    if (head.e_phnum > kPlausibleHeaders) return malformed(fmt::format("claims {} program headers", head.e_phnum));
    return truncated(bytes.size(), head.e_phoff + table_bytes, "it ends inside the program headers");
  }
  return {};
}

/// The rules of the loader for one PT_LOAD; `last_end` is the address where the one before ended.
FileProblem check_load(const Elf64_Phdr& load, std::uint64_t last_end) {
  if (load.p_filesz > load.p_memsz) return malformed("a PT_LOAD that is longer in the file than in memory");
  if ((load.p_align & (kPageBytes - 1)) != 0) return malformed("a PT_LOAD that is not aligned to pages");
  if (((load.p_vaddr - load.p_offset) & (load.p_align - 1)) != 0) {
    return malformed("a PT_LOAD whose address and offset do not agree");
  }
  if (load.p_vaddr + load.p_memsz < load.p_vaddr || load.p_offset + load.p_filesz < load.p_offset) {
    return malformed("a PT_LOAD that wraps around");
  }
  if (load.p_vaddr < last_end) return malformed("PT_LOAD entries that overlap or are out of order");
  return {};
}

/// Whether the file is as long as its segments say.
FileProblem check_length(const Bytes& bytes, const Elf64_Ehdr& head, std::uint64_t load_end) {
  if (load_end <= bytes.size()) return {};
  const auto evidence = fmt::format("PT_LOAD ends at {}", load_end);
  // Section headers stand last in a file: where they are still there, nothing was cut off and the entry is wild.
  const std::uint64_t sections = std::uint64_t{head.e_shnum} * head.e_shentsize;
  const bool whole =
      head.e_shoff != 0 && sections != 0 && head.e_shoff < bytes.size() && sections == bytes.size() - head.e_shoff;
  if (whole) return malformed(fmt::format("{}, the file at {}", evidence, bytes.size()));
  return truncated(bytes.size(), load_end, evidence);
}

/// What DT_* entries were seen, addresses still unresolved.
struct DynamicTable {
  std::map<std::uint64_t, std::uint64_t> values;  // last one of a tag wins, as in the loader
  std::vector<std::uint64_t> needed;
  std::optional<std::uint64_t> get(std::uint64_t tag) const {
    const auto it = values.find(tag);
    return it == values.end() ? std::nullopt : std::optional(it->second);
  }
};

FileProblem read_dynamic(BlockReader& reader, const Elf64_Phdr& segment, DynamicTable* table) {
  for (std::uint64_t i = 0; i < segment.p_filesz / sizeof(Elf64_Dyn); ++i) {
    Elf64_Dyn entry;
    if (!reader.get(segment.p_offset + i * sizeof entry, &entry))
      return malformed("its dynamic section leaves the file");
    if (entry.d_tag == DT_NULL) return {};
    const auto tag = static_cast<std::uint64_t>(entry.d_tag);
    if (tag == DT_NEEDED) {
      table->needed.push_back(entry.d_un.d_val);
    } else if (tag < 64 || (tag >= 0x6ffffe00 && tag < 0x70000000)) {
      table->values[tag] = entry.d_un.d_val;
    }
  }
  return malformed("its dynamic section has no end (DT_NULL)");
}

/// Steps through Verneed and Verdef, whose entries are linked by forward offsets. Entries may neither leave the file
/// nor overlap, so the walk ends after at most file size / 16 steps.
class VersionReader {
 public:
  VersionReader(BlockReader& entries, BlockReader& strings, const ElfFile& elf)
      : entries_(entries), strings_(strings), elf_(elf) {}

  FileProblem read_needs(std::uint64_t at, std::vector<VersionNeed>* needs) {
    for (;;) {
      Elf64_Verneed need;
      if (!entries_.get(at, &need)) return malformed("its version needs leave the file");
      VersionNeed one;
      const auto file = name_at(need.vn_file);
      if (need.vn_version != VER_NEED_CURRENT || !file) return malformed("its version needs are garbage");
      one.file = *file;
      std::uint64_t node_at = at + need.vn_aux;
      for (int i = 0; i < need.vn_cnt; ++i) {
        Elf64_Vernaux node;
        if (!entries_.get(node_at, &node)) return malformed("its version needs leave the file");
        const auto name = name_at(node.vna_name);
        if (!name) return malformed("a version need without a name");
        one.nodes.push_back(
            {*name, static_cast<std::uint16_t>(node.vna_other & 0x7fff), (node.vna_flags & VER_FLG_WEAK) != 0});
        if (++steps_ > elf_.file_bytes / sizeof node) return malformed("its version needs run in a circle");
        if (node.vna_next == 0) break;
        if (node.vna_next < sizeof node) return malformed("version needs that overlap");
        node_at += node.vna_next;
      }
      needs->push_back(std::move(one));
      if (need.vn_next == 0) return {};
      if (need.vn_next < sizeof need) return malformed("version needs that overlap");
      at += need.vn_next;
    }
  }

  FileProblem read_defs(std::uint64_t at, std::vector<VersionNode>* defs) {
    for (;;) {
      Elf64_Verdef def;
      if (!entries_.get(at, &def)) return malformed("its version definitions leave the file");
      if (def.vd_version != VER_DEF_CURRENT) return malformed("its version definitions are garbage");
      if (++steps_ > elf_.file_bytes / sizeof def) return malformed("its version definitions run in a circle");
      if ((def.vd_flags & VER_FLG_BASE) == 0) {
        Elf64_Verdaux name;
        if (!entries_.get(at + def.vd_aux, &name)) return malformed("its version definitions leave the file");
        const auto text = name_at(name.vda_name);
        if (!text) return malformed("a version definition without a name");
        defs->push_back({*text, static_cast<std::uint16_t>(def.vd_ndx & 0x7fff), false});
      }
      if (def.vd_next == 0) return {};
      if (def.vd_next < sizeof def) return malformed("version definitions that overlap");
      at += def.vd_next;
    }
  }

 private:
  std::optional<std::string> name_at(std::uint64_t index) {
    if (index >= elf_.strings_bytes) return std::nullopt;
    return strings_.string_at(elf_.strings_at + index, elf_.strings_at + elf_.strings_bytes);
  }

  BlockReader& entries_;
  BlockReader& strings_;
  const ElfFile& elf_;
  std::uint64_t steps_ = 0;
};

/// How many entries the symbol table has. Nothing in the dynamic section says so; the hash tables do.
FileProblem count_symbols(const Bytes& bytes, BlockReader& reader, const AddressMap& map, const DynamicTable& table,
                          ElfFile* out) {
  if (const auto address = table.get(DT_GNU_HASH)) {
    std::uint64_t available = 0;
    const auto at = map.offset_of(*address, &available);
    std::uint32_t head[4];  // buckets, first hashed symbol, bloom words (8 bytes each), bloom shift
    if (!at || !reader.get(*at, &head)) return malformed("its hash table leaves the file");
    const std::uint64_t buckets_at = *at + sizeof head + std::uint64_t{head[2]} * 8;
    const std::uint64_t chains_at = buckets_at + std::uint64_t{head[0]} * 4;
    if (chains_at - *at > available) return malformed("its hash table leaves the file");
    std::vector<std::uint32_t> buckets(head[0]);
    if (!bytes.read_at(buckets_at, buckets.data(), buckets.size() * 4))
      return malformed("its hash table leaves the file");
    const auto last = std::max_element(buckets.begin(), buckets.end());
    std::uint64_t symbol = last == buckets.end() ? 0 : *last;
    if (symbol < head[1]) {
      out->num_symbols = head[1];  // nothing is exported; what stands before the first hashed one are imports
      return {};
    }
    for (;; ++symbol) {
      std::uint32_t hash = 0;
      if (!reader.get(chains_at + (symbol - head[1]) * 4, &hash)) return malformed("its hash table has no end");
      if ((hash & 1) != 0) break;
    }
    out->num_symbols = symbol + 1;
    return {};
  }
  if (const auto address = table.get(DT_HASH)) {
    const auto at = map.offset_of(*address, nullptr);
    std::uint32_t head[2];  // buckets, chain entries; the latter is the number of symbols
    if (!at || !reader.get(*at, &head)) return malformed("its hash table leaves the file");
    out->num_symbols = head[1];
  }
  return {};
}

std::uint64_t mix(std::string_view name, std::string_view version, std::uint64_t salt) {
  // FNV-1a. The salt is multiplied in: merely xored it would turn one first letter into another.
  std::uint64_t hash = (14695981039346656037ull ^ salt) * 1099511628211ull;
  for (const std::string_view part : {name, std::string_view("\0", 1), version}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  }
  return hash;
}

constexpr std::uint64_t kAnySalt = 0;      // some definition exists
constexpr std::uint64_t kVersionSalt = 1;  // a definition with this version
constexpr std::uint64_t kUnboundSalt = 2;  // a definition that answers to every version

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "not a regular file";
}

FileProblem link_problem(const std::string& path, int error) {
  struct stat link {};
  if (::lstat(path.c_str(), &link) != 0 || !S_ISLNK(link.st_mode)) {
    return {FileFault::kMissing, "the file", "nothing", std::strerror(error)};
  }
  char target[4096];
  const ssize_t length = ::readlink(path.c_str(), target, sizeof target);
  const std::string to = length > 0 ? std::string(target, static_cast<std::size_t>(length)) : std::string("?");
  return {FileFault::kDanglingLink, "the file that the link names",
          error == ELOOP ? "a loop of links" : "a link to nothing", fmt::format("{} -> {}", path, to)};
}

}  // namespace

const char* fault_code(FileFault fault) {
  switch (fault) {
    case FileFault::kNone: return "";
    case FileFault::kMissing: return "missing-library";
    case FileFault::kDanglingLink: return "dangling-link";
    case FileFault::kUnreadable: return "unreadable";
    case FileFault::kNotAFile: return "not-a-file";
    case FileFault::kEmpty: return "empty-file";
    case FileFault::kNotElf: return "not-elf";
    case FileFault::kTruncated: return "truncated-file";
    case FileFault::kMalformed: return "malformed-elf";
    case FileFault::kWrongArchitecture: return "wrong-architecture";
  }
  return "malformed-elf";
}

bool MemoryBytes::read_at(std::uint64_t offset, void* to, std::size_t count) const {
  if (offset > data_.size() || count > data_.size() - offset) return false;
  if (count > 0) std::memcpy(to, data_.data() + offset, count);
  return true;
}

std::unique_ptr<Bytes> open_bytes(const std::string& path, FileProblem* problem, FileIdentity* identity) {
  struct stat info {};
  const auto unreadable = [&] {
    const bool known = ::stat(path.c_str(), &info) == 0;
    *problem = {FileFault::kUnreadable, fmt::format("a file that user {} may read", ::geteuid()),
                known ? fmt::format("mode {:o}, owner {}", info.st_mode & 07777, info.st_uid) : "a closed directory",
                std::strerror(EACCES)};
    return nullptr;
  };
  // The kind is asked before opening: open() of a FIFO blocks, and of a device may act.
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == EACCES) return unreadable();
    *problem = link_problem(path, errno);
    return nullptr;
  }
  if (!S_ISREG(info.st_mode)) {
    *problem = {FileFault::kNotAFile, "a shared object", kind_of(info.st_mode), ""};
    return nullptr;
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    if (errno == EACCES || errno == EPERM) return unreadable();
    *problem = link_problem(path, errno);
    return nullptr;
  }
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    *problem = {FileFault::kNotAFile, "a shared object", kind_of(info.st_mode), "it changed while it was opened"};
    return nullptr;
  }
  if (identity != nullptr) *identity = {info.st_dev, info.st_ino};
  return std::make_unique<FileBytes>(fd, static_cast<std::uint64_t>(info.st_size));
}

FileProblem parse_elf(const Bytes& bytes, bool accept_program, ElfFile* out) {
  *out = ElfFile{};
  out->file_bytes = bytes.size();
  if (bytes.size() == 0) return {FileFault::kEmpty, "a shared object", "0 bytes", ""};

  char magic[SELFMAG] = {};
  const std::size_t magic_bytes = std::min<std::uint64_t>(SELFMAG, bytes.size());
  if (!bytes.read_at(0, magic, magic_bytes)) return {FileFault::kUnreadable, "its first bytes", "a read error", ""};
  if (std::memcmp(magic, ELFMAG, magic_bytes) != 0) {
    return {FileFault::kNotElf, "a shared object (ELF)", fmt::format("begins with `{}`", printable_start(bytes)), ""};
  }
  BlockReader reader(bytes);
  Elf64_Ehdr head{};
  if (!reader.get(0, &head)) return truncated(bytes.size(), sizeof head, "it ends inside the ELF header");
  if (auto problem = check_ident(bytes, head, accept_program)) return problem;
  out->type = head.e_type;
  out->machine = head.e_machine;

  AddressMap map;
  std::optional<Elf64_Phdr> dynamic;
  std::uint64_t first_address = 0;
  std::uint64_t last_end = 0;
  bool any_load = false;
  out->executable_stack = own_machine() == EM_X86_64;  // what the loader assumes without PT_GNU_STACK
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr header;
    if (!reader.get(head.e_phoff + i * sizeof header, &header)) return malformed("its program headers cannot be read");
    switch (header.p_type) {
      case PT_LOAD:
        if (auto problem = check_load(header, last_end)) return problem;
        map.add(header);
        if (!any_load) first_address = header.p_vaddr;
        any_load = true;
        last_end = header.p_vaddr + header.p_memsz;
        if (header.p_filesz > 0) out->load_end = std::max(out->load_end, header.p_offset + header.p_filesz);
        break;
      case PT_DYNAMIC: dynamic = header; break;
      case PT_GNU_STACK: out->executable_stack = (header.p_flags & PF_X) != 0; break;
      case PT_TLS: out->tls_bytes = header.p_memsz; break;
      case PT_INTERP:
        if (const auto text = reader.string_at(header.p_offset, header.p_offset + header.p_filesz)) {
          out->interpreter = *text;
        }
        break;
      default: break;
    }
  }
  if (!any_load) return malformed("nothing to load (no PT_LOAD)");
  if (auto problem = check_length(bytes, head, out->load_end)) return problem;
  out->mapped_bytes = last_end - first_address;
  if (!dynamic) {
    if (head.e_type == ET_EXEC) return {};  // a static program
    return malformed("no dynamic section");
  }
  // The loader follows the address, not the offset.
  std::uint64_t dynamic_room = 0;
  const auto dynamic_at = map.offset_of(dynamic->p_vaddr, &dynamic_room);
  if (!dynamic_at) return malformed("its dynamic section lies in no segment");
  dynamic->p_offset = *dynamic_at;
  dynamic->p_filesz = dynamic_room;

  DynamicTable table;
  if (auto problem = read_dynamic(reader, *dynamic, &table)) return problem;
  const auto strings = table.get(DT_STRTAB);
  const auto strings_bytes = table.get(DT_STRSZ);
  if (!strings || !strings_bytes) return malformed("no string table");
  std::uint64_t room = 0;
  const auto strings_at = map.offset_of(*strings, &room);
  if (!strings_at || *strings_bytes > room) return malformed("its string table leaves the file");
  out->strings_at = *strings_at;
  out->strings_bytes = *strings_bytes;

  BlockReader string_reader(bytes);
  bool bad_name = false;
  const auto name = [&](std::uint64_t index) -> std::string {
    std::optional<std::string> text;
    if (index < out->strings_bytes) {
      text = string_reader.string_at(out->strings_at + index, out->strings_at + out->strings_bytes);
    }
    if (!text) bad_name = true;
    return text.value_or("");
  };
  for (const auto index : table.needed) {
    out->needed.push_back(name(index));
    if (bad_name) break;
  }
  if (const auto index = table.get(DT_SONAME)) out->soname = name(*index);
  if (const auto index = table.get(DT_RUNPATH)) {
    out->runpath = name(*index);
    out->has_runpath = true;
  } else if (const auto rpath = table.get(DT_RPATH)) {
    out->rpath = name(*rpath);
  }
  if (bad_name) return malformed("a name outside the string table");
  out->flags = table.get(DT_FLAGS).value_or(0);
  out->flags_1 = table.get(DT_FLAGS_1).value_or(0);

  if (const auto address = table.get(DT_SYMTAB)) {
    const auto at = map.offset_of(*address, &room);
    if (!at) return malformed("its symbol table leaves the file");
    out->symbols_at = *at;
    if (auto problem = count_symbols(bytes, reader, map, table, out)) return problem;
    if (out->num_symbols > room / sizeof(Elf64_Sym)) return malformed("its symbol table leaves the file");
  }
  if (const auto address = table.get(DT_VERSYM)) {
    const auto at = map.offset_of(*address, &room);
    if (!at || out->num_symbols > room / 2) return malformed("its symbol versions leave the file");
    out->versions_at = *at;
  }
  VersionReader versions(reader, string_reader, *out);
  if (const auto address = table.get(DT_VERNEED)) {
    const auto at = map.offset_of(*address, nullptr);
    if (!at) return malformed("its version needs leave the file");
    if (auto problem = versions.read_needs(*at, &out->version_needs)) return problem;
  }
  if (const auto address = table.get(DT_VERDEF)) {
    const auto at = map.offset_of(*address, nullptr);
    if (!at) return malformed("its version definitions leave the file");
    out->has_version_defs = true;
    if (auto problem = versions.read_defs(*at, &out->version_defs)) return problem;
  }
  return {};
}

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "i386";
    case EM_ARM: return "arm";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390";
    case EM_RISCV: return "riscv";
    default: return fmt::format("machine {}", machine);
  }
}

std::uint16_t own_machine() {
#if defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_X86_64;
#endif
}

void SymbolSet::add(std::string_view name, std::string_view version, bool matches_any_version) {
  hashes_.insert(mix(name, {}, kAnySalt));
  if (!version.empty()) hashes_.insert(mix(name, version, kVersionSalt));
  if (matches_any_version) hashes_.insert(mix(name, {}, kUnboundSalt));
}

bool SymbolSet::provides(const SymbolNeed& need) const {
  if (need.version.empty()) return hashes_.contains(mix(need.name, {}, kAnySalt));
  return hashes_.contains(mix(need.name, need.version, kVersionSalt)) ||
         hashes_.contains(mix(need.name, {}, kUnboundSalt));
}

bool read_symbols(const Bytes& bytes, const ElfFile& elf, SymbolSet* exports, std::vector<SymbolNeed>* needs) {
  // parse_elf has shown that each of these ranges lies inside the file.
  std::vector<Elf64_Sym> symbols(elf.num_symbols);
  std::vector<std::uint16_t> versions(elf.versions_at != 0 ? elf.num_symbols : 0);
  std::string strings(elf.strings_bytes, '\0');
  if (!bytes.read_at(elf.symbols_at, symbols.data(), symbols.size() * sizeof(Elf64_Sym)) ||
      !bytes.read_at(elf.versions_at, versions.data(), versions.size() * 2) ||
      !bytes.read_at(elf.strings_at, strings.data(), strings.size())) {
    return false;
  }
  struct Version {
    const VersionNode* node;
    const std::string* file;
  };
  std::map<std::uint16_t, Version> wanted;
  for (const auto& need : elf.version_needs) {
    for (const auto& node : need.nodes) wanted[node.index] = {&node, &need.file};
  }
  std::map<std::uint16_t, const VersionNode*> defined;
  for (const auto& node : elf.version_defs) defined[node.index] = &node;

  for (std::size_t i = 1; i < symbols.size(); ++i) {
    const auto& symbol = symbols[i];
    const auto binding = ELF64_ST_BIND(symbol.st_info);
    if (binding != STB_GLOBAL && binding != STB_WEAK && binding != STB_GNU_UNIQUE) continue;
    if (symbol.st_name >= strings.size()) return false;
    const char* start = strings.data() + symbol.st_name;
    const std::string_view name(start, ::strnlen(start, strings.size() - symbol.st_name));
    if (name.empty()) continue;
    const std::uint16_t raw = versions.empty() ? 1 : versions[i];
    const std::uint16_t index = raw & 0x7fff;
    if (symbol.st_shndx == SHN_UNDEF) {
      if (needs == nullptr || binding == STB_WEAK) continue;
      SymbolNeed need{std::string(name), "", ""};
      if (const auto it = wanted.find(index); it != wanted.end()) {
        need.version = it->second.node->name;
        need.provider = *it->second.file;
      }
      needs->push_back(std::move(need));
    } else if (exports != nullptr) {
      const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
      if (visibility == STV_HIDDEN || visibility == STV_INTERNAL) continue;
      const auto it = defined.find(index);
      const bool any = !elf.has_version_defs || (it == defined.end() && (raw & 0x8000) == 0);
      exports->add(name, it == defined.end() ? std::string_view() : std::string_view(it->second->name), any);
    }
  }
  return true;
}

}  // namespace tonearm::doctor
