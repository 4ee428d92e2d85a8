// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The kernels compiled for x86-64-v4; the flags are in CMakeLists.txt.
#include "core/dsp/kernels.h"

#define TONEARM_ISA "x86-64-v4"
#define TONEARM_VECTOR_BYTES 64

namespace tonearm::core::isa_v4 {
#include "core/dsp/kernel_tables_inl.h"
}  // namespace tonearm::core::isa_v4
