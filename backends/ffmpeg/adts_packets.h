// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AdtsPackets: where the packets of AAC in ADTS lie (ISO/IEC 13818-7 section 6.2). Each begins with a header that says
// how long it is; the headers are walked, nothing is decoded.
// Place in the flow: beside FfmpegDecoder, which decodes from the packet that is found.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/registry/decoder.h"

namespace tonearm::ffmpeg {

inline constexpr std::size_t kAdtsHeaderBytes = 7;
using AdtsHeader = std::array<std::byte, kAdtsHeaderBytes>;

class AdtsPackets {
 public:
  /// `begin` is the byte of the first packet.
  explicit AdtsPackets(std::uint64_t begin) : landmarks_{begin} {}

  struct Place {
    std::uint64_t byte = 0;
    AdtsHeader header{};
  };
  /// The packet of that number, >= 0. Nothing where the headers do not lead to it: the stream ends before, is damaged,
  /// changes its parameters, or has several blocks in a packet.
  /// Errors: those of reading and of the stop token.
  core::Result<std::optional<Place>> locate(core::ByteSource& source, std::int64_t packet, core::StopToken* stop);

 private:
  std::vector<std::uint64_t> landmarks_;  ///< byte of every kLandmarkStep-th packet, as far as was walked
};

}  // namespace tonearm::ffmpeg
