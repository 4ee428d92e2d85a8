// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the header of an uncompressed audio file says, checked: sample layout, rate, where the audio lies.
// Place in the flow: the parsers (riff.cpp, aiff.cpp, au.cpp, caf.cpp) make it, pcm_backend.cpp decodes by it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backends/pcm/header_reader.h"
#include "core/audio/sample_convert.h"
#include "core/base/result.h"
#include "core/source/byte_source.h"

namespace tonearm::pcm {

/// Chunks examined in one file. The wildest real file seen has 40.
inline constexpr int kMaxChunks = 1024;

struct PcmHeader {
  core::RawLayout layout;
  int sample_rate = 0;            ///< Hz, > 0
  int bits_per_sample = 0;        ///< valid bits; A-law and mu-law: 8
  const char* container = "";     ///< "wav", "rifx", "rf64", "w64", "aiff", "aifc", "au", "caf"
  std::uint64_t data_offset = 0;  ///< byte where the first frame begins
  /// Bytes of audio that exist where the source knows its size, else those promised. None: up to the end, wherever.
  std::optional<std::uint64_t> data_bytes;
  bool exact = false;  ///< data_bytes is checked against the source's size
  std::string damage;  ///< one line where audio is missing; an error if strict
  std::vector<std::string> warnings;
  std::map<std::string, std::string> tags;
};

/// What a container promises of its audio.
struct DataExtent {
  std::uint64_t offset = 0;
  std::uint64_t promised = 0;  ///< bytes; ignored where open_ended
  bool open_ended = false;     ///< streamed: the size was not known when the header was written
  /// `promised` is what a known writer puts where it cannot know: believed only as far as the source holds it.
  bool placeholder = false;
};

/// One parser per family; `start` is where the container begins.
/// Errors: kCorruptData (with byte_offset), kUnsupportedFormat (a codec that is not PCM, named), those of reading.
core::Result<PcmHeader> parse_riff(HeaderReader& reader, std::uint64_t start);  ///< RIFF, RIFX, RF64, BW64
core::Result<PcmHeader> parse_wave64(HeaderReader& reader, std::uint64_t start);
core::Result<PcmHeader> parse_aiff(HeaderReader& reader, std::uint64_t start);
core::Result<PcmHeader> parse_au(HeaderReader& reader, std::uint64_t start);
core::Result<PcmHeader> parse_caf(HeaderReader& reader, std::uint64_t start);

/// Fills data_offset, data_bytes, exact, damage: the promise against the size of the source. Checks that rate and
/// channels can be true. `where` is the byte offset of the format description, for errors.
core::Result<void> settle(PcmHeader& header, const DataExtent& extent, HeaderReader& reader, std::uint64_t where);

/// The layout of linear samples of `bits` in `container_bytes` (1 to 8), left-justified. None: we have no such layout.
std::optional<core::SampleEncoding> integer_encoding(int container_bytes, bool unsigned_8bit);

/// kCorruptData of this source's header.
core::Error corrupt(const HeaderReader& reader, std::uint64_t offset, std::string needed, std::string found);
/// kUnsupportedFormat: `codec` in `container` is another backend's.
core::Error not_pcm(const HeaderReader& reader, const std::string& codec, const std::string& container);

/// Adds a tag; text that is not UTF-8 is taken as Latin-1. Trailing zeros and spaces go; empty values are dropped.
void add_tag(PcmHeader& header, const char* key, Bytes text);
/// The tags of a RIFF LIST INFO chunk at [begin, begin + size).
core::Result<void> read_info_list(HeaderReader& reader, std::uint64_t begin, std::uint64_t size, bool big_endian,
                                  PcmHeader& header);

}  // namespace tonearm::pcm
