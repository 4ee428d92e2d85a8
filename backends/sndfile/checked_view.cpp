// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/checked_view.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>

#include "core/registry/mp3_stream.h"

namespace tonearm::sndfile {
namespace {

using core::ErrorCode;
using core::Stage;

constexpr std::uint64_t kToEnd = std::numeric_limits<std::uint64_t>::max();
constexpr int kMaxChunks = 4096;                     // more before `data` is no real file
constexpr std::uint32_t kMaxFmtBytes = 256;          // MS ADPCM with 7 coefficient pairs has 50, EXTENSIBLE 40
constexpr std::uint64_t kMaxTagBytes = 16 << 20;     // more is a picture nobody asked us for
constexpr std::uint64_t kMaxDataBytes = 0xFFFE0000;  // what the 32-bit header we write can say

enum Tag : unsigned {
  kTagPcm = 1,
  kTagMsAdpcm = 2,
  kTagFloat = 3,
  kTagAlaw = 6,
  kTagUlaw = 7,
  kTagImaAdpcm = 0x11,
  kTagGsm = 0x31,
  kTagG721 = 0x40,
  kTagMp3 = 0x55,
  kTagExtensible = 0xFFFE,
};

unsigned u16(const std::byte* p) { return std::to_integer<unsigned>(p[0]) | std::to_integer<unsigned>(p[1]) << 8; }
std::uint32_t u32(const std::byte* p) { return u16(p) | static_cast<std::uint32_t>(u16(p + 2)) << 16; }

void put_text(std::vector<std::byte>& out, std::string_view text) {
  for (char c : text) out.push_back(static_cast<std::byte>(c));
}
void put_u32(std::vector<std::byte>& out, std::uint64_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::byte>(value >> shift & 0xFF));
}

core::Error refuse(ErrorCode code, const core::ByteSource& source, std::string needed, std::string found,
                   std::int64_t offset = -1) {
  auto error = core::make_error(code, Stage::kOpen, "cannot read the WAV header of \"" + source.name() + "\"",
                                source.name(), std::move(needed), std::move(found));
  error.byte_offset = offset;
  return error;
}

struct WavChunks {
  std::vector<std::byte> fmt;
  std::int64_t fact_frames = -1;
  std::uint64_t data_start = 0;
  std::uint64_t data_bytes = 0;  ///< as far as the source reaches
  bool truncated = false;
};

/// Walks the chunks up to `data`, every step forward and within the source.
core::Result<WavChunks> walk_chunks(core::ByteSource& source, std::uint64_t start, std::uint64_t source_bytes) {
  WavChunks chunks;
  std::array<std::byte, 12> head;
  if (auto r = core::read_exact(source, start, head); !r) return r.error();
  const std::uint64_t riff_bytes = u32(head.data() + 4);
  std::uint64_t at = start + 12;
  for (int i = 0; i < kMaxChunks; ++i) {
    std::array<std::byte, 8> header;
    auto got = source.read_at(at, header);
    if (!got) return got.error();
    if (*got < header.size()) {
      return refuse(ErrorCode::kCorruptData, source, "a `data` chunk", "the file ends before one",
                    static_cast<std::int64_t>(at));
    }
    const std::uint64_t size = u32(header.data() + 4);
    const std::uint64_t body = at + 8;
    if (std::memcmp(header.data(), "data", 4) == 0) {
      const std::uint64_t rest = source_bytes > body ? source_bytes - body : 0;
      // Size 0 in a RIFF of size 0 or beyond the file: written as a stream, the rest is audio.
      const bool streamed = size == 0 && (riff_bytes == 0 || riff_bytes + 8 > source_bytes - start);
      chunks.data_start = body;
      chunks.data_bytes = streamed ? rest : std::min(size, rest);
      chunks.truncated = size > rest && size < 0xFFFFFF00;
      if (chunks.fmt.empty()) {
        return refuse(ErrorCode::kCorruptData, source, "a `fmt ` chunk before the `data` chunk", "none",
                      static_cast<std::int64_t>(at));
      }
      return chunks;
    }
    if (std::memcmp(header.data(), "fmt ", 4) == 0 && chunks.fmt.empty()) {
      if (size < 16 || size > kMaxFmtBytes) {
        return refuse(ErrorCode::kCorruptData, source, "a `fmt ` chunk of 16 to 256 bytes", std::to_string(size),
                      static_cast<std::int64_t>(at));
      }
      chunks.fmt.resize(static_cast<std::size_t>(size));
      if (auto r = core::read_exact(source, body, chunks.fmt); !r) return r.error();
    }
    if (std::memcmp(header.data(), "fact", 4) == 0 && size >= 4) {
      std::array<std::byte, 4> fact;
      if (auto r = core::read_exact(source, body, fact); !r) return r.error();
      chunks.fact_frames = u32(fact.data());
    }
    at = body + size + (size & 1);
  }
  return refuse(ErrorCode::kCorruptData, source, "a `data` chunk", "none in the first 4096 chunks");
}

/// Refuses what libsndfile misreads or was seen to read out of bounds; it trusts these fields.
core::Result<void> check_fmt(const core::ByteSource& source, const WavChunks& chunks, unsigned& tag) {
  const std::byte* f = chunks.fmt.data();
  tag = u16(f);
  const unsigned channels = u16(f + 2), block = u16(f + 12), bits = u16(f + 14);
  if (tag == kTagExtensible) {
    if (chunks.fmt.size() < 40) {
      return refuse(ErrorCode::kCorruptData, source, "40 bytes of `fmt ` for WAVE_FORMAT_EXTENSIBLE",
                    std::to_string(chunks.fmt.size()));
    }
    tag = u16(f + 24);
  }
  if (channels == 0 || u32(f + 4) == 0 || u32(f + 4) > 0x7FFFFFFF) {
    return refuse(ErrorCode::kCorruptData, source, "at least one channel and a sample rate",
                  std::to_string(channels) + " channels at " + std::to_string(u32(f + 4)) + " Hz");
  }
  const std::string shape = "block align " + std::to_string(block) + ", " + std::to_string(channels) + " channels, " +
                            std::to_string(bits) + " bits";
  switch (tag) {
    case kTagPcm:
    case kTagFloat:
    case kTagAlaw:
    case kTagUlaw:
      // libsndfile ignores the block align and returns noise where samples stand in wider containers.
      if (bits == 0 || bits % 8 != 0 || block != channels * (bits / 8)) {
        return refuse(ErrorCode::kUnsupportedFormat, source, "samples packed without gaps", shape);
      }
      return {};
    case kTagMsAdpcm:
    case kTagImaAdpcm: {
      // Per channel: 7 bytes of predictor state and two samples (MS), 4 bytes and one sample (IMA).
      const unsigned state = tag == kTagMsAdpcm ? 7 : 4, first = tag == kTagMsAdpcm ? 2 : 1;
      if (channels > 2 || bits != 4 || block <= state * channels || chunks.fmt.size() < 20) {
        return refuse(ErrorCode::kUnsupportedFormat, source,
                      "ADPCM of 4 bits, 1 or 2 channels, a block of state and samples", shape);
      }
      const unsigned per_block = 2 * (block - state * channels) / channels + first;
      if (u16(f + 18) == 0 || u16(f + 18) > per_block) {
        return refuse(ErrorCode::kCorruptData, source, "at most " + std::to_string(per_block) + " samples per block",
                      std::to_string(u16(f + 18)));
      }
      return {};
    }
    case kTagGsm:
      if (channels != 1 || block != 65)
        return refuse(ErrorCode::kUnsupportedFormat, source, "mono GSM in 65-byte blocks", shape);
      return {};
    case kTagG721:
      if (channels != 1) return refuse(ErrorCode::kUnsupportedFormat, source, "mono G.721", shape);
      return {};
    case kTagMp3: return {};
    default:
      return refuse(ErrorCode::kUnsupportedFormat, source,
                    "PCM, A-law, mu-law, MS or IMA ADPCM, GSM, G.721 or MP3 in WAV",
                    "format tag " + std::to_string(tag));
  }
}

/// Two MPEG frames before the audio. One with a Xing tag that says how many follow and no more: libsndfile stops at
/// mpg123's idea of the length, which is a guess from the first frames where no tag is (and off for every VBRI file),
/// and mpg123 prints to stderr where the byte count in a tag is wrong, as in every truncated file. Then a silent one:
/// mpg123 drops the first 529 samples, the decoder's delay, of a file that asks for no trimming.
std::vector<std::byte> make_lead_frames(std::array<std::byte, 4> header, std::uint64_t mpeg_frames,
                                        std::uint64_t audio_bytes) {
  // 64 kbit/s: room for the tag at every rate. No checksum, no padding.
  const bool mpeg1 = (header[1] & std::byte{0x18}) == std::byte{0x18};
  header[1] |= std::byte{1};
  header[2] = (header[2] & std::byte{0x0C}) | (mpeg1 ? std::byte{0x50} : std::byte{0x80});
  const auto parsed = core::parse_mp3_header(header);
  if (!parsed) return {};
  std::vector<std::byte> frames(2 * parsed->num_bytes);  // zeros decode to silence
  std::copy(header.begin(), header.end(), frames.begin());
  std::copy(header.begin(), header.end(), frames.begin() + static_cast<std::ptrdiff_t>(parsed->num_bytes));
  std::byte* tag = frames.data() + parsed->tag_offset;
  std::memcpy(tag, "Xing", 4);
  tag[7] = std::byte{3};  // flags: the number of frames and the number of bytes
  const std::uint64_t bytes = audio_bytes + frames.size();
  for (std::size_t i = 0; i < 4; ++i) {
    tag[8 + i] = static_cast<std::byte>((mpeg_frames + 1) >> (24 - 8 * i) & 0xFF);
    tag[12 + i] = static_cast<std::byte>(bytes >> (24 - 8 * i) & 0xFF);
  }
  return frames;
}

/// How much of [begin, end) mpg123 takes for audio: not an ID3v1 tag, 128 bytes at the end.
core::Result<std::uint64_t> count_audio_bytes(core::ByteSource& source, std::uint64_t begin, std::uint64_t end) {
  constexpr std::uint64_t kId3v1Bytes = 128;
  if (end - begin < kId3v1Bytes) return end - begin;
  std::array<std::byte, 3> tag{};
  auto got = source.read_at(end - kId3v1Bytes, tag);
  if (!got) return got.error();
  return end - begin - (std::memcmp(tag.data(), "TAG", tag.size()) == 0 ? kId3v1Bytes : 0);
}

/// [begin, end) of the source; end may lie behind it. The first `tags_end` bytes of the source are ID3v2 tags.
core::Result<CheckedView> view_mp3(core::ByteSource& source, std::uint64_t tags_end, std::uint64_t begin,
                                   std::uint64_t end, core::StopToken* stop) {
  auto stream = core::Mp3Stream::scan(source, begin, end, stop);
  if (!stream) return stream.error();
  CheckedView view;
  if (!*stream) {
    view.bytes = std::make_unique<PrefixedRange>(source, std::vector<std::byte>{}, begin, end - begin);
    return view;
  }
  const core::Mp3Stream& mp3 = **stream;
  std::array<std::byte, 4> head{};
  auto got = source.read_at(mp3.start().byte, head);
  if (!got) return got.error();
  auto audio_bytes = count_audio_bytes(source, mp3.start().byte, mp3.end());
  if (!audio_bytes) return audio_bytes.error();
  const auto header = core::parse_mp3_header(head);
  const std::vector<std::byte> lead =
      header ? make_lead_frames(head, mp3.most_mpeg_frames(), *audio_bytes) : std::vector<std::byte>{};
  view.num_skipped = mp3.num_skipped();
  if (!lead.empty()) {
    view.num_skipped += header->num_frames;
    view.mpeg_frames = static_cast<std::int64_t>(mp3.most_mpeg_frames() + 1) * header->num_frames;
  }
  std::vector<std::byte> prefix(static_cast<std::size_t>(tags_end <= kMaxTagBytes ? tags_end : 0));
  if (auto r = core::read_exact(source, 0, prefix); !r) return r.error();
  prefix.insert(prefix.end(), lead.begin(), lead.end());
  if (mp3.frames_kind() == core::FramesKind::kExact) {
    view.last_frame = mp3.num_frames();
  } else {
    view.estimated_frames = mp3.num_frames();
  }
  view.bytes =
      std::make_unique<PrefixedRange>(source, std::move(prefix), mp3.start().byte, mp3.end() - mp3.start().byte);
  return view;
}

/// Frames in `data_bytes` of ADPCM; a last block that was cut short holds what its bytes say.
std::int64_t adpcm_frames(const WavChunks& chunks, unsigned tag, std::uint64_t data_bytes) {
  const std::byte* f = chunks.fmt.data();
  const std::uint64_t channels = u16(f + 2), block = u16(f + 12), per_block = u16(f + 18);
  const std::uint64_t state = channels * (tag == kTagMsAdpcm ? 7 : 4), first = tag == kTagMsAdpcm ? 2 : 1;
  std::uint64_t frames = data_bytes / block * per_block;
  const std::uint64_t rest = data_bytes % block;
  if (rest >= state) frames += std::min(per_block, (rest - state) * 2 / channels + first);
  return static_cast<std::int64_t>(frames);
}

core::Result<CheckedView> view_wav(core::ByteSource& source, std::uint64_t start, core::StopToken* stop) {
  CheckedView view;
  const auto known = source.size();
  // A source of unknown size cannot seek and is spooled as it is read; the walk itself needs only its beginning.
  auto chunks = walk_chunks(source, start, known.value_or(kToEnd));
  if (!chunks) return chunks.error();
  unsigned tag = 0;
  if (auto r = check_fmt(source, *chunks, tag); !r) return r.error();
  if (chunks->truncated) {
    view.warnings.push_back("truncated: the data chunk at byte " + std::to_string(chunks->data_start) +
                            " reaches past the end of the file");
  }
  if (tag == kTagMp3) {  // libsndfile reads MP3, but not inside WAV
    auto mp3 = view_mp3(source, 0, chunks->data_start, chunks->data_start + chunks->data_bytes, stop);
    if (mp3) mp3->warnings = std::move(view.warnings);
    return mp3;
  }
  std::uint64_t data_bytes = chunks->data_bytes;
  if (known && data_bytes > kMaxDataBytes) {
    view.warnings.push_back("only the first 4 GiB are read by libsndfile");
  }
  data_bytes = std::min(data_bytes, kMaxDataBytes);
  std::uint64_t zeros = 0;
  if (known && (tag == kTagMsAdpcm || tag == kTagImaAdpcm)) {
    // libsndfile drops a last block that is not whole, sox and FFmpeg do not: it is filled up, and the audio cut.
    const std::uint64_t block = u16(chunks->fmt.data() + 12);
    view.last_frame = adpcm_frames(*chunks, tag, data_bytes);
    if (chunks->fact_frames > 0) view.last_frame = std::min(view.last_frame, chunks->fact_frames);
    zeros = (block - data_bytes % block) % block;
  }
  std::vector<std::byte> header;
  const bool with_fact = chunks->fact_frames >= 0;
  std::vector<std::byte> fmt = chunks->fmt;
  if (fmt.size() % 2 != 0) fmt.push_back(std::byte{0});
  put_text(header, "RIFF");
  put_u32(header, 4 + 8 + fmt.size() + (with_fact ? 12 : 0) + 8 + data_bytes + zeros);
  put_text(header, "WAVEfmt ");
  put_u32(header, fmt.size());
  header.insert(header.end(), fmt.begin(), fmt.end());
  if (with_fact) {
    put_text(header, "fact");
    put_u32(header, 4);
    put_u32(header, static_cast<std::uint64_t>(chunks->fact_frames));
  }
  put_text(header, "data");
  put_u32(header, data_bytes + zeros);
  view.bytes = std::make_unique<PrefixedRange>(source, std::move(header), chunks->data_start, data_bytes, zeros);
  return view;
}

}  // namespace

