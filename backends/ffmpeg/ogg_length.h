// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Length of an Ogg Vorbis or Opus stream by its last granule position (RFC 3533 section 6, RFC 7845 section 4).
// FFmpeg knows it too, but adds Opus's pre-skip to it and takes a chained file's last link for the whole.
#pragma once

#include <cstdint>
#include <optional>

#include "core/source/byte_source.h"

namespace tonearm::ffmpeg {

struct OggLength {
  std::int64_t num_frames = 0;
};

/// Reads the first page and the last 64 KiB. Nothing where the stream is chained or multiplexed (another serial number
/// at the end), is not marked as ended, has no size, or does not start at granule 0.
std::optional<OggLength> ogg_length(core::ByteSource& source);

}  // namespace tonearm::ffmpeg
