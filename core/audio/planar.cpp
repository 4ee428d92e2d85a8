// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/planar.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tonearm::core {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kHugeThreshold = std::size_t{4} << 20;

std::byte* allocate_block(std::size_t bytes) {
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

void PlanarBuffer::free_block(std::byte* block) { std::free(block); }

void PlanarBuffer::swap(PlanarBuffer& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(type_, other.type_);
  std::swap(num_channels_, other.num_channels_);
  std::swap(num_frames_, other.num_frames_);
  std::swap(capacity_frames_, other.capacity_frames_);
}

}  // namespace tonearm::core
