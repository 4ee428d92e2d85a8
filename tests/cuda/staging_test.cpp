// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The order of uploads, on streams that do nothing until they must: a copy that nobody waited for reads what the slot
// holds later, and one that the caller's stream does not wait for is never done.
#include "cuda/staging.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "cuda/upload.h"

namespace tonearm::cuda {
namespace {

/// Each stream is a queue; an event stands for a number of its steps.
class LateDevice {
 public:
  struct Event {
    int stream = -1;
    std::size_t steps = 0;
  };

  static LateDevice& get() {
    static LateDevice device;
    return device;
  }
  void reset() { *this = LateDevice(); }

  void give(int stream, std::function<void()> step) { queues_[stream].steps.push_back(std::move(step)); }
  /// Does the first `steps` of a stream's steps.
  void run(int stream, std::size_t steps) {
    while (queues_[stream].done < steps) {
      const auto step = queues_[stream].steps[queues_[stream].done++];
      step();
    }
  }
  void run(int stream) { run(stream, queues_[stream].steps.size()); }
  void run(const Event& event) {
    if (event.stream >= 0) run(event.stream, event.steps);
  }
  std::size_t num_steps(int stream) { return queues_[stream].steps.size(); }
  std::size_t num_done(int stream) { return queues_[stream].done; }

  std::map<void*, Event> events;
  std::set<void*> pinned;
  int num_streams = 1;  // 0 is the caller's
  int num_copies = 0, failing_copy = -1;

 private:
  struct Queue {
    std::deque<std::function<void()>> steps;
    std::size_t done = 0;
  };
  std::map<int, Queue> queues_;
};

int number_of(void* stream) { return static_cast<int>(reinterpret_cast<std::intptr_t>(stream)); }

const DeviceApi& late_api() {
  static const DeviceApi api = {
      .version = kDeviceApiVersion,
      .get_shared_bytes = nullptr,
      .upload = nullptr,
      .release = nullptr,
      .make_stream = [](int, void** stream) -> Status {
        *stream = reinterpret_cast<void*>(std::intptr_t{LateDevice::get().num_streams++});
        return {};
      },
      .destroy_stream = [](int, void*) {},
      .make_event = [](int, void** event) -> Status {
        *event = new char;
        LateDevice::get().events[*event] = {};
        return {};
      },
      .destroy_event =
          [](int, void* event) {
            LateDevice::get().events.erase(event);
            delete static_cast<char*>(event);
          },
      .record = [](int, void* event, void* stream) -> Status {
        LateDevice& device = LateDevice::get();
        device.events[event] = {number_of(stream), device.num_steps(number_of(stream))};
        return {};
      },
      .stream_wait = [](int, void* stream, void* event) -> Status {
        const LateDevice::Event now = LateDevice::get().events[event];
        LateDevice::get().give(number_of(stream), [now] { LateDevice::get().run(now); });
        return {};
      },
      .host_wait = [](int, void* event) -> Status {
        LateDevice::get().run(LateDevice::get().events[event]);
        return {};
      },
      .pin = [](int, std::size_t num_bytes, void** memory) -> Status {
        *memory = std::malloc(num_bytes);
        LateDevice::get().pinned.insert(*memory);
        return {};
      },
      .unpin =
          [](int, void* memory) {
            EXPECT_EQ(LateDevice::get().pinned.erase(memory), 1u);
            std::free(memory);
          },
      .copy_rows = [](int, void* stream, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                      std::size_t row_bytes, std::size_t num_rows) -> Status {
        LateDevice& device = LateDevice::get();
        if (device.num_copies++ == device.failing_copy) return {700, "cudaErrorIllegalAddress", "an error"};
        device.give(number_of(stream), [=] {
          for (std::size_t r = 0; r < num_rows; ++r)
            std::memcpy(static_cast<char*>(to) + r * to_pitch, static_cast<const char*>(from) + r * from_pitch,
                        row_bytes);
        });
        return {};
      },
      .features = nullptr,
      .finish_peak = nullptr,
      .finish_mean = nullptr,
      .resample_banded = nullptr,
      .resample_interpolated = nullptr,
      .resample_direct = nullptr,
  };
  return api;
}

constexpr std::int64_t kFramesPerSlot = static_cast<std::int64_t>(kSlotBytes / (2 * sizeof(float)));

class LateUpload : public testing::Test {
 protected:
  void SetUp() override { LateDevice::get().reset(); }
  void TearDown() override {
    StagingRing::free_idle();
    EXPECT_TRUE(LateDevice::get().pinned.empty());
    EXPECT_TRUE(LateDevice::get().events.empty());
  }

