// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/probe.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/registry/mp3_stream.h"

namespace tonearm::core {
namespace {

using Bytes = std::span<const std::byte>;

bool has_at(Bytes bytes, std::size_t offset, std::string_view magic) {
  if (offset > bytes.size() || bytes.size() - offset < magic.size()) return false;
  return std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset),
                    [](char m, std::byte b) { return static_cast<unsigned char>(m) == std::to_integer<unsigned>(b); });
}

unsigned byte_at(Bytes bytes, std::size_t offset) {
  return offset < bytes.size() ? std::to_integer<unsigned>(bytes[offset]) : 0;
}

/// A number of a WAVE header: RIFX is big-endian, all others are little-endian.
std::uint32_t wave_number(Bytes bytes, std::size_t offset, std::size_t size, Container container) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t at = container == Container::kRifx ? offset + i : offset + size - 1 - i;
    value = value << 8 | byte_at(bytes, at);
  }
  return value;
}

ProbeResult found(Container container, Codec codec, std::string description) {
  ProbeResult result;
  result.container = container;
  result.codec = codec;
  result.description = std::move(description);
  return result;
}

/// The codec of a WAVE file by the format tag of its `fmt ` chunk, where that lies within the probed bytes.
ProbeResult probe_wave(Bytes bytes, Container container, const std::string& name) {
  std::size_t at = 12;
  for (int chunk = 0; chunk < 32 && at + 8 <= bytes.size(); ++chunk) {
    if (has_at(bytes, at, "fmt ")) {
      unsigned tag = wave_number(bytes, at + 8, 2, container);
      constexpr unsigned kExtensible = 0xFFFE;  // the tag is the first field of the subformat's GUID then
      if (tag == kExtensible) tag = wave_number(bytes, at + 8 + 24, 4, container);
      switch (tag) {
        case 1:
        case 3:
        case 6:
        case 7: return found(container, Codec::kPcm, "PCM in " + name);
        case 2: return found(container, Codec::kAdpcmMs, "MS ADPCM in " + name);
        case 0x11: return found(container, Codec::kAdpcmIma, "IMA ADPCM in " + name);
        case 0x31: return found(container, Codec::kGsm, "GSM 6.10 in " + name);
        case 0x55: return found(container, Codec::kMp3, "MP3 in " + name);
        default: return found(container, Codec::kOther, "format tag " + std::to_string(tag) + " in " + name);
      }
    }
    const std::uint64_t size = wave_number(bytes, at + 4, 4, container);
    const std::uint64_t next = at + 8 + size + (size & 1);
    if (next > bytes.size()) break;
    at = static_cast<std::size_t>(next);
  }
  return found(container, Codec::kUnknown, name);
}

/// The first packet of an Ogg page names the codec (RFC 3533; each codec's mapping).
ProbeResult probe_ogg(Bytes bytes) {
  const std::size_t packet = 27 + byte_at(bytes, 26);
  if (has_at(bytes, packet, "\x01vorbis")) return found(Container::kOgg, Codec::kVorbis, "Vorbis in Ogg");
  if (has_at(bytes, packet, "OpusHead")) return found(Container::kOgg, Codec::kOpus, "Opus in Ogg");
  if (has_at(bytes, packet,
             "\x7f"
             "FLAC"))
    return found(Container::kOgg, Codec::kFlac, "FLAC in Ogg");
  if (has_at(bytes, packet, "Speex   ")) return found(Container::kOgg, Codec::kSpeex, "Speex in Ogg");
  return found(Container::kOgg, Codec::kUnknown, "Ogg");
}

std::size_t mp3_frame_at(Bytes bytes, std::size_t at) {
  const auto header = parse_mp3_header(bytes.subspan(std::min(at, bytes.size())));
  return header ? header->num_bytes : 0;
}

bool looks_like_mp3(Bytes bytes, bool alone) {
  const std::size_t first = mp3_frame_at(bytes, 0);
  if (first == 0) return false;
  if (mp3_frame_at(bytes, first) != 0) return true;
  // The next header lies beyond what was probed, or the file holds a single frame.
  return first + 4 > bytes.size() && (alone || bytes.size() == kProbeBytes);
}

bool looks_like_adts(Bytes bytes) {
  if (byte_at(bytes, 0) != 0xFF || (byte_at(bytes, 1) & 0xF6) != 0xF0) return false;
  const std::size_t length = (byte_at(bytes, 3) & 3) << 11 | byte_at(bytes, 4) << 3 | byte_at(bytes, 5) >> 5;
  if (length < 7) return false;
  return length + 2 > bytes.size() || (byte_at(bytes, length) == 0xFF && (byte_at(bytes, length + 1) & 0xF6) == 0xF0);
}

