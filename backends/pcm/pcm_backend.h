// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The `pcm` backend: uncompressed audio in RIFF, RIFX, RF64/BW64, Wave64, AIFF, AIFF-C, AU and CAF, read by our own
// parsers. Needs no library.
#pragma once

#include <memory>

#include "core/registry/decoder.h"

namespace tonearm::pcm {

std::unique_ptr<core::Backend> make_pcm_backend();

}  // namespace tonearm::pcm
