// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The toy backend through the public face: chosen by the first bytes, right in every sample, part equal to the slice.
#include <gtest/gtest.h>

#include <string>

#include "tonearm/audio.h"

namespace tonearm {
namespace {

const std::string kFile("TOY1\x00\x40\x7f\x80\xc0", 9);

TEST(ToyBackend, DecodesWhatTheProbeKnows) {
  const Samples samples = read_samples(Source::memory(kFile.data(), kFile.size()));
  EXPECT_EQ(samples.info().backend, "toy");
  EXPECT_EQ(samples.sample_rate(), 8000);
  ASSERT_EQ(samples.num_frames(), 5);
  const float expected[] = {0, 0.5F, 127 / 128.0F, -1, -0.5F};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(samples.channel(0)[i], expected[i]) << i;
}

TEST(ToyBackend, APartIsTheSliceOfTheWhole) {
  const Samples part = read_samples(Source::memory(kFile.data(), kFile.size()), ReadOptions().with_range(3, 9));
  ASSERT_EQ(part.num_frames(), 2);
  EXPECT_EQ(part.channel(0)[0], -1);
}

TEST(ToyBackend, LengthsZeroAndOne) {
  EXPECT_EQ(read_samples(Source::memory(kFile.data(), 4)).num_frames(), 0);
  EXPECT_EQ(read_samples(Source::memory(kFile.data(), 5)).num_frames(), 1);
}

TEST(ToyBackend, DeclinesOtherFilesWithItsReason) {
  try {
    read_samples(Source::memory("fLaC", 4), ReadOptions().with_backend("toy"));
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("not a toy file"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tonearm
