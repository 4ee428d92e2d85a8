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

#include "backends/ffmpeg/codec_decoder.h"
#include "core/registry/ogg_stream.h"

namespace tonearm::ffmpeg {

class OggDecoder final : public CodecDecoder {
 public:
  /// Borrows the source. Errors: kUnsupportedFormat (this FFmpeg lacks the codec), kLimitReached, kCorruptData,
  /// kOutOfMemory, those of the source and of the stop token.
  static core::Result<std::unique_ptr<core::Decoder>> open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                           core::OggStream stream, const core::OpenOptions& options);

  core::Result<void> seek(std::int64_t frame) override;

 private:
  OggDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, core::OggStream stream,
             const core::OpenOptions& options);

  const core::OggLink& link() const { return stream_.links()[entry_.link]; }
  core::Result<void> describe();
  core::Result<void> start_at(const core::OggEntry& entry);
  core::Result<void> open_codec();
  core::Result<void> accept_frame() override;
  core::Result<void> feed_packet() override;
  core::Result<bool> next_part() override;
  core::Result<bool> seek_converged(std::int64_t frame);
  core::Result<std::vector<float>> read_tail(const core::OggEntry& entry, std::int64_t frame);
  /// In what a read from the start gives; position_ counts what each link's granules say.
  std::int64_t place() const override { return position_ - lost_; }
  std::string subject() const override { return link().is_opus ? "Opus in Ogg" : "Vorbis in Ogg"; }

  core::OggStream stream_;
  std::optional<core::OggPackets> packets_;

  core::OggEntry entry_;                   ///< where decoding started, in the present link
  std::optional<std::size_t> codec_link_;  ///< whose headers codec_ was opened with
  std::int64_t num_fed_ = 0;               ///< packets since then
  std::int64_t lost_ = 0;                  ///< frames that links before this one promised and did not have
};

}  // namespace tonearm::ffmpeg
