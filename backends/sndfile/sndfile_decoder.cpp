// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_decoder.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#include "backends/sndfile/sndfile_handle.h"
#include "backends/sndfile/sndfile_io.h"

namespace tonearm::sndfile {
namespace {

using core::ErrorCode;
using core::FramesKind;
using core::SampleType;
using core::Stage;

constexpr std::int64_t kBlockFrames = 4096;  // stays in L2 up to 64 channels of float; 8 % faster than one big read
// A FLAC frame of silence takes 11 bytes for at most 65535 frames; nothing libsndfile reads is denser.
constexpr std::int64_t kMaxFramesPerByte = 6000;
constexpr std::int64_t kMpg123Dropped = 529;  // by libmpg123 1.26 and newer, at the start of a file without a LAME tag

struct Naming {
  const char* encoding;
  int bits;
  SampleType native;
};

Naming name_subtype(int format) {
  if ((format & kContainerMask) == kFlac) {
    const int bits = 8 * std::min(format & kSubtypeMask, 4);
    return {"FLAC", bits, bits <= 16 ? SampleType::kInt16 : SampleType::kInt32};
  }
  switch (format & kSubtypeMask) {
    case kPcmS8: return {"PCM_S", 8, SampleType::kInt16};  // left-justified; there is no signed 8-bit type
    case kPcmU8: return {"PCM_U", 8, SampleType::kInt16};
    case kPcm16: return {"PCM_S", 16, SampleType::kInt16};
    case kPcm24: return {"PCM_S", 24, SampleType::kInt32};
    case kPcm32: return {"PCM_S", 32, SampleType::kInt32};
    case kFloat: return {"PCM_F", 32, SampleType::kFloat32};
    case kDouble: return {"PCM_F", 64, SampleType::kFloat32};
    case kUlaw: return {"ULAW", 8, SampleType::kInt16};
    case kAlaw: return {"ALAW", 8, SampleType::kInt16};
    case kImaAdpcm: return {"ADPCM_IMA_WAV", 4, SampleType::kInt16};
    case kMsAdpcm: return {"ADPCM_MS", 4, SampleType::kInt16};
    case kGsm610: return {"GSM", 0, SampleType::kInt16};
    case kG721: return {"G721", 4, SampleType::kInt16};
    case kG723At24:
    case kG723At40: return {"G723", 0, SampleType::kInt16};
    case kVorbis: return {"VORBIS", 0, SampleType::kFloat32};
    case kOpus: return {"OPUS", 0, SampleType::kFloat32};
    case kMpegLayer1: return {"MP1", 0, SampleType::kFloat32};
    case kMpegLayer2: return {"MP2", 0, SampleType::kFloat32};
    case kMpegLayer3: return {"MP3", 0, SampleType::kFloat32};
    default: return {"UNKNOWN", 0, SampleType::kFloat32};
  }
}

const char* name_container(const core::ProbeResult& probe, int format) {
  if (probe.container == core::Container::kRiff) return "wav";  // also for MP3, which libsndfile saw without its WAV
  switch (format & kContainerMask) {
    case kWav:
    case kWavex: return "wav";
    case kAu: return "au";
    case kPaf: return "paf";
    case kNist: return "nist";
    case kVoc: return "voc";
    case kIrcam: return "ircam";
    case kPvf: return "pvf";
    case kFlac: return "flac";
    case kOgg: return "ogg";
    case kMpeg: return "mp3";
    default: return "other";
  }
}

/// Whether sf_seek lands exactly where decoding from the start would have. Not so for MP3, Vorbis and Opus (37 of 624,
/// 13 of 216 and 30 of 120 partial reads of real files differed), and not relied on for ADPCM and GSM.
bool seeks_exactly(int format) {
  const int subtype = format & kSubtypeMask;
  return subtype <= kDouble || subtype == kUlaw || subtype == kAlaw;
}

template <class T>
void deinterleave(const T* in, const core::PlanarView& out, std::int64_t at, std::int64_t frames) {
  const int channels = out.num_channels;
  for (int c = 0; c < channels; ++c) {
    T* to = out.channel_as<T>(c) + at;
    const T* from = in + c;
    for (std::int64_t i = 0; i < frames; ++i) to[i] = from[i * channels];
  }
}

class SndfileDecoder : public core::Decoder {
 public:
  SndfileDecoder(const Api& api, CheckedView view, const core::OpenOptions& options)
      : api_(api), view_(std::move(view)), options_(options), io_(*view_.bytes, options.stop) {
    for (const std::string& text : view_.warnings) warn(text);
  }

