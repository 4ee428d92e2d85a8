// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The `fmt ` chunk (WAVEFORMAT to WAVEFORMATEXTENSIBLE), shared by RIFF and Wave64.
#pragma once

#include "backends/pcm/pcm_header.h"

namespace tonearm::pcm {

/// Fills layout, sample_rate and bits_per_sample from the chunk's bytes. `offset` is where they lie, for errors.
core::Result<void> parse_wave_format(Bytes chunk, bool big_endian, std::uint64_t offset, const HeaderReader& reader,
                                     PcmHeader& header);

}  // namespace tonearm::pcm
