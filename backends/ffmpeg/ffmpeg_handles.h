// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Owners of FFmpeg's objects. Past this header no av_*_free appears.
#pragma once

#include <algorithm>
#include <memory>
#include <span>

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

struct ParametersDeleter {
  const Api* api = nullptr;
  void operator()(AVCodecParameters* parameters) const { api->avcodec_parameters_free(&parameters); }
};

using FormatHandle = std::unique_ptr<AVFormatContext, FormatDeleter>;
using CodecHandle = std::unique_ptr<AVCodecContext, CodecDeleter>;
using PacketHandle = std::unique_ptr<AVPacket, PacketDeleter>;
using FrameHandle = std::unique_ptr<AVFrame, FrameDeleter>;
using ParametersHandle = std::unique_ptr<AVCodecParameters, ParametersDeleter>;
using IoHandle = std::unique_ptr<AVIOContext, IoDeleter>;

/// A copy in FFmpeg's memory, with the zeros behind it that its readers may touch. Null where memory is short.
inline std::uint8_t* padded_copy(const Api& api, std::span<const std::byte> bytes) {
  constexpr std::size_t kPaddingBytes = 64;  // AV_INPUT_BUFFER_PADDING_SIZE
  auto* block = static_cast<std::uint8_t*>(api.av_malloc(bytes.size() + kPaddingBytes));
  if (block == nullptr) return nullptr;
  std::copy_n(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), block);
  std::fill_n(block + bytes.size(), kPaddingBytes, std::uint8_t{0});
  return block;
}

/// Makes `packet`, which is empty, hold a copy of `bytes`. False where memory is short.
inline bool fill_packet(const Api& api, AVPacket* packet, std::span<const std::byte> bytes) {
  std::uint8_t* block = padded_copy(api, bytes);
  if (block == nullptr) return false;
  if (api.av_packet_from_data(packet, block, static_cast<int>(bytes.size())) >= 0) return true;
  api.av_free(block);
  return false;
}

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
