// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/metadata.h"

#include "backends/flac/bit_reader.h"

namespace tonearm::flac {
namespace {

constexpr std::size_t kSeekPointBytes = 18;

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

}  // namespace tonearm::flac
