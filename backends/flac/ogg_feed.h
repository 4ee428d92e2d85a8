// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// OggFeed: the packets of one logical Ogg stream (RFC 3533); each holds one metadata block or one frame.
// Place in the flow: one of the two FrameFeeds; its packets also carry the metadata when a stream is opened.
#pragma once

#include "backends/flac/frame_feed.h"

namespace tonearm::flac {

class OggFeed final : public FrameFeed {
 public:
  /// Follows the logical stream whose first page stands at `start`.
  OggFeed(core::ByteSource& source, std::uint64_t start) : window_(source), first_page_(start), page_(start) {}

  /// The current packet, whole, whatever `want` is.
  core::Result<Bytes> peek(std::size_t want) override;
  void advance(std::size_t bytes) override;
  core::Result<bool> skip() override;
  std::uint64_t offset() const override { return page_; }
  std::optional<std::uint64_t> other_stream() const override { return chained_; }
  core::Result<void> locate(std::int64_t target, const StreamContext& context) override;
  core::Result<std::optional<std::int64_t>> find_end(const StreamContext& context) override;

 private:
  struct Page {
    std::uint64_t offset = 0;
    std::uint64_t granule = 0;  ///< samples up to the last packet that ends here; all ones: none ends here
    std::uint32_t serial = 0;
    bool continued = false, first = false, last = false;
    std::size_t num_segments = 0;
    std::size_t bytes = 0;  ///< of the whole page
    std::size_t body = 0;   ///< where its packets begin
  };
  /// The page at `offset`, header and body; nothing where there is none or the source ends inside it.
  core::Result<std::optional<Page>> read_page(std::uint64_t offset);
  /// The first page that starts in [from, to) and is `wanted`, its checksum verified. A page in which no packet ends
  /// has no granule position.
  template <class Wanted>
  core::Result<std::optional<Page>> find_page(std::uint64_t from, std::uint64_t to, const Wanted& wanted);
  core::Result<bool> next_packet();
  core::Result<bool> next_page();
  void restart(std::uint64_t page_offset);

  ByteWindow window_;
  std::uint64_t first_page_;
  std::uint64_t page_;      ///< offset of the page in use
  std::uint64_t next_ = 0;  ///< offset of the page behind it
  std::optional<std::uint32_t> serial_;
  std::optional<std::uint64_t> chained_;
  bool in_page_ = false;
  bool in_data_ = false;  ///< behind all pages that begin a stream
  bool ended_ = false;
  std::size_t segment_ = 0;  ///< next segment of the page in use
  std::size_t segments_ = 0;
  std::size_t body_ = 0;        ///< of that segment's bytes, from the page's start
  bool drop_fragment_ = false;  ///< the next packet's beginning was not seen
  bool drop_headers_ = false;   ///< packets before the first frame are metadata, read already
  bool have_packet_ = false;
  std::vector<std::byte> packet_;
};

}  // namespace tonearm::flac