  core::Result<Upload> make(std::int64_t num_frames) {
    memory_.assign(static_cast<std::size_t>(2 * num_frames), -1.0F);
    return Upload::make(late_api(), 0, nullptr, [this](core::SampleType, int, std::int64_t) { return memory_.data(); });
  }
  /// Two channels of num_frames frames; what is at frame f of channel c is value(f, c).
  static core::Result<void> fill(Upload& upload, std::int64_t num_frames, std::int64_t most = kFramesPerSlot) {
    if (auto begun = upload.begin(core::SampleType::kFloat32, 2, num_frames); !begun) return begun;
    for (std::int64_t done = 0; done < num_frames;) {
      auto room = upload.room(std::min(num_frames - done, most));
      if (!room) return room.error();
      for (int c = 0; c < 2; ++c)
        for (std::int64_t f = 0; f < room->num_frames; ++f) room->channel_as<float>(c)[f] = value(done + f, c);
      if (auto taken = upload.take(room->num_frames); !taken) return taken;
      done += room->num_frames;
    }
    return {};
  }
  static float value(std::int64_t frame, int channel) { return static_cast<float>(frame % 100003 * 2 + channel); }
  /// Frames that have not arrived.
  std::int64_t num_wrong(std::int64_t num_frames) const {
    std::int64_t wrong = 0;
    for (int c = 0; c < 2; ++c)
      for (std::int64_t f = 0; f < num_frames; ++f)
        wrong += memory_[static_cast<std::size_t>(c * num_frames + f)] != value(f, c) ? 1 : 0;
    return wrong;
  }

