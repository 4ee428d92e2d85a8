// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/kernels.h"

#include <string_view>

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

struct Isa {
  const char* name;
  const ResampleKernels* resample;
  const FrameKernels* frame;
};

// What this processor runs, the best last.
std::vector<Isa> detect() {
  std::vector<Isa> all = {{isa_base::kResampleKernels.isa, &isa_base::kResampleKernels, &isa_base::kFrameKernels}};
#ifdef __x86_64__
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  if (v3) all.push_back({isa_v3::kResampleKernels.isa, &isa_v3::kResampleKernels, &isa_v3::kFrameKernels});
  if (v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    all.push_back({isa_v4::kResampleKernels.isa, &isa_v4::kResampleKernels, &isa_v4::kFrameKernels});
#endif
  return all;
}

Isa& chosen() {
  static Isa isa = detect().back();
  return isa;
}

}  // namespace

const ResampleKernels& resample_kernels() { return *chosen().resample; }
const FrameKernels& frame_kernels() { return *chosen().frame; }

std::vector<const char*> runnable_isas() {
  std::vector<const char*> names;
  for (const Isa& isa : detect()) names.push_back(isa.name);
  return names;
}

void use_isa_for_tests(const char* name) {
  for (const Isa& isa : detect())
    if (std::string_view(isa.name) == name) chosen() = isa;
}

}  // namespace tonearm::core
