// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Conversion and deinterleaving of stereo samples to planar float32, per encoding and set of kernels, into memory that
// is warm (recycled) or new to the process (fresh, which is what a load into a new tensor pays).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "benches/wav_file.h"
#include "core/audio/sample_convert.h"

namespace {

namespace core = tonearm::core;
using core::SampleEncoding;
using tonearm::bench::kChannels;

constexpr std::int64_t kFrames = std::int64_t{1} << 20;

core::RawLayout stereo(SampleEncoding encoding) { return {encoding, false, kChannels}; }

void convert(benchmark::State& state, const core::SampleKernels& kernels, SampleEncoding encoding, int bits,
             bool fresh) {
  const std::string samples = tonearm::bench::make_samples(bits, kFrames);
  const auto raw = std::as_bytes(std::span(samples));
  auto buffer = core::PlanarBuffer::allocate(core::SampleType::kFloat32, kChannels, kFrames);
  if (!buffer || !core::convert_samples_with(kernels, stereo(encoding), raw, buffer->view())) {
    return state.SkipWithError("cannot convert");
  }
  for (std::int64_t f = 0; f < kFrames; ++f) {
    for (int c = 0; c < kChannels; ++c) {
      const double value = std::ldexp(static_cast<double>(tonearm::bench::sample_value(f, c, bits)), 1 - bits);
      if (buffer->view().channel_as<float>(c)[f] != static_cast<float>(value))
        return state.SkipWithError("wrong sample");
    }
  }
  for (auto _ : state) {
    if (fresh) buffer = core::PlanarBuffer::allocate(core::SampleType::kFloat32, kChannels, kFrames);
    auto done = core::convert_samples_with(kernels, stereo(encoding), raw, buffer->view());
    benchmark::DoNotOptimize(done);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}

}  // namespace

int main(int argc, char** argv) {
  struct Row {
    const char* name;
    SampleEncoding encoding;
    int bits;
  };
  for (const core::SampleKernels* kernels : core::sample_kernels()) {
    for (const Row& row :
         {Row{"s16", SampleEncoding::kS16, 16}, {"s24", SampleEncoding::kS24, 24}, {"s32", SampleEncoding::kS32, 32}}) {
      for (const bool fresh : {false, true}) {
        const std::string name = std::string("convert/") + row.name + "/stereo/" + core::kernels_name(*kernels) +
                                 (fresh ? "/fresh" : "/recycled");
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State& s) { convert(s, *kernels, row.encoding, row.bits, fresh); });
      }
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
