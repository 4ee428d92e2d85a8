// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What an MP4 file says of its audio track's length (ISO/IEC 14496-12: mdhd, mvhd, elst). FFmpeg reports the edit
// list's duration only, which counts in the movie's clock, often milliseconds: up to 44 frames of 44.1 kHz short or
// long.
#pragma once

#include <cstdint>
#include <optional>

#include "core/source/byte_source.h"

namespace tonearm::ffmpeg {

struct Mp4Length {
  std::int64_t media_units = 0;  ///< the track's duration behind the edit list's start, in 1 / media_scale s
  std::int64_t media_scale = 0;
  std::int64_t movie_scale = 0;  ///< the clock that the edit list counts in, per second
};

/// Nothing unless the file has one audio track and that has an edit list of one edit at normal speed.
std::optional<Mp4Length> mp4_length(core::ByteSource& source);

}  // namespace tonearm::ffmpeg
