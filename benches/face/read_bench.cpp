// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Decoding per backend and format, into fresh planar float32. WAV is made here; other files are given as arguments
// (`face_read_bench FILE...`) and decoded by every backend that takes them.
// Each row first compares its samples with a reference: the formula for WAV, `auto`'s answer for files.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "benches/wav_file.h"
#include "core/face/read.h"

namespace {

namespace core = tonearm::core;

using tonearm::bench::kChannels;
using tonearm::bench::kRate;
using tonearm::bench::make_wav;
using tonearm::bench::sample_value;

void report_rate(benchmark::State& state, std::int64_t frames, int rate) {
  state.counters["audio_sec_per_sec"] = benchmark::Counter(
      static_cast<double>(frames) / rate * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void decode_wav(benchmark::State& state, const std::string& backend, int bits, int seconds) {
  const std::int64_t frames = std::int64_t{kRate} * seconds;
  const std::string wav = make_wav(bits, frames);
  auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
  core::ReadOptions options;
  options.open.backend = backend;
  auto audio = core::read(*source, options);
  if (!audio) return state.SkipWithError(audio.error().what.c_str());
  for (std::int64_t f = 0; f < frames; ++f) {
    for (int c = 0; c < kChannels; ++c) {
      const auto expected = static_cast<float>(std::ldexp(static_cast<double>(sample_value(f, c, bits)), 1 - bits));
      if (audio->samples.view().channel_as<float>(c)[f] != expected) return state.SkipWithError("wrong sample");
    }
  }
  for (auto _ : state) {
    auto again = core::read(*source, options);
    benchmark::DoNotOptimize(again);
  }
  report_rate(state, frames, kRate);
}

/// One second out of the middle.
void decode_part(benchmark::State& state, int seconds) {
  const std::string wav = make_wav(16, std::int64_t{kRate} * seconds);
  auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
  core::ReadOptions options;
  options.frame_offset = std::int64_t{kRate} * seconds / 2;
  options.num_frames = kRate;
  auto part = core::read(*source, options);
  if (!part || part->samples.num_frames() != kRate) return state.SkipWithError("another length");
  for (int c = 0; c < kChannels; ++c) {
    const double value = std::ldexp(static_cast<double>(sample_value(options.frame_offset, c, 16)), -15);
    if (part->samples.view().channel_as<float>(c)[0] != static_cast<float>(value))
      return state.SkipWithError("wrong sample");
  }
  for (auto _ : state) {
    auto again = core::read(*source, options);
    benchmark::DoNotOptimize(again);
  }
  report_rate(state, kRate, kRate);
}

void decode_file(benchmark::State& state, const std::string& path, const std::string& backend) {
  const auto decode = [&](const std::string& name) {
    core::ReadOptions options;
    options.open.backend = name;
    auto source = core::open_file(path);
    return source ? core::read(**source, options) : core::Result<core::DecodedAudio>(source.error());
  };
  auto reference = decode("");
  auto audio = decode(backend);
  if (!reference || !audio) return state.SkipWithError((reference ? audio : reference).error().what.c_str());
  const std::int64_t frames = reference->samples.num_frames();
  if (audio->samples.num_frames() != frames) return state.SkipWithError("another length than auto's");
  constexpr float kLossyTolerance = 1e-4F;  // two decoders of one lossy codec
  for (int c = 0; c < audio->samples.num_channels(); ++c) {
    const float* ours = audio->samples.view().channel_as<float>(c);
    const float* theirs = reference->samples.view().channel_as<float>(c);
    for (std::int64_t f = 0; f < frames; ++f) {
      if (!(std::abs(ours[f] - theirs[f]) <= kLossyTolerance)) return state.SkipWithError("other samples than auto's");
    }
  }
  for (auto _ : state) {
    auto again = decode(backend);
    benchmark::DoNotOptimize(again);
  }
  report_rate(state, frames, reference->sample_rate);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (const char* backend : {"pcm", "ffmpeg"}) {
    for (const int bits : {16, 24, 32}) {
      for (const int seconds : {1, 60}) {
        const std::string name =
            "decode/wav_pcm" + std::to_string(bits) + "/stereo_44100/" + std::to_string(seconds) + "s/" + backend;
        benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { decode_wav(s, backend, bits, seconds); });
      }
    }
  }
  for (const int seconds : {10, 100}) {
    const std::string name = "decode/wav_pcm16/stereo_44100/1s_of_" + std::to_string(seconds) + "s/pcm";
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { decode_part(s, seconds); });
  }
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    for (const auto& backend : core::default_registry().backends()) {
      const std::string name = "decode/" + path.substr(path.rfind('/') + 1) + "/" + backend->name();
      benchmark::RegisterBenchmark(
          name.c_str(), [=, b = std::string(backend->name())](benchmark::State& s) { decode_file(s, path, b); });
    }
  }
  benchmark::RunSpecifiedBenchmarks();
}
