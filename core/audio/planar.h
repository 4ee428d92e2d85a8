// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Planar sample memory: a borrowed view, and the buffer that becomes a tensor without a copy.
// Place in the flow: what every decoder fills and every tensor is made of. Knows nothing of torch.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.h"

namespace tonearm::core {

/// Type of one sample in memory. The numbers are part of the C ABI.
enum class SampleType : int { kUInt8 = 1, kInt16 = 2, kInt32 = 3, kFloat32 = 4, kFloat64 = 5 };

constexpr std::size_t sample_bytes(SampleType type) {
  switch (type) {
    case SampleType::kUInt8: return 1;
    case SampleType::kInt16: return 2;
    case SampleType::kInt32:
    case SampleType::kFloat32: return 4;
    case SampleType::kFloat64: return 8;
  }
  return 0;
}

/// Borrowed planar memory: channel c starts at data + c * channel_stride * sample_bytes(type).
struct PlanarView {
  std::byte* data = nullptr;
  SampleType type = SampleType::kFloat32;
  int num_channels = 0;
  std::int64_t num_frames = 0;
  std::int64_t channel_stride = 0;  ///< in samples, >= num_frames

  std::byte* channel(int c) const {
    return data + static_cast<std::size_t>(c) * static_cast<std::size_t>(channel_stride) * sample_bytes(type);
  }
  template <class T>
  T* channel_as(int c) const {
    return reinterpret_cast<T*>(channel(c));
  }
  /// Frames [begin, begin + count).
  PlanarView slice(std::int64_t begin, std::int64_t count) const {
    PlanarView v = *this;
    v.data = data + static_cast<std::size_t>(begin) * sample_bytes(type);
    v.num_frames = count;
    return v;
  }
};

/// Copies `from` to the front of `to`, which is of its type and channels.
void copy_frames(const PlanarView& from, const PlanarView& to);

/// Owns planar memory, 64-byte aligned; blocks of 4 MiB and more are 2 MiB aligned and advised for huge pages
/// (page faults, not conversion, dominate a WAV load into fresh memory); freed ones of 16 KiB to 1 MiB are kept for the
/// next files, 4 MiB at most. Memory is not cleared. Move only.
class PlanarBuffer {
 public:
  PlanarBuffer() = default;
  PlanarBuffer(PlanarBuffer&& other) noexcept { swap(other); }
  PlanarBuffer& operator=(PlanarBuffer&& other) noexcept {
    swap(other);
    return *this;
  }
  PlanarBuffer(const PlanarBuffer&) = delete;
  PlanarBuffer& operator=(const PlanarBuffer&) = delete;
  ~PlanarBuffer() { free_block(data_); }

  /// Errors: kOutOfMemory, kInvalidArgument (negative sizes).
  static Result<PlanarBuffer> allocate(SampleType type, int num_channels, std::int64_t num_frames);

  PlanarView view() const { return {data_, type_, num_channels_, num_frames_, capacity_frames_}; }
  std::int64_t num_frames() const { return num_frames_; }
  int num_channels() const { return num_channels_; }
  SampleType type() const { return type_; }

  /// Declares the number of frames that hold audio, <= capacity.
  void set_num_frames(std::int64_t num_frames) { num_frames_ = num_frames; }
  /// Makes channels contiguous: channel_stride == num_frames. Copies only where they are not.
  void make_contiguous();
  /// Gives the block away; free it with free_block.
  std::byte* release();
  static void free_block(std::byte* block);

 private:
  void swap(PlanarBuffer& other) noexcept;

  std::byte* data_ = nullptr;
  SampleType type_ = SampleType::kFloat32;
  int num_channels_ = 0;
  std::int64_t num_frames_ = 0;
  std::int64_t capacity_frames_ = 0;
};

}  // namespace tonearm::core
