// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Views: named accessors over FFmpeg's structs, by the layout table of the major in use.
// Place in the flow: the only code that knows where a field lies. Borrow the struct; copy freely.
#pragma once

#include <cassert>
#include <cstring>

#include "backends/ffmpeg/ffmpeg_api.h"

namespace tonearm::ffmpeg {

struct Rational {
  int num = 0;
  int den = 1;
};

struct InterruptCallback {
  int (*callback)(void* opaque) = nullptr;
  void* opaque = nullptr;
};

using OpenCallback = int(AVFormatContext* context, AVIOContext** out, const char* url, int flags,
                         AVDictionary** options);

/// Reads and writes fields of one struct. T has the field's size; the tables' sizes are checked by a test.
class View {
 public:
  View(const Layout& layout, const void* base)
      : layout_(&layout), base_(static_cast<std::byte*>(const_cast<void*>(base))) {}

 protected:
  template <class T>
  T get(Field field) const {
    const FieldPlace place = layout_->place(field);
    assert(place.offset != kAbsent && place.size == sizeof(T));
    T value;
    std::memcpy(&value, base_ + place.offset, sizeof(T));
    return value;
  }
  template <class T>
  void set(Field field, T value) const {
    const FieldPlace place = layout_->place(field);
    assert(place.offset != kAbsent && place.size == sizeof(T));
    std::memcpy(base_ + place.offset, &value, sizeof(T));
  }
  /// `channels` where the major has it (4 to 6; 5.0 and 4 have nothing else), else ch_layout.nb_channels.
  int get_channels(Field channels, Field ch_layout) const {
    if (layout_->has(channels)) return get<int>(channels);
    const std::size_t offset =
        std::size_t{layout_->place(ch_layout).offset} + layout_->place(Field::kAVChannelLayout_nb_channels).offset;
    int value;
    std::memcpy(&value, base_ + offset, sizeof value);
    return value;
  }
  /// The same places. A layout without a mask is of unknown order, which decoders replace by their own.
  void set_channels(Field channels, Field ch_layout, int count) const {
    if (layout_->has(channels)) return set(channels, count);
    const std::size_t offset =
        std::size_t{layout_->place(ch_layout).offset} + layout_->place(Field::kAVChannelLayout_nb_channels).offset;
    std::memcpy(base_ + offset, &count, sizeof count);
  }
  /// Channels in the order that FFmpeg takes for granted for this number of them, which encoders want to know.
  void set_default_layout(const Api& api, Field channels, Field mask, Field ch_layout, int count) const {
    if (!layout_->has(channels)) {
      if (api.av_channel_layout_default != nullptr) {
        api.av_channel_layout_default(base_ + layout_->place(ch_layout).offset, count);
      }
      return;
    }
    set(channels, count);
    if (api.av_get_default_channel_layout != nullptr) {
      set<std::uint64_t>(mask, static_cast<std::uint64_t>(api.av_get_default_channel_layout(count)));
    }
  }