/// Container and codec by what stands at the very beginning of `bytes`.
ProbeResult probe_bytes(Bytes bytes, bool whole_source) {
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "WAVE")) return probe_wave(bytes, Container::kRiff, "WAV");
  if (has_at(bytes, 0, "RIFX") && has_at(bytes, 8, "WAVE")) return probe_wave(bytes, Container::kRifx, "RIFX WAV");
  if ((has_at(bytes, 0, "RF64") || has_at(bytes, 0, "BW64")) && has_at(bytes, 8, "WAVE")) {
    return probe_wave(bytes, Container::kRf64, "RF64 WAV");
  }
  if (has_at(bytes, 0, "riff") && byte_at(bytes, 4) == 0x2E && byte_at(bytes, 5) == 0x91) {
    return found(Container::kWave64, Codec::kUnknown, "Wave64");
  }
  if (has_at(bytes, 0, "FORM") && (has_at(bytes, 8, "AIFF") || has_at(bytes, 8, "AIFC"))) {
    return found(Container::kAiff, Codec::kUnknown, has_at(bytes, 8, "AIFC") ? "AIFF-C" : "AIFF");
  }
  if (has_at(bytes, 0, ".snd") || has_at(bytes, 0, "dns.")) return found(Container::kAu, Codec::kUnknown, "AU");
  if (has_at(bytes, 0, "caff")) return found(Container::kCaf, Codec::kUnknown, "CAF");
  if (has_at(bytes, 0, "fLaC")) return found(Container::kFlac, Codec::kFlac, "FLAC");
  if (has_at(bytes, 0, "OggS")) return probe_ogg(bytes);
  if (has_at(bytes, 4, "ftyp") || has_at(bytes, 4, "moov") || has_at(bytes, 4, "mdat")) {
    return found(Container::kMp4, Codec::kUnknown, "MP4");
  }
  if (has_at(bytes, 0, "\x1A\x45\xDF\xA3")) return found(Container::kMatroska, Codec::kUnknown, "Matroska or WebM");
  if (has_at(bytes, 0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11")) return found(Container::kAsf, Codec::kUnknown, "ASF (WMA)");
  if (has_at(bytes, 0, "wvpk")) return found(Container::kWavPack, Codec::kOther, "WavPack");
  if (has_at(bytes, 0, "MAC ")) return found(Container::kApe, Codec::kOther, "Monkey's Audio");
  if (has_at(bytes, 0, "#!AMR")) return found(Container::kAmr, Codec::kOther, "AMR");
  if (has_at(bytes, 0, "\x0B\x77")) return found(Container::kAc3, Codec::kOther, "AC-3");
  if (has_at(bytes, 0, "FLV\x01")) return found(Container::kFlv, Codec::kUnknown, "FLV");
  if (has_at(bytes, 0, "RIFF") && has_at(bytes, 8, "AVI ")) return found(Container::kAvi, Codec::kUnknown, "AVI");
  if (byte_at(bytes, 0) == 0x47 && byte_at(bytes, 188) == 0x47 && byte_at(bytes, 376) == 0x47) {
    return found(Container::kMpegTs, Codec::kUnknown, "MPEG-TS");
  }
  if (looks_like_adts(bytes)) return found(Container::kAdts, Codec::kAac, "AAC in ADTS");
  if (looks_like_mp3(bytes, whole_source)) return found(Container::kMp3, Codec::kMp3, "MP3");
  ProbeResult unknown;
  if (bytes.empty()) {
    unknown.description = "an empty file";
  } else if (has_at(bytes, 0, "<!DOCTYPE") || has_at(bytes, 0, "<!doctype") || has_at(bytes, 0, "<html")) {
    unknown.description = "an HTML page";
  } else if (has_at(bytes, 0, "version https://git-lfs")) {
    unknown.description = "a git-lfs pointer, not the file itself";
  } else if (has_at(bytes, 0, "#EXTM3U") || has_at(bytes, 0, "ffconcat")) {
    unknown.description = "a playlist, which names other files";
  } else {
    unknown.description = "an unknown format";
  }
  return unknown;
}

/// Junk before the first MP3 frame is common: two consecutive frames within the probed bytes settle it.
bool find_mp3_frames(Bytes bytes, std::size_t& offset) {
  for (std::size_t at = 1; at + 4 < bytes.size(); ++at) {
    const std::size_t first = mp3_frame_at(bytes, at);
    if (first == 0 || at + first + 4 > bytes.size()) continue;
    const std::size_t second = mp3_frame_at(bytes, at + first);
    if (second == 0) continue;
    if (at + first + second + 4 > bytes.size() || mp3_frame_at(bytes, at + first + second) != 0) {
      offset = at;
      return true;
    }
  }
  return false;
}

/// Bytes of an ID3v2 tag at the start of `bytes` (ID3v2.4 section 3.1), or 0.
std::uint64_t id3v2_bytes(Bytes bytes) {
  if (!has_at(bytes, 0, "ID3") || bytes.size() < 10) return 0;
  std::uint64_t size = 0;
  for (std::size_t i = 6; i < 10; ++i) {
    if (byte_at(bytes, i) & 0x80) return 0;
    size = size << 7 | byte_at(bytes, i);
  }
  const bool footer = byte_at(bytes, 5) & 0x10;
  return size + 10 + (footer ? 10 : 0);
}

}  // namespace

Result<ProbeResult> probe(ByteSource& source) {
  constexpr int kMaxTags = 4;  // stacked ID3v2 tags seen in the wild
  std::array<std::byte, kProbeBytes> buffer;
  std::uint64_t start = 0;
  bool tagged = false;
  Bytes bytes;
  for (int tag = 0; tag <= kMaxTags; ++tag) {
    auto got = source.read_at(start, buffer);
    if (!got) return got.error();
    bytes = Bytes(buffer).first(*got);
    const std::uint64_t skip = id3v2_bytes(bytes);
    if (skip == 0) break;
    tagged = true;
    start += skip;
  }
  ProbeResult result = probe_bytes(bytes, bytes.size() < kProbeBytes);
  start = std::min(start, source.size().value_or(start));  // a tag may promise more than there is
  const std::uint64_t tags_end = start;
  std::size_t junk = 0;
  if (result.container == Container::kUnknown && find_mp3_frames(bytes, junk)) {
    result = found(Container::kMp3, Codec::kMp3, "MP3 behind other bytes");
    start += junk;
  } else if (result.container == Container::kUnknown && tagged) {
    // An ID3v2 tag promises MPEG audio; padding of unknown length may follow it.
    result =
        found(Container::kMp3, Codec::kMp3, bytes.empty() ? "an ID3 tag with nothing behind it" : "ID3-tagged data");
  }
  result.start = start;
  result.tags_end = tags_end;
  return result;
}

}  // namespace tonearm::core
