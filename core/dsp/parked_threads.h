// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Threads that sleep between calls: to start one and to see it end takes as long as a tenth of a short call's work.
// Place in the flow: below share_parts.h.
#pragma once

#include <cstddef>

namespace tonearm::core {

/// body(index) of any type.
struct IndexedWork {
  void (*run)(const void* body, std::size_t index);
  const void* body;
};

/// Runs the work with index 0 here, and with each of [1, num_workers) on a thread of its own if one is free or can be
/// started; returns when all that began has ended. Which of the others run is open: the work must be such that any of
/// them does what the absent ones would have.
/// There are never more threads than processors, or than one call asked for, less one. They sleep until the next call,
/// do not survive a fork (the child starts its own) and end with the library.
/// Threads: safe to call concurrently; not from within the work. The work throws nothing.
void run_on_parked_threads(std::size_t num_workers, const IndexedWork& work);

/// For tests: how many sleep or work.
std::size_t num_parked_threads();

}  // namespace tonearm::core
