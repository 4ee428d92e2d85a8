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

/// A user's stream that is left alone once its reader should stop.
class StreamSource : public ByteSource {
 public:
  StreamSource(const StreamCallbacks& callbacks, std::string name)
      : ByteSource(std::move(name)), callbacks_(callbacks) {}
  void set_stop(StopToken* stop) override { stop_ = stop; }

 protected:
  Result<void> seek_stream(std::uint64_t offset) {
    if (auto go_on = check(); !go_on) return go_on;
    if (callbacks_.seek(callbacks_.context, offset) != 0) return stream_error(name(), offset, "seek");
    return {};
  }
  /// Some of the next bytes, which stand at `offset`; none at the end.
  Result<std::size_t> read_stream(std::uint64_t offset, std::span<std::byte> out) {
    if (auto go_on = check(); !go_on) return go_on.error();
    const std::int64_t n = callbacks_.read(callbacks_.context, out.data(), out.size());
    if (n >= 0 && static_cast<std::uint64_t>(n) <= out.size()) return static_cast<std::size_t>(n);
    if (auto go_on = check(); !go_on) return go_on.error();
    return stream_error(name(), offset, "read");
  }

 private:
  Result<void> check() { return stop_ == nullptr ? Result<void>() : stop_->check(); }

  StreamCallbacks callbacks_;
  StopToken* stop_ = nullptr;
};

/// Keeps one block; seeks the stream where the next byte wanted is elsewhere.
class SeekableStreamSource final : public StreamSource {
 public:
  SeekableStreamSource(const StreamCallbacks& callbacks, std::string name) : StreamSource(callbacks, std::move(name)) {
    const std::int64_t size = callbacks.size == nullptr ? -1 : callbacks.size(callbacks.context);
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
      if (auto moved = seek_stream(offset); !moved) return moved;
      position_ = offset;
    }
    block_.resize(kBlock);
    std::size_t done = 0;
    while (done < kBlock) {
      auto got = read_stream(offset + done, std::span(block_).subspan(done));
      if (!got) {
        block_.clear();
        position_.reset();
        return got.error();
      }
      if (*got == 0) break;
      done += *got;
    }
    block_.resize(done);
    block_start_ = offset;
    position_ = offset + done;
    return {};
  }

  std::optional<std::uint64_t> size_;
  std::optional<std::uint64_t> position_;  ///< of the stream; unknown before the first seek and after a failure
  std::uint64_t block_start_ = 0;
  std::vector<std::byte> block_;
};

/// Keeps everything read so far, so that decoders may go back.
class SpooledStreamSource final : public StreamSource {
 public:
  SpooledStreamSource(const StreamCallbacks& callbacks, std::string name, std::uint64_t max_bytes)
      : StreamSource(callbacks, std::move(name)), max_bytes_(max_bytes) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::uint64_t want = offset > UINT64_MAX - out.size() ? UINT64_MAX : offset + out.size();
    while (!ended_ && spool_.size() < want) {
      auto more = read_block();
      if (!more) return more.error();
    }
    if (offset >= spool_.size()) return std::size_t{0};
    const std::size_t n = std::min(out.size(), spool_.size() - static_cast<std::size_t>(offset));
    std::copy_n(spool_.data() + offset, n, out.data());
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
    auto got = read_stream(old_size, std::span(spool_).subspan(old_size));
    spool_.resize(got ? old_size + *got : old_size);
    if (!got) return got.error();
    ended_ = *got == 0;
    return {};
  }

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
