// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One call's work by a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <latch>
#include <span>
#include <vector>

#include "core/dsp/parked_threads.h"
#include "core/dsp/pause.h"

namespace tonearm::core {

/// Threads that are worth their start: each gets `least` samples, some tenths of a millisecond of work.
inline std::int64_t worthwhile_threads(int num_threads, double num_samples, double least) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::min<double>(num_threads, num_samples / least)));
}

/// Into how many parts the work of a few threads is cut: one may start later or be slower than another, and the last
/// part is waited for.
inline std::int64_t wanted_parts(std::int64_t num_threads) { return num_threads == 1 ? 1 : 16 * num_threads; }

/// body(index) on up to `num_workers` threads, the first of them the caller's; see run_on_parked_threads().
template <class Body>
void run_workers(std::size_t num_workers, const Body& body) {
  const auto run = [](const void* of, std::size_t index) { (*static_cast<const Body*>(of))(index); };
  run_on_parked_threads(num_workers, {run, &body});
}

/// Hands parts [0, num_parts) out to workers: to each neighbouring ones, whose results share lines of the cache, and
/// then those that others have left.
class PartQueue {
 public:
  PartQueue(std::size_t num_workers, std::int64_t num_parts) : spans_(num_workers) {
    const auto count = static_cast<std::int64_t>(num_workers);
    for (std::int64_t i = 0; i < count; ++i) {
      Span& span = spans_[static_cast<std::size_t>(i)];
      span.next = num_parts / count * i + std::min(i, num_parts % count);
      span.end = span.next + num_parts / count + (i < num_parts % count ? 1 : 0);
    }
  }
  template <class Body>
  void run(std::size_t worker, const Body& body) {
    for (std::size_t i = 0; i < spans_.size(); ++i) {
      Span& span = spans_[(worker + i) % spans_.size()];
      for (std::int64_t part = span.next++; part < span.end; part = span.next++) body(part);
    }
  }

 private:
  struct Span {
    std::atomic<std::int64_t> next;
    std::int64_t end;
  };
  std::vector<Span> spans_;
};

/// body(worker, part) for every part of [0, num_parts). Who does which part is open, so a result must not depend on it.
/// `body` throws nothing.
template <class Worker, class Body>
void share_parts(std::span<Worker> workers, std::int64_t num_parts, const Body& body) {
  PartQueue queue(workers.size(), num_parts);
  run_workers(workers.size(), [&](std::size_t i) { queue.run(i, [&](std::int64_t part) { body(workers[i], part); }); });
}

/// The same, and once `first` is done with all parts, `second` for each by the worker that has it in its cache.
template <class Worker, class First, class Second>
void share_parts_twice(std::span<Worker> workers, std::int64_t num_parts, const First& first, const Second& second) {
  PartQueue queue(workers.size(), num_parts);
  std::vector<std::size_t> owners(static_cast<std::size_t>(num_parts));
  std::latch left(num_parts);
  run_workers(workers.size(), [&](std::size_t i) {
    queue.run(i, [&](std::int64_t part) {
      first(workers[i], part);
      owners[static_cast<std::size_t>(part)] = i;
      left.count_down();
    });
    pause_until([&] { return left.try_wait(); });  // the others are at their last parts
    left.wait();
    for (std::int64_t part = 0; part < num_parts; ++part)
      if (owners[static_cast<std::size_t>(part)] == i) second(workers[i], part);
  });
}

}  // namespace tonearm::core
