// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/planar.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace tonearm::core {
namespace {

PlanarBuffer allocate(std::int64_t num_frames) {
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 1, num_frames);
  EXPECT_TRUE(buffer);
  return std::move(*buffer);
}

TEST(PlanarBuffer, IsAlignedAtEverySize) {
  for (const std::int64_t frames : {0, 1, 4095, 4096, 16000, 262144, 262145, 1 << 21}) {
    PlanarBuffer buffer = allocate(frames);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.view().data) % 64, 0u) << frames;
    buffer.set_num_frames(frames);
    std::memset(buffer.view().data, 0x5A, static_cast<std::size_t>(frames) * sizeof(float));
  }
}

#ifndef __SANITIZE_ADDRESS__
/// Frees a block, which must not go to the heap (smaller ones may, to make room), and returns where it was.
std::byte* expect_kept(std::int64_t num_frames) {
  std::byte* block = allocate(num_frames).release();
  const std::size_t in_use = mallinfo2().uordblks;
  PlanarBuffer::free_block(block);
  EXPECT_LT(in_use - mallinfo2().uordblks, static_cast<std::size_t>(num_frames) * sizeof(float));
  EXPECT_EQ(allocate(num_frames).view().data, block);
  return block;
}

TEST(PlanarBuffer, OfAShortFileIsUsedAgain) {
  std::byte* block = expect_kept(16000);
  EXPECT_EQ(allocate(15000).view().data, block);
  EXPECT_EQ(allocate(16000).view().data, block) << "a smaller request must not have cut it";
  EXPECT_NE(allocate(5000).view().data, block) << "more than half of it would lie idle";
}

TEST(PlanarBuffer, OfTheLastFileIsKeptBeforeOlderOnes) {
  std::vector<PlanarBuffer> many;
  many.reserve(100);
  for (int i = 0; i < 100; ++i) many.push_back(allocate(5'000));
  many.clear();  // more of them than are kept
  expect_kept(30'000);
}
#endif

TEST(PlanarBuffer, KeepsNoMoreThanItsLimit) {
  std::vector<PlanarBuffer> many;
  many.reserve(200);
  for (int i = 0; i < 200; ++i) many.push_back(allocate(200'000));  // 800 kB each
  many.clear();                                                     // what is above 4 MiB goes back to the heap
  for (int i = 0; i < 200; ++i) many.push_back(allocate(200'000));
  for (PlanarBuffer& buffer : many) std::memset(buffer.view().data, 1, 800'000);
}

TEST(PlanarBuffer, BelongsToOneOwnerAmongThreads) {
  constexpr int kRounds = 2000;
  std::atomic<int> num_shared = 0;
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([t, &num_shared] {
      for (int i = 0; i < kRounds; ++i) {
        PlanarBuffer buffer = allocate(4096 + i);
        auto* samples = buffer.view().channel_as<float>(0);
        const auto mark = static_cast<float>(t * kRounds + i);
        samples[0] = samples[4095 + i] = mark;
        std::this_thread::yield();
        if (samples[0] != mark || samples[4095 + i] != mark) ++num_shared;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_shared, 0);
}

}  // namespace
}  // namespace tonearm::core
