// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A machine made of host code: the functions of cuda/device_api.h over emulated kernels. "Device memory" is the heap.
#include <cstdlib>
#include <string>

#include "core/dsp/noise.h"
#include "tests/cuda/machine.h"
#include "tests/support/emulation.h"

namespace tonearm::cuda {
#include "cuda/kernels_inl.h"

namespace {

/// What compute capability 7.5 gives a block, the least of those that are built for.
constexpr std::size_t kSharedBytes = 64 * 1024;

template <class Kernel, class Job>
Status run(Kernel* kernel, int max_threads, const LaunchShape& shape, const Job& job) {
  if (shape.num_threads > max_threads || shape.num_threads > 1024) return {1, "emulation", "too many threads"};
  if (shape.shared_bytes > kSharedBytes) return {1, "emulation", "too much shared memory"};
  const Job parameters = job;  // by value, as a launch takes it
  emulation::launch(shape.num_blocks, shape.num_threads, shape.shared_bytes, [&] { kernel(parameters); });
  return {};
}

template <class Fft>
Status run_features(bool kaldi, const LaunchShape& shape, const FeatureJob& job) {
  return run(kaldi ? features<Fft, true> : features<Fft, false>, Fft::kMaxThreads, shape, job);
}

const DeviceApi& emulated_api() {
  static const DeviceApi api = {
      kDeviceApiVersion,
      [](int, std::size_t* bytes) -> Status {
        *bytes = kSharedBytes;
        return {};
      },
      [](int, const void* data, std::size_t num_bytes, void** address) -> Status {
        *address = std::aligned_alloc(256, (num_bytes + 255) / 256 * 256 + 256);
        if (num_bytes > 0) std::memcpy(*address, data, num_bytes);
        return {};
      },
      [](int, void* address) { std::free(address); },
      // Streams do at once what they are given; staging_test.cpp has others.
      [](int, void**) -> Status { return {}; },
      [](int, void*) {},
      [](int, void**) -> Status { return {}; },
      [](int, void*) {},
      [](int, void*, void*) -> Status { return {}; },
      [](int, void*, void*) -> Status { return {}; },
      [](int, void*) -> Status { return {}; },
      [](int, std::size_t num_bytes, void** memory) -> Status {
        *memory = std::malloc(num_bytes);
        return {};
      },
      [](int, void* memory) { std::free(memory); },
      [](int, void*, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t row_bytes,
         std::size_t num_rows) -> Status {
        for (std::size_t r = 0; r < num_rows; ++r)
          std::memcpy(static_cast<char*>(to) + r * to_pitch, static_cast<const char*>(from) + r * from_pitch,
                      row_bytes);
        return {};
      },
      [](int, void*, FftKind kind, bool kaldi, LaunchShape shape, const FeatureJob& job) -> Status {
        switch (kind) {
          case FftKind::k400: return run_features<Fft400>(kaldi, shape, job);
          case FftKind::k512: return run_features<Fft512>(kaldi, shape, job);
          case FftKind::k1024: return run_features<Fft1024>(kaldi, shape, job);
          default: return run_features<GenericFft>(kaldi, shape, job);
        }
      },
      [](int, void*, LaunchShape shape, const FinishJob& job) -> Status {
        return run(finish_peak, kFinishThreads, shape, job);
      },
      [](int, void*, LaunchShape shape, const FinishJob& job) -> Status {
        return run(finish_mean, kFinishThreads, shape, job);
      },
      [](int, void*, bool wide, LaunchShape shape, const ResampleJob& job) -> Status {
        return run(wide ? resample_banded<double> : resample_banded<float>, kResampleThreads, shape, job);
      },
      [](int, void*, bool wide, LaunchShape shape, const ResampleJob& job) -> Status {
        return run(wide ? resample_interpolated<double> : resample_interpolated<float>, kResampleThreads, shape, job);
      },
      [](int, void*, LaunchShape shape, const ResampleJob& job) -> Status {
        return run(resample_direct, kResampleThreads, shape, job);
      },
  };
  return api;
}

class EmulatedMachine final : public test::Machine {
 public:
  const DeviceApi& api() const override { return emulated_api(); }
  void* place(const void* data, std::size_t num_bytes) override {
    void* placed = std::malloc(num_bytes);  // exactly: the address sanitizer sees a step beyond
    if (num_bytes > 0) std::memcpy(placed, data, num_bytes);
    return placed;
  }
  void fetch(const void* placed, std::size_t num_bytes, void* data) override {
    if (num_bytes > 0) std::memcpy(data, placed, num_bytes);
  }
  void release(void* placed) override { std::free(placed); }
  void reseed(std::uint32_t seed) override { emulation::set_seed(seed); }
};

}  // namespace

test::Machine& test::machine() {
  static EmulatedMachine machine;
  return machine;
}

}  // namespace tonearm::cuda
