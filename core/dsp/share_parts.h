// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One call's work by a few threads, which live as long as the call: none waits between calls, none is lost in a fork.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

namespace tonearm::core {

/// Threads that are worth their start: each gets `least` samples, some tenths of a millisecond of work.
inline std::int64_t worthwhile_threads(int num_threads, double num_samples, double least) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min<double>(num_threads, num_samples / least)));
}

/// body(worker, part) for every part of [0, num_parts): a thread for each of `workers` (one at least), the first of
/// them the caller's. Who does which part is open, so a result must not depend on it. `body` throws nothing.
template <class Worker, class Body>
void share_parts(std::span<Worker> workers, std::int64_t num_parts, const Body& body) {
  std::atomic<std::int64_t> next = 0;
  const auto work = [&](Worker& worker) {
    for (std::int64_t part = next++; part < num_parts; part = next++) body(worker, part);
  };
  std::vector<std::jthread> threads;
  threads.reserve(workers.size() - 1);
  for (std::size_t i = 1; i < workers.size(); ++i) {
    try {
      threads.emplace_back([&work, &worker = workers[i]] { work(worker); });
    } catch (const std::system_error&) {  // the system has no thread left: those there are do the work
      break;
    }
  }
  work(workers[0]);
}

}  // namespace tonearm::core
