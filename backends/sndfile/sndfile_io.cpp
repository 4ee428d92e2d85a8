// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_io.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>

namespace tonearm::sndfile {
namespace {

constexpr std::size_t kWindowBytes = std::size_t{64} << 10;

}  // namespace

core::Result<void> IoContext::measure() {
  if (const auto known = source_.size()) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    size_ = static_cast<std::int64_t>(std::min(*known, most));
    return {};
  }
  std::vector<std::byte> chunk(kWindowBytes);
  std::uint64_t offset = 0;
  for (;;) {
    if (stop_ != nullptr) {
      if (auto go = stop_->check(); !go) return go.error();
    }
    auto got = source_.read_at(offset, chunk);
    if (!got) return got.error();
    offset += *got;
    if (*got < chunk.size()) break;
  }
  size_ = static_cast<std::int64_t>(offset);
  return {};
}

std::int64_t IoContext::read(std::byte* out, std::int64_t count) {
  if (error_ || count <= 0 || position_ >= size_) return 0;
  if (stop_ != nullptr) {
    if (auto go = stop_->check(); !go) {
      error_ = go.error();
      return 0;
    }
  }
  const std::int64_t wanted = std::min(count, size_ - position_);
  std::int64_t done = 0;
  while (done < wanted) {
    const std::int64_t in_window = position_ - window_start_;
    if (in_window < 0 || in_window >= static_cast<std::int64_t>(window_.size())) {
      window_.resize(kWindowBytes);
      auto got = source_.read_at(static_cast<std::uint64_t>(position_), window_);
      if (!got) {
        window_.clear();
        error_ = got.error();
        return done;
      }
      window_.resize(*got);
      window_start_ = position_;
      if (*got == 0) return done;
      continue;
    }
    const std::int64_t step = std::min(wanted - done, static_cast<std::int64_t>(window_.size()) - in_window);
    std::memcpy(out + done, window_.data() + in_window, static_cast<std::size_t>(step));
    done += step;
    position_ += step;
  }
  return done;
}

std::int64_t IoContext::seek(std::int64_t offset, int whence) {
  std::int64_t base = 0;
  if (whence == SEEK_CUR) base = position_;
  if (whence == SEEK_END) base = size_;
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return -1;
  position_ = target;
  return position_;
}

SfVirtualIo IoContext::callbacks() {
  SfVirtualIo io{};
  io.get_filelen = [](void* user) -> std::int64_t { return static_cast<IoContext*>(user)->size_; };
  io.seek = [](std::int64_t offset, int whence, void* user) -> std::int64_t {
    return static_cast<IoContext*>(user)->seek(offset, whence);
  };
  io.read = [](void* out, std::int64_t count, void* user) -> std::int64_t {
    auto& self = *static_cast<IoContext*>(user);
    try {
      return self.read(static_cast<std::byte*>(out), count);
    } catch (const std::exception& e) {  // an exception must not pass through C frames
      self.error_ = core::make_error(core::ErrorCode::kInternal, core::Stage::kDecode,
                                     std::string("reading the source threw: ") + e.what(), self.source_.name());
    } catch (...) {
      self.error_ = core::make_error(core::ErrorCode::kInternal, core::Stage::kDecode, "reading the source threw",
                                     self.source_.name());
    }
    return 0;
  };
  io.write = [](const void*, std::int64_t, void*) -> std::int64_t { return 0; };
  io.tell = [](void* user) -> std::int64_t { return static_cast<IoContext*>(user)->position_; };
  return io;
}

}  // namespace tonearm::sndfile
