// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a request for a CUDA device gets where there is none: the doctor's finding, and never the CPU.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "tonearm/audio.h"

namespace {

bool has_driver() {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  return driver != nullptr;
}

struct Failure {
  tonearm_error* error = nullptr;
  ~Failure() { tonearm_error_free(error); }
};

TEST(CudaDevice, WithoutADriverTheErrorCarriesTheFinding) {
  if (has_driver()) GTEST_SKIP() << "a driver is here";
  Failure f;
  EXPECT_EQ(tonearm_cuda_examine(0, &f.error), TONEARM_MISSING_DEPENDENCY);
  EXPECT_STREQ(tonearm_error_finding_field(f.error, "code"), "cuda-no-driver");
  EXPECT_STREQ(tonearm_error_subject(f.error), "libcuda.so.1");
  EXPECT_NE(std::string(tonearm_error_message(f.error)).find("cannot use CUDA device 0"), std::string::npos);
  EXPECT_STRNE(tonearm_error_next(f.error), "");
}

TEST(CudaDevice, DesignsAreRefusedWithTheSameFinding) {
  if (has_driver()) GTEST_SKIP() << "a driver is here";
  tonearm_features* features = nullptr;
  ASSERT_EQ(tonearm_features_make_whisper(80, &features, nullptr), TONEARM_OK);
  tonearm_cuda_features* on_device = nullptr;
  Failure f;
  EXPECT_EQ(tonearm_cuda_features_make(features, 0, &on_device, &f.error), TONEARM_MISSING_DEPENDENCY);
  EXPECT_EQ(on_device, nullptr);
  EXPECT_STREQ(tonearm_error_finding_field(f.error, "code"), "cuda-no-driver");
  tonearm_features_free(features);

  tonearm_resample_options options;
  tonearm_resample_options_init(&options);
  options.source_rate = 44100;
  options.target_rate = 16000;
  tonearm_resampler* resampler = nullptr;
  ASSERT_EQ(tonearm_resampler_make(&options, &resampler, nullptr), TONEARM_OK);
  tonearm_cuda_resampler* resampler_there = nullptr;
  EXPECT_EQ(tonearm_cuda_resampler_make(resampler, 0, &resampler_there, nullptr), TONEARM_MISSING_DEPENDENCY);
  tonearm_resampler_free(resampler);
}

TEST(CudaDevice, TheCppFaceThrowsTheFinding) {
  if (has_driver()) GTEST_SKIP() << "a driver is here";
  tonearm_cuda_batch batch;
  tonearm_cuda_batch_init(&batch);
  const tonearm::Resampler resampler(3, 2);
  const tonearm::WhisperFeatures features;
  const auto code = [](const auto& call) -> std::string {
    try {
      call();
      return "computed";
    } catch (const tonearm::Error& error) {
      return error.finding().code;
    }
  };
  EXPECT_EQ(code([&] { resampler.run_on_device(0, batch, nullptr); }), "cuda-no-driver");
  EXPECT_EQ(code([&] { features.workspace_on_device(0, batch); }), "cuda-no-driver");
  EXPECT_EQ(code([&] { features.run_on_device(0, batch, nullptr, 0, nullptr); }), "cuda-no-driver");
}

TEST(CudaDevice, BadArgumentsAreNamed) {
  Failure f;
  EXPECT_EQ(tonearm_cuda_examine(-1, &f.error), TONEARM_INVALID_ARGUMENT);
  EXPECT_STREQ(tonearm_error_subject(f.error), "device");
  Failure g;
  tonearm_cuda_features* on_device = nullptr;
  EXPECT_EQ(tonearm_cuda_features_make(nullptr, 0, &on_device, &g.error), TONEARM_INVALID_ARGUMENT);
  EXPECT_STREQ(tonearm_error_subject(g.error), "features");
  tonearm_cuda_features_free(nullptr);
  tonearm_cuda_resampler_free(nullptr);
}

}  // namespace
