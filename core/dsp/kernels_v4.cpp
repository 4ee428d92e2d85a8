// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The kernels compiled for x86-64-v4; the flags are in CMakeLists.txt.
#include "core/dsp/kernels.h"

#define TONEARM_VECTOR_BYTES 64

namespace tonearm::core::isa_v4 {
// The order matters: simd_inl.h defines what the others use.
// clang-format off
#include "core/dsp/simd_inl.h"
#include "core/dsp/interpolation_inl.h"
#include "core/dsp/resample_kernels_inl.h"
#include "core/dsp/fft_inl.h"
#include "core/dsp/block_kernels_inl.h"
#include "core/dsp/padding_inl.h"
#include "core/dsp/frame_kernels_inl.h"
// clang-format on

extern const ResampleKernels kResampleKernels;
const ResampleKernels kResampleKernels = {
    "x86-64-v4",
    kLanes<float>,
    kLanes<double>,
    banded<float, float>,
    banded<double, double>,
    banded<float, double>,
    interpolated<float, float>,
    interpolated<double, double>,
    interpolated<float, double>,
    blocks,
};

extern const FrameKernels kFrameKernels;
const FrameKernels kFrameKernels = {
    kLanes<float>,
    kLanes<double>,
    frames<float, float>,
    frames<double, double>,
    frames<float, double>,
    mel<float>,
    mel<double>,
    log_in_place,
    fold,
    dense<float>,
    dense<double>,
    store<float, float>,
    store<double, double>,
    store<float, double>,
};

}  // namespace tonearm::core::isa_v4
