// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/encoder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace tonearm::core {
namespace {

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

Error refuse(std::string what, std::string subject, std::string needed, std::string found, std::string next = {}) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, std::move(what), std::move(subject),
                    std::move(needed), std::move(found), std::move(next));
}

std::string changed_case(std::string text, int (*change)(int)) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [&](char c) { return static_cast<char>(change(static_cast<unsigned char>(c))); });
  return text;
}

/// Names a caller may use for `format`, which are the extensions too.
struct FormatRow {
  std::string_view name;
  std::string_view container;
  Codec codec;  ///< the default
};
constexpr std::array kFormats{
    FormatRow{"wav", "wav", Codec::kPcm},       FormatRow{"wave", "wav", Codec::kPcm},
    FormatRow{"amb", "wav", Codec::kPcm},       FormatRow{"rf64", "rf64", Codec::kPcm},
    FormatRow{"w64", "w64", Codec::kPcm},       FormatRow{"aiff", "aiff", Codec::kPcm},
    FormatRow{"aif", "aiff", Codec::kPcm},      FormatRow{"aifc", "aifc", Codec::kPcm},
    FormatRow{"au", "au", Codec::kPcm},         FormatRow{"snd", "au", Codec::kPcm},
    FormatRow{"caf", "caf", Codec::kPcm},       FormatRow{"flac", "flac", Codec::kFlac},
    FormatRow{"ogg", "ogg", Codec::kVorbis},    FormatRow{"oga", "ogg", Codec::kVorbis},
    FormatRow{"vorbis", "ogg", Codec::kVorbis}, FormatRow{"opus", "ogg", Codec::kOpus},
    FormatRow{"mp3", "mp3", Codec::kMp3},       FormatRow{"m4a", "m4a", Codec::kAac},
    FormatRow{"mp4", "m4a", Codec::kAac},       FormatRow{"alac", "m4a", Codec::kAlac},
    FormatRow{"aac", "adts", Codec::kAac},      FormatRow{"adts", "adts", Codec::kAac},
};

/// Who writes what, best first.
struct WriterRow {
  Codec codec;
  std::string_view name;
  std::vector<std::string_view> backends;
  const char* reason;
};
const std::vector<WriterRow>& writers() {
  static const std::vector<WriterRow> rows{
      {Codec::kPcm, "PCM", {"pcm"}, "needs no library, writes every encoding"},
      {Codec::kFlac, "FLAC", {"soundfile"}, "libFLAC"},
      {Codec::kVorbis, "Vorbis", {"soundfile"}, "libvorbis"},
      {Codec::kOpus, "Opus", {"soundfile"}, "libopus"},
      {Codec::kMp3, "MP3", {"soundfile"}, "LAME, with its gapless tag"},
      {Codec::kAac, "AAC", {"ffmpeg"}, "libsndfile has no AAC"},
      {Codec::kAlac, "ALAC", {"ffmpeg"}, "libsndfile writes ALAC into CAF only"},
  };
  return rows;
}

const WriterRow& writer_for(Codec codec) {
  const auto& rows = writers();
  return *std::find_if(rows.begin(), rows.end() - 1, [&](const WriterRow& row) { return row.codec == codec; });
}

std::string known_formats() {
  std::string names;
  for (const FormatRow& row : kFormats) names += (names.empty() ? "" : ", ") + std::string(row.name);
  return names;
}

std::string extension_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t slash = name.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return {};
  return name.substr(dot + 1);
}

Result<FormatRow> find_format(const EncodeRequest& request, const std::string& sink_name) {
  const std::string given = request.format.empty() ? extension_of(sink_name) : request.format;
  const std::string lower = changed_case(given, std::tolower);
  for (const FormatRow& row : kFormats) {
    if (row.name == lower) return row;
  }
  if (!request.format.empty()) return refuse("Unsupported format: " + given, "format", known_formats(), given);
  return refuse("cannot tell the format of " + quoted(sink_name), "format",
                "format, or an extension of " + known_formats(),
                given.empty() ? "no extension" : "the extension " + given, "pass format=\"wav\"");
}

struct PcmKind {
  SampleEncoding samples;
  int bits;
};

bool is_wave(std::string_view container) { return container == "wav" || container == "rf64" || container == "w64"; }

/// 8-bit samples are unsigned in the WAV family and signed in Apple's and Sun's files.
PcmKind eight_bits(std::string_view container) {
  return {is_wave(container) ? SampleEncoding::kU8 : SampleEncoding::kS8, 8};
}

