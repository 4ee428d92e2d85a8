// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ffmpeg_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "backends/ffmpeg/ffmpeg_handles.h"
#include "backends/ffmpeg/log_capture.h"

namespace tonearm::ffmpeg {
namespace {

using core::Codec;
using core::ErrorCode;
using core::Result;
using core::Stage;

constexpr int kIoBytes = 64 * 1024;
constexpr int kMaxAacBits = 6144;  // per channel in a frame of 1024 (ISO/IEC 14496-3 section 4.5.3)
constexpr int kAacFrames = 1024;

/// Keys that FFmpeg's MP4 muxer has an iTunes atom for; it drops others without a word.
constexpr std::array kTags{"title",       "artist", "album", "album_artist", "comment", "composer", "copyright",
                           "description", "date",   "genre", "grouping",     "lyrics",  "track",    "disc"};

core::Error refuse(const core::EncodeTarget& target, const std::string& subject, std::string needed, std::string found,
                   std::string next = {}) {
  return core::make_error(ErrorCode::kInvalidArgument, Stage::kSave,
                          target.description() + " cannot hold this " + subject, subject, std::move(needed),
                          std::move(found), std::move(next));
}

Result<void> check_target(const core::EncodeTarget& target) {
  static constexpr std::array kAacRates{96000, 88200, 64000, 48000, 44100, 32000, 24000,
                                        22050, 16000, 12000, 11025, 8000,  7350};
  const core::EncodeRequest& request = target.request;
  const int rate = request.sample_rate, channels = request.num_channels;
  const bool aac = target.codec == Codec::kAac;
  if (aac && std::find(kAacRates.begin(), kAacRates.end(), rate) == kAacRates.end()) {
    return refuse(target, "sample_rate",
                  "96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, "
                  "8000 or 7350 Hz",
                  std::to_string(rate) + " Hz", "resample to 48000 Hz");
  }
  if (channels > 8) return refuse(target, "num_channels", "at most 8 channels", std::to_string(channels));
  if (request.compression) {
    const double most = static_cast<double>(kMaxAacBits) * channels * rate / kAacFrames / 1000;
    if (*request.compression > most) {
      return refuse(target, "compression",
                    "at most " + std::to_string(static_cast<int>(most)) + " kbit/s at this rate and channel count",
                    std::to_string(*request.compression));
    }
  }
  for (const auto& [key, value] : request.tags) {
    if (target.container == "adts") return refuse(target, "tag", "none: ADTS has no tags", key, "save as .m4a");
    if (std::find(kTags.begin(), kTags.end(), key) == kTags.end()) {
      std::string names;
      for (const char* name : kTags) names += (names.empty() ? "" : ", ") + std::string(name);
      return refuse(target, "tag", names, key);
    }
  }
  return {};
}

/// FFmpeg's write and seek callbacks over a ByteSink. Neither copied nor moved: FFmpeg holds its address.
class SinkIo {
 public:
  explicit SinkIo(core::ByteSink& sink) : sink_(sink) {}
  SinkIo(const SinkIo&) = delete;
  SinkIo& operator=(const SinkIo&) = delete;

  IoHandle make_io(const Api& api) {
    auto* buffer = static_cast<unsigned char*>(api.av_malloc(kIoBytes));
    AVIOContext* io =
        buffer == nullptr ? nullptr : api.avio_alloc_context(buffer, kIoBytes, 1, this, nullptr, &on_write, &on_seek);
    if (io == nullptr) api.av_free(buffer);
    return IoHandle(io, IoDeleter{&api});
  }

 private:
  static int on_write(void* opaque, std::uint8_t* data, int size) noexcept {
    auto* self = static_cast<SinkIo*>(opaque);
    if (size <= 0) return 0;
    const auto count = static_cast<std::uint64_t>(size);
    try {
      const std::span bytes(reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size));
      if (!self->sink_.write_at(self->position_, bytes)) return -EIO;
    } catch (const std::exception&) {  // out of memory; an exception must not pass through C frames
      return -ENOMEM;
    }
    self->position_ += count;
    self->end_ = std::max(self->end_, self->position_);
    return size;
  }

