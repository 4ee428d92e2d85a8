// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One stream decoded by libsndfile into planar memory.
// Place in the flow: inside backends/sndfile only; handed to the registry as a core::Decoder.
#pragma once

#include <memory>

#include "backends/sndfile/checked_view.h"
#include "backends/sndfile/sndfile_api.h"
#include "core/registry/decoder.h"

namespace tonearm::sndfile {

/// `api` must outlive the decoder (the library is never closed). `view` borrows its source.
/// Errors: kCorruptData, kUnsupportedFormat (what libsndfile says of the file), kLimitReached (channels, frames), and
/// those of reading.
core::Result<std::unique_ptr<core::Decoder>> open_decoder(const Api& api, CheckedView view,
                                                          const core::ProbeResult& probe,
                                                          const core::OpenOptions& options);

}  // namespace tonearm::sndfile
