// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#define TONEARM_KERNELS kAvx2Kernels
#define TONEARM_KERNELS_NAME "avx2"
#include "core/audio/sample_kernels-inl.h"
