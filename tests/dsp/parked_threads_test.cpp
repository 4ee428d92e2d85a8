// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/dsp/parked_threads.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "core/dsp/share_parts.h"

namespace tonearm::core {
namespace {

// Each part's number, by `num_workers` workers; whether every part was done once.
bool each_part_is_done_once(std::size_t num_workers, std::int64_t num_parts) {
  std::vector<std::int64_t> worked(num_workers);
  std::vector<int> times(static_cast<std::size_t>(num_parts));
  share_parts(std::span(worked), num_parts, [&](std::int64_t& count, std::int64_t part) {
    ++count;
    ++times[static_cast<std::size_t>(part)];
  });
  for (int t : times)
    if (t != 1) return false;
  return std::accumulate(worked.begin(), worked.end(), std::int64_t{0}) == num_parts;
}

TEST(SharedParts, AreEachDoneOnce) {
  for (const std::size_t workers : {1, 2, 3, 7})
    for (const std::int64_t parts : {0, 1, 2, 6, 7, 8, 100}) EXPECT_TRUE(each_part_is_done_once(workers, parts));
}

TEST(SharedParts, AreFinishedAfterAllOfThem) {
  for (int round = 0; round < 200; ++round) {
    std::array<int, 4> workers{};
    std::atomic<int> first = 0, second = 0, early = 0;
    share_parts_twice(
        std::span<int>(workers), 20, [&](int&, std::int64_t) { ++first; },
        [&](int&, std::int64_t) {
          early += first == 20 ? 0 : 1;
          ++second;
        });
    ASSERT_EQ(first, 20);
    ASSERT_EQ(second, 20);
    ASSERT_EQ(early, 0);
  }
}

TEST(ParkedThreads, WorkForManyCallersAtOnce) {
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  callers.reserve(6);
  for (int c = 0; c < 6; ++c)
    callers.emplace_back([&] {
      for (int round = 0; round < 300; ++round) wrong += each_part_is_done_once(4, 30) ? 0 : 1;
    });
  callers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(ParkedThreads, AreNoMoreThanAsMuchAsACallAskedFor) {
  const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(each_part_is_done_once(3, 20));
  EXPECT_LE(num_parked_threads(), std::max<std::size_t>(processors - 1, 6));  // other tests asked for up to 7
}

TEST(ParkedThreads, TakeNoSignals) {
  std::atomic<int> blocked = 0, seen = 0;
  std::array<int, 2> workers{};
  // The helper may be late: parts are given out until it had one.
  for (int round = 0; round < 10000 && seen == 0; ++round)
    share_parts(std::span<int>(workers), 2, [&](int& worker, std::int64_t) {
      if (&worker == &workers[0]) return std::this_thread::yield();
      sigset_t mask;
      pthread_sigmask(SIG_SETMASK, nullptr, &mask);
      ++seen;
      blocked += sigismember(&mask, SIGINT);
    });
  EXPECT_GT(seen, 0);
  EXPECT_EQ(blocked, seen);
}

#if !defined(__SANITIZE_THREAD__)  // which starts no thread after a fork
TEST(ParkedThreads, AreStartedAnewInAFork) {
  ASSERT_TRUE(each_part_is_done_once(2, 20));
  ASSERT_GE(num_parked_threads(), 1U);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);  // a lost thread would be waited for
    const bool empty = num_parked_threads() == 0;
    const bool right = each_part_is_done_once(2, 20);
    _exit(empty && right && num_parked_threads() == 1 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_TRUE(each_part_is_done_once(2, 20));
}
#endif

}  // namespace
}  // namespace tonearm::core
