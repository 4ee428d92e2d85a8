// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Writes uncompressed audio.
// Place in the flow: inside backends/pcm; made by pcm_backend.cpp.
#pragma once

#include <memory>

#include "core/registry/encoder.h"

namespace tonearm::pcm {

/// Writes the header at once. Errors: kInvalidArgument (make_header's), the sink's.
core::Result<std::unique_ptr<core::Encoder>> make_pcm_encoder(core::ByteSink& sink, const core::EncodeTarget& target);

}  // namespace tonearm::pcm