  static std::int64_t on_seek(void* opaque, std::int64_t offset, int whence) noexcept {
    auto* self = static_cast<SinkIo*>(opaque);
    const int from = whence & ~kSeekForce;
    if (from == kSeekSize) return static_cast<std::int64_t>(self->end_);
    const std::uint64_t base = from == SEEK_CUR ? self->position_ : from == SEEK_END ? self->end_ : 0;
    const std::int64_t target = static_cast<std::int64_t>(base) + offset;
    if (target < 0 || static_cast<std::uint64_t>(target) > self->end_) return -EINVAL;
    self->position_ = static_cast<std::uint64_t>(target);
    return target;
  }

  core::ByteSink& sink_;
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;
};

struct MuxerDeleter {
  const Api* api = nullptr;
  void operator()(AVFormatContext* context) const { api->avformat_free_context(context); }
};
using MuxerHandle = std::unique_ptr<AVFormatContext, MuxerDeleter>;

core::RawLayout layout_for(const core::EncodeTarget& target) {
  const bool integers = target.codec == Codec::kAlac;
  return {integers ? core::SampleEncoding::kS32 : core::SampleEncoding::kF32, std::endian::native == std::endian::big,
          target.request.num_channels};
}

class FfmpegEncoder final : public core::Encoder {
 public:
  FfmpegEncoder(std::shared_ptr<const Api> api, core::ByteSink& sink, const core::EncodeTarget& target)
      : Encoder(layout_for(target), {target.bits_per_sample, true}),
        keep_(std::move(api)),
        api_(*keep_),
        sink_(sink),
        target_(target),
        num_channels_(static_cast<std::size_t>(target.request.num_channels)),
        sink_io_(sink),
        io_(nullptr, IoDeleter{&api_}),
        muxer_(nullptr, MuxerDeleter{&api_}),
        codec_(nullptr, CodecDeleter{&api_}),
        packet_(api_.av_packet_alloc(), PacketDeleter{&api_}),
        frame_(api_.av_frame_alloc(), FrameDeleter{&api_}) {}
  ~FfmpegEncoder() override {
    const LogCapture log;  // encoders have last words
    codec_.reset();
    muxer_.reset();
  }

  Result<void> start() {
    const LogCapture log;
    io_ = sink_io_.make_io(api_);
    if (!io_ || !packet_ || !frame_) return failed(-ENOMEM);
    if (auto opened = open_codec(log); !opened) return opened;
    AVFormatContext* context = nullptr;
    const char* name = target_.container == "adts" ? "adts" : "ipod";
    if (api_.avformat_alloc_output_context2(&context, nullptr, name, nullptr) < 0) return lacks("muxer", name);
    muxer_.reset(context);
    const FormatView view(*api_.layout, context);
    view.set_io(io_.get());
    AVStream* stream = api_.avformat_new_stream(context, nullptr);
    if (stream == nullptr) return failed(-ENOMEM);
    auto* parameters = const_cast<AVCodecParameters*>(StreamView(*api_.layout, stream).parameters());
    if (const int status = api_.avcodec_parameters_from_context(parameters, codec_.get()); status < 0) {
      return failed(status);
    }
    frame_size_ = static_cast<std::size_t>(ParametersView(*api_.layout, parameters).frame_size());
    if (frame_size_ == 0) return failed(-EINVAL);
    AVDictionary* tags = nullptr;
    for (const auto& [key, value] : target_.request.tags) api_.av_dict_set(&tags, key.c_str(), value.c_str(), 0);
    view.set_metadata(tags);
    Dictionary options(api_);
    options.set("fflags", "+bitexact");  // the same samples give the same bytes
    // The edit list counts in it; FFmpeg's own 1000 Hz would round the length. Releases before 4.4 know no other.
    options.set("movie_timescale", std::to_string(target_.request.sample_rate).c_str());
    if (const int status = api_.avformat_write_header(context, options.address()); status < 0) return failed(status);
    return {};
  }

