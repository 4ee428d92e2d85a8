// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/batch/padded.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "tonearm/audio.h"

namespace tonearm::core {
namespace {

/// Sample i of channel c is 1000 * (c + 1) + i.
PlanarBuffer make_samples(int num_channels, std::int64_t num_frames) {
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, num_channels, num_frames);
  EXPECT_TRUE(buffer);
  for (int c = 0; c < num_channels; ++c) {
    float* channel = buffer->view().channel_as<float>(c);
    std::iota(channel, channel + num_frames, 1000.0F * static_cast<float>(c + 1));
  }
  return std::move(*buffer);
}

/// Checks the block of items of these lengths (-1: not added).
void expect_padded(const std::vector<std::int64_t>& lengths, int num_channels) {
  PaddedSamples padded(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 0) continue;
    auto added = padded.add(i, make_samples(num_channels, lengths[i]), 8000);
    ASSERT_TRUE(added) << added.error().message();
  }
  const DecodedAudio whole = padded.finish();
  const PlanarView view = whole.samples.view();
  const std::int64_t longest = std::max<std::int64_t>(0, *std::max_element(lengths.begin(), lengths.end()));
  EXPECT_EQ(whole.sample_rate, 8000);
  ASSERT_EQ(view.num_channels, static_cast<int>(lengths.size()) * num_channels);
  ASSERT_EQ(view.num_frames, longest);
  ASSERT_EQ(view.channel_stride, longest) << "rows must adjoin";
  for (int row = 0; row < view.num_channels; ++row) {
    const std::int64_t length = lengths[static_cast<std::size_t>(row / num_channels)];
    for (std::int64_t i = 0; i < longest; ++i) {
      const float expected = i < length ? static_cast<float>(1000 * (row % num_channels + 1) + i) : 0.0F;
      ASSERT_EQ(view.channel_as<float>(row)[i], expected) << "row " << row << ", frame " << i;
    }
  }
}

TEST(PaddedSamples, HoldItemsOfAnyLengths) {
  for (const int num_channels : {1, 2, 3}) {
    expect_padded({0}, num_channels);
    expect_padded({1}, num_channels);
    expect_padded({5, 5, 5}, num_channels);
    expect_padded({5, 3, 0, 1, 4}, num_channels);
    expect_padded({0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144}, num_channels);  // grows, each time by a quarter at least
    expect_padded({-1, 7, -1, 100, 3, -1}, num_channels);
  }
}

TEST(PaddedSamples, AreNoneWhereNothingWasAdded) {
  for (const std::size_t num_items : {0, 3}) {
    const DecodedAudio whole = PaddedSamples(num_items).finish();
    EXPECT_EQ(whole.samples.num_channels(), 0);
    EXPECT_EQ(whole.samples.num_frames(), 0);
  }
}

TEST(PaddedSamples, SayWhatDoesNotFitTogether) {
  PaddedSamples padded(3);
  ASSERT_TRUE(padded.add(0, make_samples(2, 4), 8000));
  const auto subject_of = [&](std::size_t index, const PlanarBuffer& samples, int sample_rate) {
    auto added = padded.add(index, samples, sample_rate);
    EXPECT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::kInvalidArgument);
    return added.error().subject;
  };
  EXPECT_EQ(subject_of(1, make_samples(2, 4), 16000), "sample_rate");
  EXPECT_EQ(subject_of(1, make_samples(1, 4), 8000), "mono");
  const auto integers = PlanarBuffer::allocate(SampleType::kInt16, 2, 4);
  ASSERT_TRUE(integers);
  EXPECT_EQ(subject_of(1, *integers, 8000), "dtype");
  EXPECT_EQ(subject_of(3, make_samples(2, 4), 8000), "index");
  EXPECT_TRUE(padded.add(2, make_samples(2, 9), 8000)) << "a refusal leaves the rest as it was";
  EXPECT_EQ(padded.finish().samples.num_frames(), 9);
}

TEST(PaddedSamples, OfTooManyChannelsAreAnError) {
  auto added = PaddedSamples(1 << 21).add(0, make_samples(1 << 10, 1), 8000);  // 2^31 channels
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kInvalidArgument);
}

#ifndef __SANITIZE_THREAD__  // whose allocator ends the program instead
TEST(PaddedSamples, ThatNoMemoryHoldsAreAnError) {
  PaddedSamples padded(1 << 21);
  auto added = padded.add(0, make_samples(1, 1 << 25), 8000);  // 2^48 bytes
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::kOutOfMemory);
}
#endif

TEST(PaddedFace, RefusesNull) {
  EXPECT_EQ(tonearm_padded_new(1, nullptr, nullptr), TONEARM_INVALID_ARGUMENT);
  tonearm_padded* padded = nullptr;
  ASSERT_EQ(tonearm_padded_new(1, &padded, nullptr), TONEARM_OK);
  EXPECT_EQ(tonearm_padded_add(padded, 0, nullptr, nullptr), TONEARM_INVALID_ARGUMENT);
  EXPECT_EQ(tonearm_padded_finish(padded, nullptr, nullptr), TONEARM_INVALID_ARGUMENT);
  tonearm_padded_free(padded);
}

}  // namespace
}  // namespace tonearm::core