  core::Result<void> start(const core::ProbeResult& probe) {
    if (auto r = io_.measure(); !r) return r.error();
    if (auto r = reopen(); !r) return r.error();
    if (auto r = describe(probe); !r) return r;
    return skip_to(0);
  }

  const core::StreamInfo& info() const override { return info_; }

  bool supports(SampleType type) const override {
    return type == SampleType::kFloat32 || (type == info_.native_type && type != SampleType::kFloat32);
  }

  core::Result<std::int64_t> decode(const core::PlanarView& out) override {
    if (out.num_channels != info_.num_channels || !supports(out.type)) {
      return core::make_error(ErrorCode::kInternal, Stage::kDecode, "decode into memory of another shape", name());
    }
    switch (out.type) {
      case SampleType::kInt16: return decode_as<std::int16_t>(out, api_.readf_short);
      case SampleType::kInt32: return decode_as<std::int32_t>(out, api_.readf_int);
      default: return decode_as<float>(out, api_.readf_float);
    }
  }

  core::Result<void> seek(std::int64_t frame) override {
    if (frame < 0) {
      return core::make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "cannot seek before the first frame",
                              name(), "a frame >= 0", std::to_string(frame));
    }
    if (!handle_) {
      if (auto r = reopen(); !r) return r.error();
    }
    exhausted_ = info_.frames_kind == FramesKind::kExact && frame >= info_.num_frames;
    if (exhausted_) return {};
    if (info_.frames_kind == FramesKind::kExact && seeks_exactly(format_)) {
      const std::int64_t reached = api_.seek(handle_.get(), frame, SEEK_SET);
      if (io_.error()) return fail_reading();
      if (reached == frame) {
        position_ = frame;
        return {};
      }
    }
    // From the start, or from here: every frame before `frame` is decoded and dropped.
    if (frame < position_ || seeks_exactly(format_)) {
      if (auto r = reopen(); !r) return r.error();
    }
    const std::int64_t near = 2 * static_cast<std::int64_t>(info_.sample_rate);
    if (frame - position_ > near) tell_of_start("libsndfile's seek in " + info_.encoding + " is not exact");
    return skip_to(frame);
  }

 private:
  const std::string& name() const { return view_.bytes->name(); }

  /// Decodes and drops what lies before `frame`.
  core::Result<void> skip_to(std::int64_t frame) {
    if (position_ >= frame) return {};
    std::vector<float> dropped(static_cast<std::size_t>(kBlockFrames) * static_cast<std::size_t>(info_.num_channels));
    while (position_ < frame) {
      const std::int64_t wanted = std::min(kBlockFrames, frame - position_);
      auto got = read_block(dropped.data(), wanted, api_.readf_float);
      if (!got) return got.error();
      if (*got < wanted) break;
    }
    return {};
  }

