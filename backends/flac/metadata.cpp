// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/metadata.h"

#include <algorithm>
#include <utility>

#include "backends/flac/bit_reader.h"

namespace tonearm::flac {
namespace {

constexpr std::size_t kSeekPointBytes = 18;
constexpr std::size_t kMaxTags = 1024;

std::uint32_t le32(Bytes b, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i) v |= std::to_integer<std::uint32_t>(b[at + i]) << (8 * i);
  return v;
}

/// A field of `length` bytes behind its own length, or nothing where it does not fit.
std::optional<Bytes> length_prefixed(Bytes& rest) {
  if (rest.size() < 4) return std::nullopt;
  const std::uint32_t length = le32(rest, 0);
  if (length > rest.size() - 4) return std::nullopt;
  const Bytes field = rest.subspan(4, length);
  rest = rest.subspan(4 + std::size_t{length});
  return field;
}

}  // namespace

BlockHeader parse_block_header(Bytes bytes) {
  BitReader r(bytes.first(kBlockHeaderBytes));
  BlockHeader h;
  h.last = r.read(1) != 0;
  h.type = r.read(7);
  h.length = r.read(24);
  return h;
}

std::optional<StreamHeader> parse_stream_info(Bytes body, std::string& reason) {
  if (body.size() < kStreamInfoBytes) {
    reason = "STREAMINFO of " + std::to_string(body.size()) + " bytes instead of 34";
    return std::nullopt;
  }
  BitReader r(body.first(kStreamInfoBytes));
  StreamHeader h;
  h.min_block = r.read(16);
  h.max_block = r.read(16);
  h.min_frame_bytes = r.read(24);
  h.max_frame_bytes = r.read(24);
  h.sample_rate = static_cast<int>(r.read(20));
  h.num_channels = static_cast<int>(r.read(3)) + 1;
  h.bits = static_cast<int>(r.read(5)) + 1;
  const std::uint64_t high = r.read(4);
  h.total_frames = static_cast<std::int64_t>(high << 32 | r.read(32));
  for (std::uint8_t& byte : h.md5) byte = static_cast<std::uint8_t>(r.read(8));
  if (h.sample_rate == 0) {
    reason = "a sample rate of 0 Hz: not audio";
    return std::nullopt;
  }
  if (h.bits < 4) {
    reason = std::to_string(h.bits) + " bits per sample (4 to 32 exist)";
    return std::nullopt;
  }
  return h;
}

std::vector<SeekPoint> parse_seek_table(Bytes body) {
  std::vector<SeekPoint> points;
  points.reserve(body.size() / kSeekPointBytes);
  for (; body.size() >= kSeekPointBytes; body = body.subspan(kSeekPointBytes)) {
    const auto* p = reinterpret_cast<const std::uint8_t*>(body.data());
    const SeekPoint point{load_be64(p), load_be64(p + 8)};
    if (point.sample == UINT64_MAX) continue;
    if (!points.empty() && (point.sample <= points.back().sample || point.offset <= points.back().offset)) return {};
    points.push_back(point);
  }
  return points;
}

void parse_vorbis_comment(Bytes body, std::map<std::string, std::string>& tags) {
  if (!length_prefixed(body) || body.size() < 4) return;  // vendor
  const std::uint32_t count = le32(body, 0);
  body = body.subspan(4);
  for (std::uint32_t i = 0; i < count && tags.size() < kMaxTags; ++i) {
    const std::optional<Bytes> field = length_prefixed(body);
    if (!field) return;
    const std::string text(reinterpret_cast<const char*>(field->data()), field->size());
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) continue;
    std::string key = text.substr(0, equals);
    for (char& c : key) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    tags.try_emplace(std::move(key), text.substr(equals + 1));
  }
}

}  // namespace tonearm::flac
