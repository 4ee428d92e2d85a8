// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Batch: many sources read by a few threads, results in order or as they complete, errors as data.
// Place in the flow: drives core/face/read.h once per item; knows nothing of backends.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/face/read.h"

namespace tonearm::core {

/// A file, or memory borrowed for the life of the batch.
struct BatchItem {
  std::string path;  ///< used unless in_memory
  std::span<const std::byte> data;
  bool in_memory = false;
};

struct BatchOptions {
  ReadOptions read;           ///< for every item; its deadline counts per item; `stop` is ignored
  int num_threads = 0;        ///< 0: the processors that this process may use
  std::size_t max_ahead = 0;  ///< most items begun and not taken yet; 0: 4 per thread. Bounds the memory.
  bool in_order = true;       ///< otherwise as they complete
};

struct BatchResult {
  std::size_t index = 0;  ///< of the item
  Result<DecodedAudio> audio;
};

/// Threads start with the batch and end with it, so that a fork before or after is safe. The destructor cancels what
/// has not been read. next() belongs to one thread at a time.
class Batch {
 public:
  Batch(std::vector<BatchItem> items, BatchOptions options);
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  /// Whether all results were taken.
  bool finished() const { return num_taken_ == items_.size(); }
  /// Waits for the next result, at most `timeout`; nothing at the end or after the time-out.
  std::optional<BatchResult> next(std::chrono::duration<double> timeout);

 private:
  /// The spare thread rests while the taker does its part.
  void work(bool is_spare);
  /// Reads the item that is next, without the lock.
  void read_next(std::unique_lock<std::mutex>& lock);
  bool is_over() const { return cancelled_ || next_item_ == items_.size(); }
  bool can_begin() const { return next_item_ < items_.size() && next_item_ - num_taken_ < max_ahead_; }
  /// Then the taker reads too instead of waiting: to fall asleep and be woken costs as much as such a file.
  bool files_are_short() const { return last_duration_ < std::chrono::microseconds(100); }
  /// Items are begun in order, so the one that is next in order is always begun: waiting for it cannot deadlock.
  bool can_take() const { return options_.in_order ? ready_.contains(num_taken_) : !ready_.empty(); }
  Result<DecodedAudio> read_item(const BatchItem& item);
  static int is_cancelled(void* batch) { return static_cast<Batch*>(batch)->cancelled_ ? 1 : 0; }

  const std::vector<BatchItem> items_;
  const BatchOptions options_;
  std::size_t max_ahead_;
  std::atomic<bool> cancelled_ = false;

  std::mutex mutex_;
  std::condition_variable result_ready_;
  std::condition_variable room_;
  std::condition_variable spare_;
  std::size_t next_item_ = 0;  // guarded by mutex_, as all below
  std::size_t num_taken_ = 0;
  std::size_t num_idle_ = 0;  // threads that wait for room
  bool taker_waits_ = false;
  std::chrono::steady_clock::duration last_duration_ = std::chrono::hours(1);  // of reading an item
  std::map<std::size_t, Result<DecodedAudio>> ready_;
  std::vector<std::thread> threads_;
};

}  // namespace tonearm::core
