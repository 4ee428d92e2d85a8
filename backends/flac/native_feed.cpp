// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/native_feed.h"

#include <algorithm>
#include <cstring>

#include "backends/flac/crc.h"

namespace tonearm::flac {
namespace {

constexpr std::size_t kScanBytes = std::size_t{16} << 10;   ///< searched for a sync code at a time
constexpr std::size_t kTailBytes = std::size_t{64} << 10;   ///< holds the last frame of ordinary streams
constexpr std::size_t kLargestTail = std::size_t{4} << 20;  ///< 65,535 samples of 8 channels at 32 bits: 2.1 MB
constexpr int kSumAttempts = 4;                             ///< headers whose bytes up to the end are summed
constexpr int kTailAttempts = 64;                           ///< frames decoded in search of the last one

}  // namespace

core::Result<Bytes> NativeFeed::peek(std::size_t want) {
  auto bytes = window_.at(offset_, want);
  if (!bytes) return bytes.error();
  // No frame begins so: files were joined.
  if (bytes->size() >= 4 && std::memcmp(bytes->data(), "fLaC", 4) == 0) other_stream_ = offset_;
  return bytes;
}

core::Result<bool> NativeFeed::skip() {
  ++offset_;
  for (;;) {
    auto bytes = window_.at(offset_, kScanBytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < 2) return false;
    const std::size_t hit = find_sync(*bytes, 0);
    offset_ += hit;
    if (hit + 1 < bytes->size()) return true;
  }
}

core::Result<std::optional<NativeFeed::Found>> NativeFeed::find_frame(std::uint64_t from, std::uint64_t to,
                                                                      const StreamContext& context) {
  while (from < to) {
    if (context.stop != nullptr) {
      auto go_on = context.stop->check();
      if (!go_on) return go_on.error();
    }
    auto bytes = window_.at(from, kScanBytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < 2) break;
    const std::size_t hit = find_sync(*bytes, 0);
    from += hit;
    if (hit + 1 >= bytes->size()) continue;
    if (from >= to) break;
    FrameHeader header;
    const FrameStatus seen = parse_frame_header(bytes->subspan(hit), context.stream, header);
    if (seen == FrameStatus::kInvalid || (seen == FrameStatus::kOk && !matches(header, context.stream))) {
      ++from;
      continue;
    }
    auto decoded = decode_growing([&](std::size_t want) { return window_.at(from, want); }, scratch_, context.stream);
    if (!decoded) return decoded.error();
    if (*decoded == FrameStatus::kOk && matches(scratch_.header(), context.stream)) {
      const FrameHeader& h = scratch_.header();
      return std::optional<Found>(Found{from, context.numbering.position(h), h.block});
    }
    ++from;
  }
  return std::optional<Found>();
}

core::Result<void> NativeFeed::locate(std::int64_t target, const StreamContext& context) {
  offset_ = first_;
  const std::optional<std::uint64_t> size = window_.source_size();
  if (!size || *size <= first_) return {};
  std::uint64_t low = first_, high = *size;
  std::int64_t low_position = 0, high_position = context.stream.total_frames;

  // A seek point counts only where the frame that it promises stands there.
  const auto& points = context.seek_points;
  const auto after = std::upper_bound(points.begin(), points.end(), static_cast<std::uint64_t>(target),
                                      [](std::uint64_t t, const SeekPoint& p) { return t < p.sample; });
  if (after != points.begin()) {
    const SeekPoint& point = *(after - 1);
    if (point.offset < high - first_) {
      auto found = find_frame(first_ + point.offset, first_ + point.offset + 1, context);
      if (!found) return found.error();
      if (*found && (*found)->position == static_cast<std::int64_t>(point.sample)) {
        low = (*found)->offset;
        low_position = (*found)->position;
        if (after != points.end() && after->offset < high - first_) {
          high = first_ + after->offset;
          high_position = static_cast<std::int64_t>(after->sample);
        }
      }
    }
  }

  // Invariant: a frame at or before the target starts at `low`; none that starts in [high, ...) is needed.
  // Odd steps guess by proportion, a little short of the target; even steps halve, so that log2(size) bounds them.
  for (int step = 0; high - low > kScanBytes; ++step) {
    std::uint64_t middle = low + (high - low) / 2;
    if (step % 2 == 0 && high_position > low_position && target < high_position) {
      const double share =
          static_cast<double>(target - low_position) / static_cast<double>(high_position - low_position);
      const auto guess = static_cast<std::uint64_t>(share * static_cast<double>(high - low));
      const std::uint64_t back = std::min<std::uint64_t>(guess, kScanBytes);
      middle = std::clamp(low + guess - back, low + 1, high - 1);
    }
    auto found = find_frame(middle, high, context);
    if (!found) return found.error();
    if (*found && (*found)->position <= target && (*found)->position >= low_position) {
      low = (*found)->offset;
      low_position = (*found)->position;
      if (target < low_position + static_cast<std::int64_t>((*found)->block)) break;
    } else {
      high = middle;
      if (*found) high_position = (*found)->position;
    }
  }
  offset_ = low;
  return {};
}

core::Result<std::optional<std::int64_t>> NativeFeed::find_end(const StreamContext& context) {
  using End = std::optional<std::int64_t>;
  const std::optional<std::uint64_t> size = window_.source_size();
  if (!size || *size <= first_) return End();
  for (std::size_t tail = kTailBytes;; tail = kLargestTail) {
    const std::uint64_t from = *size - first_ > tail ? *size - tail : first_;
    auto end = find_end_behind(from, static_cast<std::size_t>(*size - from), context);
    if (!end || *end || from == first_ || tail == kLargestTail) return end;
  }
}

core::Result<std::optional<std::int64_t>> NativeFeed::find_end_behind(std::uint64_t from, std::size_t length,
                                                                      const StreamContext& context) {
  using End = std::optional<std::int64_t>;
  auto bytes = window_.at(from, length);
  if (!bytes) return bytes.error();
  const auto end_of = [&](const FrameHeader& h) { return context.numbering.position(h) + std::int64_t{h.block}; };
  const auto previous_header = [&](std::size_t& at, FrameHeader& header) {
    while (at-- > 0) {
      if ((*bytes)[at] == std::byte{0xFF} &&
          parse_frame_header(bytes->subspan(at), context.stream, header) == FrameStatus::kOk) {
        return true;
      }
    }
    return false;
  };

  // The ordinary case, without decoding: one of the last headers begins bytes whose CRC-16, its own included, is zero.
  // Where that frame has other parameters the stream changes somewhere, which decoding will find.
  FrameHeader header;
  std::size_t at = bytes->size();
  for (int attempt = 0; attempt < kSumAttempts && previous_header(at, header); ++attempt) {
    const Bytes frame = bytes->subspan(at);
    if (frame.size() < kMinFrameBytes || crc16(frame) != 0) continue;
    return matches(header, context.stream) ? End(end_of(header)) : End();
  }
  // Junk behind the last frame, or a frame that was cut.
  at = bytes->size();
  for (int attempt = 0; attempt < kTailAttempts && previous_header(at, header); ++attempt) {
    if (!matches(header, context.stream)) continue;
    if (scratch_.decode(bytes->subspan(at), context.stream) == FrameStatus::kOk) return End(end_of(header));
  }
  return End();
}

}  // namespace tonearm::flac
