// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// From an AVFrame's samples, interleaved or planar, straight into planar output.
#pragma once

#include <cstdint>
#include <optional>

#include "core/audio/planar.h"

namespace tonearm::ffmpeg {

/// What the samples of an AVSampleFormat are; nothing where the adapter does not read that format. 64-bit integers
/// count as kFloat64.
std::optional<core::SampleType> sample_type_of(int format);

/// Copies frames [begin, begin + out.num_frames) of an AVFrame's planes. `format` is one that sample_type_of knows;
/// out.type is kFloat32 (integers scaled by 2^-(bits-1), 8 bit by (x-128)/128) or sample_type_of(format).
void copy_samples(int format, const std::uint8_t* const* planes, std::int64_t begin, const core::PlanarView& out);

}  // namespace tonearm::ffmpeg
