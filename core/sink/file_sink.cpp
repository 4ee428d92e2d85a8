// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A file that is replaced whole or not at all: a temporary file in the same directory, fsync, rename.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "core/sink/byte_sink.h"

namespace tonearm::core {
namespace {

std::string quoted(const std::string& path) { return "\"" + path + "\""; }

Error save_error(const std::string& path, int number) {
  const std::string what = "cannot save " + quoted(path);
  const std::string found = std::generic_category().message(number);
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return make_error(ErrorCode::kNotFound, Stage::kSave, what + ": no such directory", path, "an existing directory",
                        found);
    case EACCES:
    case EPERM:
    case EROFS:
      return make_error(
          ErrorCode::kPermission, Stage::kSave, what + ": permission denied", path,
          "permission to write the file and to create files in its directory, for user " + std::to_string(geteuid()),
          found);
    default: return make_error(ErrorCode::kIo, Stage::kSave, what + ": " + found, path, {}, found);
  }
}

/// Where a file is at `path` already: what of it is kept.
struct OldFile {
  bool exists = false;
  struct stat status {};
};

class FileSink final : public ByteSink {
 public:
  FileSink(std::string path, std::string target, std::string temporary, int fd)
      : ByteSink(std::move(path)), target_(std::move(target)), temporary_(std::move(temporary)), fd_(fd) {}
  ~FileSink() override {
    if (fd_ >= 0) close(fd_);
    if (!committed_) unlink(temporary_.c_str());
  }

 private:
  Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        Error error = save_error(name(), n < 0 ? errno : EIO);
        error.byte_offset = static_cast<std::int64_t>(offset + done);
        return error;
      }
      done += static_cast<std::size_t>(n);
    }
    return {};
  }

  Result<void> finish() override {
    // Some file systems cannot sync (EINVAL); on all others the bytes must be there before the name is.
    if (fsync(fd_) != 0 && errno != EINVAL) return save_error(name(), errno);
    const bool closed = close(fd_) == 0;  // network file systems report late write errors here
    fd_ = -1;
    if (!closed) return save_error(name(), errno);
    if (rename(temporary_.c_str(), target_.c_str()) != 0) return save_error(name(), errno);
    committed_ = true;
    sync_directory();
    return {};
  }

  /// Makes the rename itself durable. The file is complete either way, so failure is no error.
  void sync_directory() const {
    const std::string directory = target_.substr(0, target_.rfind('/') + 1);
    const int fd = open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    fsync(fd);
    close(fd);
  }

  std::string target_;     ///< what is replaced: `path` with its links followed
  std::string temporary_;  ///< in the same directory
  int fd_;
  bool committed_ = false;
};

Result<OldFile> look_at(const std::string& path) {
  OldFile old;
  if (stat(path.c_str(), &old.status) != 0) {
    if (errno == ENOENT) return old;
    return save_error(path, errno);
  }
  old.exists = true;
  if (!S_ISREG(old.status.st_mode)) {
    const bool directory = S_ISDIR(old.status.st_mode);
    return make_error(ErrorCode::kInvalidArgument, Stage::kSave,
                      "cannot save " + quoted(path) + ": it is " + (directory ? "a directory" : "not a regular file"),
                      path, "a regular file, or a new name", directory ? "a directory" : "a FIFO, socket or device",
                      directory ? "" : "pass an open file object");
  }
  if (faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) return save_error(path, errno);
  return old;
}

}  // namespace

Result<std::unique_ptr<ByteSink>> create_file(const std::string& path) {
  if (path.empty()) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kSave, "cannot save \"\": the path is empty", path,
                      "the path of a file", "an empty string");
  }
  auto old = look_at(path);
  if (!old) return old.error();
  std::string target = path;
  if (char* resolved = old->exists ? realpath(path.c_str(), nullptr) : nullptr) {
    target = resolved;
    std::free(resolved);
  }
  // Not made of the file's own name, which may be as long as a name can be.
  static std::atomic<unsigned> counter{0};
  const std::string directory = target.substr(0, target.rfind('/') + 1);
  std::string temporary;
  int fd = -1;
  for (int attempt = 0; attempt < 100 && fd < 0; ++attempt) {
    temporary = directory + ".tonearm-" + std::to_string(getpid()) + "-" + std::to_string(counter++) + ".tmp";
    fd = open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);  // less the process's umask
    if (fd < 0 && errno != EEXIST) break;
  }
  if (fd < 0) return save_error(path, errno);
  auto sink = std::make_unique<FileSink>(path, std::move(target), std::move(temporary), fd);
  if (old->exists) {
    // The owner first: changing it clears set-user-ID bits. Only root may; the mode is kept in any case.
    if (fchown(fd, old->status.st_uid, old->status.st_gid) != 0 && errno != EPERM) return save_error(path, errno);
    if (fchmod(fd, old->status.st_mode & 07777) != 0) return save_error(path, errno);
  }
  return std::unique_ptr<ByteSink>(std::move(sink));
}

}  // namespace tonearm::core
