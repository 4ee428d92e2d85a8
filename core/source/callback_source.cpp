// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A user's stream. Reads go through one read-ahead block, since crossing into Python costs far more than copying.
#include <algorithm>
#include <cstring>
#include <vector>

#include "core/source/byte_source.h"

namespace tonearm::core {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;  ///< bytes asked of the stream at a time

Error stream_error(const std::string& name, std::uint64_t offset, const char* action) {
  Error error = make_error(ErrorCode::kIo, Stage::kSource, "cannot " + std::string(action) + " " + name, name, {},
                           "the stream's own " + std::string(action) + " failed");
  error.byte_offset = static_cast<std::int64_t>(offset);
  return error;
}

/// Keeps one block; seeks the stream where the next byte wanted is elsewhere.
class SeekableStreamSource final : public ByteSource {
 public:
  SeekableStreamSource(const StreamCallbacks& callbacks, std::string name)
      : ByteSource(std::move(name)), callbacks_(callbacks) {
    const std::int64_t size = callbacks_.size == nullptr ? -1 : callbacks_.size(callbacks_.context);
    if (size >= 0) size_ = static_cast<std::uint64_t>(size);
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const std::uint64_t at = offset + done;
      if (at < block_start_ || at >= block_start_ + block_.size()) {
        auto filled = fill(at);
        if (!filled) return filled.error();
        if (block_.empty()) break;
      }
      const std::size_t skip = static_cast<std::size_t>(at - block_start_);
      const std::size_t n = std::min(out.size() - done, block_.size() - skip);
      std::memcpy(out.data() + done, block_.data() + skip, n);
      done += n;
    }
    return done;
  }
  std::optional<std::uint64_t> size() const override { return size_; }

 private:
  Result<void> fill(std::uint64_t offset) {
    block_.clear();
    if (!position_ || *position_ != offset) {
      position_.reset();
      if (callbacks_.seek(callbacks_.context, offset) != 0) return stream_error(name(), offset, "seek");
      position_ = offset;
    }
    block_.resize(kBlock);
    std::size_t done = 0;
    while (done < kBlock) {
      const std::int64_t n = callbacks_.read(callbacks_.context, block_.data() + done, kBlock - done);
      if (n < 0 || static_cast<std::uint64_t>(n) > kBlock - done) {
        block_.clear();
        position_.reset();
        return stream_error(name(), offset + done, "read");
      }
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    block_.resize(done);
    block_start_ = offset;
    position_ = offset + done;
    return {};
  }

  StreamCallbacks callbacks_;
  std::optional<std::uint64_t> size_;
  std::optional<std::uint64_t> position_;  ///< of the stream; unknown before the first seek and after a failure
  std::uint64_t block_start_ = 0;
  std::vector<std::byte> block_;
};

/// Keeps everything read so far, so that decoders may go back.
class SpooledStreamSource final : public ByteSource {
 public:
  SpooledStreamSource(const StreamCallbacks& callbacks, std::string name, std::uint64_t max_bytes)
      : ByteSource(std::move(name)), callbacks_(callbacks), max_bytes_(max_bytes) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::uint64_t want = offset > UINT64_MAX - out.size() ? UINT64_MAX : offset + out.size();
    while (!ended_ && spool_.size() < want) {
      auto more = read_block();
      if (!more) return more.error();
    }
    if (offset >= spool_.size()) return std::size_t{0};
    const std::size_t n = std::min(out.size(), spool_.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), spool_.data() + offset, n);
    return n;
  }

  std::optional<std::uint64_t> size() const override {
    return ended_ ? std::optional<std::uint64_t>(spool_.size()) : std::nullopt;
  }

 private:
  Result<void> read_block() {
    const std::size_t old_size = spool_.size();
    if (old_size >= max_bytes_) {
      return make_error(ErrorCode::kLimitReached, Stage::kSource, "cannot read " + name() + ": too many bytes", name(),
                        "at most " + std::to_string(max_bytes_) + " bytes (max_bytes)", "more", "raise max_bytes");
    }
    spool_.resize(old_size + kBlock);
    const std::int64_t n = callbacks_.read(callbacks_.context, spool_.data() + old_size, kBlock);
    const bool failed = n < 0 || static_cast<std::uint64_t>(n) > kBlock;
    spool_.resize(failed ? old_size : old_size + static_cast<std::size_t>(n));
    if (failed) return stream_error(name(), old_size, "read");
    ended_ = n == 0;
    return {};
  }

  StreamCallbacks callbacks_;
  std::uint64_t max_bytes_;
  std::vector<std::byte> spool_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> make_callback_source(const StreamCallbacks& callbacks, std::string name,
                                                 std::uint64_t max_bytes) {
  if (callbacks.seek != nullptr) return std::make_unique<SeekableStreamSource>(callbacks, std::move(name));
  return std::make_unique<SpooledStreamSource>(callbacks, std::move(name), max_bytes);
}

}  // namespace tonearm::core