std::optional<PcmKind> signed_bits(int bits) {
  switch (bits) {
    case 16: return PcmKind{SampleEncoding::kS16, 16};
    case 24: return PcmKind{SampleEncoding::kS24, 24};
    case 32: return PcmKind{SampleEncoding::kS32, 32};
    default: return std::nullopt;
  }
}

PcmKind kind_of(SampleType type, std::string_view container) {
  switch (type) {
    case SampleType::kUInt8: return eight_bits(container);
    case SampleType::kInt16: return {SampleEncoding::kS16, 16};
    case SampleType::kInt32: return {SampleEncoding::kS32, 32};
    case SampleType::kFloat32: return {SampleEncoding::kF32, 32};
    case SampleType::kFloat64: return {SampleEncoding::kF64, 64};
  }
  return {SampleEncoding::kF32, 32};
}

/// torchaudio 2.8's rules for WAV, for every PCM container: the dtype decides where nothing is said; PCM_S alone is 16
/// bits, as in its ffmpeg and sox backends.
Result<PcmKind> resolve_pcm(const EncodeRequest& request, std::string_view container) {
  const std::string name = changed_case(std::string(container), std::toupper);
  const std::string encoding = changed_case(request.encoding, std::toupper);
  const int bits = request.bits_per_sample;
  const auto bad_bits = [&](std::string what, const char* needed) {
    return refuse(std::move(what), "bits_per_sample", needed, std::to_string(bits));
  };
  if (bits != 0 && bits != 8 && bits != 16 && bits != 24 && bits != 32 && bits != 64) {
    return bad_bits("Invalid bits_per_sample " + std::to_string(bits) + " for " + name + " encoding.",
                    "8, 16, 24, 32, or 64 with PCM_F");
  }
  if (encoding.empty()) {
    if (bits == 0) return kind_of(request.type, container);
    if (bits == 8) return eight_bits(container);
    if (const auto kind = signed_bits(bits)) return *kind;
    return bad_bits("For " + name + ", 64 bits need the encoding PCM_F.", "encoding PCM_F, or at most 32 bits");
  }
  if (encoding == "PCM_S") {
    if (bits == 0) return PcmKind{SampleEncoding::kS16, 16};
    if (const auto kind = signed_bits(bits)) return *kind;
    if (bits == 8 && !is_wave(container)) return eight_bits(container);
    return bad_bits("For " + name + " signed PCM, " + std::to_string(bits) + "-bit encoding is not supported.",
                    is_wave(container) ? "16, 24 or 32" : "8, 16, 24 or 32");
  }
  if (encoding == "PCM_U") {
    if (!is_wave(container)) {
      return refuse(name + " encoding PCM_U is not supported.", "encoding", "PCM_S", "PCM_U");
    }
    if (bits == 0 || bits == 8) return eight_bits(container);
    return bad_bits("For " + name + " unsigned PCM, only 8-bit encoding is supported.", "8");
  }
  if (encoding == "PCM_F") {
    if (bits == 0 || bits == 32) return PcmKind{SampleEncoding::kF32, 32};
    if (bits == 64) return PcmKind{SampleEncoding::kF64, 64};
    return bad_bits("For " + name + " float PCM, only 32- and 64-bit encodings are supported.", "32 or 64");
  }
  if (encoding == "ULAW" || encoding == "ALAW") {
    const bool mu = encoding == "ULAW";
    if (bits == 0 || bits == 8) return PcmKind{mu ? SampleEncoding::kMuLaw : SampleEncoding::kALaw, 8};
    return bad_bits("For " + name + " PCM " + (mu ? "mu-law" : "A-law") + ", only 8-bit encoding is supported.", "8");
  }
  return refuse(name + " encoding " + request.encoding + " is not supported.", "encoding",
                "PCM_S, PCM_U, PCM_F, ULAW or ALAW", request.encoding);
}

bool fits_aiff(SampleEncoding samples) {
  return samples == SampleEncoding::kS8 || samples == SampleEncoding::kS16 || samples == SampleEncoding::kS24 ||
         samples == SampleEncoding::kS32;
}

