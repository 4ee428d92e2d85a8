// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "cuda/staging.h"

#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace tonearm::cuda {
namespace {

using core::Result;

/// Idle rings by device.
struct Idle {
  std::mutex mutex;
  std::map<std::pair<const DeviceApi*, int>, std::vector<std::unique_ptr<StagingRing>>> rings;
};

Idle& idle() {
  // Never destroyed: when a process ends, its driver may have gone before, and has freed all.
  static Idle& all = *new Idle;
  return all;
}

}  // namespace

Result<std::shared_ptr<StagingRing>> StagingRing::take(const DeviceApi& api, int device) {
  std::unique_ptr<StagingRing> ring;
  {
    const std::lock_guard<std::mutex> lock(idle().mutex);
    auto& rings = idle().rings[{&api, device}];
    if (!rings.empty()) {
      ring = std::move(rings.back());
      rings.pop_back();
    }
  }
  if (ring == nullptr) {
    ring.reset(new StagingRing(api, device));
    if (auto made = ring->make(); !made) return made.error();
  }
  return std::shared_ptr<StagingRing>(ring.release(), [](StagingRing* used) {
    std::unique_ptr<StagingRing> back(used);
    const std::lock_guard<std::mutex> lock(idle().mutex);
    auto& rings = idle().rings[{back->api_, back->device_}];
    if (rings.size() < kIdleRings) rings.push_back(std::move(back));
  });
}

void StagingRing::free_idle() {
  const std::lock_guard<std::mutex> lock(idle().mutex);
  idle().rings.clear();
}

Result<void> StagingRing::make() {
  if (auto ok = checked("stream for uploads", api_->make_stream(device_, &stream_)); !ok) return ok;
  if (auto ok = checked("event for uploads", api_->make_event(device_, &order_)); !ok) return ok;
  for (Slot& slot : slots_) {
    void* memory = nullptr;
    if (auto ok = checked("page-locked memory", api_->pin(device_, kSlotBytes, &memory)); !ok) return ok;
    slot.memory = static_cast<std::byte*>(memory);
    if (auto ok = checked("event for uploads", api_->make_event(device_, &slot.copied)); !ok) return ok;
  }
  return {};
}

StagingRing::~StagingRing() {
  // A failed wait means a device that will copy nothing any more.
  for (const Slot& slot : slots_) {
    if (slot.copied != nullptr) {
      (void)api_->host_wait(device_, slot.copied);
      api_->destroy_event(device_, slot.copied);
    }
    if (slot.memory != nullptr) api_->unpin(device_, slot.memory);
  }
  if (order_ != nullptr) api_->destroy_event(device_, order_);
  if (stream_ != nullptr) api_->destroy_stream(device_, stream_);
}

Result<void> StagingRing::follow(void* stream) {
  if (auto ok = checked("upload", api_->record(device_, order_, stream)); !ok) return ok;
  return checked("upload", api_->stream_wait(device_, stream_, order_));
}

Result<std::byte*> StagingRing::room() {
  const Slot& slot = slots_[next_];
  if (auto ok = checked("upload", api_->host_wait(device_, slot.copied)); !ok) return ok.error();
  return slot.memory;
}

Result<void> StagingRing::send(std::size_t pitch, const Rows& to, std::size_t row_bytes, std::size_t num_rows) {
  const Slot& slot = slots_[next_];
  next_ = (next_ + 1) % slots_.size();
  const Status copy = api_->copy_rows(device_, stream_, to.data, to.pitch, slot.memory, pitch, row_bytes, num_rows);
  // Also where the copy failed: a part of it may be on its way.
  const Status record = api_->record(device_, slot.copied, stream_);
  if (auto ok = checked("upload", copy); !ok) return ok;
  return checked("upload", record);
}

Result<void> StagingRing::precede(void* stream) {
  if (auto ok = checked("upload", api_->record(device_, order_, stream_)); !ok) return ok;
  return checked("upload", api_->stream_wait(device_, stream, order_));
}

}  // namespace tonearm::cuda
