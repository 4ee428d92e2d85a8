// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Real files against the answers that independent decoders agree on.
#include <gtest/gtest.h>

#include "backends/pcm/pcm_backend.h"
#include "tests/support/md5.h"
#include "tests/support/truth.h"

namespace tonearm {
namespace {

using core::PlanarBuffer;
using core::SampleType;

struct Decoded {
  core::StreamInfo info;
  std::int64_t frames = 0;
  std::string md5;
};

/// Opens and decodes a whole file. An Error of kUnsupportedFormat means it is not ours.
core::Result<Decoded> decode_file(const std::filesystem::path& path) {
  auto source = core::open_file(path.string());
  if (!source) return source.error();
  auto probe = core::probe(**source);
  if (!probe) return probe.error();
  auto backend = pcm::make_pcm_backend();
  auto decoder = backend->open(**source, *probe, {});
  if (!decoder) return decoder.error();
  Decoded result;
  result.info = (*decoder)->info();
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, result.info.num_channels, result.info.num_frames);
  if (!buffer) return buffer.error();
  auto frames = (*decoder)->decode(buffer->view());
  if (!frames) return frames.error();
  result.frames = *frames;
  std::vector<float> interleaved(static_cast<std::size_t>(*frames * result.info.num_channels));
  for (int c = 0; c < result.info.num_channels; ++c) {
    for (std::int64_t i = 0; i < *frames; ++i) {
      interleaved[static_cast<std::size_t>(i * result.info.num_channels + c)] = buffer->view().channel_as<float>(c)[i];
    }
  }
  test::Md5 md5;
  md5.add_values<float>(interleaved);
  result.md5 = md5.hex();
  return result;
}

TEST(Md5, KnowsTheSumsOfTheStandard) {
  EXPECT_EQ(test::Md5().hex(), "d41d8cd98f00b204e9800998ecf8427e");
  test::Md5 md5;
  const std::string text = "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
  md5.add_values<char>(text);
  EXPECT_EQ(md5.hex(), "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(PcmRealFiles, FramesAndSamplesAreTheAgreedOnes) {
  const std::vector<test::Truth> truths = test::read_truths();
  if (truths.empty()) GTEST_SKIP() << "no truth.tsv in " << test::audio_dir();
  int compared = 0;
  for (const test::Truth& truth : truths) {
    SCOPED_TRACE(truth.file);
    auto decoded = decode_file(test::audio_dir() / truth.file);
    if (!decoded) {
      const bool expected =
          truth.codec.rfind("pcm_", 0) != 0 || truth.file.ends_with(".wv") || truth.file.ends_with(".sph");
      EXPECT_TRUE(expected) << decoded.error().message();
      continue;
    }
    ++compared;
    if (truth.frames >= 0) {
      EXPECT_EQ(decoded->frames, truth.frames);
      EXPECT_EQ(decoded->info.num_frames, truth.frames);
    }
    if (truth.num_channels > 0) {
      EXPECT_EQ(decoded->info.num_channels, truth.num_channels);
    }
    if (truth.sample_rate > 0) {
      EXPECT_EQ(decoded->info.sample_rate, truth.sample_rate);
    }
    if (!truth.md5_float.empty()) {
      EXPECT_NE(std::find(truth.md5_float.begin(), truth.md5_float.end(), decoded->md5), truth.md5_float.end())
          << decoded->md5;
    }
  }
  EXPECT_GE(compared, 60);
}

TEST(PcmRealFiles, BadFilesGiveAnErrorOrWhatExists) {
  if (!std::filesystem::exists(test::audio_dir() / "bad")) GTEST_SKIP() << "no bad/ in " << test::audio_dir();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::audio_dir())) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().string());
    auto decoded = decode_file(entry.path());
    if (!decoded) {
      EXPECT_FALSE(decoded.error().what.empty());
    }
  }
}

}  // namespace
}  // namespace tonearm
