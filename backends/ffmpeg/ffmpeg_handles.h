// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Owners of FFmpeg's objects. Past this header no av_*_free appears.
#pragma once

#include <memory>

#include "backends/ffmpeg/views.h"

namespace tonearm::ffmpeg {

struct FormatDeleter {
  const Api* api = nullptr;
  void operator()(AVFormatContext* context) const { api->avformat_close_input(&context); }
};
struct CodecDeleter {
  const Api* api = nullptr;
  void operator()(AVCodecContext* context) const { api->avcodec_free_context(&context); }
};
struct PacketDeleter {
  const Api* api = nullptr;
  void operator()(AVPacket* packet) const { api->av_packet_free(&packet); }
};
struct FrameDeleter {
  const Api* api = nullptr;
  void operator()(AVFrame* frame) const { api->av_frame_free(&frame); }
};
/// FFmpeg may have replaced the buffer by one of its own; whichever it is now, it is ours to free.
struct IoDeleter {
  const Api* api = nullptr;
  void operator()(AVIOContext* io) const {
    api->av_free(IoView(*api->layout, io).buffer());
    api->avio_context_free(&io);
  }
};

using FormatHandle = std::unique_ptr<AVFormatContext, FormatDeleter>;
using CodecHandle = std::unique_ptr<AVCodecContext, CodecDeleter>;
using PacketHandle = std::unique_ptr<AVPacket, PacketDeleter>;
using FrameHandle = std::unique_ptr<AVFrame, FrameDeleter>;
using IoHandle = std::unique_ptr<AVIOContext, IoDeleter>;

/// Options for FFmpeg; entries that nobody took are dropped.
class Dictionary {
 public:
  explicit Dictionary(const Api& api) : api_(api) {}
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;
  ~Dictionary() { api_.av_dict_free(&dict_); }
  void set(const char* key, const char* value) { api_.av_dict_set(&dict_, key, value, 0); }
  AVDictionary** address() { return &dict_; }

 private:
  const Api& api_;
  AVDictionary* dict_ = nullptr;
};

}  // namespace tonearm::ffmpeg
