// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Writes FLAC, Vorbis, Opus and MP3 by libsndfile.
// Place in the flow: inside backends/sndfile; made by sndfile_backend.cpp.
#pragma once

#include <memory>
#include <string>

#include "backends/sndfile/sndfile_api.h"
#include "core/registry/encoder.h"

namespace tonearm::sndfile {

/// Empty where libsndfile writes such a file; else one line why not.
std::string declines_target(const core::EncodeTarget& target);

/// Errors: kInvalidArgument (a rate, channel count, bit rate or tag that the codec has no place for);
/// kUnsupportedFormat (this libsndfile was built without the codec); the sink's.
core::Result<std::unique_ptr<core::Encoder>> open_encoder(const Api& api, const Version& version, core::ByteSink& sink,
                                                          const core::EncodeTarget& target);

}  // namespace tonearm::sndfile
