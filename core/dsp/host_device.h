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
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TONEARM_INLINE inline  // what is checked at every step takes minutes to compile when it is all in one function
#else
#define TONEARM_INLINE __attribute__((always_inline)) inline
#endif
#define TONEARM_UNROLL(times) TONEARM_PRAGMA(GCC unroll times)
#endif
