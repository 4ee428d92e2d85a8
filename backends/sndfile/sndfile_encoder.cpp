// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <exception>
#include <utility>

#include "backends/sndfile/sndfile_handle.h"

namespace tonearm::sndfile {
namespace {

using core::Codec;
using core::ErrorCode;
using core::Stage;

constexpr std::int64_t kBlockFrames = 4096;  // libsndfile's Vorbis encoder keeps a block on the stack

constexpr std::pair<const char*, int> kStrings[] = {  // SF_STR_*
    {"title", 1}, {"copyright", 2}, {"encoder", 3},     {"artist", 4}, {"comment", 5}, {"date", 6},
    {"album", 7}, {"license", 8},   {"tracknumber", 9}, {"track", 9},  {"genre", 0x10}};

/// SF_VIRTUAL_IO over a ByteSink. Must not move while a file is open over it.
class SinkIo {
 public:
  explicit SinkIo(core::ByteSink& sink) : sink_(sink) {}
  SinkIo(const SinkIo&) = delete;
  SinkIo& operator=(const SinkIo&) = delete;

  /// From here on nothing reaches the sink: closing a file that was given up writes its last pages.
  void abandon() { abandoned_ = true; }

  static SfVirtualIo callbacks() {
    SfVirtualIo io{};
    io.get_filelen = [](void* user) { return self(user).end_; };
    io.tell = [](void* user) { return self(user).position_; };
    io.read = [](void*, std::int64_t, void*) -> std::int64_t { return 0; };
    io.seek = [](std::int64_t offset, int whence, void* user) -> std::int64_t {
      SinkIo& io = self(user);
      const std::int64_t base = whence == SEEK_CUR ? io.position_ : whence == SEEK_END ? io.end_ : 0;
      if (base + offset < 0 || base + offset > io.end_) return -1;
      return io.position_ = base + offset;
    };
    io.write = [](const void* data, std::int64_t count, void* user) -> std::int64_t {
      SinkIo& io = self(user);
      if (count <= 0) return 0;
      if (!io.abandoned_) {
        const std::span bytes(static_cast<const std::byte*>(data), static_cast<std::size_t>(count));
        try {
          if (!io.sink_.write_at(static_cast<std::uint64_t>(io.position_), bytes)) return 0;
        } catch (const std::exception&) {  // out of memory; an exception must not pass through C frames
          return 0;
        }
      }
      io.position_ += count;
      io.end_ = std::max(io.end_, io.position_);
      return count;
    };
    return io;
  }

 private:
  static SinkIo& self(void* user) { return *static_cast<SinkIo*>(user); }

  core::ByteSink& sink_;
  std::int64_t position_ = 0;
  std::int64_t end_ = 0;
  bool abandoned_ = false;
};

int format_of(const core::EncodeTarget& target) {
  const auto format = [](int container, int subtype) { return container | subtype; };
  switch (target.codec) {
    case Codec::kFlac:
      return format(kFlac, target.bits_per_sample == 8 ? kPcmS8 : target.bits_per_sample == 24 ? kPcm24 : kPcm16);
    case Codec::kVorbis: return format(kOgg, kVorbis);
    case Codec::kOpus: return format(kOgg, kOpus);
    default: return format(kMpeg, kMpegLayer3);
  }
}

core::Error refuse(const core::EncodeTarget& target, const std::string& subject, std::string needed, std::string found,
                   std::string next = {}) {
  return core::make_error(ErrorCode::kInvalidArgument, Stage::kSave,
                          target.description() + " cannot hold this " + subject, subject, std::move(needed),
                          std::move(found), std::move(next));
}

core::Result<void> check_shape(const core::EncodeTarget& target) {
  static constexpr std::array kOpusRates{8000, 12000, 16000, 24000, 48000};
  static constexpr std::array kMp3Rates{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000};
  const int rate = target.request.sample_rate, channels = target.request.num_channels;
  const auto among = [rate](const auto& rates) { return std::find(rates.begin(), rates.end(), rate) != rates.end(); };
  const std::string found = std::to_string(rate) + " Hz";
  if (target.codec == Codec::kOpus && !among(kOpusRates)) {
    return refuse(target, "sample_rate", "8000, 12000, 16000, 24000 or 48000 Hz", found, "resample to 48000 Hz");
  }
  if (target.codec == Codec::kMp3 && !among(kMp3Rates)) {
    return refuse(target, "sample_rate", "8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000 Hz", found,
                  "resample to 44100 Hz");
  }
  const int most = target.codec == Codec::kMp3 ? 2 : target.codec == Codec::kFlac ? 8 : 255;
  if (channels <= most) return {};
  return refuse(target, "num_channels", "at most " + std::to_string(most) + " channels", std::to_string(channels));
}

/// libsndfile's one scale for every codec, 0 (large files) to 1 (small ones), from what the codec itself counts in.
core::Result<double> compression_level(const core::EncodeTarget& target) {
  const double asked = *target.request.compression;
  if (target.codec == Codec::kFlac) return asked / 8;
  if (target.codec == Codec::kVorbis) return 1 - asked / 10;
  double least = 6.0 * target.request.num_channels, most = 256.0 * target.request.num_channels;  // Opus, kbit/s
  if (target.codec == Codec::kMp3) {                                                             // MPEG 1, 2 and 2.5
    const int rate = target.request.sample_rate;
    least = rate >= 32000 ? 32 : 8;
    most = rate >= 32000 ? 320 : rate >= 16000 ? 160 : 64;
  }
  if (asked >= least && asked <= most) return (most - asked) / (most - least);
  return refuse(target, "compression",
                std::to_string(static_cast<int>(least)) + " to " + std::to_string(static_cast<int>(most)) +
                    " kbit/s at this rate and channel count",
                std::to_string(asked));
}

core::RawLayout layout_for(const core::EncodeTarget& target) {
  const bool integers = target.codec == Codec::kFlac;
  return {integers ? core::SampleEncoding::kS32 : core::SampleEncoding::kF32, std::endian::native == std::endian::big,
          target.request.num_channels};
}

class SndfileEncoder final : public core::Encoder {
 public:
  SndfileEncoder(const Api& api, core::ByteSink& sink, const core::EncodeTarget& target)
      : Encoder(layout_for(target), {target.bits_per_sample, true}), api_(api), sink_(sink), io_(sink) {}
  ~SndfileEncoder() override { io_.abandon(); }  // before handle_ closes

