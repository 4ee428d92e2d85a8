// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/registry.h"

#include <algorithm>
#include <array>

#include "core/registry/policy.h"

namespace tonearm::core {
namespace {

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

/// Names a caller may use for `format`, and the containers they stand for.
struct FormatName {
  std::string_view name;
  Container container;
  Codec codec = Codec::kUnknown;  ///< kUnknown: any
};
constexpr std::array kFormatNames{
    FormatName{"wav", Container::kRiff},
    FormatName{"wav", Container::kRifx},
    FormatName{"wav", Container::kRf64},
    FormatName{"rf64", Container::kRf64},
    FormatName{"w64", Container::kWave64},
    FormatName{"aiff", Container::kAiff},
    FormatName{"aif", Container::kAiff},
    FormatName{"aifc", Container::kAiff},
    FormatName{"au", Container::kAu},
    FormatName{"snd", Container::kAu},
    FormatName{"caf", Container::kCaf},
    FormatName{"flac", Container::kFlac},
    FormatName{"flac", Container::kOgg, Codec::kFlac},
    FormatName{"ogg", Container::kOgg},
    FormatName{"oga", Container::kOgg},
    FormatName{"vorbis", Container::kOgg, Codec::kVorbis},
    FormatName{"opus", Container::kOgg, Codec::kOpus},
    FormatName{"spx", Container::kOgg, Codec::kSpeex},
    FormatName{"mp3", Container::kMp3},
    FormatName{"aac", Container::kAdts},
    FormatName{"adts", Container::kAdts},
    FormatName{"mp4", Container::kMp4},
    FormatName{"m4a", Container::kMp4},
    FormatName{"mov", Container::kMp4},
    FormatName{"mkv", Container::kMatroska},
    FormatName{"mka", Container::kMatroska},
    FormatName{"webm", Container::kMatroska},
    FormatName{"wma", Container::kAsf},
    FormatName{"asf", Container::kAsf},
    FormatName{"wv", Container::kWavPack},
    FormatName{"ape", Container::kApe},
    FormatName{"amr", Container::kAmr},
    FormatName{"ac3", Container::kAc3},
    FormatName{"flv", Container::kFlv},
    FormatName{"avi", Container::kAvi},
    FormatName{"ts", Container::kMpegTs},
};

Result<void> check_format(const std::string& format, const ProbeResult& probe, const std::string& source) {
  if (format.empty()) return {};
  std::string lower = format;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  bool known = false;
  for (const FormatName& row : kFormatNames) {
    if (row.name != lower) continue;
    known = true;
    if (row.container == probe.container && (row.codec == Codec::kUnknown || row.codec == probe.codec)) return {};
  }
  if (!known) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "unknown format " + quoted(format), "format",
                      "a container's name such as wav, flac, mp3, ogg, m4a", format);
  }
  return make_error(ErrorCode::kUnsupportedFormat, Stage::kProbe, "cannot decode " + quoted(source) + " as " + format,
                    source, "format " + format, probe.description, "leave format out, or name the right one");
}

/// Errors after which no other backend could do better.
bool ends_the_search(ErrorCode code) {
  switch (code) {
    case ErrorCode::kIo:
    case ErrorCode::kPermission:
    case ErrorCode::kLimitReached:
    case ErrorCode::kDeadline:
    case ErrorCode::kCancelled:
    case ErrorCode::kOutOfMemory: return true;
    default: return false;
  }
}

}  // namespace

Candidate make_candidate(const std::string& backend, const Error& error) {
  const bool declined = error.code == ErrorCode::kUnsupportedFormat;
  return {backend, declined ? "declined" : "failed",
          error.found.empty() ? error.what : error.what + ": " + error.found};
}

Backend* Registry::find(std::string_view name) const {
  if (name == "sndfile") name = "soundfile";
  for (const auto& backend : backends_) {
    if (name == backend->name()) return backend.get();
  }
  return nullptr;
}