  Result<void> encode(const core::PlanarView& in) override {
    const LogCapture log;
    auto block = interleave(in);
    if (!block) return block.error();
    pending_.insert(pending_.end(), block->begin(), block->end());
    const std::size_t whole = frame_size_ * layout().frame_bytes();
    std::size_t done = 0;
    for (; pending_.size() - done >= whole; done += whole) {
      if (auto sent = send(std::span(pending_).subspan(done, whole)); !sent) return sent;
    }
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(done));
    return {};
  }

  Result<void> finish() override {
    const LogCapture log;
    if (!pending_.empty()) {
      if (auto sent = send(pending_); !sent) return sent;
      pending_.clear();
    }
    if (num_frames_ == 0)
      return refuse(target_, "number of samples", "at least one frame", "none", "save as WAV or FLAC");
    if (const int status = api_.avcodec_send_frame(codec_.get(), nullptr); status < 0) return failed(status);
    if (auto written = write_packets(); !written) return written;
    if (const int status = api_.av_write_trailer(muxer_.get()); status < 0) return failed(status);
    if (sink_.error()) return *sink_.error();
    return {};
  }

 private:
  Result<void> open_codec(const LogCapture& log) {
    const bool aac = target_.codec == Codec::kAac;
    const char* name = aac ? "aac" : "alac";
    const void* descriptor = api_.avcodec_descriptor_get_by_name(name);
    const AVCodec* encoder = api_.avcodec_find_encoder_by_name(name);
    if (descriptor == nullptr || encoder == nullptr) return lacks("encoder", name);
    int id = 0;  // the descriptor's first member
    std::memcpy(&id, descriptor, sizeof id);
    const ParametersHandle parameters(api_.avcodec_parameters_alloc(), ParametersDeleter{&api_});
    codec_.reset(api_.avcodec_alloc_context3(encoder));
    if (!parameters || !codec_) return failed(-ENOMEM);
    const ParametersView view(*api_.layout, parameters.get());
    format_ = aac ? kFltPlanar : target_.bits_per_sample == 24 ? kS32Planar : kS16Planar;
    view.set_audio_codec(id);
    view.set_format(format_);
    view.set_sample_rate(target_.request.sample_rate);
    view.set_layout(api_, target_.request.num_channels);
    view.set_bits_per_raw_sample(target_.bits_per_sample);
    if (target_.request.compression) view.set_bit_rate(static_cast<std::int64_t>(*target_.request.compression * 1000));
    int status = api_.avcodec_parameters_to_context(codec_.get(), parameters.get());
    if (status >= 0) {
      Dictionary options(api_);
      options.set("time_base", ("1/" + std::to_string(target_.request.sample_rate)).c_str());
      options.set("flags", "+global_header+bitexact");
      options.set("threads", "1");
      status = api_.avcodec_open2(codec_.get(), encoder, options.address());
    }
    if (status >= 0) return {};
    if (status == -ENOMEM) return failed(status);
    const std::string words = log.last_error();
    return core::make_error(ErrorCode::kUnsupportedFormat, Stage::kSave,
                            "FFmpeg " + api_.version + " does not encode " + std::to_string(num_channels_) +
                                " channels at " + std::to_string(target_.request.sample_rate) + " Hz as " +
                                target_.description() + ": " + (words.empty() ? api_.error_text(status) : words),
                            sink_.name());
  }

