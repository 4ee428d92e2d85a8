// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// OggDecoder: Ogg Vorbis and Opus by FFmpeg's decoders, fed with packets of our own reading. FFmpeg's demuxer loses a
// block of 128 frames in 25 of 62 real Vorbis files (its durations overlap differently at the tail), adds Opus's
// pre-skip to the length, takes a chained file's last link for the whole and seeks to pages of another granule.
// Place in the flow: made by the backend for what OggStream reads; everything else in Ogg goes to FfmpegDecoder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/ffmpeg/ffmpeg_handles.h"
#include "core/registry/ogg_stream.h"

namespace tonearm::ffmpeg {

class OggDecoder final : public core::Decoder {
 public:
  /// Borrows the source. Errors: kUnsupportedFormat (this FFmpeg lacks the codec), kLimitReached, kCorruptData,
  /// kOutOfMemory, those of the source and of the stop token.
  static core::Result<std::unique_ptr<core::Decoder>> open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                           core::OggStream stream, const core::OpenOptions& options);

  const core::StreamInfo& info() const override { return info_; }
  core::Result<std::int64_t> decode(const core::PlanarView& out) override;
  core::Result<void> seek(std::int64_t frame) override;

 private:
  OggDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, core::OggStream stream,
             const core::OpenOptions& options);

  const core::OggLink& link() const { return stream_.links()[entry_.link]; }
  core::Result<void> describe();
  core::Result<void> start_at(const core::OggEntry& entry);
  core::Result<void> open_codec();
  core::Result<bool> next_frame();
  core::Result<void> accept_frame();
  core::Result<void> feed_packet();
  core::Result<bool> next_link();
  core::Result<void> note_damage(const std::string& what);
  core::Result<void> skip_to(std::int64_t frame);
  core::Result<bool> seek_converged(std::int64_t frame);
  core::Result<std::vector<float>> read_tail(const core::OggEntry& entry, std::int64_t frame);
  /// Of the next frame to hand out, in what a read from the start gives.
  std::int64_t place() const { return position_ - lost_; }
  bool has_samples() const { return frame_begin_ < frame_end_; }
  void drop_frame();
  core::Error failure(core::ErrorCode code, core::Stage stage, const std::string& found) const;

  const std::shared_ptr<const Api> keep_;  ///< a decoder may outlive its backend
  const Api& api_;
  core::ByteSource& source_;
  core::OggStream stream_;
  core::OpenOptions options_;
  core::StreamInfo info_;

  CodecHandle codec_;
  PacketHandle packet_;
  FrameHandle frame_;
  std::optional<core::OggPackets> packets_;

  core::OggEntry entry_;                   ///< where decoding started, in the present link
  std::optional<std::size_t> codec_link_;  ///< whose headers codec_ was opened with
  std::int64_t num_fed_ = 0;               ///< packets since then
  std::int64_t position_ = 0;              ///< of the next frame to hand out, skipped ones included
  std::int64_t lost_ = 0;                  ///< frames that links before this one promised and did not have
  std::int64_t frame_begin_ = 0;           ///< samples of frame_ still to hand out: [begin, end)
  std::int64_t frame_end_ = 0;
  bool draining_ = false;
  bool ended_ = false;
  int damages_ = 0;
};

}  // namespace tonearm::ffmpeg
