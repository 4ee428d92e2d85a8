// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// When a caller's time is over: nothing more is asked of its stream, and decoders look often enough. Both are counted;
// no clock is asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>

#include "core/face/read.h"
#include "tests/support/encoded.h"

namespace tonearm::core {
namespace {

using test::SavedAs;

constexpr SavedAs kFormats[] = {{"wav"},  {"aiff"}, {"caf"}, {"flac"}, {"ogg"},
                                {"opus"}, {"mp3"},  {"m4a"}, {"alac"}, {"aac"}};

/// Made once per test process; empty where there is no encoder for it.
const std::vector<std::byte>& encoded(const SavedAs& as, std::int64_t num_frames) {
  static std::map<std::pair<std::string, std::int64_t>, std::vector<std::byte>> cache;
  auto [at, is_new] = cache.try_emplace({as.format, num_frames});
  if (is_new) at->second = test::encode_tones(as, num_frames);
  return at->second;
}

/// A user's stream, and the token of a caller whose time is over when the `last`-th read returns.
class SlowStream final : public StopToken {
 public:
  SlowStream(std::span<const std::byte> bytes, int last) : bytes_(bytes), last_(last) {}

  Result<void> check() override {
    if (num_reads < last_) return {};
    return make_error(ErrorCode::kDeadline, Stage::kDecode, "the deadline has passed");
  }
  std::unique_ptr<ByteSource> source(bool seekable) {
    StreamCallbacks callbacks{this, &SlowStream::read, seekable ? &SlowStream::seek : nullptr,
                              seekable ? &SlowStream::size : nullptr};
    return make_callback_source(callbacks, "<slow>");
  }
  int num_reads = 0;

 private:
  static std::int64_t read(void* context, void* out, std::size_t size) {
    constexpr std::size_t kMost = 2000;
    auto& self = *static_cast<SlowStream*>(context);
    ++self.num_reads;
    const std::size_t count = std::min({size, kMost, self.bytes_.size() - std::min(self.at_, self.bytes_.size())});
    if (count > 0) std::memcpy(out, self.bytes_.data() + self.at_, count);
    self.at_ += count;
    return static_cast<std::int64_t>(count);
  }
  static int seek(void* context, std::uint64_t offset) {
    static_cast<SlowStream*>(context)->at_ = static_cast<std::size_t>(offset);
    return 0;
  }
  static std::int64_t size(void* context) {
    return static_cast<std::int64_t>(static_cast<SlowStream*>(context)->bytes_.size());
  }

