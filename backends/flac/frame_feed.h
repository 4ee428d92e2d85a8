// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// FrameFeed: where frames come from, one after another: a native FLAC file or the packets of an Ogg stream.
// Place in the flow: under the decoder, which knows nothing of containers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/flac/byte_window.h"
#include "backends/flac/frame.h"
#include "core/registry/decoder.h"

namespace tonearm::flac {

/// How frame numbers become positions. A stream cut out of a longer one does not start at zero.
struct Numbering {
  unsigned fixed_block = 0;  ///< samples in every frame but the last, where `number` counts frames
  std::int64_t base = 0;     ///< sample number of the first frame

  std::int64_t position(const FrameHeader& h) const {
    const std::uint64_t start = h.variable ? h.number : h.number * fixed_block;  // < 2^47
    return static_cast<std::int64_t>(start) - base;
  }
};

/// What a feed needs to recognise frames of this stream.
struct StreamContext {
  StreamHeader stream;
  Numbering numbering;
  std::vector<SeekPoint> seek_points;
  core::StopToken* stop = nullptr;
};

/// The longest frame that is looked at: twice 65,535 uncompressed samples of 8 channels at 32 bits.
inline constexpr std::size_t kMaxFrameBytes = std::size_t{4} << 20;

/// Decodes a frame out of what `peek(want)` gives, asking for more bytes as it turns out to be longer.
template <class Peek>
core::Result<FrameStatus> decode_growing(const Peek& peek, FrameDecoder& frame, const StreamHeader& stream) {
  std::size_t want = std::size_t{16} << 10;
  std::size_t had = 0;
  for (;;) {
    core::Result<Bytes> bytes = peek(want);
    if (!bytes) return bytes.error();
    if (bytes->size() <= had) return FrameStatus::kNeedMore;
    const FrameStatus status = frame.decode(*bytes, stream);
    if (status != FrameStatus::kNeedMore || bytes->size() >= kMaxFrameBytes) return status;
    had = bytes->size();
    want = 2 * had;
  }
}

class FrameFeed {
 public:
  virtual ~FrameFeed() = default;

  /// Bytes from the current frame on, at least `want` unless the frame or the source cannot have more; empty at the
  /// end. Valid until the next call.
  virtual core::Result<Bytes> peek(std::size_t want) = 0;

  /// Goes past a frame of `bytes` bytes.
  virtual void advance(std::size_t bytes) = 0;

  /// Goes to the next place behind damage where a frame may start; false at the end.
  virtual core::Result<bool> skip() = 0;

  /// Where the current frame starts in the source, for messages.
  virtual std::uint64_t offset() const = 0;

  /// Where another stream begins behind the end of this one, once that end was met.
  virtual std::optional<std::uint64_t> other_stream() const { return std::nullopt; }

  /// Goes to the start of a frame at or before the one that holds `target`, and near it.
  virtual core::Result<void> locate(std::int64_t target, const StreamContext& context) = 0;

  /// The position behind the last frame, found at the end of the source; nothing where that cannot be told.
  virtual core::Result<std::optional<std::int64_t>> find_end(const StreamContext& context) = 0;
};

}  // namespace tonearm::flac
