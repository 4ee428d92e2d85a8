// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AAC and ALAC by FFmpeg's encoders, in MP4 (.m4a) or ADTS by its muxers, into a ByteSink.
// Place in the flow: made by the backend's create(); the counterpart of FfmpegDecoder.
#pragma once

#include <memory>
#include <string>

#include "backends/ffmpeg/ffmpeg_api.h"
#include "core/registry/encoder.h"

namespace tonearm::ffmpeg {

/// Empty where FFmpeg is asked for such a file.
std::string declines_target(const core::EncodeTarget& target);

/// Errors: kInvalidArgument (a rate, channel count, compression or tag that the format has no place for);
/// kUnsupportedFormat (this FFmpeg was built without the encoder or the muxer); kOutOfMemory; the sink's.
core::Result<std::unique_ptr<core::Encoder>> open_encoder(std::shared_ptr<const Api> api, core::ByteSink& sink,
                                                          const core::EncodeTarget& target);

}  // namespace tonearm::ffmpeg