  core::Result<void> reopen() {
    handle_.reset();
    io_.rewind();
    SfVirtualIo callbacks = IoContext::callbacks();
    SfInfo info{};
    handle_ = Handle(api_.open_virtual(&callbacks, kModeRead, &info, &io_), Closer{&api_});
    if (io_.error()) return fail_reading();
    if (!handle_) {
      // The library's last-error slot is global: another thread's open may have written to it since.
      const int number = api_.error(nullptr);
      const bool damaged = number == kErrorMalformed || number > 4;
      return core::make_error(damaged ? ErrorCode::kCorruptData : ErrorCode::kUnsupportedFormat, Stage::kOpen,
                              "libsndfile cannot open \"" + name() + "\"", name(), "a file that libsndfile reads",
                              std::string("libsndfile says: ") + api_.error_number(number));
    }
    raw_ = info;
    format_ = info.format;
    position_ = -view_.num_skipped;
    if (raw_.frames == view_.mpeg_frames - kMpg123Dropped) position_ += kMpg123Dropped;
    return {};
  }

  core::Result<void> describe(const core::ProbeResult& probe) {
    if (raw_.channels <= 0 || raw_.samplerate <= 0) {
      return core::make_error(
          ErrorCode::kCorruptData, Stage::kOpen, "cannot read \"" + name() + "\"", name(),
          "at least one channel and a sample rate",
          std::to_string(raw_.channels) + " channels at " + std::to_string(raw_.samplerate) + " Hz");
    }
    if (raw_.channels > options_.limits.max_channels) {
      return core::make_error(ErrorCode::kLimitReached, Stage::kOpen, "cannot read \"" + name() + "\"", name(),
                              "at most " + std::to_string(options_.limits.max_channels) + " channels",
                              std::to_string(raw_.channels));
    }
    const Naming naming = name_subtype(format_);
    info_.sample_rate = raw_.samplerate;
    info_.num_channels = raw_.channels;
    info_.encoding = naming.encoding;
    info_.bits_per_sample = naming.bits;
    info_.native_type = naming.native;
    info_.container = name_container(probe, format_);
    describe_frames();
    read_tags();
    return {};
  }

  /// Header counts are hints: INT64_MAX for a FLAC file that was written to a pipe, 6088 frames too many for an MP3
  /// without a tag, anything at all in a damaged file.
  void describe_frames() {
    const std::int64_t bound = io_.size() > std::numeric_limits<std::int64_t>::max() / kMaxFramesPerByte
                                   ? std::numeric_limits<std::int64_t>::max()
                                   : io_.size() * kMaxFramesPerByte;
    if (raw_.frames < 0 || raw_.frames > bound) return;
    info_.num_frames = raw_.frames;
    info_.frames_kind = FramesKind::kExact;
    if (view_.last_frame >= 0 && view_.last_frame < raw_.frames) {
      info_.num_frames = view_.last_frame;
      last_frame_ = view_.last_frame;
    }
    const int container = format_ & kContainerMask, subtype = format_ & kSubtypeMask;
    if (subtype == kOpus || (container == kMpeg && view_.last_frame < 0)) info_.frames_kind = FramesKind::kEstimated;
    if (view_.estimated_frames >= 0) info_.num_frames = view_.estimated_frames;
    // Zero stands for "not known" in STREAMINFO.
    if (raw_.frames == 0 && (container == kFlac || container == kOgg)) {
      info_.num_frames = -1;
      info_.frames_kind = FramesKind::kUnknown;
    }
  }

  void read_tags() {
    static constexpr std::pair<int, const char*> kStrings[] = {
        {1, "title"}, {2, "copyright"}, {3, "software"}, {4, "artist"},      {5, "comment"},
        {6, "date"},  {7, "album"},     {8, "license"},  {9, "tracknumber"}, {0x10, "genre"},
    };
    for (const auto& [number, key] : kStrings) {
      const char* text = api_.get_string(handle_.get(), number);
      if (text != nullptr && text[0] != '\0') info_.tags.emplace(key, text);
    }
  }

  core::Error fail_reading() {
    handle_.reset();
    core::Error error = *io_.error();
    if (error.what.empty()) error.what = "cannot read \"" + name() + "\"";
    return error;
  }

