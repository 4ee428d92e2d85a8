// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "tests/support/emulation.h"

#include <ucontext.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
// For functions that a fiber never returns from: their frames would pile up in its twin.
#define TONEARM_UNSEEN_BY_TSAN __attribute__((no_sanitize("thread")))
#else
#define TONEARM_UNSEEN_BY_TSAN
#endif

namespace tonearm::emulation {

Machine machine{};

namespace {

constexpr std::size_t kStackBytes = 64 * 1024;
constexpr int kWarp = 32;

struct Fiber {
  ucontext_t context{};
  char* stack = nullptr;
  bool finished = false;
  void* twin = nullptr;  // what the thread sanitizer knows it as
};

/// Threads that wait until `size` of them have come.
struct Barrier {
  int arrived = 0;
  unsigned generation = 0;
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Barrier> warps;
  std::vector<std::uint64_t> values;  // of exchange(), by thread
  Barrier all;
  std::size_t running = 0;
  bool progress = false;
  ucontext_t scheduler{};
  const std::function<void()>* kernel = nullptr;
  void* scheduler_fake_stack = nullptr;
  const void* scheduler_stack = nullptr;
  std::size_t scheduler_stack_bytes = 0;
  void* scheduler_twin = nullptr;
};

Block* block = nullptr;
std::mt19937 random_order(1);

// Stacks are kept from block to block: most of a block's time would go into new pages.
char* stack_of(std::size_t thread) {
  static std::vector<std::unique_ptr<char[]>> stacks;
  while (stacks.size() <= thread) stacks.emplace_back(new char[kStackBytes]);
#if defined(__SANITIZE_ADDRESS__)
  ASAN_UNPOISON_MEMORY_REGION(stacks[thread].get(), kStackBytes);  // what the last thread left
#endif
  return stacks[thread].get();
}

// Kept like the stacks: one takes a millisecond to make.
void* twin_of([[maybe_unused]] std::size_t thread) {
#if defined(__SANITIZE_THREAD__)
  static std::vector<void*> twins;
  while (twins.size() <= thread) twins.push_back(__tsan_create_fiber(0));
  return twins[thread];
#else
  return nullptr;
#endif
}

// The address and thread sanitizers want to know of every change of stacks.
void to_fiber(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&block->scheduler_fake_stack, fiber.stack, kStackBytes);
#elif defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(fiber.twin, 0);
#endif
  swapcontext(&block->scheduler, &fiber.context);
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(block->scheduler_fake_stack, nullptr, nullptr);
#endif
}

void arrived_on_fiber([[maybe_unused]] void* fake_stack) {
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_finish_switch_fiber(fake_stack, &block->scheduler_stack, &block->scheduler_stack_bytes);
#endif
}

TONEARM_UNSEEN_BY_TSAN void to_scheduler([[maybe_unused]] bool for_good) {
  Fiber& self = block->fibers[block->running];
  void* fake_stack = nullptr;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(for_good ? nullptr : &fake_stack, block->scheduler_stack,
                                 block->scheduler_stack_bytes);
#elif defined(__SANITIZE_THREAD__)
  __tsan_switch_to_fiber(block->scheduler_twin, 0);
#endif
  swapcontext(&self.context, &block->scheduler);
  arrived_on_fiber(fake_stack);
}

TONEARM_UNSEEN_BY_TSAN void run_fiber() {
  arrived_on_fiber(nullptr);
  (*block->kernel)();
  block->fibers[block->running].finished = true;
  block->progress = true;
  to_scheduler(true);
}

void wait(Barrier& barrier, int size) {
  const unsigned generation = barrier.generation;
  block->progress = true;
  if (++barrier.arrived == size) {
    barrier.arrived = 0;
    ++barrier.generation;
    return;
  }
  while (barrier.generation == generation) to_scheduler(false);
}

// Apart from any loop: getcontext() may return twice, and compilers warn of what would then be lost.
void prepare(Fiber& fiber, char* stack, void* twin) {
  fiber.stack = stack;
  fiber.twin = twin;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack;
  fiber.context.uc_stack.ss_size = kStackBytes;
  fiber.context.uc_link = &block->scheduler;
  makecontext(&fiber.context, run_fiber, 0);
}

void run_block(int num_threads, std::size_t shared_bytes, const std::function<void()>& kernel) {
  const std::size_t threads = static_cast<std::size_t>(num_threads);
  Block b;
  b.fibers.resize(threads);
  b.warps.resize((threads + kWarp - 1) / kWarp);
  b.values.resize(threads);
  b.kernel = &kernel;
#if defined(__SANITIZE_THREAD__)
  b.scheduler_twin = __tsan_get_current_fiber();
#endif
  block = &b;
  const std::size_t num_floats = (shared_bytes + sizeof(float) - 1) / sizeof(float);
  const std::unique_ptr<float[]> shared(new float[num_floats]);  // NOLINT: aligned as doubles, as operator new gives it
  std::fill_n(shared.get(), num_floats, std::numeric_limits<float>::quiet_NaN());
  machine.shared = shared.get();
  for (std::size_t i = 0; i < threads; ++i) prepare(b.fibers[i], stack_of(i), twin_of(i));
  std::vector<std::size_t> order(threads);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), random_order);
  for (std::size_t left = threads; left > 0;) {
    b.progress = false;
    for (const std::size_t i : order) {
      if (b.fibers[i].finished) continue;
      b.running = i;
      machine.thread_index.x = static_cast<unsigned>(i);
      to_fiber(b.fibers[i]);
      if (b.fibers[i].finished) --left;
    }
    if (!b.progress)
      throw std::runtime_error("block " + std::to_string(machine.block_index.x) + ": " + std::to_string(left) +
                               " threads wait at a barrier that others never reach");
  }
}

}  // namespace

void block_barrier() { wait(block->all, static_cast<int>(block->fibers.size())); }

std::uint64_t exchange(std::uint64_t value, unsigned lane) {
  const std::size_t warp = block->running / kWarp;
  const std::size_t first = warp * kWarp;
  const int size = static_cast<int>(std::min<std::size_t>(kWarp, block->fibers.size() - first));
  block->values[block->running] = value;
  wait(block->warps[warp], size);
  const std::uint64_t other = block->values.at(first + lane);
  wait(block->warps[warp], size);  // nobody writes the next value before all have read this one
  return other;
}

void launch(int num_blocks, int num_threads, std::size_t shared_bytes, const std::function<void()>& kernel) {
  machine.block_size.x = static_cast<unsigned>(num_threads);
  for (int i = 0; i < num_blocks; ++i) {
    machine.block_index.x = static_cast<unsigned>(i);
    run_block(num_threads, shared_bytes, kernel);
  }
}

void set_seed(std::uint32_t seed) { random_order.seed(seed); }

}  // namespace tonearm::emulation