  core::Result<void> start(const Version& version, const core::EncodeTarget& target) {
    SfInfo info{};
    info.samplerate = target.request.sample_rate;
    info.channels = target.request.num_channels;
    info.format = format_of(target);
    SfVirtualIo callbacks = SinkIo::callbacks();
    handle_ = Handle(api_.open_virtual(&callbacks, kModeWrite, &info, &io_), Closer{&api_});
    if (!handle_) {
      if (sink_.error()) return *sink_.error();
      return core::make_error(ErrorCode::kUnsupportedFormat, Stage::kSave,
                              "libsndfile " + version.text() + " writes no " + target.description() + ": " +
                                  api_.error_number(api_.error(nullptr)),
                              sink_.name());
    }
    for (const auto& [key, value] : target.request.tags) {
      const auto* known = std::find_if(std::begin(kStrings), std::end(kStrings),
                                       [&key = key](const auto& s) { return key == s.first; });
      if (known == std::end(kStrings) || api_.set_string(handle_.get(), known->second, value.c_str()) != 0) {
        return refuse(target, "tag", "title, artist, album, comment, date, genre, track, copyright, license or encoder",
                      key);
      }
    }
    if (!target.request.compression) return {};
    auto level = compression_level(target);
    if (!level) return level.error();
    int mode = kConstantBitrate;  // MP3's own default is a variable rate, where the level is a quality
    if (target.codec == Codec::kMp3) api_.command(handle_.get(), kSetBitrateMode, &mode, sizeof mode);
    if (api_.command(handle_.get(), kSetCompressionLevel, &*level, sizeof(double)) == 1) return {};
    return refuse(target, "compression", "a setting that libsndfile " + version.text() + " takes",
                  std::to_string(*target.request.compression));
  }

  core::Result<void> encode(const core::PlanarView& in) override {
    for (std::int64_t begin = 0; begin < in.num_frames; begin += kBlockFrames) {
      const std::int64_t frames = std::min(kBlockFrames, in.num_frames - begin);
      auto block = interleave(in.slice(begin, frames));
      if (!block) return block.error();
      const bool integers = layout().encoding == core::SampleEncoding::kS32;
      const std::int64_t taken =
          integers ? api_.writef_int(handle_.get(), reinterpret_cast<const std::int32_t*>(block->data()), frames)
                   : api_.writef_float(handle_.get(), reinterpret_cast<const float*>(block->data()), frames);
      if (taken != frames || sink_.error()) return failed("encode");
    }
    return {};
  }

  core::Result<void> finish() override {
    SndFile* file = handle_.release();
    const int status = api_.close(file);
    if (sink_.error()) return *sink_.error();
    if (status == 0) return {};
    return core::make_error(ErrorCode::kInternal, Stage::kSave, "libsndfile cannot complete \"" + sink_.name() + "\"",
                            sink_.name(), {}, api_.error_number(status));
  }

 private:
  core::Error failed(const char* action) {
    if (sink_.error()) return *sink_.error();
    return core::make_error(ErrorCode::kInternal, Stage::kSave,
                            "libsndfile cannot " + std::string(action) + " for \"" + sink_.name() + "\"", sink_.name(),
                            {}, api_.error_number(api_.error(handle_.get())));
  }

  const Api& api_;
  core::ByteSink& sink_;
  SinkIo io_;
  Handle handle_;  // last: closed while io_ lives
};

}  // namespace

std::string declines_target(const core::EncodeTarget& target) {
  switch (target.codec) {
    case Codec::kFlac: return target.container == "flac" ? "" : "libsndfile writes FLAC into its own container only";
    case Codec::kVorbis:
    case Codec::kOpus:
    case Codec::kMp3: return {};
    default: return "libsndfile is asked for FLAC, Vorbis, Opus and MP3 only";
  }
}

core::Result<std::unique_ptr<core::Encoder>> open_encoder(const Api& api, const Version& version, core::ByteSink& sink,
                                                          const core::EncodeTarget& target) {
  if (auto shape = check_shape(target); !shape) return shape.error();
  auto encoder = std::make_unique<SndfileEncoder>(api, sink, target);
  if (auto started = encoder->start(version, target); !started) return started.error();
  return std::unique_ptr<core::Encoder>(std::move(encoder));
}

}  // namespace tonearm::sndfile
