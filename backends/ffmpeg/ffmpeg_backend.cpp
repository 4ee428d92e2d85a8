// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ffmpeg_backend.h"

#include <mutex>
#include <optional>

#include "backends/ffmpeg/ffmpeg_decoder.h"
#include "backends/ffmpeg/ffmpeg_encoder.h"
#include "backends/ffmpeg/log_capture.h"
#include "backends/ffmpeg/ogg_decoder.h"
#include "backends/ffmpeg/self_check.h"
#include "core/doctor/doctor.h"

namespace tonearm::ffmpeg {
namespace {

using core::Availability;
using core::Container;
using core::ProbeResult;
using core::Result;

class FfmpegBackend final : public core::Backend {
 public:
  const char* name() const override { return "ffmpeg"; }
  const char* description() const override {
    return "FFmpeg 4 to 9, found at run time: AAC, ALAC, MP3, Opus, Vorbis, WMA and all else it decodes; writes AAC "
           "and ALAC";
  }

  Availability available() override {
    const Result<std::shared_ptr<const Api>>& api = get_api();
    Availability answer;
    answer.available = static_cast<bool>(api);
    if (api) {
      answer.version = (*api)->version;
      answer.path = (*api)->path;
    } else {
      const core::Error& error = api.error();
      answer.reason = error.found.empty() ? error.what : error.what + ": " + error.found;
      answer.next = error.next;
      answer.finding = error.finding;
    }
    return answer;
  }

  std::string declines(const ProbeResult& probe) override {
    // Unknown bytes are FFmpeg's to probe, except what is surely no audio.
    if (probe.container == Container::kUnknown && probe.description != "an unknown format") {
      return "not audio: " + probe.description;
    }
    if (probe.container == Container::kRifx) return "FFmpeg misreads big-endian WAV (24 bits as noise, to 8.1)";
    return {};
  }

  Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const ProbeResult& probe,
                                              const core::OpenOptions& options) override {
    const Result<std::shared_ptr<const Api>>& api = get_api();
    if (!api) return api.error();
    if (probe.container == Container::kOgg &&
        (probe.codec == core::Codec::kVorbis || probe.codec == core::Codec::kOpus)) {
      auto stream = core::OggStream::scan(source, probe.start, options.stop);
      if (!stream) return stream.error();
      if (*stream) return OggDecoder::open(*api, source, std::move(**stream), options);
    }
    return FfmpegDecoder::open(*api, source, probe, options);
  }

  std::string declines_to_write(const core::EncodeTarget& target) override { return declines_target(target); }

  Result<std::unique_ptr<core::Encoder>> create(core::ByteSink& sink, const core::EncodeTarget& target) override {
    const Result<std::shared_ptr<const Api>>& api = get_api();
    if (!api) return api.error();
    return open_encoder(*api, sink, target);
  }

 private:
  const Result<std::shared_ptr<const Api>>& get_api() {
    std::call_once(once_, [this] {
      api_.emplace(prepare());
      if (!*api_) api_->error().finding = doctor::explain("ffmpeg", core::wheel_directories());
    });
    return *api_;
  }

  Result<std::shared_ptr<const Api>> prepare() {
    auto opened = open_api();
    if (!opened) return opened.error();
    const auto api = std::make_shared<const Api>(std::move(*opened));
    install_log_callback(*api);
    if (auto checked = check_layout(api); !checked) return checked.error();
    return api;
  }

  std::once_flag once_;
  std::optional<Result<std::shared_ptr<const Api>>> api_;
};

}  // namespace

std::unique_ptr<core::Backend> make_ffmpeg_backend() { return std::make_unique<FfmpegBackend>(); }

}  // namespace tonearm::ffmpeg
