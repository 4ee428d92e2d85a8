// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Uploads: what arrives, and that a read to a device is the read.
#include "cuda/upload.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/face/read.h"
#include "tests/cuda/batches.h"
#include "tests/cuda/machine.h"

namespace tonearm::cuda::test {
namespace {

using core::SampleType;

/// Samples that differ in every place of a few slots.
std::vector<std::int16_t> numbered(std::size_t count) {
  std::vector<std::int16_t> samples(count);
  for (std::size_t i = 0; i < count; ++i) samples[i] = static_cast<std::int16_t>(i * 7919 >> 3);
  return samples;
}

/// "Device memory" of a read.
struct Destination {
  std::optional<Placed<std::int16_t>> memory;
  std::int64_t num_frames = 0;

  Upload::Allocate allocate() {
    return [this](SampleType type, int num_channels, std::int64_t frames) -> void* {
      EXPECT_EQ(type, SampleType::kInt16);
      num_frames = frames;
      memory.emplace(std::vector<std::int16_t>(static_cast<std::size_t>(num_channels * frames), -1));
      return memory->get();
    };
  }
};

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

/// 16-bit WAV of these frames; `declared` of them by its header.
std::string make_wav(const std::vector<std::int16_t>& interleaved, unsigned num_channels, std::uint64_t declared) {
  const unsigned frame_bytes = 2 * num_channels;
  std::string wav = "RIFF";
  put(wav, 36 + declared * frame_bytes, 4);
  wav += "WAVEfmt ";
  put(wav, 16, 4);
  put(wav, 1, 2);
  put(wav, num_channels, 2);
  put(wav, 16000, 4);
  put(wav, 16000 * frame_bytes, 4);
  put(wav, frame_bytes, 2);
  put(wav, 16, 2);
  wav += "data";
  put(wav, declared * frame_bytes, 4);
  wav.append(reinterpret_cast<const char*>(interleaved.data()), interleaved.size() * 2);
  return wav;
}

TEST(Upload, AReadToADeviceIsTheReadInSlots) {
  const std::int64_t num_frames = 5 * static_cast<std::int64_t>(kSlotBytes) / 4 + 17;
  const auto samples = numbered(static_cast<std::size_t>(2 * num_frames));
  core::ReadOptions options;
  options.short_integers = true;
  for (const std::int64_t missing : {0, 1000}) {
    const std::string wav = make_wav(samples, 2, static_cast<std::uint64_t>(num_frames + missing));
    const auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
    const auto want = core::read(*source, options);
    ASSERT_TRUE(want) << want.error().message();
    ASSERT_EQ(want->samples.num_frames(), num_frames);
    Destination destination;
    auto upload = Upload::make(machine().api(), 0, nullptr, destination.allocate());
    ASSERT_TRUE(upload) << upload.error().message();
    const auto got = core::read(*source, options, *upload);
    ASSERT_TRUE(got) << got.error().message();
    ASSERT_TRUE(upload->finish());
    EXPECT_EQ(got->warnings, want->warnings);
    EXPECT_EQ(got->warnings.empty(), missing == 0);
    EXPECT_EQ(upload->num_frames(), num_frames);
    const auto arrived = destination.memory->fetch();
    for (int c = 0; c < 2; ++c)
      EXPECT_EQ(std::memcmp(arrived.data() + c * destination.num_frames, want->samples.view().channel(c),
                            static_cast<std::size_t>(num_frames) * 2),
                0)
          << c;
  }
}

// Rows within a slot, many rows to a slot, and rows longer than one.
TEST(Upload, RowsArriveWhereTheyBelong) {
  struct Shape {
    std::size_t row, rows, from_pitch, to_pitch;
  };
  for (const Shape& s :
       {Shape{10, 3, 12, 17}, Shape{1000, 9000, 1000, 1024},
        Shape{kSlotBytes / 2 + 1, 3, kSlotBytes / 2 + 2, kSlotBytes / 2 + 3}, Shape{kSlotBytes * 3 / 2, 1, 0, 0}}) {
    const auto from = numbered(s.from_pitch * (s.rows - 1) + s.row);
    const std::vector<std::int16_t> before(s.to_pitch * (s.rows - 1) + s.row, -1);
    const Placed<std::int16_t> to(before);
    std::vector<std::int16_t> read = from;
    const auto done =
        upload_rows(machine().api(), 0, nullptr, {reinterpret_cast<std::byte*>(read.data()), s.from_pitch * 2},
                    {reinterpret_cast<std::byte*>(to.get()), s.to_pitch * 2}, s.row * 2, s.rows);
    ASSERT_TRUE(done) << done.error().message();
    std::fill(read.begin(), read.end(), std::int16_t{-2});  // ours again
    auto want = before;
    for (std::size_t r = 0; r < s.rows; ++r)
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r * s.from_pitch), s.row,
                  want.begin() + static_cast<std::ptrdiff_t>(r * s.to_pitch));
    EXPECT_EQ(to.fetch(), want) << s.row << " by " << s.rows;
  }
}

// More reads at once than rings are kept: each has one of its own.
TEST(Upload, ThreadsDoNotTouchEachOther) {
  constexpr std::size_t kThreads = 6;
  const auto upload_some = [](std::size_t seed) {
    for (std::size_t round = 0; round < 3; ++round) {
      const auto from = numbered(kSlotBytes / 2 + 10'000 * (seed + round));
      const Placed<std::int16_t> to(std::vector<std::int16_t>(from.size(), -1));
      std::vector<std::int16_t> read = from;
      const Rows rows{reinterpret_cast<std::byte*>(read.data()), 0};
      const auto done = upload_rows(machine().api(), 0, nullptr, rows, {reinterpret_cast<std::byte*>(to.get()), 0},
                                    read.size() * sizeof(read[0]), 1);
      EXPECT_TRUE(done) << done.error().message();
      EXPECT_EQ(to.fetch(), from) << seed << ", " << round;
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) threads.emplace_back(upload_some, t);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace tonearm::cuda::test
