// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the pages of an Ogg Vorbis or Opus file say: its length, and where decoding can start (RFC 3533, RFC 7845,
// Vorbis I appendix A). Nothing is decoded: a page's granule position counts the frames up to its end, and the length
// of a packet stands in its first bytes.
// Place in the flow: beside the probe; the backends that decode Ogg ask here, so that they give the same frames.
//
// The rules. A link's length is its last granule less its first one; Opus's pre-skip is no audio. The first granule is
// what the first page's granule is beyond that page's packets; where it would be negative, a Vorbis stream is cut at
// its beginning, or at its end where the page is the last one too. A page that is marked as the last cuts the tail.
// A file that does not end with such a page is an estimate: what its last packets hold is decoded. Links follow each
// other; the length is their sum.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/registry/ogg_pages.h"

namespace tonearm::core {

/// One logical stream of a file, which may be a chain of them.
struct OggLink {
  std::uint64_t headers_end = 0;  ///< byte of the first page of audio
  std::uint64_t end = 0;          ///< byte behind the last page
  std::uint32_t serial = 0;
  bool is_opus = false;
  int sample_rate = 0;  ///< Hz, of the granules: 48000 for Opus
  int num_channels = 0;
  std::vector<std::vector<std::byte>> headers;  ///< packets: 3 of Vorbis, 2 of Opus
  std::int64_t first_granule = 0;               ///< where decoded audio begins
  std::int64_t num_skipped = 0;                 ///< decoded frames to drop at the start
  std::int64_t num_frames = 0;                  ///< behind that
  bool is_marked = false;                       ///< its last page is marked as such, which settles num_frames
  std::int64_t first_frame = 0;                 ///< sum of num_frames of the links before
};

/// Where to start decoding. Packets that end on the page at `byte` come before `frame`: a Vorbis decoder is given the
/// last of them to overlap with, an Opus decoder none.
struct OggEntry {
  std::size_t link = 0;
  std::uint64_t byte = 0;
  std::int64_t frame = 0;  ///< the first one decoded behind that page; below the link's first_frame in what is skipped
  bool is_start = true;    ///< of the link: no packet before it
};

class OggStream {
 public:
  /// Reads the headers, the first page of audio and the last page; all pages where the file is small or chained.
  /// Nothing where the source holds another codec, or interleaves several streams.
  /// Errors: those of reading and of the stop token.
  static Result<std::optional<OggStream>> scan(ByteSource& source, std::uint64_t begin, StopToken* stop);

  const std::vector<OggLink>& links() const { return links_; }  ///< at least one
  std::int64_t num_frames() const;
  FramesKind frames_kind() const;
  /// Whether the granules tell where each frame is: no damage, and every link but the last one of known length.
  bool has_exact_places() const;
  /// One line where bytes behind the last whole page are lost; else empty.
  const std::string& truncation() const { return truncation_; }
  std::map<std::string, std::string> tags() const;  ///< of the first link

  OggEntry start_of(std::size_t link) const;
  /// The last place that is at least `pre_roll` frames before `frame`, found by bisection; the start of the link where
  /// there is none. frame < num_frames(). Errors: those of reading and of the stop token.
  Result<OggEntry> locate(ByteSource& source, std::int64_t frame, std::int64_t pre_roll, StopToken* stop) const;

 private:
  Result<bool> walk(ByteSource& source, std::uint64_t begin, std::uint64_t end, StopToken* stop);

  std::vector<OggLink> links_;
  bool is_damaged_ = false;
  std::string truncation_;
};

}  // namespace tonearm::core