  std::vector<float> memory_;
};

TEST_F(LateUpload, SlotsAreWrittenAgainWhenTheyWereCopied) {
  const std::int64_t num_frames = 7 * kFramesPerSlot + 5;
  auto upload = make(num_frames);
  ASSERT_TRUE(upload);
  ASSERT_TRUE(fill(*upload, num_frames));
  ASSERT_TRUE(upload->finish());
  EXPECT_EQ(LateDevice::get().num_copies, 8);
  // The host has waited for slots and for nothing else: the last copies are still to come.
  EXPECT_LT(LateDevice::get().num_done(1), LateDevice::get().num_steps(1));
  LateDevice::get().run(0);
  EXPECT_EQ(num_wrong(num_frames), 0);
}

TEST_F(LateUpload, BlocksSmallerThanASlotAreTakenToo) {
  auto upload = make(1000);
  ASSERT_TRUE(upload);
  ASSERT_TRUE(fill(*upload, 1000, 37));
  ASSERT_TRUE(upload->finish());
  LateDevice::get().run(0);
  EXPECT_EQ(num_wrong(1000), 0);
}

// Memory that a caching allocator hands out may still be written by work that the stream was given before.
TEST_F(LateUpload, ComesAfterWhatTheStreamWasGivenBefore) {
  auto upload = make(1000);
  ASSERT_TRUE(upload);
  LateDevice::get().give(0, [this] { std::fill(memory_.begin(), memory_.end(), -7.0F); });
  ASSERT_TRUE(fill(*upload, 1000));
  LateDevice::get().run(1);  // the copies first, as soon as they can
  ASSERT_TRUE(upload->finish());
  LateDevice::get().run(0);
  EXPECT_EQ(num_wrong(1000), 0);
}

// The read failed and the memory is given to other work on the stream: a copy that comes late would be in its results.
TEST_F(LateUpload, LeavesNothingBehindWhenItIsGivenUp) {
  {
    auto upload = make(5 * kFramesPerSlot);
    ASSERT_TRUE(upload);
    ASSERT_TRUE(fill(*upload, 5 * kFramesPerSlot));
  }
  LateDevice::get().give(0, [this] { std::fill(memory_.begin(), memory_.end(), -7.0F); });
  LateDevice::get().run(0);
  LateDevice::get().run(1);
  EXPECT_EQ(std::count(memory_.begin(), memory_.end(), -7.0F), std::ssize(memory_));
}

TEST_F(LateUpload, AnotherBeginningIsToOtherMemoryAndOrderedToo) {
  std::vector<float> first(2000, -1.0F);
  memory_.assign(2000, -1.0F);
  int begun = 0;
  auto upload = Upload::make(late_api(), 0, nullptr, [&](core::SampleType, int, std::int64_t) -> void* {
    if (begun++ == 0) return first.data();
    // What had the first memory gave it back.
    LateDevice::get().give(0, [&] { std::fill(first.begin(), first.end(), -7.0F); });
    return memory_.data();
  });
  ASSERT_TRUE(upload);
  ASSERT_TRUE(fill(*upload, 1000));
  ASSERT_TRUE(fill(*upload, 1000));
  ASSERT_TRUE(upload->finish());
  EXPECT_EQ(upload->num_frames(), 1000);
  LateDevice::get().run(0);
  LateDevice::get().run(1);
  EXPECT_EQ(num_wrong(1000), 0);
  EXPECT_EQ(std::count(first.begin(), first.end(), -7.0F), 2000);
}

TEST_F(LateUpload, ACopyThatFailsIsAnErrorAndTheRingIsUsedAgain) {
  LateDevice::get().failing_copy = 4;
  {
    auto upload = make(7 * kFramesPerSlot);
    ASSERT_TRUE(upload);
    const auto filled = fill(*upload, 7 * kFramesPerSlot);
    ASSERT_FALSE(filled);
    EXPECT_EQ(filled.error().code, core::ErrorCode::kCuda);
    EXPECT_NE(filled.error().message().find("cudaErrorIllegalAddress"), std::string::npos);
  }
  LateDevice::get().run(0);
  auto again = make(1000);
  ASSERT_TRUE(again);
  ASSERT_TRUE(fill(*again, 1000));
  ASSERT_TRUE(again->finish());
  LateDevice::get().run(0);
  EXPECT_EQ(num_wrong(1000), 0);
  EXPECT_EQ(LateDevice::get().pinned.size(), std::size_t{kNumSlots});
}

TEST_F(LateUpload, NoMemoryIsAnErrorOfItsOwn) {
  auto upload = Upload::make(late_api(), 0, nullptr, [](core::SampleType, int, std::int64_t) { return nullptr; });
  ASSERT_TRUE(upload);
  EXPECT_EQ(upload->begin(core::SampleType::kInt16, 1, 10).error().code, core::ErrorCode::kOutOfMemory);
  EXPECT_TRUE(upload->begin(core::SampleType::kInt16, 1, 0));
  EXPECT_EQ(upload->begin(core::SampleType::kFloat64, 1 << 20, 10).error().code, core::ErrorCode::kLimitReached);
}

TEST_F(LateUpload, RingsAreKeptUpToAFew) {
  constexpr std::size_t kSlots = kNumSlots;
  {
    std::vector<core::Result<Upload>> uploads;
    uploads.reserve(kIdleRings + 2);
    for (int i = 0; i < kIdleRings + 2; ++i) uploads.push_back(make(10));
    EXPECT_EQ(LateDevice::get().pinned.size(), (kIdleRings + 2) * kSlots);
  }
  EXPECT_EQ(LateDevice::get().pinned.size(), kIdleRings * kSlots);
  const auto again = make(10);
  EXPECT_EQ(LateDevice::get().pinned.size(), kIdleRings * kSlots);
}

TEST_F(LateUpload, RowsOfTheHostMayBeWrittenToAtOnce) {
  const std::int64_t num_frames = 5 * kFramesPerSlot;
  memory_.assign(static_cast<std::size_t>(2 * num_frames), -1.0F);
  std::vector<float> from(memory_.size());
  for (int c = 0; c < 2; ++c)
    for (std::int64_t f = 0; f < num_frames; ++f) from[static_cast<std::size_t>(c * num_frames + f)] = value(f, c);
  const auto pitch = static_cast<std::size_t>(num_frames) * sizeof(float);
  ASSERT_TRUE(upload_rows(late_api(), 0, nullptr, {reinterpret_cast<std::byte*>(from.data()), pitch},
                          {reinterpret_cast<std::byte*>(memory_.data()), pitch}, pitch, 2));
  std::fill(from.begin(), from.end(), -7.0F);
  LateDevice::get().run(0);
  EXPECT_EQ(num_wrong(num_frames), 0);
}

}  // namespace
}  // namespace tonearm::cuda
