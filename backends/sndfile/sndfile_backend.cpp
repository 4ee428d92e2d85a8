// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_backend.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <string_view>

#include "backends/sndfile/checked_view.h"
#include "backends/sndfile/sndfile_api.h"
#include "backends/sndfile/sndfile_decoder.h"
#include "backends/sndfile/sndfile_encoder.h"
#include "core/doctor/doctor.h"
#include "core/library/library.h"

namespace tonearm::sndfile {
namespace {

using core::Codec;
using core::Container;
using core::ErrorCode;
using core::Stage;

std::string remedy() { return doctor::codec_advice("libsndfile.so.1"); }

/// Formats that the probe does not know, and whose short fixed headers libsndfile reads soundly.
constexpr std::string_view kOtherMagics[] = {
    "NIST_1A",
    "Creative Voice File\x1A",
    std::string_view("\x64\xA3\x01\x00", 4),
    std::string_view("\x64\xA3\x02\x00", 4),  // IRCAM, little endian
    std::string_view("\x00\x01\xA3\x64", 4),
    std::string_view("\x00\x02\xA3\x64", 4),  // IRCAM, big endian
    " paf",
    "fap ",
    "PVF1\n",
};

class SndfileBackend : public core::Backend {
 public:
  const char* name() const override { return "soundfile"; }
  const char* description() const override {
    return "FLAC, Vorbis and Opus in Ogg, MP3, ADPCM and GSM WAV by libsndfile";
  }

  core::Availability available() override {
    std::call_once(once_, [this] { load(); });
    return availability_;
  }

  std::string declines(const core::ProbeResult& probe) override {
    switch (probe.container) {
      case Container::kFlac:
      case Container::kAu: return {};
      case Container::kRiff:
        if (probe.codec == Codec::kMp3) return declines_mp3();
        return probe.codec == Codec::kOther ? probe.description + " is not among what libsndfile reads" : "";
      case Container::kOgg:
        // FLAC in Ogg: 1.2.0 refuses what flac 1.4.2 writes ("unknown error in flac decoder").
        if (probe.codec == Codec::kVorbis || probe.codec == Codec::kOpus) return {};
        return "libsndfile reads only Vorbis and Opus in Ogg";
      case Container::kMp3: return declines_mp3();
      case Container::kRifx:
      case Container::kRf64:
      case Container::kWave64:
      case Container::kAiff:
      case Container::kCaf: return "libsndfile is shown no header that was not checked first, and this one is not";
      case Container::kUnknown: return probe.description == "an unknown format" ? "" : probe.description;
      default: return "libsndfile does not read " + (probe.description.empty() ? "this" : probe.description);
    }
  }

  core::Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const core::ProbeResult& probe,
                                                    const core::OpenOptions& options) override {
    const core::Availability state = available();
    if (!state.available) return load_error_;
    if (const std::string reason = declines(probe); !reason.empty()) return unsupported(source, reason);
    if (options.stream_index > 0) {
      return core::make_error(
          ErrorCode::kInvalidArgument, Stage::kArguments,
          "cannot open stream " + std::to_string(options.stream_index) + " of \"" + source.name() + "\"", source.name(),
          "stream 0: libsndfile reads one stream", std::to_string(options.stream_index));
    }
    if (probe.container == Container::kUnknown) {
      std::array<std::byte, 32> head;
      auto got = source.read_at(probe.start, head);
      if (!got) return got.error();
      const std::string_view bytes(reinterpret_cast<const char*>(head.data()), *got);
      const bool known = std::any_of(std::begin(kOtherMagics), std::end(kOtherMagics),
                                     [&](std::string_view magic) { return bytes.starts_with(magic); });
      if (!known) return unsupported(source, "its first bytes are those of no format that libsndfile reads");
    }
    auto view = make_checked_view(source, probe, options.stop);
    if (!view) return view.error();
    return open_decoder(api_, std::move(*view), probe, options);
  }

  std::string declines_to_write(const core::EncodeTarget& target) override {
    if (std::string reason = declines_target(target); !reason.empty()) return reason;
    return target.codec == Codec::kMp3 ? declines_mp3() : "";
  }

  core::Result<std::unique_ptr<core::Encoder>> create(core::ByteSink& sink, const core::EncodeTarget& target) override {
    if (!available().available) return load_error_;
    return open_encoder(api_, version_, sink, target);
  }

 private:
  std::string declines_mp3() {
    if (!available().available || version_.at_least(1, 1, 0)) return {};
    return "libsndfile " + version_.text() + " has no MP3 (1.1.0 is the first)";
  }

  static core::Error unsupported(const core::ByteSource& source, const std::string& reason) {
    return core::make_error(ErrorCode::kUnsupportedFormat, Stage::kOpen, "cannot open \"" + source.name() + "\"",
                            source.name(), "a format that libsndfile reads", reason);
  }

  void set_unavailable(core::Error error) {
    availability_.available = false;
    availability_.reason = error.what + (error.found.empty() ? "" : ": " + error.found);
    availability_.next = error.next;
    error.finding = availability_.finding = doctor::explain("sndfile", core::wheel_directories());
    load_error_ = std::move(error);
  }

  /// The first place whose library opens and is new enough; the last error where there is none.
  void load() {
    const core::LibraryRequest request{"libsndfile", 1, 1, "TONEARM_SNDFILE", "_soundfile_data", remedy()};
    auto search = core::find_library(request);
    if (!search) return set_unavailable(search.error());
    core::Error last = core::missing_library(request, *search);
    for (const core::LibraryPlace& place : search->found) {
      auto opened = try_place(place);
      if (opened) return;
      last = opened.error();
    }
    set_unavailable(std::move(last));
  }

  core::Result<void> try_place(const core::LibraryPlace& place) {
    if (auto checked = doctor::check_before_opening({place.path}); !checked) return checked.error();
    auto library = core::OpenLibrary::open(place.path, remedy());
    if (!library) return library.error();
    auto api = load_api(*library);
    if (!api) return api.error();
    const Version version = parse_version(api->version_string());
    if (!version.at_least(1, 0, 31)) {
      return core::make_error(ErrorCode::kMissingDependency, Stage::kDependency,
                              "the library \"" + place.path + "\" is too old", place.path,
                              "libsndfile 1.0.31 or newer (1.1.0 for MP3)", api->version_string(), remedy());
    }
    library->keep();
    library_ = std::move(*library);
    api_ = *api;
    version_ = version;
    availability_.version = version.text();
    availability_.path = place.path;
    return {};
  }

  std::once_flag once_;
  core::Availability availability_;
  core::Error load_error_;
  core::OpenLibrary library_;
  Api api_;
  Version version_;
};

}  // namespace

std::unique_ptr<core::Backend> make_sndfile_backend() { return std::make_unique<SndfileBackend>(); }

}  // namespace tonearm::sndfile