  const Layout* layout_;
  std::byte* base_;
};

class ParametersView : public View {
 public:
  using View::View;
  int codec_type() const { return get<int>(Field::kAVCodecParameters_codec_type); }
  int codec_id() const { return get<int>(Field::kAVCodecParameters_codec_id); }
  int sample_rate() const { return get<int>(Field::kAVCodecParameters_sample_rate); }
  int num_channels() const {
    return get_channels(Field::kAVCodecParameters_channels, Field::kAVCodecParameters_ch_layout);
  }
  int bits_per_coded_sample() const { return get<int>(Field::kAVCodecParameters_bits_per_coded_sample); }
  int bits_per_raw_sample() const { return get<int>(Field::kAVCodecParameters_bits_per_raw_sample); }
  const std::uint8_t* extradata() const { return get<const std::uint8_t*>(Field::kAVCodecParameters_extradata); }
  int extradata_bytes() const { return get<int>(Field::kAVCodecParameters_extradata_size); }
  void set_audio_codec(int id) const {
    set<int>(Field::kAVCodecParameters_codec_type, kMediaTypeAudio);
    set<int>(Field::kAVCodecParameters_codec_id, id);
  }
  int frame_size() const { return get<int>(Field::kAVCodecParameters_frame_size); }
  void set_format(int format) const { set(Field::kAVCodecParameters_format, format); }
  void set_bit_rate(std::int64_t bits_per_sec) const { set(Field::kAVCodecParameters_bit_rate, bits_per_sec); }
  void set_bits_per_raw_sample(int bits) const { set(Field::kAVCodecParameters_bits_per_raw_sample, bits); }
  void set_layout(const Api& api, int num_channels) const {
    set_default_layout(api, Field::kAVCodecParameters_channels, Field::kAVCodecParameters_channel_layout,
                       Field::kAVCodecParameters_ch_layout, num_channels);
  }
  void set_sample_rate(int rate_hz) const { set(Field::kAVCodecParameters_sample_rate, rate_hz); }
  void set_num_channels(int count) const {
    set_channels(Field::kAVCodecParameters_channels, Field::kAVCodecParameters_ch_layout, count);
  }
  /// `block` is av_malloc's and belongs to the struct from here on.
  void set_extradata(std::uint8_t* block, int num_bytes) const {
    set(Field::kAVCodecParameters_extradata, block);
    set(Field::kAVCodecParameters_extradata_size, num_bytes);
  }
};

class StreamView : public View {
 public:
  using View::View;
  const AVCodecParameters* parameters() const { return get<const AVCodecParameters*>(Field::kAVStream_codecpar); }
  Rational time_base() const { return get<Rational>(Field::kAVStream_time_base); }
  std::int64_t duration() const { return get<std::int64_t>(Field::kAVStream_duration); }
  std::int64_t num_packets() const { return get<std::int64_t>(Field::kAVStream_nb_frames); }
  const AVDictionary* metadata() const { return get<const AVDictionary*>(Field::kAVStream_metadata); }
  void discard_all() const { set<int>(Field::kAVStream_discard, kDiscardAll); }
};

class FormatView : public View {
 public:
  using View::View;
  unsigned num_streams() const { return get<unsigned>(Field::kAVFormatContext_nb_streams); }
  /// index < num_streams()
  AVStream* stream(unsigned index) const { return get<AVStream**>(Field::kAVFormatContext_streams)[index]; }
  /// microseconds
  std::int64_t duration() const { return get<std::int64_t>(Field::kAVFormatContext_duration); }
  const AVDictionary* metadata() const { return get<const AVDictionary*>(Field::kAVFormatContext_metadata); }
  /// "mov,mp4,m4a,3gp,3g2,mj2"
  const char* format_name() const {
    const auto* format = get<const AVInputFormat*>(Field::kAVFormatContext_iformat);
    const char* name;
    std::memcpy(&name, reinterpret_cast<const std::byte*>(format) + layout_->place(Field::kAVInputFormat_name).offset,
                sizeof name);
    return name;
  }
  /// From here on the context's.
  void set_metadata(AVDictionary* metadata) const { set(Field::kAVFormatContext_metadata, metadata); }
  void set_io(AVIOContext* io) const { set(Field::kAVFormatContext_pb, io); }
  void set_io_open(OpenCallback* open) const { set(Field::kAVFormatContext_io_open, open); }
  void set_interrupt(InterruptCallback interrupt) const { set(Field::kAVFormatContext_interrupt_callback, interrupt); }
};

class CodecView : public View {
 public:
  using View::View;
  void set_thread_count(int count) const { set(Field::kAVCodecContext_thread_count, count); }
  void set_packet_time_base(Rational time_base) const { set(Field::kAVCodecContext_pkt_timebase, time_base); }
};

class PacketView : public View {
 public:
  using View::View;
  int stream_index() const { return get<int>(Field::kAVPacket_stream_index); }
};

class FrameView : public View {
 public:
  using View::View;
  const std::uint8_t* const* planes() const { return get<const std::uint8_t* const*>(Field::kAVFrame_extended_data); }
  int num_frames() const { return get<int>(Field::kAVFrame_nb_samples); }
  int format() const { return get<int>(Field::kAVFrame_format); }
  std::int64_t timestamp() const { return get<std::int64_t>(Field::kAVFrame_pts); }
  int sample_rate() const { return get<int>(Field::kAVFrame_sample_rate); }
  void set_num_frames(int count) const { set(Field::kAVFrame_nb_samples, count); }
  void set_format(int format) const { set(Field::kAVFrame_format, format); }
  void set_timestamp(std::int64_t timestamp) const { set(Field::kAVFrame_pts, timestamp); }
  void set_sample_rate(int rate_hz) const { set(Field::kAVFrame_sample_rate, rate_hz); }
  void set_layout(const Api& api, int num_channels) const {
    set_default_layout(api, Field::kAVFrame_channels, Field::kAVFrame_channel_layout, Field::kAVFrame_ch_layout,
                       num_channels);
  }
  int num_channels() const { return get_channels(Field::kAVFrame_channels, Field::kAVFrame_ch_layout); }
};

class IoView : public View {
 public:
  using View::View;
  unsigned char* buffer() const { return get<unsigned char*>(Field::kAVIOContext_buffer); }
  void set_seekable(bool seekable) const { set<int>(Field::kAVIOContext_seekable, seekable ? 1 : 0); }
};

class EntryView : public View {
 public:
  using View::View;
  const char* key() const { return get<const char*>(Field::kAVDictionaryEntry_key); }
  const char* value() const { return get<const char*>(Field::kAVDictionaryEntry_value); }
};

}  // namespace tonearm::ffmpeg
