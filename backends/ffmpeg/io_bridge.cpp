// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/io_bridge.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>

namespace tonearm::ffmpeg {

void IoBridge::keep_error(core::Error error) noexcept {
  if (!error_) error_ = std::move(error);
}

IoHandle IoBridge::make_io(const Api& api) {
  auto* buffer = static_cast<unsigned char*>(api.av_malloc(kIoBufferBytes));
  if (buffer == nullptr) return IoHandle(nullptr, IoDeleter{&api});
  AVIOContext* io = api.avio_alloc_context(buffer, kIoBufferBytes, 0, this, &on_read, nullptr, &on_seek);
  if (io == nullptr) {
    api.av_free(buffer);
    return IoHandle(nullptr, IoDeleter{&api});
  }
  // Without a size FFmpeg cannot look at the end, and a seek there would read everything.
  IoView(*api.layout, io).set_seekable(source_.size().has_value());
  return IoHandle(io, IoDeleter{&api});
}

int IoBridge::on_read(void* opaque, std::uint8_t* out, int size) noexcept {
  auto* self = static_cast<IoBridge*>(opaque);
  if (size <= 0) return 0;
  try {
    const bool in_head = self->position_ < self->head_;
    const std::uint64_t offset = in_head ? self->position_ : self->position_ - self->head_ + self->resume_;
    const std::uint64_t wanted = in_head ? std::min<std::uint64_t>(self->head_ - self->position_, size) : size;
    auto got = self->source_.read_at(offset, {reinterpret_cast<std::byte*>(out), static_cast<std::size_t>(wanted)});
    if (!got) {
      self->keep_error(std::move(got.error()));
      return -EIO;
    }
    self->position_ += *got;
    return *got == 0 ? kErrorEof : static_cast<int>(*got);
  } catch (const std::exception& thrown) {
    self->keep_error(core::make_error(core::ErrorCode::kIo, core::Stage::kSource, "reading the source failed",
                                      self->source_.name(), {}, thrown.what()));
  } catch (...) {
    self->keep_error(core::make_error(core::ErrorCode::kIo, core::Stage::kSource, "reading the source failed",
                                      self->source_.name()));
  }
  return -EIO;
}

std::int64_t IoBridge::on_seek(void* opaque, std::int64_t offset, int whence) noexcept {
  auto* self = static_cast<IoBridge*>(opaque);
  try {
    auto size = self->source_.size();
    if (size) *size = self->head_ + *size - std::min(*size, self->resume_);
    std::int64_t base = 0;
    switch (whence & ~kSeekForce) {
      case kSeekSize: return size ? static_cast<std::int64_t>(*size) : -ENOSYS;
      case SEEK_SET: break;
      case SEEK_CUR: base = static_cast<std::int64_t>(self->position_); break;
      case SEEK_END:
        if (!size) return -ENOSYS;
        base = static_cast<std::int64_t>(*size);
        break;
      default: return -EINVAL;
    }
    std::int64_t target = 0;
    if (__builtin_add_overflow(base, offset, &target) || target < 0) return -EINVAL;
    self->position_ = static_cast<std::uint64_t>(target);
    return target;
  } catch (...) {
    return -EIO;
  }
}

int IoBridge::on_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) noexcept { return -EPERM; }

int IoBridge::on_interrupt(void* opaque) noexcept {
  auto* self = static_cast<IoBridge*>(opaque);
  if (self->stop_ == nullptr) return 0;
  try {
    auto go_on = self->stop_->check();
    if (go_on) return 0;
    self->keep_error(std::move(go_on.error()));
  } catch (...) {
    self->keep_error(core::make_error(core::ErrorCode::kCancelled, core::Stage::kDecode, "decoding was stopped"));
  }
  return 1;
}

}  // namespace tonearm::ffmpeg
