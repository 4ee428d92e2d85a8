// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The backend "soundfile": FLAC, Ogg, MP3, ADPCM and GSM WAV by libsndfile 1.0.31 or newer, found and opened at run
// time. Known limits: mpg123 inside libsndfile prints a line to stderr for some damaged MP3 files, and cannot be
// silenced from here; MP3, Vorbis and Opus seek by decoding from the start, and say so. Ogg Opus keeps the rate of its
// origin instead of 48 kHz; of chained Opus only the first link is read. libsndfile leaks a vorbis_info when a damaged
// Vorbis header makes its open fail.
// Place in the flow: made once for the registry.
#pragma once

#include <memory>

#include "core/registry/decoder.h"

namespace tonearm::sndfile {

std::unique_ptr<core::Backend> make_sndfile_backend();

}  // namespace tonearm::sndfile
