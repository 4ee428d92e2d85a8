// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One long stream decoded in parallel slices, each by a decoder of its own that seeks to its beginning.
// Place in the flow: beside the read line, which falls back to one decoder wherever the slices are not the plain case.
#pragma once

#include <cstdint>

#include "core/audio/planar.h"
#include "core/registry/registry.h"

namespace tonearm::core {

/// Shorter slices are not worth a thread: some 3 s of audio, 1 ms of work.
inline constexpr std::int64_t kLeastSliceFrames = std::int64_t{1} << 17;

/// Fills `out` with the frames from `offset` on, by at most `threads` threads, the caller's included. `opened` is the
/// stream as the read line opened it; it is not moved. The source must read concurrently, the decoder split.
/// False: a slice failed, ended early or had something to say; `out` holds no audio then.
/// Errors: those of the caller's StopToken, which is polled in the calling thread only.
Result<bool> decode_slices(const OpenedStream& opened, ByteSource& source, const OpenRequest& request,
                           std::int64_t offset, const PlanarView& out, int threads);

}  // namespace tonearm::core
