// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Page-locked memory on the way to a device: a ring of slots and a stream of its own, so that one block is decoded
// while those before it are copied.
// Place in the flow: inside this room, under upload.h.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "cuda/tables.h"

namespace tonearm::cuda {

/// Of one slot: a copy's fixed costs vanish in it, and it is still in the cache when the device fetches it.
inline constexpr std::size_t kSlotBytes = std::size_t{4} << 20;
/// One that is decoded into, one that is copied, and one between them, so that neither side waits for the other's
/// jitter.
inline constexpr int kNumSlots = 3;
/// Rings that a device keeps while nobody uses them. Page-locking costs more than a short file's copy; more rings than
/// this exist only while as many reads go on at once.
inline constexpr int kIdleRings = 2;

/// Rows of bytes, `pitch` apart.
struct Rows {
  std::byte* data;
  std::size_t pitch;
};

/// One thread at a time. A slot is written again, and freed, when its copy is done, whatever went wrong in between.
class StagingRing {
 public:
  /// An idle ring of `device`, or a new one. It goes back when it is released. Errors: kCuda.
  static core::Result<std::shared_ptr<StagingRing>> take(const DeviceApi& api, int device);
  /// Frees the idle rings of all devices: for tests.
  static void free_idle();

  StagingRing(const StagingRing&) = delete;
  StagingRing& operator=(const StagingRing&) = delete;
  /// Waits for the copies.
  ~StagingRing();

  /// What `stream` has been given so far is done before the next copies. Errors: kCuda.
  core::Result<void> follow(void* stream);
  /// kSlotBytes of page-locked memory; waits until its last copy is done. Errors: kCuda.
  core::Result<std::byte*> room();
  /// Begins to copy rows that stand at the front of room() to device memory. Errors: kCuda.
  core::Result<void> send(std::size_t pitch, const Rows& to, std::size_t row_bytes, std::size_t num_rows);
  /// What `stream` is given from now on comes after the copies; the host does not wait. Errors: kCuda.
  core::Result<void> precede(void* stream);

 private:
  struct Slot {
    std::byte* memory = nullptr;
    void* copied = nullptr;  // event
  };

  StagingRing(const DeviceApi& api, int device) : api_(&api), device_(device) {}
  core::Result<void> make();

  const DeviceApi* api_;
  int device_;
  void* stream_ = nullptr;
  void* order_ = nullptr;  // event: between the caller's stream and this one
  std::array<Slot, kNumSlots> slots_{};
  std::size_t next_ = 0;
};

}  // namespace tonearm::cuda
