// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/sample_copy.h"

#include <gtest/gtest.h>

#include <vector>

#include "backends/ffmpeg/abi/layouts.h"

namespace tonearm::ffmpeg {
namespace {

template <class In>
std::vector<float> convert(int format, bool planar, const std::vector<In>& left, const std::vector<In>& right) {
  std::vector<In> mixed;
  for (std::size_t i = 0; i < left.size(); ++i) {
    mixed.push_back(left[i]);
    mixed.push_back(right[i]);
  }
  const std::uint8_t* planes[2] = {reinterpret_cast<const std::uint8_t*>(planar ? left.data() : mixed.data()),
                                   reinterpret_cast<const std::uint8_t*>(right.data())};
  const auto frames = static_cast<std::int64_t>(left.size()) - 1;
  std::vector<float> out(2 * static_cast<std::size_t>(frames));
  copy_samples(format, planes, 1,
               {reinterpret_cast<std::byte*>(out.data()), core::SampleType::kFloat32, 2, frames, frames});
  return out;
}

TEST(FfmpegSampleCopy, ScalesIntegersByTheirRangeFromBothLayouts) {
  const std::vector<float> want{-1.0f, 0.5f, 0.25f, 0.0f};
  EXPECT_EQ(convert<std::uint8_t>(kU8, false, {9, 0, 192}, {9, 160, 128}), want);
  EXPECT_EQ(convert<std::uint8_t>(kU8Planar, true, {9, 0, 192}, {9, 160, 128}), want);
  EXPECT_EQ(convert<std::int16_t>(kS16, false, {9, -32768, 16384}, {9, 8192, 0}), want);
  EXPECT_EQ(convert<std::int16_t>(kS16Planar, true, {9, -32768, 16384}, {9, 8192, 0}), want);
  EXPECT_EQ(convert<std::int32_t>(kS32, false, {9, INT32_MIN, 1 << 30}, {9, 1 << 29, 0}), want);
  EXPECT_EQ(convert<std::int32_t>(kS32Planar, true, {9, INT32_MIN, 1 << 30}, {9, 1 << 29, 0}), want);
  EXPECT_EQ(convert<std::int64_t>(kS64, false, {9, INT64_MIN, 1LL << 62}, {9, 1LL << 61, 0}), want);
}

TEST(FfmpegSampleCopy, KeepsFloats) {
  const std::vector<float> want{-1.5f, 0.5f, 0.25f, 0.0f};
  EXPECT_EQ(convert<float>(kFlt, false, {9, -1.5f, 0.5f}, {9, 0.25f, 0}), want);
  EXPECT_EQ(convert<float>(kFltPlanar, true, {9, -1.5f, 0.5f}, {9, 0.25f, 0}), want);
  EXPECT_EQ(convert<double>(kDbl, false, {9, -1.5, 0.5}, {9, 0.25, 0}), want);
  EXPECT_EQ(convert<double>(kDblPlanar, true, {9, -1.5, 0.5}, {9, 0.25, 0}), want);
}

TEST(FfmpegSampleCopy, KnowsNoFormatBeyondItsList) {
  EXPECT_FALSE(sample_type_of(-1));
  EXPECT_FALSE(sample_type_of(12));
  EXPECT_EQ(sample_type_of(kS32Planar), core::SampleType::kInt32);
}

}  // namespace
}  // namespace tonearm::ffmpeg
