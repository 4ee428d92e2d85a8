// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Words for what the kernels of cuda/ share with the CPU: arithmetic that calls nothing but itself.
#pragma once

#define TONEARM_PRAGMA(text) _Pragma(#text)
#if defined(__CUDACC__)
#define TONEARM_HOST_DEVICE __host__ __device__
#define TONEARM_INLINE __host__ __device__ inline
#define TONEARM_UNROLL(times) TONEARM_PRAGMA(unroll times)
#else
#define TONEARM_HOST_DEVICE
#define TONEARM_INLINE __attribute__((always_inline)) inline
#define TONEARM_UNROLL(times) TONEARM_PRAGMA(GCC unroll times)
#endif
