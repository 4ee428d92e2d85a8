// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AacShadow: a second decoder that shows whether AAC decoded from the middle is what a decode from the start gives.
//
// An AAC packet overlaps with one before it, so a few packets of pre-roll are enough, unless the encoder replaced bands
// by noise (PNS; FFmpeg's own encoder does). libavcodec draws that noise from a generator that runs on from packet to
// packet: from the middle it gives other noise than from the start. The shadow is given the same packets, but a noisy
// one of our own making in front of them. As long as both decoders agree, no state from before matters; where they do
// not, only a decode from the start is right.
// Place in the flow: beside FfmpegDecoder, fed with the same packets.
#pragma once

#include <cstdint>
#include <memory>

#include "backends/ffmpeg/adts_packets.h"
#include "backends/ffmpeg/ffmpeg_handles.h"

namespace tonearm::ffmpeg {

class AacShadow {
 public:
  /// `adts` is a packet's header where packets have one; null: what they are stands in the parameters.
  /// Null where the stream is not AAC-LC with one or two channels in their usual order, or cannot be opened again.
  static std::unique_ptr<AacShadow> open(const Api& api, const AVCodecParameters* parameters, const AdtsHeader* adts);

  /// Called with each packet that the decoder in front gets, before it is unreferenced.
  void feed(const AVPacket* packet);
  /// Called with each frame that the decoder in front gave: whether the shadow's is the same within 1e-6.
  bool agrees(const AVFrame* frame);

 private:
  explicit AacShadow(const Api& api);
  bool feed_noise(int num_channels, const AdtsHeader* adts);

  const Api& api_;
  CodecHandle codec_;
  FrameHandle frame_;
  bool is_first_ = true;
};

}  // namespace tonearm::ffmpeg
