// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What a request pays, once per process, before it opens a codec library; what the doctor's whole check of the same
// library costs; and, for scale, the dlopen that either stands before. All with the files in the page cache.
#include <benchmark/benchmark.h>
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/doctor/doctor.h"

namespace {

using namespace tonearm::doctor;

/// The newest copy of this system, or "".
std::string find(const char* stem, int newest, int oldest) {
  for (int major = newest; major >= oldest; --major) {
    auto path = Walker(LoaderEnvironment::of_process()).find_soname(stem + std::to_string(major), Severity::kNote);
    if (!path.empty()) return path;
  }
  return {};
}

const std::string& library_of(benchmark::State& state) {
  static const std::string libraries[] = {find("libsndfile.so.", 1, 1), find("libavformat.so.", 63, 58)};
  const auto& path = libraries[state.range(0)];
  state.SetLabel(path);
  if (path.empty()) state.SkipWithError("this system has no such library");
  return path;
}

void check_before_request(benchmark::State& state) {
  const auto& path = library_of(state);
  for (auto _ : state) {
    if (!check_before_opening({path})) state.SkipWithError("refused");
  }
}

void check_whole(benchmark::State& state) {
  const auto& path = library_of(state);
  for (auto _ : state) {
    Walker walker(LoaderEnvironment::of_process());
    walker.add_root(path);
    walker.check_closure();
    if (!walker.findings().empty()) state.SkipWithError("it has findings");
    state.counters["objects"] = static_cast<double>(walker.objects().size());
  }
}

/// In a child each time, as a process opens a library once; the child's own clock is reported.
void open_library(benchmark::State& state) {
  const auto& path = library_of(state);
  for (auto _ : state) {
    int ends[2];
    double seconds = 0;
    if (::pipe(ends) != 0) return state.SkipWithError("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
      const auto start = std::chrono::steady_clock::now();
      void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (handle == nullptr) seconds = 0;
      ::_exit(::write(ends[1], &seconds, sizeof seconds) == sizeof seconds ? 0 : 1);
    }
    ::close(ends[1]);
    const bool told = ::read(ends[0], &seconds, sizeof seconds) == sizeof seconds;
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    if (!told || seconds == 0) state.SkipWithError("the child could not open it");
    state.SetIterationTime(seconds);
  }
}

BENCHMARK(check_before_request)->ArgName("ffmpeg")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(check_whole)->ArgName("ffmpeg")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(open_library)->ArgName("ffmpeg")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
