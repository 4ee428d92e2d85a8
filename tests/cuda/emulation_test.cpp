// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The emulated machine itself: what it must not forgive.
#include "tests/support/emulation.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace tonearm::emulation {
namespace {

TEST(Emulation, BarrierOrdersSharedMemory) {
  std::vector<float> out(200, -1);
  launch(2, 100, 100 * sizeof(float), [&] {
    const unsigned i = threadIdx.x;
    machine.shared[i] = static_cast<float>(i);
    __syncthreads();
    out[blockIdx.x * blockDim.x + i] = machine.shared[99 - i];
  });
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(out[i], static_cast<float>(99 - i % 100));
}

TEST(Emulation, ForgottenBarrierShows) {
  bool saw_nan = false;
  launch(1, 100, 100 * sizeof(float), [&] {
    const unsigned i = threadIdx.x;
    machine.shared[i] = static_cast<float>(i);
    if (std::isnan(machine.shared[99 - i])) saw_nan = true;
  });
  EXPECT_TRUE(saw_nan);
}

TEST(Emulation, BarrierThatSomeMissEndsTheLaunch) {
  EXPECT_THROW(launch(1, 64, 0,
                      [] {
                        if (threadIdx.x != 7) __syncthreads();
                      }),
               std::runtime_error);
}

TEST(Emulation, ShufflesExchangeWithinAWarp) {
  std::vector<double> out(64);
  launch(1, 64, 0, [&] {
    double value = threadIdx.x;
    for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffffu, value, step);
    out[threadIdx.x] = value;
  });
  for (std::size_t i = 0; i < 64; ++i) EXPECT_EQ(out[i], i < 32 ? 496 : 1520);
}

}  // namespace
}  // namespace tonearm::emulation
