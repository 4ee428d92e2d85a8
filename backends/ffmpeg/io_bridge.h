// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// IoBridge: FFmpeg's read, seek, open and interrupt callbacks over a ByteSource and a StopToken.
// Place in the flow: between core/source and libavformat. Nothing thrown crosses it; what failed is kept in error().
#pragma once

#include <cstdint>
#include <optional>

#include "backends/ffmpeg/ffmpeg_handles.h"
#include "core/registry/decoder.h"

namespace tonearm::ffmpeg {

/// Bytes of FFmpeg's read buffer. Below 8 KiB FFmpeg 4's FLAC parser loses samples; 64 KiB reads a file in few calls.
inline constexpr int kIoBufferBytes = 64 * 1024;

/// Neither copied nor moved: FFmpeg holds its address. Borrows the source and the token.
class IoBridge {
 public:
  /// FFmpeg sees the first `head` bytes of the source and, right behind them, those from `resume` on.
  IoBridge(core::ByteSource& source, std::uint64_t head, std::uint64_t resume, core::StopToken* stop)
      : source_(source), head_(head), resume_(resume), stop_(stop) {}
  IoBridge(const IoBridge&) = delete;
  IoBridge& operator=(const IoBridge&) = delete;

  /// An AVIOContext that reads from here. Null where memory is short. Must be freed before the bridge.
  IoHandle make_io(const Api& api);
  InterruptCallback interrupt() { return {&IoBridge::on_interrupt, this}; }
  /// Refuses every file or URL that a container names.
  static OpenCallback* refuse_open() { return &IoBridge::on_open; }

  /// The first read error or stop request met inside FFmpeg.
  const std::optional<core::Error>& error() const { return error_; }

 private:
  static int on_read(void* opaque, std::uint8_t* out, int size) noexcept;
  static std::int64_t on_seek(void* opaque, std::int64_t offset, int whence) noexcept;
  static int on_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) noexcept;
  static int on_interrupt(void* opaque) noexcept;

  void keep_error(core::Error error) noexcept;

  core::ByteSource& source_;
  std::uint64_t head_;
  std::uint64_t resume_;
  core::StopToken* stop_;
  std::uint64_t position_ = 0;  ///< as FFmpeg counts
  std::optional<core::Error> error_;
};

}  // namespace tonearm::ffmpeg
