// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#define TONEARM_KERNELS kBaselineKernels
#define TONEARM_KERNELS_NAME "baseline"
#include "core/audio/sample_kernels-inl.h"
