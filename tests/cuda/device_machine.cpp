// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A real device: the functions of libtonearm_cuda.so, and the driver's own to bring results back. Without a device the
// program says why and exits with 77, a skip; with `cuda` in TONEARM_EXPECT with 1.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "cuda/device_resampler.h"
#include "cuda/open.h"
#include "tests/cuda/batches.h"
#include "tests/cuda/machine.h"
#include "tests/support/expect.h"
#include "tonearm/audio.h"

namespace tonearm::cuda::test {
namespace {

constexpr int kDevice = 0;

/// What the tests call of libcuda.so.1; a CUresult of 0 is success.
class Driver {
 public:
  Driver() {
    int device = 0;
    EXPECT_EQ(call<int (*)(unsigned)>("cuInit", 0), 0);
    EXPECT_EQ(call<int (*)(int*, int)>("cuDeviceGet", &device, kDevice), 0);
    EXPECT_EQ(call<int (*)(void**, int)>("cuDevicePrimaryCtxRetain", &primary_, device), 0);
  }
  void* primary_context() const { return primary_; }
  void* current_context() const {
    void* context = nullptr;
    EXPECT_EQ(call<int (*)(void**)>("cuCtxGetCurrent", &context), 0);
    return context;
  }
  void set_current_context(void* context) const { EXPECT_EQ(call<int (*)(void*)>("cuCtxSetCurrent", context), 0); }
  /// Waits for the default stream first. A kernel that failed shows here.
  void copy_to_host(void* to, const void* from, std::size_t num_bytes) const {
    using Copy = int (*)(void*, std::uint64_t, std::size_t);
    EXPECT_EQ(call<Copy>("cuMemcpyDtoH_v2", to, reinterpret_cast<std::uint64_t>(from), num_bytes), 0);
  }

 private:
  template <class Function, class... Arguments>
  int call(const char* name, Arguments... arguments) const {
    const auto function = reinterpret_cast<Function>(::dlsym(library_, name));
    return function != nullptr ? function(arguments...) : -1;
  }

  void* library_ = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  void* primary_ = nullptr;
};

const Driver& driver() {
  static const Driver driver;
  return driver;
}

class DeviceMachine final : public Machine {
 public:
  const DeviceApi& api() const override { return **open_device(kDevice); }
  void* place(const void* data, std::size_t num_bytes) override {
    void* placed = nullptr;
    const Status status = api().upload(kDevice, data, num_bytes, &placed);
    EXPECT_EQ(status.code, 0) << status.name << ": " << status.text;
    return placed;
  }
  void fetch(const void* placed, std::size_t num_bytes, void* data) override {
    driver().set_current_context(driver().primary_context());
    if (num_bytes > 0) driver().copy_to_host(data, placed, num_bytes);
  }
  void release(void* placed) override { api().release(kDevice, placed); }
  void reseed(std::uint32_t) override {}  // the device starts threads as it likes
};

TEST(DeviceMachine, CallsLeaveTheCurrentContextAsItWas) {
  core::ResampleOptions options;
  options.source_rate = 3;
  options.target_rate = 2;
  const auto plan = core::ResamplePlan::make(options);
  ASSERT_TRUE(plan);
  for (void* context : {static_cast<void*>(nullptr), driver().primary_context()}) {
    driver().set_current_context(context);
    const auto on_device = DeviceResampler::make(*plan, machine().api(), kDevice);
    ASSERT_TRUE(on_device) << on_device.error().message();
    EXPECT_EQ(driver().current_context(), context);
    const Placed<float> in(noise(300)), out(noise(200));
    tonearm_cuda_batch batch = make_batch();
    batch.num_signals = 1;
    batch.num_samples = 300;
    batch.in = in.get();
    batch.out = out.get();
    const auto done = on_device->run(batch, nullptr);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(driver().current_context(), context);
  }
}

TEST(DeviceMachine, TheCppFaceComputesWhatTheCpuDoes) {
  tonearm_cuda_batch batch = make_batch();
  batch.num_signals = 1;
  batch.num_samples = 16000;
  const auto x = noise(16000);

  const Resampler resampler(3, 2);
  std::vector<float> want(static_cast<std::size_t>(resampler.length(16000)));
  resampler.run(x.data(), 16000, want.data());
  std::vector<float> got(want.size(), kPoison);
  run_placed(batch, x, got, [&](const auto& placed) { resampler.run_on_device(kDevice, placed, nullptr); });
  EXPECT_LE(relative_l2(got, widened(want)), 6e-7);

  const WhisperFeatures features;
  want.assign(static_cast<std::size_t>(features.num_values() * features.num_windows(16000)), kPoison);
  features.run(x.data(), 16000, want.data());
  got.assign(want.size(), kPoison);
  run_placed(batch, x, got, [&](const auto& placed) {
    const std::size_t bytes = features.workspace_on_device(kDevice, placed);
    const Placed<char> workspace(std::vector<char>(bytes, -1));
    features.run_on_device(kDevice, placed, workspace.get(), bytes, nullptr);
  });
  EXPECT_LE(largest_difference(got, widened(want)), 6e-5);
}

}  // namespace

Machine& machine() {
  static DeviceMachine machine;
  return machine;
}

}  // namespace tonearm::cuda::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (const auto opened = tonearm::cuda::open_device(tonearm::cuda::test::kDevice); !opened) {
    const bool is_promised = tonearm::test::expects("cuda");
    std::printf("%s%s\n", is_promised ? "FAIL: TONEARM_EXPECT=cuda, but " : "SKIP: ", opened.error().message().c_str());
    return is_promised ? 1 : 77;
  }
  return RUN_ALL_TESTS();
}
