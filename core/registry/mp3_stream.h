// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the headers of an MP3 stream say: where its audio begins, how long it is, where each MPEG frame lies.
// Place in the flow: beside the probe; both backends that decode MP3 ask here, so that both give the same frames.
//
// The rules. A Xing or Info tag with the name of LAME, Lavf or Lavc trims by its delay and padding, plus the 529
// samples that every decoder is late (LAME's tag specification, "enc_delays"). Without that name the delay's bytes mean
// nothing: the first frame holds the tag and is left out, nothing else is trimmed. The same for VBRI, whose delay no
// encoder but Fraunhofer's writes and no decoder applies. Without a tag every whole MPEG frame counts. A tag that
// promises more MPEG frames than there are belongs to a truncated file: its length is what can be decoded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/registry/header_walk.h"

namespace tonearm::core {

/// One MPEG audio layer III frame by its header (ISO/IEC 11172-3 section 2.4.2.3, 13818-3, and MPEG 2.5).
struct Mp3Header {
  std::size_t num_bytes = 0;        ///< of the whole MPEG frame
  std::size_t main_data_bytes = 0;  ///< behind header, checksum and side information: what the bit reservoir is made of
  int num_frames = 0;               ///< that it decodes to: 1152, or 576 at the lower rates
  int sample_rate = 0;              ///< Hz
  int tag_offset = 0;               ///< where a Xing or Info tag would stand
};

/// Looks at 4 bytes; nothing where they are no header.
std::optional<Mp3Header> parse_mp3_header(std::span<const std::byte> bytes);

/// An MP3 stream within a source. Borrows the source for scan and locate only.
class Mp3Stream {
 public:
  /// Reads the tag, and every header where the tag does not settle the length. [begin, end) is where the stream lies in
  /// the source (end: at most the source's size). Nothing where no MPEG frame begins there, or the source has no size.
  /// Errors: those of reading and of the stop token.
  static Result<std::optional<Mp3Stream>> scan(ByteSource& source, std::uint64_t begin, std::uint64_t end,
                                               StopToken* stop);

  std::uint64_t end() const { return end_; }
  std::int64_t num_skipped() const { return num_skipped_; }  ///< decoded frames to drop at the start
  std::int64_t num_frames() const { return num_frames_; }    ///< length behind that
  FramesKind frames_kind() const { return frames_kind_; }    ///< estimated where damaged, or cut short of its tag
  std::uint64_t most_mpeg_frames() const { return most_mpeg_frames_; }  ///< upper bound; the number where exact

  /// Where to start decoding in order to have frame `frame` as a decode from the start has it.
  struct Entry {
    std::uint64_t byte = 0;  ///< of an MPEG frame
    std::int64_t frame = 0;  ///< the first one decoded from there; negative within what is skipped at the start
  };
  /// The first MPEG frame that is not a tag.
  Entry start() const { return {begin_, -num_skipped_}; }
  /// The last MPEG frames before it are decoded for the decoder's state and the bit reservoir. Walks headers only, from
  /// the nearest place that an earlier call passed. Errors: those of reading and of the stop token.
  Result<Entry> locate(ByteSource& source, std::int64_t frame, StopToken* stop);

 private:
  friend class Mp3Frames;

  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  std::int64_t num_skipped_ = 0;
  std::int64_t num_frames_ = 0;
  FramesKind frames_kind_ = FramesKind::kEstimated;
  std::uint64_t most_mpeg_frames_ = 0;
  Mp3Header first_;
  std::vector<std::uint64_t> landmarks_;  ///< byte of every kLandmarkStep-th MPEG frame, as far as was walked
};

/// The MPEG frames of a stream, one after another.
class Mp3Frames {
 public:
  /// Borrows the source. `at`: the byte of an Entry.
  Mp3Frames(ByteSource& source, const Mp3Stream& stream, std::uint64_t at, StopToken* stop)
      : walk_(source, at, stop), first_(stream.first_), end_(stream.end_) {}

  /// Valid until the next call. Nothing where no whole MPEG frame of this stream follows: at its end, or at damage.
  /// Errors: those of reading and of the stop token.
  Result<std::optional<std::span<const std::byte>>> next();

 private:
  HeaderWalk walk_;
  Mp3Header first_;
  std::uint64_t end_;
};

}  // namespace tonearm::core