  std::span<const std::byte> bytes_;
  int last_;
  std::size_t at_ = 0;
};

/// Each call that reads. Gives the error's code, or 0.
using Call = int (*)(ByteSource&, const ReadOptions&);
struct NamedCall {
  const char* name;
  Call call;
};

template <class T>
int code_of(const Result<T>& result) {
  return result ? 0 : static_cast<int>(result.error().code);
}

int read_in_blocks(ByteSource& source, const ReadOptions& options) {
  auto reader = Reader::open(source, options);
  if (!reader) return code_of(reader);
  if (auto moved = reader->seek(9000); !moved) return code_of(moved);
  while (true) {
    auto block = reader->read(1000);
    if (!block) return code_of(block);
    if (block->samples.num_frames() == 0) return 0;
  }
}

constexpr NamedCall kCalls[] = {
    {"read", [](ByteSource& s, const ReadOptions& o) { return code_of(read(s, o)); }},
    {"info", [](ByteSource& s, const ReadOptions& o) { return code_of(describe(s, o, false)); }},
    {"exact_info", [](ByteSource& s, const ReadOptions& o) { return code_of(describe(s, o, true)); }},
    {"blocks", &read_in_blocks},
};

class AfterTheDeadline : public testing::TestWithParam<SavedAs> {};

TEST_P(AfterTheDeadline, NothingMoreIsAskedOfTheCallersStream) {
  const std::vector<std::byte>& bytes = encoded(GetParam(), 12000);
  if (bytes.empty()) GTEST_SKIP() << "nothing here writes " << GetParam().format;
  for (const auto& [name, call] : kCalls) {
    for (const bool seekable : {true, false}) {
      for (int last = 1;; ++last) {
        SlowStream stream(bytes, last);
        const auto source = stream.source(seekable);
        ReadOptions options;
        options.open.options.stop = &stream;
        const int code = call(*source, options);
        EXPECT_LE(stream.num_reads, last) << name << (seekable ? "" : " of a pipe");
        if (code == 0) break;  // all that it needed was read before
        ASSERT_EQ(code, static_cast<int>(ErrorCode::kDeadline)) << name << " after read " << last;
        ASSERT_LT(last, 10000);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, AfterTheDeadline, testing::ValuesIn(kFormats),
                         [](const testing::TestParamInfo<SavedAs>& info) { return std::string(info.param.format); });

/// Measures how much is decoded between two looks at it.
struct Gap final : StopToken {
  Result<void> check() override {
    const std::int64_t now = decoder == nullptr ? 0 : decoder->num_decoded();
    worst = std::max(worst, now - last);
    last = now;
    return {};
  }
  const Decoder* decoder = nullptr;
  std::int64_t last = 0, worst = 0;
};

class BetweenTwoLooks : public testing::TestWithParam<SavedAs> {};

TEST_P(BetweenTwoLooks, LittleIsDecoded) {
  constexpr std::int64_t kFrames = 48000 * 30;
  constexpr std::int64_t kMost = 1 << 16;  // milliseconds of work for every codec here
  const std::vector<std::byte>& bytes = encoded(GetParam(), kFrames);
  if (bytes.empty()) GTEST_SKIP() << "nothing here writes " << GetParam().format;
  const auto source = make_memory_source(bytes);
  Gap gap;
  OpenRequest request;
  request.options.stop = &gap;
  std::vector<Candidate> passed_over;
  auto opened = default_registry().open(*source, request, passed_over);
  ASSERT_TRUE(opened) << opened.error().message();
  gap.decoder = opened->decoder.get();
  auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 2, 2 * kFrames);
  ASSERT_TRUE(buffer);
  ASSERT_TRUE(opened->decoder->decode(buffer->view()));
  EXPECT_GE(gap.last, kFrames / 2);  // it was looked at on the way
  ASSERT_TRUE(opened->decoder->seek(kFrames / 2));
  ASSERT_TRUE(opened->decoder->seek(100));
  ASSERT_TRUE(opened->decoder->decode(buffer->view()));
  EXPECT_LE(gap.worst, kMost);
}

INSTANTIATE_TEST_SUITE_P(Formats, BetweenTwoLooks, testing::ValuesIn(kFormats),
                         [](const testing::TestParamInfo<SavedAs>& info) { return std::string(info.param.format); });

/// The same where samples are written to a caller's stream.
TEST(AfterTheDeadline, NothingMoreIsGivenToTheCallersStream) {
  struct SlowSink final : StopToken {
    Result<void> check() override {
      if (num_writes < last) return {};
      return make_error(ErrorCode::kDeadline, Stage::kSave, "the deadline has passed");
    }
    int num_writes = 0, last = 1;
  };
  std::vector<float> samples(300000);
  const PlanarView view{reinterpret_cast<std::byte*>(samples.data()), SampleType::kFloat32, 1, 300000, 300000};
  for (const bool seekable : {true, false}) {
    for (int last = 1;; ++last) {
      SlowSink slow;
      slow.last = last;
      OutputCallbacks callbacks;
      callbacks.context = &slow;
      callbacks.write = [](void* context, const void*, std::size_t size) -> std::int64_t {
        ++static_cast<SlowSink*>(context)->num_writes;
        return static_cast<std::int64_t>(std::min<std::size_t>(size, 50000));
      };
      if (seekable) callbacks.seek = [](void*, std::uint64_t) { return 0; };
      const auto sink = make_callback_sink(callbacks, "<slow>");
      EncodeRequest request;
      request.format = "wav";
      request.sample_rate = 48000;
      request.num_channels = 1;
      auto writer = Writer::open(*sink, request, &slow);
      ASSERT_TRUE(writer);
      const auto written = writer->write(view);
      const bool done = written && writer->close();
      EXPECT_LE(slow.num_writes, last);
      if (done) break;
      ASSERT_LT(last, 1000);
    }
  }
}

}  // namespace
}  // namespace tonearm::core
