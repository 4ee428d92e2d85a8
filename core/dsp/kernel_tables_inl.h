// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// All kernels and the tables of them that kernels.cpp picks from. Included once per instruction set, within its
// namespace, where TONEARM_ISA names it and TONEARM_VECTOR_BYTES is the size of its vectors.

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
    TONEARM_ISA,
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
