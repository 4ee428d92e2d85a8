// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/planar.h"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tonearm::core {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kHugeThreshold = std::size_t{4} << 20;

/// The blocks of short files, kept for the next ones. glibc gives their pages back to the kernel as soon as the last
/// block of a thread's heap is freed, so that a second of audio, read by one thread and freed by another, would fault
/// its 16 pages in anew each time: more than the reading costs. Never waits: a cache that another thread uses, or used
/// when the process forked, is passed over.
class BlockCache {
 public:
  /// A block of at least `bytes` and at most twice that, or null.
  std::byte* take(std::size_t bytes) {
    if (!may_keep(bytes) || in_use_.test_and_set(std::memory_order_acquire)) return nullptr;
    std::byte* found = nullptr;
    // From the last one freed, which is still in a processor's cache.
    for (std::size_t i = num_kept_; i-- > 0 && found == nullptr;) {
      if (kept_[i].size >= bytes && kept_[i].size <= 2 * bytes) found = remove(i);
    }
    in_use_.clear(std::memory_order_release);
    return found;
  }
  /// Whether the block is kept, in the place of the oldest ones if need be; if not, it is the caller's still.
  bool keep(std::byte* block) {
    const std::size_t size = malloc_usable_size(block);
    if (!may_keep(size)) return false;
    while (!in_use_.test_and_set(std::memory_order_acquire)) {
      const bool fits = num_kept_ < kept_.size() && total_bytes_ + size <= kMostInAll;
      std::byte* oldest = fits ? nullptr : remove(0);
      if (fits) {
        kept_[num_kept_++] = {block, size};
        total_bytes_ += size;
      }
      in_use_.clear(std::memory_order_release);
      if (fits) return true;
      std::free(oldest);
    }
    return false;
  }

 private:
  struct Kept {
    std::byte* block;
    std::size_t size;
  };
  std::byte* remove(std::size_t i) {
    const Kept removed = kept_[i];
    std::copy(kept_.begin() + i + 1, kept_.begin() + num_kept_, kept_.begin() + i);
    --num_kept_;
    total_bytes_ -= removed.size;
    return removed.block;
  }

  static constexpr std::size_t kLeast = std::size_t{16} << 10;
  static constexpr std::size_t kMost = std::size_t{1} << 20;
  static constexpr std::size_t kMostInAll = std::size_t{4} << 20;
#ifdef __SANITIZE_ADDRESS__
  static bool may_keep(std::size_t) { return false; }  // a use after free must be seen
#else
  static bool may_keep(std::size_t size) { return size >= kLeast && size <= kMost; }
#endif

  std::atomic_flag in_use_;
  std::array<Kept, 64> kept_{};
  std::size_t num_kept_ = 0;
  std::size_t total_bytes_ = 0;
};

constinit BlockCache block_cache;

std::byte* allocate_block(std::size_t bytes) {
  if (std::byte* kept = block_cache.take(bytes)) return kept;
  const bool huge = bytes >= kHugeThreshold;
  const std::size_t alignment = huge ? kHugePage : kAlignment;
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  void* block = nullptr;
  if (posix_memalign(&block, alignment, rounded) != 0) return nullptr;
  // Only whole huge pages are advised, so that a neighbour in the same heap keeps its own policy.
  if (huge) madvise(block, rounded / kHugePage * kHugePage, MADV_HUGEPAGE);
  return static_cast<std::byte*>(block);
}

}  // namespace

void copy_frames(const PlanarView& from, const PlanarView& to) {
  const std::size_t bytes = static_cast<std::size_t>(from.num_frames) * sample_bytes(from.type);
  for (int c = 0; c < from.num_channels; ++c) std::memcpy(to.channel(c), from.channel(c), bytes);
}

Result<PlanarBuffer> PlanarBuffer::allocate(SampleType type, int num_channels, std::int64_t num_frames) {
  if (num_channels < 0 || num_frames < 0) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kDecode, "cannot allocate a buffer of negative size");
  }
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::size_t>(num_frames), sample_bytes(type), &bytes) ||
      __builtin_mul_overflow(bytes, static_cast<std::size_t>(num_channels), &bytes) || bytes > PTRDIFF_MAX) {
    return make_error(ErrorCode::kOutOfMemory, Stage::kDecode, "the audio does not fit into the address space",
                      std::to_string(num_channels) + " channels of " + std::to_string(num_frames) + " frames");
  }
  PlanarBuffer buffer;
  buffer.data_ = allocate_block(bytes);
  if (buffer.data_ == nullptr) {
    return make_error(ErrorCode::kOutOfMemory, Stage::kDecode, "out of memory for the decoded audio", "memory",
                      std::to_string(bytes) + " bytes", {}, "read it in parts (frame_offset, num_frames) or in blocks");
  }
  buffer.type_ = type;
  buffer.num_channels_ = num_channels;
  buffer.num_frames_ = buffer.capacity_frames_ = num_frames;
  return buffer;
}

void PlanarBuffer::make_contiguous() {
  if (capacity_frames_ == num_frames_) return;
  const std::size_t bytes = static_cast<std::size_t>(num_frames_) * sample_bytes(type_);
  for (int c = 1; c < num_channels_; ++c) {
    std::memmove(data_ + static_cast<std::size_t>(c) * bytes, view().channel(c), bytes);
  }
  capacity_frames_ = num_frames_;
}

std::byte* PlanarBuffer::release() {
  num_frames_ = capacity_frames_ = 0;
  return std::exchange(data_, nullptr);
}

void PlanarBuffer::free_block(std::byte* block) {
  if (block == nullptr || block_cache.keep(block)) return;
  std::free(block);
}

void PlanarBuffer::swap(PlanarBuffer& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(type_, other.type_);
  std::swap(num_channels_, other.num_channels_);
  std::swap(num_frames_, other.num_frames_);
  std::swap(capacity_frames_, other.capacity_frames_);
}

}  // namespace tonearm::core