/// `encoding` may name one of the codecs that the container holds, or the only one.
Result<Codec> resolve_codec(const EncodeRequest& request, const FormatRow& format) {
  if (request.encoding.empty()) return format.codec;
  const std::string asked = changed_case(request.encoding, std::toupper);
  const auto codecs = [&]() -> std::vector<Codec> {
    if (format.name == "ogg" || format.name == "oga") return {Codec::kVorbis, Codec::kOpus, Codec::kFlac};
    if (format.name == "m4a" || format.name == "mp4") return {Codec::kAac, Codec::kAlac};
    return {format.codec};
  }();
  std::string names;
  for (const Codec codec : codecs) {
    const std::string_view name = writer_for(codec).name;
    if (asked == changed_case(std::string(name), std::toupper)) return codec;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  return refuse(std::string(format.name) + " does not support encoding " + request.encoding + ".", "encoding", names,
                request.encoding);
}

Result<int> resolve_codec_bits(const EncodeRequest& request, const FormatRow& format, Codec codec) {
  const int bits = request.bits_per_sample;
  if (codec == Codec::kFlac || codec == Codec::kAlac) {
    const bool eight = codec == Codec::kFlac && bits == 8;
    if (bits == 0) return 16;
    if (eight || bits == 16 || bits == 24) return bits;
    const std::string name(writer_for(codec).name);
    return refuse(name + " only supports bits_per_sample values of " + (codec == Codec::kFlac ? "8, " : "") +
                      "16 and 24 (" + std::to_string(bits) + " specified).",
                  "bits_per_sample", codec == Codec::kFlac ? "8, 16 or 24" : "16 or 24", std::to_string(bits));
  }
  if (bits == 0) return 0;
  return refuse(std::string(format.name) + " does not support bits_per_sample.", "bits_per_sample",
                "none: " + std::string(writer_for(codec).name) + " is lossy", std::to_string(bits));
}

struct Range {
  double least, most;
  const char* meaning;
};

std::optional<Range> compression_range(Codec codec) {
  switch (codec) {
    case Codec::kFlac: return Range{0, 8, "a level from 0 to 8"};
    case Codec::kVorbis: return Range{0, 10, "a quality from 0 to 10"};
    case Codec::kMp3: return Range{8, 320, "8 to 320 kbit/s"};
    case Codec::kOpus: return Range{6, 512, "6 to 512 kbit/s"};
    case Codec::kAac: return Range{8, 512, "8 to 512 kbit/s"};
    default: return std::nullopt;
  }
}

Result<void> check_compression(EncodeRequest& request, const FormatRow& format, Codec codec) {
  if (!request.compression) return {};
  const auto range = compression_range(codec);
  if (!range) {
    return refuse(std::string(format.name) + " has no compression to set.", "compression", "none",
                  std::to_string(*request.compression));
  }
  // Rates are also known in bit/s (torchaudio 2.9): no codec here goes down to 1 kbit/s or up to 1000.
  const bool rate = codec == Codec::kMp3 || codec == Codec::kOpus || codec == Codec::kAac;
  if (rate && *request.compression >= 1000) *request.compression /= 1000;
  if (*request.compression >= range->least && *request.compression <= range->most) return {};
  return refuse("compression is out of range for " + std::string(writer_for(codec).name) + ".", "compression",
                range->meaning, std::to_string(*request.compression));
}

Result<void> check_shape(const EncodeRequest& request) {
  if (request.sample_rate <= 0) {
    return refuse("Invalid argument: sample_rate must be greater than 0.", "sample_rate", "a rate in Hz, > 0",
                  std::to_string(request.sample_rate));
  }
  if (request.num_channels < 1 || request.num_channels > 65535) {
    return refuse("Invalid argument: the number of channels must be 1 to 65535.", "num_channels", "1 to 65535",
                  std::to_string(request.num_channels));
  }
  return {};
}

}  // namespace

std::string EncodeTarget::description() const {
  const std::string name(writer_for(codec).name);
  if (codec == Codec::kPcm) return std::to_string(bits_per_sample) + "-bit PCM in " + container;
  return container == changed_case(name, std::tolower) ? name : name + " in " + container;
}