  /// One frame of interleaved samples: all the encoder takes at once, or the last of them.
  Result<void> send(std::span<const std::byte> samples) {
    const std::size_t frames = samples.size() / layout().frame_bytes();
    const FrameView view(*api_.layout, frame_.get());
    view.set_num_frames(static_cast<int>(frames));
    view.set_format(format_);
    view.set_sample_rate(target_.request.sample_rate);
    view.set_layout(api_, target_.request.num_channels);
    view.set_timestamp(num_frames_);
    int status = api_.av_frame_get_buffer(frame_.get(), 0);
    if (status >= 0) {
      for (std::size_t c = 0; c < num_channels_; ++c) fill_plane(view.planes()[c], samples, c, frames);
      status = api_.avcodec_send_frame(codec_.get(), frame_.get());
    }
    api_.av_frame_unref(frame_.get());
    if (status < 0) return failed(status);
    num_frames_ += static_cast<std::int64_t>(frames);
    return write_packets();
  }

  void fill_plane(const std::uint8_t* plane, std::span<const std::byte> samples, std::size_t channel,
                  std::size_t frames) const {
    auto* out = const_cast<std::uint8_t*>(plane);
    for (std::size_t f = 0; f < frames; ++f) {
      const std::byte* from = samples.data() + (f * num_channels_ + channel) * 4;  // float or left-justified int32
      if (format_ == kS16Planar) {
        std::int32_t wide = 0;
        std::memcpy(&wide, from, sizeof wide);
        const auto narrow = static_cast<std::int16_t>(wide >> 16);
        std::memcpy(out + f * sizeof narrow, &narrow, sizeof narrow);
      } else {
        std::memcpy(out + f * 4, from, 4);
      }
    }
  }

  Result<void> write_packets() {
    while (true) {
      int status = api_.avcodec_receive_packet(codec_.get(), packet_.get());
      if (status == -EAGAIN || status == kErrorEof) return {};
      if (status >= 0) {
        status = api_.av_write_frame(muxer_.get(), packet_.get());
        api_.av_packet_unref(packet_.get());
      }
      if (sink_.error()) return *sink_.error();
      if (status < 0) return failed(status);
    }
  }

  core::Error failed(int status) const {
    if (sink_.error()) return *sink_.error();
    return core::make_error(status == -ENOMEM ? ErrorCode::kOutOfMemory : ErrorCode::kInternal, Stage::kSave,
                            "FFmpeg cannot encode \"" + sink_.name() + "\" as " + target_.description(), sink_.name(),
                            {}, api_.error_text(status));
  }

  core::Error lacks(const char* part, const std::string& name) const {
    return core::make_error(
        ErrorCode::kUnsupportedFormat, Stage::kSave,
        "this FFmpeg " + api_.version + " (" + api_.path + ") was built without the " + part + " " + name,
        sink_.name());
  }

  const std::shared_ptr<const Api> keep_;
  const Api& api_;
  core::ByteSink& sink_;
  const core::EncodeTarget target_;
  const std::size_t num_channels_;

  // Destroyed in the reverse order: FFmpeg's contexts before the I/O they write to.
  SinkIo sink_io_;
  IoHandle io_;
  MuxerHandle muxer_;
  CodecHandle codec_;
  PacketHandle packet_;
  FrameHandle frame_;

  int format_ = kFltPlanar;         ///< AVSampleFormat
  std::size_t frame_size_ = 0;      ///< frames that the encoder takes at once
  std::int64_t num_frames_ = 0;     ///< given to it
  std::vector<std::byte> pending_;  ///< interleaved, less than frame_size_ frames
};

}  // namespace

std::string declines_target(const core::EncodeTarget& target) {
  const bool ours = target.codec == Codec::kAac || target.codec == Codec::kAlac;
  return ours ? "" : "FFmpeg is asked for AAC and ALAC only";
}

Result<std::unique_ptr<core::Encoder>> open_encoder(std::shared_ptr<const Api> api, core::ByteSink& sink,
                                                    const core::EncodeTarget& target) {
  if (auto checked = check_target(target); !checked) return checked.error();
  auto encoder = std::make_unique<FfmpegEncoder>(std::move(api), sink, target);
  if (auto started = encoder->start(); !started) return started.error();
  return std::unique_ptr<core::Encoder>(std::move(encoder));
}

}  // namespace tonearm::ffmpeg
