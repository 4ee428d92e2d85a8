// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The FFmpeg backend: everything that FFmpeg 4 to 9 decodes, through libraries found at run time.
// Place in the flow: listed in backends/builtin_backends.cpp.
#pragma once

#include <memory>

#include "core/registry/decoder.h"

namespace tonearm::ffmpeg {

/// Looks for FFmpeg at the first call of available() or open(); the answer is kept. Threads: any.
std::unique_ptr<core::Backend> make_ffmpeg_backend();

}  // namespace tonearm::ffmpeg
