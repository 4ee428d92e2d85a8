// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/batch/batch.h"

#include <sched.h>

#include <algorithm>
#include <new>

#include "core/face/caller_stop.h"

namespace tonearm::core {
namespace {

std::size_t usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(std::max(CPU_COUNT(&set), 1));
}

}  // namespace

Batch::Batch(std::vector<BatchItem> items, BatchOptions options)
    : items_(std::move(items)), options_(std::move(options)) {
  constexpr std::size_t kAheadPerThread = 4;
  std::size_t num_threads =
      options_.num_threads > 0 ? static_cast<std::size_t>(options_.num_threads) : usable_processors();
  num_threads = std::min(num_threads, std::max<std::size_t>(items_.size(), 1));
  max_ahead_ = options_.max_ahead > 0 ? options_.max_ahead : kAheadPerThread * num_threads;
  threads_.reserve(num_threads);
  for (std::size_t i = 0; i < num_threads; ++i) {
    const bool is_spare = i > 0 && i + 1 == num_threads;
    threads_.emplace_back([this, is_spare] { work(is_spare); });
  }
}

Batch::~Batch() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  room_.notify_all();
  spare_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::optional<BatchResult> Batch::next(std::chrono::duration<double> timeout) {
  std::unique_lock lock(mutex_);
  if (finished()) return std::nullopt;
  while (!can_take() && files_are_short() && can_begin()) read_next(lock);
  if (!can_take()) {
    taker_waits_ = true;
    const bool in_time = result_ready_.wait_for(lock, timeout, [&] { return can_take(); });
    taker_waits_ = false;
    if (!in_time) return std::nullopt;
  }
  auto first = ready_.begin();
  BatchResult result{first->first, std::move(first->second)};
  ready_.erase(first);
  ++num_taken_;
  // Waking a thread costs as much as a short file: they are woken once half of what may lie ahead was taken.
  const bool refill = num_idle_ > 0 && next_item_ - num_taken_ <= max_ahead_ / 2;
  lock.unlock();
  if (refill) room_.notify_all();
  return result;
}

void Batch::work(bool is_spare) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (is_spare) spare_.wait(lock, [&] { return is_over() || !files_are_short(); });
    ++num_idle_;
    room_.wait(lock, [&] { return is_over() || can_begin(); });
    --num_idle_;
    if (is_over()) return;
    read_next(lock);
    if (taker_waits_ && can_take()) {
      taker_waits_ = false;
      lock.unlock();  // else the taker would wake only to wait for the mutex
      result_ready_.notify_one();
      lock.lock();
    }
  }
}

void Batch::read_next(std::unique_lock<std::mutex>& lock) {
  const std::size_t index = next_item_++;
  lock.unlock();
  const auto start = std::chrono::steady_clock::now();
  Result<DecodedAudio> audio = read_item(items_[index]);
  const auto duration = std::chrono::steady_clock::now() - start;
  lock.lock();
  last_duration_ = duration;
  ready_.emplace(index, std::move(audio));
  if (is_over()) room_.notify_all();
  if (is_over() || !files_are_short()) spare_.notify_one();
}

Result<DecodedAudio> Batch::read_item(const BatchItem& item) {
  try {
    ReadOptions read_options = options_.read;
    CallerStop stop(&Batch::is_cancelled, this, read_options.open.options.limits.deadline_sec);
    read_options.open.options.stop = &stop;
    if (item.in_memory) return read(*make_memory_source(item.data), read_options);
    auto source = open_file(item.path);
    if (!source) return source.error();
    return read(**source, read_options);
  } catch (const std::bad_alloc&) {
    return make_error(ErrorCode::kOutOfMemory, Stage::kDecode, "out of memory", item.path);
  } catch (const std::exception& e) {
    return make_error(ErrorCode::kInternal, Stage::kDecode, "internal error", item.path, {}, e.what());
  }
}

}  // namespace tonearm::core
