// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// AlignedBuffer: 64-byte aligned scratch for the vector kernels. Not cleared; null when memory ran out.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace tonearm::core {

struct FreeDeleter {
  void operator()(void* block) const { std::free(block); }
};

template <class T>
using AlignedBuffer = std::unique_ptr<T[], FreeDeleter>;

template <class T>
AlignedBuffer<T> make_aligned(std::size_t count) {
  const std::size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
  return AlignedBuffer<T>(static_cast<T*>(std::aligned_alloc(64, bytes ? bytes : 64)));
}

}  // namespace tonearm::core
