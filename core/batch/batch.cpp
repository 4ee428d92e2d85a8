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
  for (std::size_t i = 0; i < num_threads; ++i) threads_.emplace_back([this] { work(); });
}

Batch::~Batch() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  room_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::optional<BatchResult> Batch::next(std::chrono::duration<double> timeout) {
  std::unique_lock lock(mutex_);
  if (finished()) return std::nullopt;
  // Items are begun in order, so the one that is next in order is always begun: waiting for it cannot deadlock.
  const auto is_ready = [&] { return options_.in_order ? ready_.contains(num_taken_) : !ready_.empty(); };
  if (!result_ready_.wait_for(lock, timeout, is_ready)) return std::nullopt;
  auto first = ready_.begin();
  BatchResult result{first->first, std::move(first->second)};
  ready_.erase(first);
  ++num_taken_;
  lock.unlock();
  room_.notify_one();
  return result;
}

void Batch::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    room_.wait(lock, [&] { return cancelled_ || next_item_ == items_.size() || next_item_ - num_taken_ < max_ahead_; });
    if (cancelled_ || next_item_ == items_.size()) return;
    const std::size_t index = next_item_++;
    lock.unlock();
    Result<DecodedAudio> audio = read_item(items_[index]);
    lock.lock();
    ready_.emplace(index, std::move(audio));
    result_ready_.notify_one();
    if (next_item_ == items_.size()) room_.notify_all();
  }
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