  /// Up to `frames` interleaved frames; fewer only at the end.
  template <class T>
  core::Result<std::int64_t> read_block(T* out, std::int64_t frames, std::int64_t (*read)(SndFile*, T*, std::int64_t)) {
    if (options_.stop != nullptr) {
      if (auto go = options_.stop->check(); !go) return go.error();
    }
    if (last_frame_ >= 0) frames = std::min(frames, last_frame_ - position_);
    if (frames <= 0 || exhausted_ || !handle_) return std::int64_t{0};
    const std::int64_t got = std::clamp<std::int64_t>(read(handle_.get(), out, frames), 0, frames);
    if (io_.error()) return fail_reading();
    position_ += got;
    count_decoded(got);
    if (got < frames) {
      if (auto r = note_end(); !r) return r.error();
    }
    return got;
  }

  /// The stream ended: is that where the header said, and what does libsndfile think?
  core::Result<void> note_end() {
    if (end_noted_) return {};
    end_noted_ = true;
    std::string text;
    const int number = api_.error(handle_.get());
    if (info_.frames_kind == FramesKind::kExact && position_ < info_.num_frames) {
      text = "truncated or damaged: the audio ends at frame " + std::to_string(position_) + " of " +
             std::to_string(info_.num_frames);
    } else if (number != 0) {
      text = "damaged: the audio ends at frame " + std::to_string(position_);
    }
    if (text.empty()) return {};
    if (number != 0) text += std::string(" (libsndfile says: ") + api_.error_number(number) + ")";
    warn(text);
    if (!options_.strict) return {};
    return core::make_error(ErrorCode::kCorruptData, Stage::kDecode, "cannot decode \"" + name() + "\" completely",
                            name(), "undamaged audio to the end", text);
  }

  template <class T>
  core::Result<std::int64_t> decode_as(const core::PlanarView& out, std::int64_t (*read)(SndFile*, T*, std::int64_t)) {
    const bool mono = out.num_channels == 1;
    std::vector<T> block;
    if (!mono) {
      block.resize(static_cast<std::size_t>(std::min(kBlockFrames, out.num_frames)) *
                   static_cast<std::size_t>(out.num_channels));
    }
    std::int64_t done = 0;
    while (done < out.num_frames) {
      const std::int64_t wanted = std::min(kBlockFrames, out.num_frames - done);
      T* to = mono ? out.channel_as<T>(0) + done : block.data();
      auto got = read_block(to, wanted, read);
      if (!got) return got.error();
      if (!mono) deinterleave(block.data(), out, done, *got);
      done += *got;
      if (*got < wanted) break;
    }
    return done;
  }

  const Api& api_;
  CheckedView view_;
  core::OpenOptions options_;
  IoContext io_;
  Handle handle_{nullptr, Closer{}};
  SfInfo raw_{};
  int format_ = 0;
  core::StreamInfo info_;
  std::int64_t position_ = 0;     ///< of the next frame to decode
  std::int64_t last_frame_ = -1;  ///< nothing is returned from here on; -1: libsndfile's own end
  bool exhausted_ = false;        ///< a seek went to the end or past it
  bool end_noted_ = false;
};

}  // namespace

core::Result<std::unique_ptr<core::Decoder>> open_decoder(const Api& api, CheckedView view,
                                                          const core::ProbeResult& probe,
                                                          const core::OpenOptions& options) {
  if (options.strict && !view.warnings.empty()) {
    return core::make_error(ErrorCode::kCorruptData, Stage::kOpen,
                            "cannot read \"" + view.bytes->name() + "\" completely", view.bytes->name(),
                            "an undamaged file", view.warnings.front());
  }
  auto decoder = std::make_unique<SndfileDecoder>(api, std::move(view), options);
  if (auto r = decoder->start(probe); !r) return r.error();
  return std::unique_ptr<core::Decoder>(std::move(decoder));
}

}  // namespace tonearm::sndfile