PrefixedRange::PrefixedRange(core::ByteSource& source, std::vector<std::byte> prefix, std::uint64_t start,
                             std::uint64_t length, std::uint64_t zeros)
    : ByteSource(source.name()),
      source_(source),
      prefix_(std::move(prefix)),
      start_(start),
      length_(length),
      zeros_(zeros) {}

core::Result<std::size_t> PrefixedRange::read_at(std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  if (offset < prefix_.size()) {
    done = std::min(out.size(), prefix_.size() - static_cast<std::size_t>(offset));
    std::copy_n(prefix_.begin() + static_cast<std::ptrdiff_t>(offset), done, out.begin());
    offset += done;
  }
  std::uint64_t at = offset - prefix_.size();
  if (done < out.size() && at < length_ && at <= kToEnd - start_) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, length_ - at));
    auto got = source_.read_at(start_ + at, out.subspan(done, wanted));
    if (!got) return got.error();
    done += *got;
    at += *got;
  }
  if (at >= length_ && at - length_ < zeros_) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, zeros_ - (at - length_)));
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done), wanted, std::byte{0});
    done += wanted;
  }
  return done;
}

std::optional<std::uint64_t> PrefixedRange::size() const {
  const auto whole = source_.size();
  if (!whole) return std::nullopt;
  const std::uint64_t rest = *whole > start_ ? *whole - start_ : 0;
  return prefix_.size() + std::min(rest, length_) + zeros_;
}

core::Result<CheckedView> make_checked_view(core::ByteSource& source, const core::ProbeResult& probe,
                                            core::StopToken* stop) {
  if (probe.container == core::Container::kRiff) return view_wav(source, probe.start, stop);
  if (probe.container == core::Container::kMp3) return view_mp3(source, probe.tags_end, probe.start, kToEnd, stop);
  CheckedView view;
  view.bytes = std::make_unique<PrefixedRange>(source, std::vector<std::byte>{}, probe.start, kToEnd);
  return view;
}

}  // namespace tonearm::sndfile
