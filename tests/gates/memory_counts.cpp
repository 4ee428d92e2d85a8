// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A program's own malloc and memcpy come before the C library's, for itself and for every library that it opens.
// Compiled with -fno-builtin: a compiler would turn the loops below back into calls to memcpy.
#include "tests/gates/memory_counts.h"

#include <cerrno>
#include <cstdint>
#include <mutex>

extern "C" {
// glibc's own entry points under the names that we take over.
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* block, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

namespace tonearm::test {
namespace {

constexpr int kMaxBlocks = 64;

struct State {
  std::mutex mutex;
  bool counting = false;
  std::size_t block_bytes = 0;
  MemoryCounts counts;
  std::uintptr_t begin[kMaxBlocks] = {};
  std::uintptr_t end[kMaxBlocks] = {};
};
// Constant-initialised: malloc is called before any constructor.
constinit State state;

void* note(void* block, std::size_t bytes) {
  if (!state.counting || block == nullptr) return block;
  const std::lock_guard lock(state.mutex);
  MemoryCounts& counts = state.counts;
  ++counts.num_allocations;
  if (bytes > counts.largest) counts.largest = bytes;
  if (bytes < state.block_bytes || counts.num_blocks == kMaxBlocks) return block;
  state.begin[counts.num_blocks] = reinterpret_cast<std::uintptr_t>(block);
  state.end[counts.num_blocks] = reinterpret_cast<std::uintptr_t>(block) + bytes;
  counts.last_block = block;
  ++counts.num_blocks;
  return block;
}

void note_move(const void* source, std::size_t bytes) {
  if (!state.counting) return;
  const std::lock_guard lock(state.mutex);
  const auto address = reinterpret_cast<std::uintptr_t>(source);
  for (int i = 0; i < state.counts.num_blocks; ++i) {
    if (address >= state.begin[i] && address < state.end[i]) {
      state.counts.bytes_moved += bytes;
      return;
    }
  }
}

void move_up(unsigned char* to, const unsigned char* from, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) to[i] = from[i];
}

void move_down(unsigned char* to, const unsigned char* from, std::size_t bytes) {
  for (std::size_t i = bytes; i > 0; --i) to[i - 1] = from[i - 1];
}

}  // namespace

void start_counting(std::size_t block_bytes) {
  const std::lock_guard lock(state.mutex);
  state.counts = {};
  state.block_bytes = block_bytes;
  state.counting = true;
}

MemoryCounts stop_counting() {
  const std::lock_guard lock(state.mutex);
  state.counting = false;
  return state.counts;
}

}  // namespace tonearm::test

#define TONEARM_TAKES_OVER extern "C" __attribute__((visibility("default")))

TONEARM_TAKES_OVER void* malloc(std::size_t bytes) { return tonearm::test::note(__libc_malloc(bytes), bytes); }

TONEARM_TAKES_OVER void* calloc(std::size_t count, std::size_t bytes) {
  return tonearm::test::note(__libc_calloc(count, bytes), count * bytes);
}

TONEARM_TAKES_OVER void* realloc(void* block, std::size_t bytes) {
  return tonearm::test::note(__libc_realloc(block, bytes), bytes);
}

TONEARM_TAKES_OVER int posix_memalign(void** block, std::size_t alignment, std::size_t bytes) {
  void* made = __libc_memalign(alignment, bytes);
  if (made == nullptr) return ENOMEM;
  *block = tonearm::test::note(made, bytes);
  return 0;
}

TONEARM_TAKES_OVER void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  return tonearm::test::note(__libc_memalign(alignment, bytes), bytes);
}

TONEARM_TAKES_OVER void* memmove(void* to, const void* from, std::size_t bytes) {
  tonearm::test::note_move(from, bytes);
  auto* const out = static_cast<unsigned char*>(to);
  const auto* const in = static_cast<const unsigned char*>(from);
  if (reinterpret_cast<std::uintptr_t>(out) <= reinterpret_cast<std::uintptr_t>(in)) {
    tonearm::test::move_up(out, in, bytes);
  } else {
    tonearm::test::move_down(out, in, bytes);
  }
  return to;
}

TONEARM_TAKES_OVER void* memcpy(void* to, const void* from, std::size_t bytes) { return memmove(to, from, bytes); }
