// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The kernels compiled for baseline; the flags are in CMakeLists.txt.
#include "core/dsp/kernels.h"

#define TONEARM_ISA "baseline"
#define TONEARM_VECTOR_BYTES 16

namespace tonearm::core::isa_base {
#include "core/dsp/kernel_tables_inl.h"
}  // namespace tonearm::core::isa_base
