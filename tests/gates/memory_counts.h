// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What this program and every library in it allocate and move, counted from malloc and memcpy themselves.
// For one thread of work at a time; libraries' own threads are counted too.
#pragma once

#include <cstddef>

namespace tonearm::test {

struct MemoryCounts {
  int num_allocations = 0;  ///< of any size
  int num_blocks = 0;       ///< allocations of at least `block_bytes`
  const void* last_block = nullptr;
  std::size_t largest = 0;      ///< bytes of the largest allocation
  std::size_t bytes_moved = 0;  ///< by memcpy and memmove, out of such blocks
};

/// Starts counting: an allocation of at least `block_bytes` is taken for one that holds the decoded samples.
void start_counting(std::size_t block_bytes);
MemoryCounts stop_counting();

}  // namespace tonearm::test
