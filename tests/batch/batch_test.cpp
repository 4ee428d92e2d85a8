// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/batch/batch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tonearm/audio.h"

namespace tonearm::core {
namespace {

using namespace std::chrono_literals;

/// A mono 8-bit AU file of `num_frames` samples, each 1: magic, offset, size, encoding (2: 8-bit linear),
/// rate and channels, all big-endian.
std::string make_au(unsigned num_frames) {
  std::string au = ".snd";
  for (const unsigned field : {24U, num_frames, 2U, 8000U, 1U}) {
    for (int shift = 24; shift >= 0; shift -= 8) au += static_cast<char>(field >> shift & 0xFF);
  }
  return au + std::string(num_frames, '\1');
}

/// `count` files in memory; item i has i + 1 frames, every fifth is damaged.
struct Files {
  std::vector<std::string> bytes;
  std::vector<BatchItem> items() const {
    std::vector<BatchItem> list;
    for (const std::string& b : bytes) {
      BatchItem item;
      item.in_memory = true;
      item.data = std::as_bytes(std::span(b));
      list.push_back(item);
    }
    return list;
  }
};

Files make_files(std::size_t count) {
  Files files;
  for (std::size_t i = 0; i < count; ++i)
    files.bytes.push_back(i % 5 == 4 ? "damaged" : make_au(static_cast<unsigned>(i + 1)));
  return files;
}

void expect_result(const BatchResult& result) {
  if (result.index % 5 == 4) {
    ASSERT_FALSE(result.audio);
    EXPECT_EQ(result.audio.error().code, ErrorCode::kUnsupportedFormat);
  } else {
    ASSERT_TRUE(result.audio) << result.audio.error().message();
    EXPECT_EQ(result.audio->samples.num_frames(), static_cast<std::int64_t>(result.index + 1));
  }
}

TEST(Batch, GivesEveryItemInOrderAndErrorsAsData) {
  const Files files = make_files(203);
  for (const int threads : {1, 2, 7}) {
    BatchOptions options;
    options.num_threads = threads;
    Batch batch(files.items(), options);
    for (std::size_t i = 0; i < files.bytes.size(); ++i) {
      auto result = batch.next(60s);
      ASSERT_TRUE(result);
      EXPECT_EQ(result->index, i);
      expect_result(*result);
    }
    EXPECT_TRUE(batch.finished());
    EXPECT_FALSE(batch.next(60s));
  }
}

TEST(Batch, GivesEveryItemOnceAsTheyComplete) {
  const Files files = make_files(100);
  BatchOptions options;
  options.in_order = false;
  options.num_threads = 3;
  Batch batch(files.items(), options);
  std::set<std::size_t> seen;
  while (auto result = batch.next(60s)) {
    EXPECT_TRUE(seen.insert(result->index).second);
    expect_result(*result);
  }
  EXPECT_EQ(seen.size(), files.bytes.size());
}

TEST(Batch, ReadsAheadNoFurtherThanAllowed) {
  const Files files = make_files(50);
  BatchOptions options;
  options.max_ahead = 1;
  options.num_threads = 4;
  Batch batch(files.items(), options);
  for (std::size_t i = 0; i < files.bytes.size(); ++i) EXPECT_EQ(batch.next(60s)->index, i);
}

TEST(Batch, GivesShortAndLongFilesInTurn) {
  // Runs of files that take a microsecond and of ones that take over 0.1 ms: who waits for whom changes at each border.
  const std::string brief = make_au(10), lengthy = make_au(4'000'000);
  Files files;
  for (int i = 0; i < 60; ++i) files.bytes.push_back(i / 10 % 2 == 0 ? brief : lengthy);
  for (const std::size_t max_ahead : {0, 1, 3}) {
    for (const bool in_order : {true, false}) {
      BatchOptions options;
      options.num_threads = 3;
      options.max_ahead = max_ahead;
      options.in_order = in_order;
      Batch batch(files.items(), options);
      std::set<std::size_t> seen;
      while (auto result = batch.next(60s)) {
        EXPECT_TRUE(!in_order || result->index == seen.size());
        EXPECT_TRUE(seen.insert(result->index).second);
        ASSERT_TRUE(result->audio) << result->audio.error().message();
        EXPECT_EQ(result->audio->samples.num_frames(), result->index / 10 % 2 == 0 ? 10 : 4'000'000);
      }
      EXPECT_EQ(seen.size(), files.bytes.size());
    }
  }
}

TEST(Batch, EndsWithoutBeingRead) {
  const Files files = make_files(1000);
  Batch batch(files.items(), {});
  ASSERT_TRUE(batch.next(60s));
}

TEST(Batch, OfNothingIsFinished) {
  Batch batch({}, {});
  EXPECT_TRUE(batch.finished());
  EXPECT_FALSE(batch.next(1s));
}

TEST(Batch, AMissingFileIsThatItemsError) {
  BatchItem item;
  item.path = "missing.wav";
  Batch batch({item}, {});
  auto result = batch.next(60s);
  ASSERT_TRUE(result);
  ASSERT_FALSE(result->audio);
  EXPECT_EQ(result->audio.error().code, ErrorCode::kNotFound);
}

TEST(BatchFace, IteratesThroughTheCAbi) {
  const std::string good = make_au(3), bad = "damaged";
  const std::vector<tonearm_batch_item> items{{nullptr, good.data(), good.size()}, {nullptr, bad.data(), bad.size()}};
  tonearm::Batch batch(items);
  auto first = batch.next();
  ASSERT_TRUE(first && first->samples);
  EXPECT_EQ(first->samples->num_frames(), 3);
  auto second = batch.next();
  ASSERT_TRUE(second && second->error);
  EXPECT_EQ(second->index, 1u);
  EXPECT_EQ(second->error->code(), TONEARM_UNSUPPORTED_FORMAT);
  EXPECT_FALSE(batch.next());
}

}  // namespace
}  // namespace tonearm::core
