// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// FfmpegDecoder: one audio stream of one source, demuxed and decoded by FFmpeg straight into planar memory.
// Place in the flow: made by the backend; speaks to FFmpeg through Api, views and handles only.
#pragma once

#include <memory>
#include <string>

#include "backends/ffmpeg/aac_shadow.h"
#include "backends/ffmpeg/adts_packets.h"
#include "backends/ffmpeg/codec_decoder.h"
#include "backends/ffmpeg/io_bridge.h"
#include "core/registry/mp3_stream.h"

namespace tonearm::ffmpeg {

class FfmpegDecoder final : public CodecDecoder {
 public:
  /// Opens the container and decodes up to the first frame, which settles rate, channels and sample type.
  /// Borrows the source. Errors: kUnsupportedFormat, kCorruptData, kLimitReached, kInvalidArgument (stream index),
  /// kOutOfMemory, and those of the source and of the stop token.
  static core::Result<std::unique_ptr<core::Decoder>> open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                           const core::ProbeResult& probe,
                                                           const core::OpenOptions& options);

  core::Result<void> seek(std::int64_t frame) override;
  bool supports(core::SampleType type) const override {
    return type == core::SampleType::kFloat32 || type == info_.native_type;
  }

 private:
  FfmpegDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, const core::ProbeResult& probe,
                const core::OpenOptions& options);

  core::Result<void> open_stream();
  core::Result<void> open_container();
  core::Result<void> choose_stream();
  core::Result<void> open_codec();
  core::Result<void> read_info();
  void read_length(StreamView stream);
  void read_tags(const AVDictionary* metadata);

  core::Result<void> feed_packet() override;
  core::Result<void> feed_mpeg_frame();
  core::Result<void> accept_frame() override;
  core::Result<void> take_frame();
  core::Result<bool> next_part() override;
  bool is_complete() const override { return total_frames_ >= 0 && position_ >= total_frames_; }
  core::Mp3Stream::Entry start_of_stream() const;
  bool open_shadow(const AdtsHeader* adts);
  core::Result<bool> seek_in_container(std::int64_t frame);
  core::Result<bool> seek_in_adts(std::int64_t frame);
  core::Result<void> start_over(const char* why);
  core::Result<void> resume_from_start();
  core::Result<void> reopen(const core::Mp3Stream::Entry& entry);
  void cut_tail();

  std::string subject() const override { return probe_.description; }
  core::Error failure(core::ErrorCode code, core::Stage stage, const std::string& found) const override;

  core::ProbeResult probe_;

  // Destroyed in the reverse order: FFmpeg's context before the I/O it reads from, and that before the bridge.
  std::unique_ptr<IoBridge> bridge_;
  IoHandle io_;
  FormatHandle format_;

  std::optional<core::Mp3Stream> mp3_;          ///< FFmpeg is shown its MPEG frames only; trimming and seeking are ours
  std::optional<core::Mp3Frames> mpeg_frames_;  ///< of mp3_, fed without FFmpeg's demuxer
  bool leads_on_ = false;  ///< as far as is known, each MPEG frame of mp3_ stands where the one before it ends
  std::optional<AdtsPackets> adts_;  ///< where FFmpeg's demuxer cannot seek, but packets say their length
  core::Mp3Stream::Entry entry_;     ///< where decoding started
  int stream_ = -1;                  ///< index in the container
  int frame_format_ = -1;            ///< AVSampleFormat of every frame
  std::int64_t first_timestamp_ = kNoTimestamp;
  std::int64_t total_frames_ = -1;  ///< where the container's length cuts the tail; -1: it does not
  int frames_per_tick_ = 0;         ///< where the time base counts whole frames; else 0
  int num_pre_roll_ = -1;           ///< packets decoded before a place to have it as from the start; -1: it cannot be
  int packet_frames_ = 0;           ///< of the first packet
  std::unique_ptr<AacShadow> shadow_;
  std::int64_t shadowed_from_ = 0;  ///< the position from which it has to agree
};

}  // namespace tonearm::ffmpeg
