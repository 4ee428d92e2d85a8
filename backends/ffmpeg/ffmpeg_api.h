// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Api: FFmpeg as a table of function pointers, filled from libraries found and opened at run time.
// Place in the flow: on top of core/library; below views.h and ffmpeg_handles.h. No FFmpeg header is needed.
#pragma once

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "backends/ffmpeg/abi/layouts.h"
#include "core/base/result.h"
#include "core/library/library.h"

namespace tonearm::ffmpeg {

// FFmpeg's structs, known by address only; views.h reads their fields.
struct AVFormatContext;
struct AVInputFormat;
struct AVStream;
struct AVCodecParameters;
struct AVCodecContext;
struct AVCodec;
struct AVPacket;
struct AVFrame;
struct AVIOContext;
struct AVDictionary;
struct AVDictionaryEntry;

using LogCallback = void(void* context, int level, const char* format, va_list arguments);
using ReadCallback = int(void* opaque, std::uint8_t* out, int size);
using SeekCallback = std::int64_t(void* opaque, std::int64_t offset, int whence);

// TONEARM_FFMPEG_FUNCTION(return type, name, (parameters))
#define TONEARM_FFMPEG_AVUTIL(X)                                                               \
  X(unsigned, avutil_version, ())                                                              \
  X(const char*, av_version_info, ())                                                          \
  X(int, av_strerror, (int error, char* out, std::size_t size))                                \
  X(void*, av_malloc, (std::size_t size))                                                      \
  X(void, av_free, (void* block))                                                              \
  X(AVFrame*, av_frame_alloc, ())                                                              \
  X(void, av_frame_free, (AVFrame * *frame))                                                   \
  X(void, av_frame_unref, (AVFrame * frame))                                                   \
  X(int, av_frame_get_buffer, (AVFrame * frame, int alignment))                                \
  X(AVDictionaryEntry*, av_dict_get,                                                           \
    (const AVDictionary* dict, const char* key, const AVDictionaryEntry* previous, int flags)) \
  X(int, av_dict_set, (AVDictionary * *dict, const char* key, const char* value, int flags))   \
  X(void, av_dict_free, (AVDictionary * *dict))                                                \
  X(void, av_log_set_callback, (LogCallback * callback))                                       \
  X(void, av_log_default_callback, (void* context, int level, const char* format, va_list arguments))

#define TONEARM_FFMPEG_AVCODEC(X)                                                                          \
  X(unsigned, avcodec_version, ())                                                                         \
  X(AVCodec*, avcodec_find_decoder, (int codec_id))                                                        \
  X(const char*, avcodec_get_name, (int codec_id))                                                         \
  X(AVCodecContext*, avcodec_alloc_context3, (const AVCodec* codec))                                       \
  X(void, avcodec_free_context, (AVCodecContext * *context))                                               \
  X(const AVCodec*, avcodec_find_encoder_by_name, (const char* name))                                      \
  X(int, avcodec_send_frame, (AVCodecContext * context, const AVFrame* frame))                             \
  X(int, avcodec_receive_packet, (AVCodecContext * context, AVPacket * packet))                            \
  X(int, avcodec_parameters_from_context, (AVCodecParameters * parameters, const AVCodecContext* context)) \
  X(int, avcodec_parameters_to_context, (AVCodecContext * context, const AVCodecParameters* parameters))   \
  X(int, avcodec_open2, (AVCodecContext * context, const AVCodec* codec, AVDictionary** options))          \
  X(int, avcodec_send_packet, (AVCodecContext * context, const AVPacket* packet))                          \
  X(int, avcodec_receive_frame, (AVCodecContext * context, AVFrame * frame))                               \
  X(void, avcodec_flush_buffers, (AVCodecContext * context))                                               \
  X(const void*, avcodec_descriptor_get_by_name, (const char* name))                                       \
  X(AVCodecParameters*, avcodec_parameters_alloc, ())                                                      \
  X(void, avcodec_parameters_free, (AVCodecParameters * *parameters))                                      \
  X(int, av_packet_from_data, (AVPacket * packet, std::uint8_t * data, int size))                          \
  X(AVPacket*, av_packet_alloc, ())                                                                        \
  X(void, av_packet_free, (AVPacket * *packet))                                                            \
  X(void, av_packet_unref, (AVPacket * packet))

#define TONEARM_FFMPEG_AVFORMAT(X)                                                                         \
  X(unsigned, avformat_version, ())                                                                        \
  X(AVFormatContext*, avformat_alloc_context, ())                                                          \
  X(int, avformat_open_input,                                                                              \
    (AVFormatContext * *context, const char* url, const AVInputFormat* format, AVDictionary** options))    \
  X(int, avformat_alloc_output_context2,                                                                   \
    (AVFormatContext * *context, const void* format, const char* name, const char* url))                   \
  X(AVStream*, avformat_new_stream, (AVFormatContext * context, const AVCodec* codec))                     \
  X(int, avformat_write_header, (AVFormatContext * context, AVDictionary * *options))                      \
  X(int, av_write_frame, (AVFormatContext * context, AVPacket * packet))                                   \
  X(int, av_write_trailer, (AVFormatContext * context))                                                    \
  X(void, avformat_free_context, (AVFormatContext * context))                                              \
  X(void, avformat_close_input, (AVFormatContext * *context))                                              \
  X(int, avformat_find_stream_info, (AVFormatContext * context, AVDictionary * *options))                  \
  X(const AVInputFormat*, av_find_input_format, (const char* name))                                        \
  X(int, av_find_best_stream,                                                                              \
    (AVFormatContext * context, int type, int wanted, int related, const AVCodec** decoder, int flags))    \
  X(int, av_read_frame, (AVFormatContext * context, AVPacket * packet))                                    \
  X(int, av_seek_frame, (AVFormatContext * context, int stream, std::int64_t timestamp, int flags))        \
  X(AVIOContext*, avio_alloc_context,                                                                      \
    (unsigned char* buffer, int size, int writable, void* opaque, ReadCallback* read, ReadCallback* write, \
     SeekCallback* seek))                                                                                  \
  X(void, avio_context_free, (AVIOContext * *context))

/// One opened FFmpeg. Lives for the rest of the process once it is in use (codec libraries leave thread-local state
/// behind dlclose). Threads: read only after open_api.
struct Api {
  const Layout* layout = nullptr;
  std::string version;                       ///< av_version_info(): "5.1.9-0+deb12u1"
  std::string path;                          ///< of libavformat
  std::string place;                         ///< "env", "venv", "system", "wheel", "mapped"
  bool is_ours = true;                       ///< no other part of the process had it mapped before we opened it
  std::vector<core::OpenLibrary> libraries;  ///< dependencies first

#define TONEARM_FFMPEG_FUNCTION(result, name, parameters) result(*name) parameters = nullptr;
  TONEARM_FFMPEG_AVUTIL(TONEARM_FFMPEG_FUNCTION)
  TONEARM_FFMPEG_AVCODEC(TONEARM_FFMPEG_FUNCTION)
  TONEARM_FFMPEG_AVFORMAT(TONEARM_FFMPEG_FUNCTION)
#undef TONEARM_FFMPEG_FUNCTION
  // The one before FFmpeg 7, the other from 5.1 on: null where this release has it not.
  std::int64_t (*av_get_default_channel_layout)(int num_channels) = nullptr;  ///< a mask
  void (*av_channel_layout_default)(void* layout, int num_channels) = nullptr;

  /// FFmpeg's text for an error number.
  std::string error_text(int number) const;
};

/// Finds the first FFmpeg of majors 4 to 9 that opens completely, in the order of core/library.
/// Errors: kMissingDependency; every candidate that did not open is in `candidates`.
core::Result<Api> open_api();

}  // namespace tonearm::ffmpeg
