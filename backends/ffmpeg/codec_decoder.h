// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CodecDecoder: one of FFmpeg's codecs as a decoder, whoever finds its packets: packets go in, frames come out and are
// handed out piece by piece, damage is noted with its time.
// Place in the flow: above Api, views and handles; below FfmpegDecoder (packets by FFmpeg's demuxers) and OggDecoder.
#pragma once

#include <memory>
#include <string>

#include "backends/ffmpeg/ffmpeg_handles.h"
#include "core/registry/decoder.h"

namespace tonearm::ffmpeg {

class CodecDecoder : public core::Decoder {
 public:
  const core::StreamInfo& info() const final { return info_; }
  core::Result<std::int64_t> decode(const core::PlanarView& out) final;

 protected:
  /// Borrows the source.
  CodecDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, const core::OpenOptions& options);

  /// One packet to the decoder, or the order to drain, with draining_ set.
  virtual core::Result<void> feed_packet() = 0;
  /// Looks at what the decoder put into frame_, and sets frame_begin_ and frame_end_ to what of it counts.
  virtual core::Result<void> accept_frame() = 0;
  /// Nothing more comes of what was fed: whether another part follows, at which the decoder then stands.
  virtual core::Result<bool> next_part() = 0;
  /// Whether what follows does not count, whatever it is.
  virtual bool is_complete() const { return false; }
  /// Of the next frame to hand out.
  virtual std::int64_t place() const { return position_; }
  /// What is decoded, for messages: "Opus in Ogg".
  virtual std::string subject() const = 0;

  /// Fills frame_ with the next samples. False at the end of the stream.
  core::Result<bool> next_frame();
  /// Decodes and drops what lies before `frame`.
  core::Result<void> skip_to(std::int64_t frame);
  /// packet_ to the decoder; empties it.
  core::Result<void> send_packet();
  bool has_samples() const { return frame_begin_ < frame_end_; }
  void drop_frame();
  /// A warning with its time; an Error where damage is not tolerated.
  core::Result<void> note_damage(const std::string& what);
  /// Where less arrived than was promised up to frame `end`: a warning; an Error where damage is not tolerated.
  core::Result<void> note_early_end(std::int64_t end);
  /// kInvalidArgument for a negative frame.
  core::Result<void> check_target(std::int64_t frame) const;
  /// kInvalidArgument for OpenOptions::stream_index where there are only so many.
  core::Error no_such_stream(int num_streams) const;
  /// kLimitReached where info_ has more than the options allow.
  core::Result<void> check_num_channels() const;
  virtual core::Error failure(core::ErrorCode code, core::Stage stage, const std::string& found) const;
  core::Error out_of_memory(core::Stage stage) const {
    return failure(core::ErrorCode::kOutOfMemory, stage, "out of memory");
  }

  const std::shared_ptr<const Api> keep_;  ///< a decoder may outlive its backend
  const Api& api_;
  core::ByteSource& source_;
  core::OpenOptions options_;
  core::StreamInfo info_;

  CodecHandle codec_;
  PacketHandle packet_;
  FrameHandle frame_;

  std::int64_t frame_begin_ = 0;  ///< samples of frame_ still to hand out: [begin, end)
  std::int64_t frame_end_ = 0;
  std::int64_t position_ = 0;  ///< of the next frame to hand out; negative in what is skipped at the start
  bool draining_ = false;
  bool ended_ = false;
  int damages_ = 0;
};

}  // namespace tonearm::ffmpeg
