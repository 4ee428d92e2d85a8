// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/library/library.h"

namespace tonearm::core {
namespace {

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
constexpr unsigned kMachine = EM_NONE;  // not checked
#endif
constexpr unsigned kClass = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

Error unusable(const std::string& path, std::string needed, std::string found) {
  return make_error(ErrorCode::kMissingDependency, Stage::kDependency, "cannot use the library \"" + path + "\"", path,
                    std::move(needed), std::move(found));
}

std::string errno_text(int number) { return std::generic_category().message(number); }

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool read_exactly(int fd, std::uint64_t offset, void* out, std::size_t size) {
  auto* to = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t got = pread(fd, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

}  // namespace

Result<void> check_library_file(const std::string& path) {
  // Non-blocking, so that a FIFO of that name does not hold us up.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return unusable(path, "a readable file", errno_text(errno));
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return unusable(path, "a readable file", errno_text(errno));
  if (!S_ISREG(status.st_mode)) return unusable(path, "a regular file", kind_of(status.st_mode));
  const auto file_bytes = static_cast<std::uint64_t>(status.st_size);
  if (file_bytes == 0) return unusable(path, "a shared library", "an empty file");

  ElfW(Ehdr) header{};
  const std::size_t have = file_bytes < sizeof header ? static_cast<std::size_t>(file_bytes) : sizeof header;
  if (!read_exactly(file.get(), 0, &header, have)) return unusable(path, "a readable file", "a read error");
  if (have < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return unusable(path, "a shared library (ELF)", "a file of another kind");
  }
  if (have < sizeof header) {
    return unusable(path, "at least " + std::to_string(sizeof header) + " bytes",
                    std::to_string(file_bytes) + " bytes: the file is truncated");
  }
  if (header.e_ident[EI_CLASS] != kClass || (kMachine != EM_NONE && header.e_machine != kMachine)) {
    return unusable(path, "a library for this machine (ELF machine " + std::to_string(kMachine) + ")",
                    "a library for another (ELF machine " + std::to_string(header.e_machine) + ", class " +
                        std::to_string(header.e_ident[EI_CLASS]) + ")");
  }
  if (header.e_type != ET_DYN || header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_phnum == 0) {
    return unusable(
        path, "a shared library (ET_DYN with program headers)",
        "ELF type " + std::to_string(header.e_type) + " with " + std::to_string(header.e_phnum) + " program headers");
  }
  // The loader maps segments without asking whether the file holds them: touching one beyond the end is SIGBUS.
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    ElfW(Phdr) segment{};
    const std::uint64_t at = header.e_phoff + std::uint64_t{i} * sizeof segment;
    if (header.e_phoff > file_bytes || !read_exactly(file.get(), at, &segment, sizeof segment)) {
      return unusable(path, "program headers within the file",
                      std::to_string(file_bytes) + " bytes: the file is truncated");
    }
    if (segment.p_type != PT_LOAD) continue;
    if (segment.p_offset > file_bytes || segment.p_filesz > file_bytes - segment.p_offset) {
      return unusable(path, "at least " + std::to_string(segment.p_offset + segment.p_filesz) + " bytes",
                      std::to_string(file_bytes) + " bytes: the file is truncated");
    }
  }
  return {};
}

OpenLibrary::~OpenLibrary() {
  if (handle_ != nullptr && !kept_) dlclose(handle_);
}

void OpenLibrary::swap(OpenLibrary& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  std::swap(next_, other.next_);
  std::swap(kept_, other.kept_);
}

Result<OpenLibrary> OpenLibrary::open(const std::string& path, const std::string& next) {
  if (auto checked = check_library_file(path); !checked) {
    Error error = checked.error();
    error.next = next;
    return error;
  }
  OpenLibrary library;
  library.path_ = path;
  library.next_ = next;
  library.handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle_ == nullptr) {
    const char* text = dlerror();
    Error error = unusable(path, "a library that the system's loader accepts",
                           std::string("the loader says: ") + (text != nullptr ? text : "nothing"));
    error.next = next;
    return error;
  }
  return library;
}

void* OpenLibrary::find_symbol(const char* name) const { return handle_ != nullptr ? dlsym(handle_, name) : nullptr; }

Error OpenLibrary::missing_symbol(const char* name) const {
  return make_error(ErrorCode::kMissingDependency, Stage::kDependency, "cannot use the library \"" + path_ + "\"", name,
                    "the function " + std::string(name), "it is not in " + path_, next_);
}

}  // namespace tonearm::core
