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
#include "backends/ffmpeg/ffmpeg_handles.h"
#include "backends/ffmpeg/io_bridge.h"
#include "core/registry/decoder.h"
#include "core/registry/mp3_stream.h"

namespace tonearm::ffmpeg {

class FfmpegDecoder final : public core::Decoder {
 public:
  /// Opens the container and decodes up to the first frame, which settles rate, channels and sample type.
  /// Borrows the source. Errors: kUnsupportedFormat, kCorruptData, kLimitReached, kInvalidArgument (stream index),
  /// kOutOfMemory, and those of the source and of the stop token.
  static core::Result<std::unique_ptr<core::Decoder>> open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                           const core::ProbeResult& probe,
                                                           const core::OpenOptions& options);

  const core::StreamInfo& info() const override { return info_; }
  core::Result<std::int64_t> decode(const core::PlanarView& out) override;
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

  core::Result<bool> next_frame();
  core::Result<bool> accept_frame();
  core::Result<bool> feed_packet();
  core::Result<bool> feed_mpeg_frame();
  core::Result<bool> send_packet();
  core::Result<void> note_damage(const std::string& what);
  core::Result<void> finish();
  core::Mp3Stream::Entry start_of_stream() const;
  core::Result<void> skip_to(std::int64_t frame);
  bool open_shadow(const AdtsHeader* adts);
  core::Result<bool> seek_in_container(std::int64_t frame);
  core::Result<bool> seek_in_adts(std::int64_t frame);
  core::Result<bool> start_over(const char* why);
  core::Result<bool> resume_from_start();
  core::Result<void> reopen(const core::Mp3Stream::Entry& entry);
  bool has_samples() const { return frame_begin_ < frame_end_; }
  void drop_frame();
  void cut_tail();

  core::Error failure(core::ErrorCode code, core::Stage stage, const std::string& found) const;
  core::Error out_of_memory() const;

  const std::shared_ptr<const Api> keep_;  ///< a decoder may outlive its backend
  const Api& api_;
  core::ByteSource& source_;
  core::ProbeResult probe_;
  core::OpenOptions options_;
  core::StreamInfo info_;

  // Destroyed in the reverse order: FFmpeg's contexts before the I/O they read from, and that before the bridge.
  std::unique_ptr<IoBridge> bridge_;
  IoHandle io_;
  FormatHandle format_;
  CodecHandle codec_;
  PacketHandle packet_;
  FrameHandle frame_;

  std::optional<core::Mp3Stream> mp3_;          ///< FFmpeg is shown its MPEG frames only; trimming and seeking are ours
  std::optional<core::Mp3Frames> mpeg_frames_;  ///< of mp3_, fed without FFmpeg's demuxer
  bool leads_on_ = false;  ///< as far as is known, each MPEG frame of mp3_ stands where the one before it ends
  std::optional<AdtsPackets> adts_;  ///< where FFmpeg's demuxer cannot seek, but packets say their length
  core::Mp3Stream::Entry entry_;     ///< where decoding started
  int stream_ = -1;                  ///< index in the container
  int frame_format_ = -1;            ///< AVSampleFormat of every frame
  std::int64_t frame_begin_ = 0;     ///< samples of frame_ still to hand out: [begin, end)
  std::int64_t frame_end_ = 0;
  std::int64_t position_ = 0;  ///< of the next frame to hand out; negative in what is skipped at the start
  std::int64_t first_timestamp_ = kNoTimestamp;
  std::int64_t total_frames_ = -1;  ///< where the container's length cuts the tail; -1: it does not
  int frames_per_tick_ = 0;         ///< where the time base counts whole frames; else 0
  int num_pre_roll_ = -1;           ///< packets decoded before a place to have it as from the start; -1: it cannot be
  int packet_frames_ = 0;           ///< of the first packet
  std::unique_ptr<AacShadow> shadow_;
  std::int64_t shadowed_from_ = 0;  ///< the position from which it has to agree
  bool draining_ = false;
  bool ended_ = false;
  int damages_ = 0;
};

}  // namespace tonearm::ffmpeg