Result<EncodeTarget> resolve_target(const EncodeRequest& request, const std::string& sink_name) {
  if (auto shape = check_shape(request); !shape) return shape.error();
  auto format = find_format(request, sink_name);
  if (!format) return format.error();
  EncodeTarget target;
  target.request = request;
  target.container = format->container;
  target.codec = format->codec;
  if (format->codec == Codec::kPcm) {
    auto kind = resolve_pcm(request, format->container);
    if (!kind) return kind.error();
    target.samples = kind->samples;
    target.bits_per_sample = kind->bits;
    if (target.container == "aiff" && !fits_aiff(kind->samples)) target.container = "aifc";
  } else {
    auto codec = resolve_codec(request, *format);
    if (!codec) return codec.error();
    target.codec = *codec;
    auto bits = resolve_codec_bits(request, *format, *codec);
    if (!bits) return bits.error();
    target.bits_per_sample = *bits;
  }
  if (auto checked = check_compression(target.request, *format, target.codec); !checked) return checked.error();
  const bool is_float =
      target.codec == Codec::kPcm && (target.samples == SampleEncoding::kF32 || target.samples == SampleEncoding::kF64);
  if (request.non_finite == NonFinite::kKeep && !is_float) {
    return refuse("Invalid argument: " + target.description() + " cannot hold samples that are not finite.",
                  "non_finite", "the encoding PCM_F, or to have them zeroed or refused", "keep");
  }
  return target;
}

std::vector<std::string> Encoder::warnings() const {
  if (tally_.beyond == 0) return {};
  return {std::to_string(tally_.beyond) + " of " + std::to_string(tally_.samples) +
          " samples lay beyond -1 to 1 and were clipped"};
}

Result<std::span<const std::byte>> Encoder::interleave(const PlanarView& in) {
  block_.resize(static_cast<std::size_t>(in.num_frames) * layout_.frame_bytes());
  if (auto written = write_samples(in, layout_, rules_, block_, tally_); !written) return written.error();
  if (tally_.not_a_number > 0) {
    return refuse("cannot save samples that are not a number (NaN)", "samples", "finite samples, or the encoding PCM_F",
                  "NaN, within the first " + std::to_string(tally_.samples) + " samples",
                  "replace them, for example with torch.nan_to_num");
  }
  return std::span<const std::byte>(block_);
}

std::string Backend::declines_to_write(const EncodeTarget&) { return std::string(name()) + " writes no files"; }

Result<std::unique_ptr<Encoder>> Backend::create(ByteSink& sink, const EncodeTarget& target) {
  return make_error(ErrorCode::kUnsupportedFormat, Stage::kSave, declines_to_write(target), sink.name());
}

Result<OpenedEncoder> open_encoder(const Registry& registry, ByteSink& sink, const EncodeTarget& target) {
  const WriterRow& row = writer_for(target.codec);
  std::vector<Backend*> order;
  if (target.request.backend.empty()) {
    for (const std::string_view name : row.backends) {
      if (Backend* backend = registry.find(name)) order.push_back(backend);
    }
  } else {
    order.push_back(registry.find(target.request.backend));
    if (order.back() == nullptr) {
      std::string names;
      for (const auto& backend : registry.backends())
        names += (names.empty() ? "" : ", ") + std::string(backend->name());
      return refuse("unknown backend " + quoted(target.request.backend), "backend", "one of " + names,
                    target.request.backend);
    }
  }
  std::vector<Candidate> passed_over;
  Availability absent;
  for (Backend* backend : order) {
    const std::string name = backend->name();
    if (std::string reason = backend->declines_to_write(target); !reason.empty()) {
      passed_over.push_back({name, "declined", std::move(reason)});
      continue;
    }
    if (Availability availability = backend->available(); !availability.available) {
      passed_over.push_back({name, "absent", availability.reason});
      if (absent.available) absent = availability;
      continue;
    }
    auto encoder = backend->create(sink, target);
    if (encoder) return OpenedEncoder{std::move(*encoder), name};
    if (encoder.error().code != ErrorCode::kUnsupportedFormat) return encoder.error();
    passed_over.push_back({name, "declined", encoder.error().what});
  }
  const bool missing = !absent.available;
  Error error = make_error(
      missing ? ErrorCode::kMissingDependency : ErrorCode::kUnsupportedFormat,
      missing ? Stage::kDependency : Stage::kSave,
      "cannot save " + quoted(sink.name()) + " (" + target.description() + "): " +
          (target.request.backend.empty() ? "no backend accepted it" : target.request.backend + " did not accept it"),
      sink.name(), "a backend that writes " + target.description(), absent.reason, absent.next);
  error.finding = absent.finding;
  error.candidates = std::move(passed_over);
  return error;
}

}  // namespace tonearm::core
