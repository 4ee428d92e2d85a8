// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a load pays before the first sample: the probe alone, and opening with the header parsed.
#include <benchmark/benchmark.h>

#include <span>
#include <string>
#include <vector>

#include "benches/wav_file.h"
#include "core/registry/registry.h"

namespace {

namespace core = tonearm::core;

constexpr std::int64_t kFrames = 44100;

void probe(benchmark::State& state) {
  const std::string wav = tonearm::bench::make_wav(16, kFrames);
  auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
  const auto first = core::probe(*source);
  if (!first || first->container != core::Container::kRiff) return state.SkipWithError("not seen as WAV");
  for (auto _ : state) {
    auto again = core::probe(*source);
    benchmark::DoNotOptimize(again);
  }
}

void open(benchmark::State& state) {
  const std::string wav = tonearm::bench::make_wav(16, kFrames);
  auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
  std::vector<core::Candidate> passed_over;
  const auto first = core::default_registry().open(*source, {}, passed_over);
  if (!first || first->decoder->info().num_frames != kFrames) return state.SkipWithError("another length");
  for (auto _ : state) {
    auto again = core::default_registry().open(*source, {}, passed_over);
    benchmark::DoNotOptimize(again);
  }
}

BENCHMARK(probe)->Name("probe/wav");
BENCHMARK(open)->Name("open/wav");

}  // namespace

BENCHMARK_MAIN();
