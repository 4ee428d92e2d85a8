// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Confirms, before first use, that the layout table fits the FFmpeg that was opened.
#pragma once

#include <memory>

#include "backends/ffmpeg/ffmpeg_api.h"

namespace tonearm::ffmpeg {

/// Decodes a clip of known samples, made in memory, and compares every sample and the stream's facts.
/// A build without the WAV demuxer cannot be checked and passes. Errors: kMissingDependency, found = what differed.
core::Result<void> check_layout(const std::shared_ptr<const Api>& api);

}  // namespace tonearm::ffmpeg
