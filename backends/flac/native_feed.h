// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// NativeFeed: frames that follow one another in a file. Their lengths are not stored anywhere.
// Place in the flow: one of the two FrameFeeds.
#pragma once

#include "backends/flac/frame_feed.h"

namespace tonearm::flac {

class NativeFeed final : public FrameFeed {
 public:
  /// `first` is the offset behind the metadata.
  NativeFeed(core::ByteSource& source, std::uint64_t first) : window_(source), first_(first), offset_(first) {}

  core::Result<Bytes> peek(std::size_t want) override;
  void advance(std::size_t bytes) override { offset_ += bytes; }
  core::Result<bool> skip() override;
  std::uint64_t offset() const override { return offset_; }
  std::optional<std::uint64_t> other_stream() const override { return other_stream_; }
  core::Result<void> locate(std::int64_t target, const StreamContext& context) override;
  core::Result<std::optional<std::int64_t>> find_end(const StreamContext& context) override;

 private:
  struct Found {
    std::uint64_t offset = 0;
    std::int64_t position = 0;
    unsigned block = 0;
  };
  /// The first frame that starts in [from, to), its CRC-16 verified by decoding it.
  core::Result<std::optional<Found>> find_frame(std::uint64_t from, std::uint64_t to, const StreamContext& context);
  /// find_end() within the last `length` bytes, which begin at `from`.
  core::Result<std::optional<std::int64_t>> find_end_behind(std::uint64_t from, std::size_t length,
                                                            const StreamContext& context);

  ByteWindow window_;
  std::uint64_t first_;
  std::uint64_t offset_;
  std::optional<std::uint64_t> other_stream_;
  FrameDecoder scratch_;
};

}  // namespace tonearm::flac
