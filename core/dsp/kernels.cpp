// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/kernels.h"

namespace tonearm::core {
namespace isa_base {
extern const ResampleKernels kResampleKernels;
extern const FrameKernels kFrameKernels;
}  // namespace isa_base
#ifdef __x86_64__
namespace isa_v3 {
extern const ResampleKernels kResampleKernels;
extern const FrameKernels kFrameKernels;
}  // namespace isa_v3
namespace isa_v4 {
extern const ResampleKernels kResampleKernels;
extern const FrameKernels kFrameKernels;
}  // namespace isa_v4
#endif

namespace {

enum class Isa { kBase, kV3, kV4 };

Isa detect() {
#ifdef __x86_64__
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return Isa::kV4;
  if (v3) return Isa::kV3;
#endif
  return Isa::kBase;
}

const Isa& chosen() {
  static const Isa isa = detect();
  return isa;
}

}  // namespace

const ResampleKernels& resample_kernels() {
#ifdef __x86_64__
  if (chosen() == Isa::kV4) return isa_v4::kResampleKernels;
  if (chosen() == Isa::kV3) return isa_v3::kResampleKernels;
#endif
  return isa_base::kResampleKernels;
}

const FrameKernels& frame_kernels() {
#ifdef __x86_64__
  if (chosen() == Isa::kV4) return isa_v4::kFrameKernels;
  if (chosen() == Isa::kV3) return isa_v3::kFrameKernels;
#endif
  return isa_base::kFrameKernels;
}

}  // namespace tonearm::core
