// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Files by pread: safe against truncation while we read (mmap would end the process with SIGBUS), good on NFS.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

#include "core/source/byte_source.h"

namespace tonearm::core {
namespace {

std::string quoted(const std::string& path) { return "\"" + path + "\""; }

std::string errno_text(int number) { return std::generic_category().message(number); }

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

class FileSource final : public ByteSource {
 public:
  FileSource(FileDescriptor fd, std::uint64_t size, std::string name)
      : ByteSource(std::move(name)), fd_(std::move(fd)), size_(size) {
    const ssize_t n = pread(fd_.get(), head_.data(), head_.size(), 0);
    if (n > 0) head_size_ = static_cast<std::size_t>(n);  // a failure shows again when the bytes are asked for
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset <= head_size_ && out.size() <= head_size_ - offset) {
      std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
      return out.size();
    }
    std::size_t done = 0;
    while (done < out.size()) {
      const std::uint64_t position = offset + done;
      if (position > static_cast<std::uint64_t>(INT64_MAX)) break;
      const ssize_t n = pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(position));
      if (n == 0) break;
      if (n < 0) {
        if (errno == EINTR) continue;
        Error error =
            make_error(ErrorCode::kIo, Stage::kSource, "cannot read " + quoted(name()), name(), {}, errno_text(errno));
        error.byte_offset = static_cast<std::int64_t>(position);
        return error;
      }
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  std::optional<std::uint64_t> size() const override { return size_; }
  bool reads_concurrently() const override { return true; }  // pread keeps no position

 private:
  FileDescriptor fd_;
  std::uint64_t size_;
  // What the probe and then a decoder's header reader ask for: kept, each system call counts for a short file.
  std::array<std::byte, 4096> head_;
  std::size_t head_size_ = 0;
};

/// A FIFO, terminal or device, read from its descriptor in order.
class SpecialFile {
 public:
  explicit SpecialFile(FileDescriptor fd) : fd_(std::move(fd)) {}
  void set_stop(StopToken* stop) { stop_ = stop; }
  static std::int64_t read(void* context, void* out, std::size_t size) {
    auto* self = static_cast<SpecialFile*>(context);
    const int fd = self->fd_.get();
    // A FIFO that no writer has opened yet reads as ended; poll waits for the first one.
    constexpr int kPollEveryMilliseconds = 20;
    pollfd waiting{fd, POLLIN, 0};
    while (true) {
      const int ready = poll(&waiting, 1, self->stop_ == nullptr ? -1 : kPollEveryMilliseconds);
      if (ready > 0 || (ready < 0 && errno != EINTR)) break;
      if (self->stop_ != nullptr && !self->stop_->check()) return -1;
    }
    ssize_t n = 0;
    do n = ::read(fd, out, size);
    while (n < 0 && errno == EINTR);
    return n;
  }

 private:
  FileDescriptor fd_;
  StopToken* stop_ = nullptr;
};

class SpecialFileSource final : public ByteSource {
 public:
  SpecialFileSource(FileDescriptor fd, std::string name, std::uint64_t max_bytes)
      : ByteSource(name), file_(std::move(fd)) {
    StreamCallbacks callbacks;
    callbacks.context = &file_;
    callbacks.read = &SpecialFile::read;
    spool_ = make_callback_source(callbacks, std::move(name), max_bytes);
  }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    return spool_->read_at(offset, out);
  }
  std::optional<std::uint64_t> size() const override { return spool_->size(); }
  void set_stop(StopToken* stop) override {
    file_.set_stop(stop);
    spool_->set_stop(stop);
  }

 private:
  SpecialFile file_;
  std::unique_ptr<ByteSource> spool_;
};

const char* kind_name(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode)) return "a character device";
  if (S_ISBLK(mode)) return "a block device";
  return "not a regular file";
}

/// "https" for "https://host/x", else empty.
std::string_view url_scheme(std::string_view path) {
  const std::size_t colon = path.find("://");
  if (colon == std::string_view::npos || colon < 2) return {};
  const std::string_view scheme = path.substr(0, colon);
  const bool plain = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
           c == '.';
  });
  return plain ? scheme : std::string_view{};
}

Error open_error(const std::string& path, int number) {
  const std::string what = "cannot open " + quoted(path);
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      if (!url_scheme(path).empty()) {
        return make_error(ErrorCode::kInvalidArgument, Stage::kSource, what + ": it is a URL", path, "a local file",
                          "the scheme " + std::string(url_scheme(path)),
                          "open it first, for example with fsspec.open(url), and pass the file object");
      }
      return make_error(ErrorCode::kNotFound, Stage::kSource, what + ": no such file", path, "an existing file",
                        errno_text(number));
    case EACCES:
    case EPERM:
      return make_error(ErrorCode::kPermission, Stage::kSource, what + ": permission denied", path,
                        "read permission for user " + std::to_string(geteuid()), errno_text(number));
    default: return make_error(ErrorCode::kIo, Stage::kSource, what, path, {}, errno_text(number));
  }
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, bool allow_special, std::uint64_t max_bytes) {
  if (path.empty()) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kSource, "cannot open \"\": the path is empty", path,
                      "the path of a file", "an empty string");
  }
  // O_NONBLOCK: opening a FIFO without a writer must not block; it has no effect on regular files.
  FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (fd.get() < 0) return open_error(path, errno);
  struct stat status {};
  if (fstat(fd.get(), &status) != 0) return open_error(path, errno);
  if (S_ISREG(status.st_mode)) {
    return std::unique_ptr<ByteSource>(
        std::make_unique<FileSource>(std::move(fd), static_cast<std::uint64_t>(status.st_size), path));
  }
  const bool readable_in_order = S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode);
  if (!allow_special || !readable_in_order) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kSource,
                      "cannot open " + quoted(path) + ": it is " + kind_name(status.st_mode), path, "a regular file",
                      kind_name(status.st_mode),
                      readable_in_order ? "pass an open file object, or allow special files" : "");
  }
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  return std::unique_ptr<ByteSource>(std::make_unique<SpecialFileSource>(std::move(fd), path, max_bytes));
}

Result<void> read_exact(ByteSource& source, std::uint64_t offset, std::span<std::byte> out) {
  auto got = source.read_at(offset, out);
  if (!got) return got.error();
  if (*got == out.size()) return {};
  Error error = make_error(ErrorCode::kCorruptData, Stage::kOpen, "\"" + source.name() + "\" ends too early",
                           source.name(), std::to_string(out.size()) + " bytes at byte " + std::to_string(offset),
                           std::to_string(*got) + " bytes");
  error.byte_offset = static_cast<std::int64_t>(offset + *got);
  return error;
}

}  // namespace tonearm::core
