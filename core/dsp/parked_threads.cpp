// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/parked_threads.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/dsp/pause.h"

namespace tonearm::core {
namespace {

enum class State : int {
  kIdle,   // sleeps until there is work
  kGiven,  // has work that it has not begun, and that can be taken back
  kBusy,
  kEnded,  // shall end
};

// Signals go to the program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

class Helper {
 public:
  /// Errors: std::system_error.
  Helper() : thread_([this] { loop(); }) {}

  void give(const IndexedWork& work, std::size_t index) {
    work_ = work;
    index_ = index;
    set(State::kGiven);
  }
  /// Returns when the work is done or, if it was not begun, will never be.
  void settle() {
    State given = State::kGiven;
    if (state_.compare_exchange_strong(given, State::kIdle)) return;
    pause_until([this] { return state_ != State::kBusy; });
    state_.wait(State::kBusy);
  }
  void end() {
    set(State::kEnded);
    thread_.join();
  }

 private:
  void set(State state) {
    state_ = state;
    state_.notify_one();
  }
  void loop() {
    while (true) {
      state_.wait(State::kIdle);
      State given = State::kGiven;
      if (state_.compare_exchange_strong(given, State::kBusy)) {
        work_.run(work_.body, index_);
        set(State::kIdle);
      } else if (given == State::kEnded) {
        return;
      }
    }
  }

  std::atomic<State> state_ = State::kIdle;
  IndexedWork work_{};
  std::size_t index_ = 0;
  std::thread thread_;
};

class Pool {
 public:
  /// Up to `wanted` helpers that are the caller's until give_back().
  std::vector<Helper*> take(std::size_t wanted) {
    std::vector<Helper*> taken;
    taken.reserve(wanted);
    const std::lock_guard lock(mutex_);
    while (taken.size() < wanted && !is_closed_) {
      if (idle_.empty() && !start_one(wanted)) break;
      taken.push_back(idle_.back());
      idle_.pop_back();
    }
    return taken;
  }
  void give_back(const std::vector<Helper*>& helpers) {
    const std::lock_guard lock(mutex_);
    for (Helper* helper : helpers) {
      if (is_closed_)
        helper->end();
      else
        idle_.push_back(helper);
    }
  }
  /// Ends those that sleep; the others end when they are given back.
  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    for (Helper* helper : idle_) helper->end();
    idle_.clear();
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  bool start_one(std::size_t wanted) {
    const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
    if (all_.size() >= std::max(processors - 1, wanted)) return false;
    all_.reserve(all_.size() + 1);
    idle_.reserve(all_.size() + 1);
    const SignalsBlocked scope;  // a thread begins with its starter's
    try {
      all_.push_back(std::make_unique<Helper>());
    } catch (const std::system_error&) {  // the system has no thread left
      return false;
    }
    idle_.push_back(all_.back().get());
    return true;
  }

  std::mutex mutex_;
  bool is_closed_ = false;
  std::vector<std::unique_ptr<Helper>> all_;
  std::vector<Helper*> idle_;
};

// The pool lives as long as the process: calls of other threads may outlive the library's last destructor. A child that
// was forked has none of its threads, and maybe a mutex that one of them had locked: it leaves that pool where it is.
std::atomic<Pool*> shared_pool = nullptr, lost_pool = nullptr;

Pool& pool() {
  Pool* found = shared_pool;
  if (found != nullptr) return *found;
  static const int registered = pthread_atfork(nullptr, nullptr, [] { lost_pool = shared_pool.exchange(nullptr); });
  static_cast<void>(registered);
  auto made = std::make_unique<Pool>();
  if (shared_pool.compare_exchange_strong(found, made.get())) return *made.release();
  return *found;
}

// When the library is unloaded no thread may be asleep in its code.
struct CloseAtEnd {
  ~CloseAtEnd() {
    if (Pool* found = shared_pool) found->close();
  }
};
const CloseAtEnd close_at_end;

}  // namespace

void run_on_parked_threads(std::size_t num_workers, const IndexedWork& work) {
  if (num_workers <= 1) return work.run(work.body, 0);
  const std::vector<Helper*> helpers = pool().take(num_workers - 1);
  for (std::size_t i = 0; i < helpers.size(); ++i) helpers[i]->give(work, i + 1);
  work.run(work.body, 0);
  for (Helper* helper : helpers) helper->settle();
  pool().give_back(helpers);
}

std::size_t num_parked_threads() { return pool().size(); }

}  // namespace tonearm::core
