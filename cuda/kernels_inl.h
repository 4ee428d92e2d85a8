// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Every kernel. Included inside namespace tonearm::cuda by kernels.cu, and by the emulation in tests/cuda, after
// TONEARM_SHARED_FLOATS(name) was defined: the block's dynamic shared memory as floats, 16-byte aligned.
// The order matters: each file uses those before it.

using core::FftStages;
using core::PadMode;
using core::RealFft;

// clang-format off
#include "core/dsp/padding_inl.h"
#include "core/dsp/interpolation_inl.h"
#include "core/dsp/fft_inl.h"
#include "cuda/batch_inl.h"
#include "cuda/codelets_inl.h"
#include "cuda/features_inl.h"
#include "cuda/finish_inl.h"
#include "cuda/resample_inl.h"
// clang-format on
