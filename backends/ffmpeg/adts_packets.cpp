// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/adts_packets.h"

#include <algorithm>

#include "core/registry/header_walk.h"

namespace tonearm::ffmpeg {
namespace {

constexpr std::int64_t kLandmarkStep = 64;  // packets between two kept positions

/// Of the whole packet; 0 where no packet of one block begins here.
std::size_t packet_bytes(const AdtsHeader& header) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(header[i]); };
  const bool is_sync = at(0) == 0xFF && (at(1) & 0xF6) == 0xF0;  // with layer 0
  const bool is_single = (at(6) & 3) == 0;
  const std::size_t bytes = (at(3) & 3) << 11 | at(4) << 3 | at(5) >> 5;
  return is_sync && is_single && bytes >= kAdtsHeaderBytes ? bytes : 0;
}

/// Object type, rate and channels.
bool is_same_stream(const AdtsHeader& a, const AdtsHeader& b) {
  constexpr std::byte kParameters{0xFD}, kChannels{0xC0};
  return (a[2] & kParameters) == (b[2] & kParameters) && (a[3] & kChannels) == (b[3] & kChannels);
}

}  // namespace

core::Result<std::optional<AdtsPackets::Place>> AdtsPackets::locate(core::ByteSource& source, std::int64_t packet,
                                                                    core::StopToken* stop) {
  std::int64_t index = std::min<std::int64_t>(packet / kLandmarkStep, std::ssize(landmarks_) - 1);
  core::HeaderWalk walk(source, landmarks_[static_cast<std::size_t>(index)], stop);
  index *= kLandmarkStep;
  std::optional<AdtsHeader> before;
  while (true) {
    auto bytes = walk.look(kAdtsHeaderBytes);
    if (!bytes) return bytes.error();
    if (bytes->size() < kAdtsHeaderBytes) return std::optional<Place>();
    AdtsHeader header{};
    std::copy(bytes->begin(), bytes->end(), header.begin());
    const std::size_t size = packet_bytes(header);
    if (size == 0 || (before && !is_same_stream(header, *before))) return std::optional<Place>();
    if (index == packet) return std::optional<Place>({walk.at(), header});
    if (index / kLandmarkStep == std::ssize(landmarks_)) landmarks_.push_back(walk.at());
    before = header;
    walk.skip(size);
    ++index;
  }
}

}  // namespace tonearm::ffmpeg
