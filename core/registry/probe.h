// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The bounded probe: what a source is, by its first bytes and never by its name.
// Place in the flow: after core/source, before any backend.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/source/byte_source.h"

namespace tonearm::core {

enum class Container : int {
  kUnknown = 0,
  kRiff,
  kRifx,
  kRf64,
  kWave64,
  kAiff,
  kAu,
  kCaf,  // pcm's own
  kFlac,
  kOgg,
  kMp3,
  kAdts,
  kMp4,
  kMatroska,
  kAsf,
  kWavPack,
  kApe,
  kAmr,
  kAc3,
  kFlv,
  kAvi,
  kMpegTs,
  kOther,
};

/// The codec, where the first bytes tell it.
enum class Codec : int {
  kUnknown = 0,
  kPcm,  ///< integers, floats, A-law, mu-law
  kAdpcmMs,
  kAdpcmIma,
  kGsm,
  kFlac,
  kVorbis,
  kOpus,
  kSpeex,
  kMp3,
  kAac,
  kAlac,
  kOther,
};

struct ProbeResult {
  Container container = Container::kUnknown;
  Codec codec = Codec::kUnknown;
  std::uint64_t start = 0;     ///< where the container begins (behind ID3v2 tags and junk)
  std::uint64_t tags_end = 0;  ///< where the ID3v2 tags in front of it end
  std::string description;     ///< "FLAC", "Vorbis in Ogg", "text", "an HTML page" ... for messages
};

/// Bytes examined at the start of the source (and again behind an ID3v2 tag).
inline constexpr std::size_t kProbeBytes = 4096;

/// Errors: only those of reading the source. An unknown format is a result, not an error.
Result<ProbeResult> probe(ByteSource& source);

}  // namespace tonearm::core
