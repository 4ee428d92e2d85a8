// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CUDA kernels as host code: the language's words, and a machine that runs one block after another, a fiber for each
// thread. Included before the kernels' bodies.
//
// The machine is strict where a device is lenient: shared memory begins as NaN and is exactly as large as was asked
// for (on the heap, so that the address sanitizer sees a step beyond), threads start in an order drawn anew for every
// block, and a barrier that some thread of the block never reaches ends the test.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>
#include <utility>

namespace tonearm::emulation {

struct Index {
  unsigned x;
};

/// What the running thread sees.
struct Machine {
  Index thread_index, block_index, block_size;
  float* shared;
};
extern Machine machine;

/// All threads of the block must come.
void block_barrier();
/// All 32 threads of the warp exchange a value: returns that of lane `lane`.
std::uint64_t exchange(std::uint64_t value, unsigned lane);

/// Runs `kernel` as every thread of every block. Throws std::runtime_error where threads miss a barrier.
void launch(int num_blocks, int num_threads, std::size_t shared_bytes, const std::function<void()>& kernel);

/// The seed of the order in which threads start.
void set_seed(std::uint32_t seed);

}  // namespace tonearm::emulation

// NOLINTBEGIN: the language's own names
#define __global__ static
#define __device__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(...)
#define threadIdx (::tonearm::emulation::machine.thread_index)
#define blockIdx (::tonearm::emulation::machine.block_index)
#define blockDim (::tonearm::emulation::machine.block_size)
#define TONEARM_SHARED_FLOATS(name) float* const name = ::tonearm::emulation::machine.shared

inline void __syncthreads() { ::tonearm::emulation::block_barrier(); }

template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  const unsigned lane = threadIdx.x % 32;
  bits = ::tonearm::emulation::exchange(bits, lane ^ static_cast<unsigned>(mask));
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
// NOLINTEND