Result<OpenedStream> Registry::open(ByteSource& source, const OpenRequest& request,
                                    std::vector<Candidate>& passed_over) const {
  std::vector<Backend*> order;
  if (!request.backend.empty()) {
    order.push_back(find(request.backend));
    if (order.back() == nullptr) {
      std::string names;
      for (const auto& backend : backends_) names += (names.empty() ? "" : ", ") + std::string(backend->name());
      return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "unknown backend " + quoted(request.backend),
                        "backend", "one of " + names, request.backend);
    }
  }
  if (const auto size = source.size(); size && *size > request.options.limits.max_bytes) {
    return make_error(ErrorCode::kLimitReached, Stage::kOpen, "cannot read " + quoted(source.name()), source.name(),
                      "at most " + std::to_string(request.options.limits.max_bytes) + " bytes (max_bytes)",
                      std::to_string(*size) + " bytes", "raise max_bytes");
  }
  auto probed = probe(source);
  if (!probed) return probed.error();
  if (auto format = check_format(request.format, *probed, source.name()); !format) return format.error();
  const PolicyRow& policy = policy_for(*probed);
  const int most_asked = order.empty() ? policy.most_asked : 1;
  if (order.empty()) {
    for (const std::string_view name : policy.backends) {
      if (Backend* backend = find(name)) order.push_back(backend);
    }
  }

  const bool empty = source.size() == std::uint64_t{0};
  Error failure;  // of the first backend that tried
  bool failed = false;
  Availability absent;
  bool any_absent = false;
  for (Backend* backend : order) {
    const std::string name = backend->name();
    const bool tried =
        std::any_of(passed_over.begin(), passed_over.end(), [&](const Candidate& c) { return c.backend == name; });
    if (tried) continue;
    if (empty) {
      passed_over.push_back({name, "declined", "the file is empty"});
      continue;
    }
    std::string asked;  // those that were shown it
    int num_asked = 0;
    for (const Candidate& candidate : passed_over) {
      if (candidate.verdict == "absent") continue;
      asked += (num_asked++ == 0 ? "" : " or ") + candidate.backend;
    }
    if (num_asked >= most_asked) {
      passed_over.push_back({name, "declined", "asked only where " + asked + " is absent"});
      continue;
    }
    if (std::string reason = backend->declines(*probed); !reason.empty()) {
      passed_over.push_back({name, "declined", std::move(reason)});
      continue;
    }
    if (Availability availability = backend->available(); !availability.available) {
      passed_over.push_back({name, "absent", availability.reason});
      if (!any_absent) absent = availability;
      any_absent = true;
      continue;
    }
    auto decoder = backend->open(source, *probed, request.options);
    if (decoder) {
      const StreamInfo& info = (*decoder)->info();
      if (info.sample_rate > 0 && info.num_channels > 0) return OpenedStream{std::move(*decoder), name, *probed};
      return make_error(ErrorCode::kInternal, Stage::kOpen,
                        "backend " + quoted(name) + " opened " + quoted(source.name()) + " without rate or channels",
                        source.name());
    }
    // Strict: damage that one backend sees is not handed to another that may overlook it.
    const bool damaged = request.options.strict && decoder.error().code == ErrorCode::kCorruptData;
    if (damaged || ends_the_search(decoder.error().code)) return decoder.error();
    passed_over.push_back(make_candidate(name, decoder.error()));
    if (decoder.error().code != ErrorCode::kUnsupportedFormat && !failed) {
      failure = decoder.error();
      failed = true;
    }
  }

  if (failed) {
    failure.candidates = passed_over;
    return failure;
  }
  const std::string headline =
      "cannot decode " + quoted(source.name()) + " (" + probed->description +
      "): " + (request.backend.empty() ? "no backend accepted it" : request.backend + " did not accept it");
  Error error = make_error(any_absent ? ErrorCode::kMissingDependency : ErrorCode::kUnsupportedFormat,
                           any_absent ? Stage::kDependency : Stage::kProbe, headline, source.name());
  error.candidates = passed_over;
  if (any_absent) {
    error.needed = "a backend for " + probed->description;
    error.found = absent.reason;
    error.next = absent.next;
    error.finding = absent.finding;
  } else {
    error.needed = "an audio file that tonearm reads";
    error.found = probed->description;
  }
  return error;
}

}  // namespace tonearm::core
