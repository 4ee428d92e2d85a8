// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AIFF and AIFF-C (Apple, 1989 and 1991). Everything is big endian but the samples of `sowt` and `23ni`/`42ni`.
#include <climits>
#include <cmath>

#include "backends/pcm/pcm_header.h"

namespace tonearm::pcm {
namespace {

constexpr std::uint32_t kSoxPipe = 0x7F000008;  // size of SSND that sox writes into a pipe

/// An 80-bit IEEE 754 extended number, as COMM holds the rate; not finite or negative: 0.
double get_extended(Bytes bytes, std::size_t offset) {
  const unsigned exponent = get_u16(bytes, offset, true);
  const std::uint64_t mantissa = get_u64(bytes, offset + 2, true);
  if (exponent & 0x8000 || (exponent & 0x7FFF) == 0x7FFF) return 0;
  return std::ldexp(static_cast<double>(mantissa), static_cast<int>(exponent) - 16383 - 63);
}

struct Compression {
  const char* id;
  int bytes;                      ///< of one sample; 0: by the sample size of COMM
  core::SampleEncoding encoding;  ///< where bytes is not 0
  bool little_endian;
};

using core::SampleEncoding;
constexpr Compression kCompressions[] = {
    {"NONE", 0, SampleEncoding::kS16, false},   {"twos", 0, SampleEncoding::kS16, false},
    {"sowt", 0, SampleEncoding::kS16, true},    {"in16", 2, SampleEncoding::kS16, false},
    {"in24", 3, SampleEncoding::kS24, false},   {"in32", 4, SampleEncoding::kS32, false},
    {"42ni", 3, SampleEncoding::kS24, true},    {"23ni", 4, SampleEncoding::kS32, true},
    {"fl32", 4, SampleEncoding::kF32, false},   {"FL32", 4, SampleEncoding::kF32, false},
    {"fl64", 8, SampleEncoding::kF64, false},   {"FL64", 8, SampleEncoding::kF64, false},
    {"alaw", 1, SampleEncoding::kALaw, false},  {"ALAW", 1, SampleEncoding::kALaw, false},
    {"ulaw", 1, SampleEncoding::kMuLaw, false}, {"ULAW", 1, SampleEncoding::kMuLaw, false},
    {"raw ", 1, SampleEncoding::kU8, false},
};

std::string fourcc_text(Bytes bytes, std::size_t offset) {
  std::string text = "\"";
  for (std::size_t i = 0; i < 4; ++i) {
    const unsigned c = static_cast<unsigned>(get_uint(bytes, offset + i, 1, true));
    text += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  }
  return text + "\"";
}

/// Fills layout, rate, bits from the COMM chunk; returns its frame count.
core::Result<std::uint64_t> parse_comm(Bytes comm, bool compressed, std::uint64_t offset, const HeaderReader& reader,
                                       PcmHeader& header) {
  const std::size_t least = compressed ? 22 : 18;
  if (comm.size() < least) {
    return corrupt(reader, offset, std::to_string(least) + " bytes of COMM", std::to_string(comm.size()) + " bytes");
  }
  const int channels = static_cast<int>(get_u16(comm, 0, true));
  const int bits = static_cast<int>(get_u16(comm, 6, true));
  const double rate = get_extended(comm, 8);
  const Compression* compression = &kCompressions[0];
  if (compressed) {
    compression = nullptr;
    for (const Compression& known : kCompressions) {
      if (has_text(comm, 18, known.id)) compression = &known;
    }
    if (compression == nullptr) return not_pcm(reader, fourcc_text(comm, 18), "AIFF-C");
  }
  if (channels == 0 || channels > 0x7FFF) {
    return corrupt(reader, offset, "1 to 32767 channels", std::to_string(channels) + " channels");
  }
  if (!(rate >= 0.5 && rate < INT_MAX)) {
    return corrupt(reader, offset + 8, "a finite sample rate of at least 1 Hz", std::to_string(rate) + " Hz");
  }
  SampleEncoding encoding = compression->encoding;
  header.bits_per_sample = compression->bytes * 8;
  if (compression->bytes == 0) {
    if (bits < 1 || bits > 32) {
      return corrupt(reader, offset + 6, "a sample size of 1 to 32 bits", std::to_string(bits) + " bits");
    }
    encoding = *integer_encoding((bits + 7) / 8, false);
    header.bits_per_sample = bits;
  }
  header.layout = {encoding, !compression->little_endian, channels};
  header.sample_rate = static_cast<int>(std::lround(rate));
  return get_u32(comm, 2, true);
}

}  // namespace

core::Result<PcmHeader> parse_aiff(HeaderReader& reader, std::uint64_t start) {
  auto head = reader.read(start, 12);
  if (!head) return head.error();
  const bool compressed = has_text(*head, 8, "AIFC");
  if (!compressed && !has_text(*head, 8, "AIFF")) return corrupt(reader, start, "an AIFF header", "none");
  const std::uint32_t form_bytes = get_u32(*head, 4, true);
  PcmHeader header;
  header.container = compressed ? "aifc" : "aiff";

  std::optional<std::uint64_t> frames;  // of COMM
  std::optional<DataExtent> sound;      // of SSND
  std::uint64_t comm_offset = 0;
  std::uint64_t at = start + 12;
  for (int chunk = 0; chunk < kMaxChunks; ++chunk) {
    auto bytes = reader.read(at, 8 + 1024);
    if (!bytes) return bytes.error();
    if (bytes->size() < 8) break;
    const std::uint64_t size = get_u32(*bytes, 4, true);
    const std::uint64_t body = at + 8;
    const Bytes content = bytes->subspan(8, std::min<std::size_t>(bytes->size() - 8, size));
    if (has_text(*bytes, 0, "COMM") && !frames) {
      auto parsed = parse_comm(content, compressed, body, reader, header);
      if (!parsed) return parsed.error();
      frames = *parsed;
      comm_offset = body;
    } else if (has_text(*bytes, 0, "SSND") && !sound) {
      // SSND begins with an offset to the first frame and a block size that nobody uses.
      const std::uint64_t skip = 8 + std::uint64_t{get_u32(content, 0, true)};
      const bool open_ended = size == 0xFFFFFFFF || (size <= 8 && (form_bytes == 0 || form_bytes == 0xFFFFFFFF));
      if (!open_ended && size > 8 && skip > size) {
        return corrupt(reader, body, "an offset within the sound chunk", std::to_string(skip - 8) + " bytes");
      }
      sound = DataExtent{body + skip, size > skip ? size - skip : 0, open_ended, size == kSoxPipe};
      if (frames && (open_ended || !reader.size())) break;
    } else if (has_text(*bytes, 0, "NAME")) {
      add_tag(header, "title", content);
    } else if (has_text(*bytes, 0, "AUTH")) {
      add_tag(header, "artist", content);
    } else if (has_text(*bytes, 0, "(c) ")) {
      add_tag(header, "copyright", content);
    } else if (has_text(*bytes, 0, "ANNO")) {
      add_tag(header, "comment", content);
    }
    at = body + size + (size & 1);
    if (reader.size() && at >= *reader.size()) break;
  }
  if (!frames) return corrupt(reader, at, "a COMM chunk", "none up to byte " + std::to_string(at));
  if (!sound) {
    if (*frames != 0) return corrupt(reader, at, "an SSND chunk", "none up to byte " + std::to_string(at));
    sound = DataExtent{reader.size().value_or(at), 0, false};  // no sound at all is allowed where there are no frames
  }
  // COMM's count rules: bytes of SSND behind it are not audio. A stream's count was never filled in.
  const bool stream = sound->open_ended && (*frames == 0 || *frames >= 0x7F000000);
  if (!stream) {
    sound->promised = *frames * header.layout.frame_bytes();
    sound->open_ended = false;
  }
  auto settled = settle(header, *sound, reader, comm_offset);
  if (!settled) return settled.error();
  return header;
}

}  // namespace tonearm::pcm
