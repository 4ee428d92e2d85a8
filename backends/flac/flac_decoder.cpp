// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/flac_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "backends/flac/native_feed.h"
#include "backends/flac/ogg_feed.h"
#include "core/registry/ogg_pages.h"

namespace tonearm::flac {
namespace {

using core::Error;
using core::ErrorCode;
using core::Result;
using core::Stage;

constexpr std::uint32_t kMaxTagBytes = std::uint32_t{1} << 20;  ///< of a VORBIS_COMMENT that is read
constexpr int kMaxMetadataBlocks = 4096;
/// Frames with a right header and a wrong body after which a stream counts as ended: bounds crafted input.
constexpr int kMaxFailedFrames = 4096;

std::string parameters(int channels, int rate, int bits) {
  return std::to_string(channels) + " channels, " + std::to_string(rate) + " Hz, " + std::to_string(bits) + " bits";
}

void write_silence(const core::PlanarView& out, std::int64_t begin, std::int64_t count) {
  const core::PlanarView part = out.slice(begin, count);
  const std::size_t bytes = static_cast<std::size_t>(count) * core::sample_bytes(out.type);
  for (int c = 0; c < out.num_channels; ++c) std::memset(part.channel(c), 0, bytes);
}

}  // namespace

Error FlacDecoder::corrupt(std::string found, Stage stage, std::uint64_t offset) const {
  Error error = core::make_error(ErrorCode::kCorruptData, stage, "cannot decode \"" + source_.name() + "\"",
                                 source_.name(), "a FLAC stream (RFC 9639)", std::move(found));
  error.byte_offset = static_cast<std::int64_t>(offset);
  return error;
}

Result<void> FlacDecoder::complain(std::string text, std::uint64_t offset) {
  if (options_.strict) {
    Error error = corrupt(std::move(text), Stage::kDecode, offset);
    error.next = "read it without strict to get what exists";
    return error;
  }
  warn(std::move(text));
  return {};
}

// ---- Opening ------------------------------------------------------------------------------------------------------

Result<std::unique_ptr<core::Decoder>> FlacDecoder::open(core::ByteSource& source, const core::ProbeResult& probe,
                                                         const core::OpenOptions& options) {
  if (options.stream_index > 0) {
    return core::make_error(ErrorCode::kInvalidArgument, Stage::kOpen,
                            "there is no stream " + std::to_string(options.stream_index), "stream_index", "0",
                            "one audio stream");
  }
  std::unique_ptr<FlacDecoder> decoder(new FlacDecoder(source, options));
  const bool ogg = probe.container == core::Container::kOgg;
  auto read = ogg ? decoder->read_ogg_metadata(probe.start) : decoder->read_native_metadata(probe.start);
  if (!read) return read.error();

  const StreamHeader& stream = decoder->context_.stream;
  if (stream.num_channels > options.limits.max_channels) {
    return core::make_error(ErrorCode::kLimitReached, Stage::kOpen, "too many channels in \"" + source.name() + "\"",
                            "max_channels", "at most " + std::to_string(options.limits.max_channels),
                            std::to_string(stream.num_channels), "raise max_channels");
  }
  core::StreamInfo& info = decoder->info_;
  info.sample_rate = stream.sample_rate;
  info.num_channels = stream.num_channels;
  info.bits_per_sample = stream.bits;
  info.encoding = "FLAC";
  info.container = ogg ? "ogg" : "flac";
  info.native_type = stream.bits <= 16 ? core::SampleType::kInt16 : core::SampleType::kInt32;
  auto ends = decoder->find_ends(probe);
  if (!ends) return ends.error();
  if (options.verify && decoder->verifies()) decoder->sum_.emplace();
  return std::unique_ptr<core::Decoder>(std::move(decoder));
}

Result<void> FlacDecoder::take_block(unsigned type, Bytes body) {
  switch (static_cast<BlockType>(type)) {
    case BlockType::kSeekTable: context_.seek_points = parse_seek_table(body); break;
    case BlockType::kVorbisComment: core::parse_vorbis_comment(body, info_.tags); break;
    default: break;
  }
  return {};
}

Result<void> FlacDecoder::read_native_metadata(std::uint64_t start) {
  ByteWindow window(source_);
  std::uint64_t at = start + 4;  // behind "fLaC"
  for (int block = 0;; ++block) {
    auto head = window.at(at, kBlockHeaderBytes);
    if (!head) return head.error();
    if (head->size() < kBlockHeaderBytes) return corrupt("it ends inside the metadata", Stage::kOpen, at);
    const BlockHeader header = parse_block_header(*head);
    if (block == kMaxMetadataBlocks || header.type == static_cast<unsigned>(BlockType::kForbidden)) {
      return corrupt("metadata that does not end", Stage::kOpen, at);
    }
    at += kBlockHeaderBytes;
    const bool is_info = header.type == static_cast<unsigned>(BlockType::kStreamInfo);
    if (block == 0 && !is_info) return corrupt("no STREAMINFO at its start", Stage::kOpen, at);
    const bool is_taken = header.type == static_cast<unsigned>(BlockType::kSeekTable) ||
                          header.type == static_cast<unsigned>(BlockType::kVorbisComment);
    if (block == 0 || (is_taken && header.length <= kMaxTagBytes)) {
      // Of a STREAMINFO that claims to be longer than it can be, what there is to know.
      const std::size_t length = block == 0 ? std::min<std::size_t>(header.length, kStreamInfoBytes) : header.length;
      auto body = window.at(at, length);
      if (!body) return body.error();
      if (body->size() < length) return corrupt("it ends inside the metadata", Stage::kOpen, at);
      *body = body->first(length);
      if (block == 0) {
        std::string reason;
        const std::optional<StreamHeader> stream = parse_stream_info(*body, reason);
        if (!stream) return corrupt(reason, Stage::kOpen, at);
        context_.stream = *stream;
      } else {
        auto taken = take_block(header.type, *body);
        if (!taken) return taken.error();
      }
    }
    at += header.length;
    if (header.last) break;
  }
  feed_ = std::make_unique<NativeFeed>(source_, at);
  return {};
}

Result<void> FlacDecoder::read_ogg_metadata(std::uint64_t start) {
  // The first packet: 0x7F "FLAC", version (2 bytes), number of header packets (2), "fLaC", STREAMINFO with its
  // block header (RFC 9639 section 10.1). Each following packet is one metadata block, then one frame each.
  constexpr std::size_t kMappingBytes = 13;
  feed_ = std::make_unique<OggFeed>(source_, start);
  for (int block = 0; block < kMaxMetadataBlocks; ++block) {
    auto packet = feed_->peek(0);
    if (!packet) return packet.error();
    Bytes bytes = *packet;
    if (block > 0 && bytes.size() >= 2 && bytes[0] == std::byte{0xFF}) return {};  // a frame: no block was the last
    if (block == 0) {
      if (bytes.size() < kMappingBytes ||
          std::memcmp(bytes.data(),
                      "\x7f"
                      "FLAC",
                      5) != 0 ||
          std::memcmp(bytes.data() + 9, "fLaC", 4) != 0) {
        return corrupt("an Ogg stream that does not begin with FLAC's mapping", Stage::kOpen, start);
      }
      bytes = bytes.subspan(kMappingBytes);
    }
    if (bytes.size() < kBlockHeaderBytes) return corrupt("it ends inside the metadata", Stage::kOpen, feed_->offset());
    const BlockHeader header = parse_block_header(bytes);
    const Bytes body =
        bytes.subspan(kBlockHeaderBytes).first(std::min<std::size_t>(header.length, bytes.size() - kBlockHeaderBytes));
    if (block == 0) {
      std::string reason;
      const std::optional<StreamHeader> stream = parse_stream_info(body, reason);
      if (!stream) return corrupt(reason, Stage::kOpen, start);
      context_.stream = *stream;
    } else {
      auto taken = take_block(header.type, body);
      if (!taken) return taken.error();
    }
    feed_->advance(bytes.size());
    if (header.last) return {};
  }
  return corrupt("metadata that does not end", Stage::kOpen, feed_->offset());
}

Result<void> FlacDecoder::find_ends(const core::ProbeResult& probe) {
  const std::optional<std::uint64_t> size = source_.size();
  const std::uint64_t audio_bytes = size ? *size - std::min(*size, feed_->offset()) : UINT64_MAX / 2;
  // A frame has at least kMinFrameBytes and at most kMaxBlock samples: more than that nobody can have meant.
  const auto most = static_cast<std::uint64_t>(INT64_MAX);
  const std::uint64_t plausible = std::min(most / kMaxBlock, audio_bytes / kMinFrameBytes + 1) * kMaxBlock;
  const auto is_plausible = [&](std::int64_t n) { return n >= 0 && static_cast<std::uint64_t>(n) <= plausible; };
  declared_ = context_.stream.total_frames;

  // The first frame tells the block size (STREAMINFO's is wrong in some files) and the first number.
  const std::uint64_t first = feed_->offset();
  FrameHeader header;
  int places = 0;
  for (bool more = true;; ++places) {
    auto bytes = feed_->peek(kMaxHeaderBytes);
    if (!bytes) return bytes.error();
    if (bytes->empty() || !more) {
      if (declared_ == 0 && places == 0) {  // no samples at all, and it says so
        info_.num_frames = 0;
        info_.frames_kind = core::FramesKind::kExact;
        ended_ = true;
        return {};
      }
      return corrupt("no FLAC frame behind the metadata", Stage::kOpen, first);
    }
    if (parse_frame_header(*bytes, context_.stream, header) == FrameStatus::kOk) break;
    auto skipped = feed_->skip();
    if (!skipped) return skipped.error();
    more = *skipped;
  }
  if (!matches(header, context_.stream)) {
    const StreamHeader& s = context_.stream;
    return corrupt("STREAMINFO says " + parameters(s.num_channels, s.sample_rate, s.bits) + ", the first frame " +
                       parameters(header.num_channels, header.sample_rate, header.bits),
                   Stage::kOpen, feed_->offset());
  }
  context_.numbering.fixed_block = header.block;
  context_.numbering.base = 0;
  context_.numbering.base = context_.numbering.position(header);
  if (places > 0) {
    auto said = complain("bytes " + std::to_string(first) + " to " + std::to_string(feed_->offset()) +
                             " between metadata and audio are not FLAC",
                         first);
    if (!said) return said.error();
  }

  auto end = feed_->find_end(context_);
  if (!end) return end.error();
  if (*end && !is_plausible(**end)) *end = std::nullopt;
  if (!is_plausible(declared_)) declared_ = 0;
  if (*end && (declared_ == 0 || declared_ == **end)) {
    info_.num_frames = **end;
    info_.frames_kind = core::FramesKind::kExact;
  } else if (*end) {
    info_.num_frames = **end;
    info_.frames_kind = core::FramesKind::kEstimated;
    auto said = complain("STREAMINFO declares " + std::to_string(declared_) +
                             " frames, the last one that is there ends at " + std::to_string(**end),
                         first);
    if (!said) return said.error();
    end_reported_ = true;
  } else if (declared_ > 0) {
    info_.num_frames = declared_;
    info_.frames_kind = core::FramesKind::kEstimated;
  }
  if (probe.container == core::Container::kOgg) return feed_->locate(0, context_);
  return {};
}

// ---- Decoding -----------------------------------------------------------------------------------------------------

Result<FrameStatus> FlacDecoder::try_frame() {
  auto status = decode_growing([&](std::size_t want) { return feed_->peek(want); }, frame_, context_.stream);
  if (status && *status == FrameStatus::kOk) count_decoded(frame_.header().block);
  return status;
}

Result<bool> FlacDecoder::next_block() {
  if (options_.stop != nullptr) {
    auto go_on = options_.stop->check();
    if (!go_on) return go_on.error();
  }
  block_begin_ = block_end_ = 0;
  if (ended_) return false;
  const bool exact = info_.frames_kind == core::FramesKind::kExact;
  if (exact && position_ >= info_.num_frames) return false;

  auto status = try_frame();
  if (!status) return status.error();
  bool found = *status == FrameStatus::kOk;
  if (!found && !feed_->other_stream()) {
    auto recovered = recover(*status);
    if (!recovered) return recovered.error();
    found = *recovered;
  }
  if (found && !matches(frame_.header(), context_.stream)) {
    const FrameHeader& h = frame_.header();
    const StreamHeader& s = context_.stream;
    ended_ = end_reported_ = true;
    auto said = complain("the stream changes at frame " + std::to_string(position_) + " from " +
                             parameters(s.num_channels, s.sample_rate, s.bits) + " to " +
                             parameters(h.num_channels, h.sample_rate, h.bits) + "; only the part before is read",
                         feed_->offset());
    if (!said) return said.error();
    return false;
  }
  if (!found) {
    ended_ = true;
    if (auto told = tell_of_other_stream(); !told) return told.error();
    const std::int64_t expected = exact ? info_.num_frames : declared_;
    if (!end_reported_ && expected > position_) {
      end_reported_ = true;
      auto said = complain(
          "truncated: it ends after " + std::to_string(position_) + " of " + std::to_string(expected) + " frames",
          feed_->offset());
      if (!said) return said.error();
    }
    return false;
  }
  block_end_ = frame_.header().block;
  if (exact) {
    const std::int64_t left = std::max<std::int64_t>(0, info_.num_frames - position_ - silence_);
    block_end_ = static_cast<std::size_t>(std::min<std::int64_t>(left, std::int64_t{frame_.header().block}));
  }
  feed_->advance(frame_.bytes());
  if (sum_) add_to_sum();
  return true;
}

Result<void> FlacDecoder::tell_of_other_stream() {
  const auto other = feed_->other_stream();
  if (!other || other_reported_) return {};
  other_reported_ = end_reported_ = true;
  return complain("another stream begins at byte " + std::to_string(*other) + "; only the one before is read", *other);
}

/// Joined files: what follows the frame that was taken for the last one.
Result<void> FlacDecoder::look_behind_end() {
  auto bytes = feed_->peek(kMaxHeaderBytes);
  if (!bytes) return bytes.error();
  if (auto told = tell_of_other_stream(); !told) return told;
  FrameHeader header;
  if (end_reported_ || parse_frame_header(*bytes, context_.stream, header) != FrameStatus::kOk) return {};
  end_reported_ = true;
  return complain("audio goes on at byte " + std::to_string(feed_->offset()) + " behind frame " +
                      std::to_string(position_) + ", where the file's last frame says that it ends; it is not read",
                  feed_->offset());
}

Result<bool> FlacDecoder::recover(FrameStatus status) {
  auto bytes = feed_->peek(kMaxHeaderBytes);
  if (!bytes) return bytes.error();
  if (bytes->empty()) return false;
  const std::uint64_t begin = feed_->offset();
  FrameHeader header;
  const bool frame_began = parse_frame_header(*bytes, context_.stream, header) == FrameStatus::kOk;
  const std::string reason = frame_.reason();
  for (int place = 0; status != FrameStatus::kOk; ++place) {
    if (options_.stop != nullptr && place % 64 == 0) {
      auto go_on = options_.stop->check();
      if (!go_on) return go_on.error();
    }
    auto more = feed_->skip();
    if (!more) return more.error();
    if (!*more || failed_frames_ >= kMaxFailedFrames) {
      if (position_ == 0) return corrupt("no frame that is whole (" + reason + ")", Stage::kDecode, begin);
      if (frame_began && !end_reported_) {
        end_reported_ = true;
        auto said = complain("damaged from byte " + std::to_string(begin) + " on (" + reason + "): it ends after " +
                                 std::to_string(position_) + " frames",
                             begin);
        if (!said) return said.error();
      }
      return false;
    }
    auto head = feed_->peek(kMaxHeaderBytes);
    if (!head) return head.error();
    if (parse_frame_header(*head, context_.stream, header) != FrameStatus::kOk) continue;
    auto tried = try_frame();
    if (!tried) return tried.error();
    status = *tried;
    if (status != FrameStatus::kOk) ++failed_frames_;
  }
  if (!matches(frame_.header(), context_.stream)) return true;
  // Frame numbers keep what follows in its place, as far as the bytes that were lost can account for the time.
  const std::int64_t gap = context_.numbering.position(frame_.header()) - position_;
  const std::uint64_t justified = ((feed_->offset() - begin) / kMinFrameBytes + 1) * kMaxBlock;
  silence_ = gap > 0 && static_cast<std::uint64_t>(gap) <= justified ? gap : 0;
  auto said = complain("damaged at byte " + std::to_string(begin) + " (" + reason + "): " + std::to_string(silence_) +
                           " frames from frame " + std::to_string(position_) + " on are silence",
                       begin);
  if (!said) return said.error();
  return true;
}

/// The sum is of interleaved little-endian samples of as many whole bytes as they need.
void FlacDecoder::add_to_sum() {
  const auto frames = static_cast<std::int64_t>(block_end_);
  const auto channels = static_cast<std::size_t>(info_.num_channels);
  const std::size_t native_bytes = core::sample_bytes(info_.native_type);
  const auto bytes = (static_cast<std::size_t>(info_.bits_per_sample) + 7) / 8;
  const unsigned shift = static_cast<unsigned>(native_bytes) * 8 - static_cast<unsigned>(info_.bits_per_sample);
  sum_block_.resize(block_end_ * channels * native_bytes);
  sum_interleaved_.resize(block_end_ * channels * bytes);
  const core::PlanarView block{sum_block_.data(), info_.native_type, info_.num_channels, frames, frames};
  frame_.convert(0, block_end_, block, 0);
  for (std::size_t c = 0; c < channels; ++c) {
    std::byte* to = sum_interleaved_.data() + c * bytes;
    for (std::size_t i = 0; i < block_end_; ++i, to += channels * bytes) {
      const int index = static_cast<int>(c);
      const std::int32_t x = native_bytes == 2 ? block.channel_as<std::int16_t>(index)[i] >> shift
                                               : block.channel_as<std::int32_t>(index)[i] >> shift;
      for (std::size_t b = 0; b < bytes; ++b) to[b] = static_cast<std::byte>(x >> (8 * b));
    }
  }
  sum_->add(sum_interleaved_);
}

Result<void> FlacDecoder::compare_sum() {
  const Md5Digest found = sum_->digest();
  sum_.reset();
  if (found == context_.stream.md5) return {};
  return core::make_error(ErrorCode::kCorruptData, Stage::kDecode,
                          "\"" + source_.name() + "\" is not what was encoded: its samples have another MD5",
                          source_.name(), "MD5 " + hex(context_.stream.md5) + " (STREAMINFO)",
                          "MD5 " + hex(found) + " of " + std::to_string(position_) + " frames",
                          "read it without verify to get what exists");
}

Result<std::int64_t> FlacDecoder::decode(const core::PlanarView& out) {
  if (out.num_channels != info_.num_channels || !supports(out.type)) {
    return core::make_error(ErrorCode::kInvalidArgument, Stage::kDecode, "FLAC cannot be decoded into this buffer",
                            "buffer", std::to_string(info_.num_channels) + " channels of float32 or the native type");
  }
  std::int64_t written = 0;
  while (written < out.num_frames) {
    if (silence_ > 0) {
      const std::int64_t n = std::min(silence_, out.num_frames - written);
      write_silence(out, written, n);
      silence_ -= n;
      written += n;
      position_ += n;
      continue;
    }
    if (block_begin_ == block_end_) {
      auto more = next_block();
      if (!more) return more.error();
      if (!*more) break;
      continue;
    }
    const auto room = static_cast<std::size_t>(std::min<std::int64_t>(out.num_frames - written, kMaxBlock));
    const std::size_t n = std::min(block_end_ - block_begin_, room);
    frame_.convert(block_begin_, n, out, written);
    block_begin_ += n;
    written += static_cast<std::int64_t>(n);
    position_ += static_cast<std::int64_t>(n);
  }
  const bool at_end = written < out.num_frames ||
                      (info_.frames_kind == core::FramesKind::kExact && position_ >= info_.num_frames && silence_ == 0);
  if (at_end && written > 0) {
    if (auto told = look_behind_end(); !told) return told.error();
  }
  if (sum_ && at_end) {
    auto same = compare_sum();
    if (!same) return same.error();
  }
  return written;
}

Result<void> FlacDecoder::seek(std::int64_t target) {
  if (target < 0) {
    return core::make_error(ErrorCode::kInvalidArgument, Stage::kDecode, "cannot seek to a negative frame", "frame",
                            ">= 0", std::to_string(target));
  }
  sum_.reset();
  const std::int64_t block_position = position_ - static_cast<std::int64_t>(block_begin_);
  if (silence_ == 0 && block_end_ > 0 && target >= block_position &&
      target < block_position + static_cast<std::int64_t>(block_end_)) {
    block_begin_ = static_cast<std::size_t>(target - block_position);
    position_ = target;
    return {};
  }
  block_begin_ = block_end_ = 0;
  silence_ = 0;
  if (info_.frames_kind == core::FramesKind::kExact && target >= info_.num_frames) {
    position_ = info_.num_frames;
    ended_ = true;
    return {};
  }
  ended_ = false;
  auto located = feed_->locate(target, context_);
  if (!located) return located.error();

  // The frame that was found tells where it stands; from there on frames are counted as in a full read.
  position_ = 0;
  auto status = try_frame();
  if (!status) return status.error();
  if (*status == FrameStatus::kOk && matches(frame_.header(), context_.stream)) {
    position_ = std::max<std::int64_t>(0, context_.numbering.position(frame_.header()));
  }
  for (;;) {
    auto more = next_block();
    if (!more) return more.error();
    if (!*more) return {};
    const std::int64_t lost = std::min(silence_, target - position_);
    silence_ -= lost;
    position_ += lost;
    if (silence_ > 0) return {};
    const std::int64_t ahead = target - position_;
    if (ahead < static_cast<std::int64_t>(block_end_)) {
      block_begin_ = static_cast<std::size_t>(ahead);
      position_ = target;
      return {};
    }
    position_ += static_cast<std::int64_t>(block_end_);
  }
}

}  // namespace tonearm::flac
