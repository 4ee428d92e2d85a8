// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Many threads at once, each over other files: every one gets what a single thread gets. What the sanitizer for threads
// (preset tsan) is to look at: the first use of each backend comes from many threads, too.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "core/face/read.h"
#include "tests/support/encoded.h"
#include "tests/support/md5.h"

namespace tonearm::core {
namespace {

constexpr int kThreads = 64;
constexpr int kReadsOfEach = 20;

/// What a read gives: a sum of the samples, or the error's text.
std::string outcome(const std::vector<std::byte>& bytes, std::int64_t offset) {
  const auto source = make_memory_source(bytes);
  ReadOptions options;
  options.frame_offset = offset;
  auto audio = read(*source, options);
  if (!audio) return audio.error().what;
  const PlanarView view = audio->samples.view();
  test::Md5 md5;
  for (int c = 0; c < view.num_channels; ++c) {
    md5.add({view.channel(c), static_cast<std::size_t>(view.num_frames) * sample_bytes(view.type)});
  }
  return md5.hex();
}

TEST(Threads, EachGetsWhatOneGets) {
  constexpr std::int64_t kFrames = 20000;
  std::vector<std::vector<std::byte>> files;
  for (const char* format : {"wav", "aiff", "caf", "flac", "ogg", "opus", "mp3", "m4a", "alac", "aac"}) {
    const std::vector<std::byte> bytes = test::encode_tones({format}, kFrames);
    if (bytes.empty()) continue;  // nothing here writes it
    files.push_back(bytes);
    files.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2));
  }
  constexpr std::int64_t kOffsets[] = {0, 9000};
  struct Done {
    std::size_t file;
    std::int64_t offset;
    std::string result;
  };
  std::vector<std::vector<Done>> done(kThreads);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < kReadsOfEach; ++i) {
        const std::size_t file = random() % files.size();
        const std::int64_t offset = kOffsets[random() % 2];
        done[t].push_back({file, offset, outcome(files[file], offset)});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& reads : done) {
    for (const Done& read : reads) {
      EXPECT_EQ(read.result, outcome(files[read.file], read.offset)) << "file " << read.file;
    }
  }
}

}  // namespace
}  // namespace tonearm::core
