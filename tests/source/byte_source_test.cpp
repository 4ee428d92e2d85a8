// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/source/byte_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace tonearm::core {
namespace {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tonearm-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string read_text(ByteSource& source, std::uint64_t offset, std::size_t size) {
  std::string text(size, '\0');
  auto got = source.read_at(offset, std::as_writable_bytes(std::span(text)));
  EXPECT_TRUE(got) << got.error().message();
  text.resize(got ? *got : 0);
  return text;
}

TEST(FileSource, ReadsAnyRangeAndEndsAtTheEnd) {
  TemporaryDirectory directory;
  std::ofstream(directory.file("a")) << "0123456789";
  auto source = open_file(directory.file("a"));
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ((*source)->size(), 10u);
  EXPECT_EQ(read_text(**source, 3, 4), "3456");
  EXPECT_EQ(read_text(**source, 8, 9), "89");
  EXPECT_EQ(read_text(**source, 10, 1), "");
  EXPECT_EQ(read_text(**source, UINT64_MAX, 1), "");
}

TEST(FileSource, ReadsRangesAcrossTheHeadThatItKeeps) {
  TemporaryDirectory directory;
  std::string all;
  while (all.size() < 10'000) all += std::to_string(all.size());
  std::ofstream(directory.file("a")) << all;
  auto source = open_file(directory.file("a"));
  ASSERT_TRUE(source) << source.error().message();
  for (const std::size_t begin : {0, 1, 4095, 4096, 4097, 9999}) {
    for (const std::size_t size : {0, 1, 2, 4095, 4096, 4097, 20'000}) {
      EXPECT_EQ(read_text(**source, begin, size), all.substr(begin, size)) << begin << " " << size;
    }
  }
}

TEST(FileSource, NamesWhatIsNotAFile) {
  TemporaryDirectory directory;
  auto missing = open_file(directory.file("none.wav"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().subject, directory.file("none.wav"));

  auto folder = open_file(directory.file(""));
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(folder.error().found, "a directory");

  ASSERT_EQ(mkfifo(directory.file("fifo").c_str(), 0600), 0);
  auto fifo = open_file(directory.file("fifo"));  // must not block
  ASSERT_FALSE(fifo);
  EXPECT_EQ(fifo.error().found, "a FIFO");

  auto device = open_file("/dev/zero");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().found, "a character device");

  auto empty = open_file("");
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kInvalidArgument);

  auto url = open_file("https://host/talk.wav");
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(url.error().next.find("fsspec"), std::string::npos);

  std::filesystem::create_symlink("loop", directory.file("loop"));
  auto loop = open_file(directory.file("loop"));
  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().code, ErrorCode::kIo);
}

TEST(FileSource, SpoolsAFifoWhereAllowed) {
  TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.file("fifo").c_str(), 0600), 0);
  const int writer = open(directory.file("fifo").c_str(), O_RDWR);  // a reader too, so that this does not block
  ASSERT_GE(writer, 0);
  ASSERT_EQ(write(writer, "hello", 5), 5);
  auto source = open_file(directory.file("fifo"), true);
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ((*source)->size(), std::nullopt);
  EXPECT_EQ(read_text(**source, 0, 5), "hello");
  EXPECT_EQ(read_text(**source, 1, 2), "el");
  close(writer);
  EXPECT_EQ(read_text(**source, 0, 9), "hello");
}

TEST(FileSource, WaitsForTheFirstWriterOfAFifo) {
  TemporaryDirectory directory;
  ASSERT_EQ(mkfifo(directory.file("fifo").c_str(), 0600), 0);
  auto source = open_file(directory.file("fifo"), true);
  ASSERT_TRUE(source) << source.error().message();
  std::thread writer([&] { std::ofstream(directory.file("fifo")) << "late"; });
  EXPECT_EQ(read_text(**source, 0, 9), "late");
  writer.join();
}

TEST(FileSource, StopsADeviceAtTheLimit) {
  auto zeros = open_file("/dev/zero", true, 1 << 20);
  ASSERT_TRUE(zeros) << zeros.error().message();
  std::array<std::byte, 16> out{};
  EXPECT_TRUE((*zeros)->read_at(100, out));
  auto beyond = (*zeros)->read_at(std::uint64_t{1} << 30, out);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::kLimitReached);
}

/// A stream over a string that hands out `step` bytes at a time and can be told to fail.
struct TestStream {
  std::string text;
  std::size_t step = 3;
  std::uint64_t position = 0;
  bool fails = false;
  int num_seeks = 0;

  static std::int64_t read(void* context, void* out, std::size_t size) {
    auto& self = *static_cast<TestStream*>(context);
    if (self.fails) return -1;
    const std::size_t left = self.text.size() - std::min<std::size_t>(self.text.size(), self.position);
    const std::size_t n = std::min({size, self.step, left});
    std::memcpy(out, self.text.data() + self.position, n);
    self.position += n;
    return static_cast<std::int64_t>(n);
  }
  static int seek(void* context, std::uint64_t offset) {
    auto& self = *static_cast<TestStream*>(context);
    self.position = offset;
    ++self.num_seeks;
    return 0;
  }
  StreamCallbacks callbacks(bool seekable) {
    StreamCallbacks c;
    c.context = this;
    c.read = &read;
    c.seek = seekable ? &seek : nullptr;
    return c;
  }
};

TEST(CallbackSource, TakesShortReadsAndGoesBack) {
  for (const bool seekable : {true, false}) {
    TestStream stream{"abcdefghijklmnopqrstuvwxyz"};
    auto source = make_callback_source(stream.callbacks(seekable), "<stream>");
    EXPECT_EQ(read_text(*source, 20, 4), "uvwx");
    EXPECT_EQ(read_text(*source, 0, 4), "abcd");
    EXPECT_EQ(read_text(*source, 24, 10), "yz");
    EXPECT_EQ(read_text(*source, 26, 1), "");
    if (seekable) {
      EXPECT_LE(stream.num_seeks, 3);
    } else {
      EXPECT_EQ(source->size(), 26u);
    }
  }
}

TEST(CallbackSource, AReadErrorIsNotTheEnd) {
  for (const bool seekable : {true, false}) {
    TestStream stream{"abc"};
    auto source = make_callback_source(stream.callbacks(seekable), "<stream>");
    stream.fails = true;
    std::array<std::byte, 2> out{};
    auto got = source->read_at(0, out);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::kIo);
    EXPECT_EQ(got.error().stage, Stage::kSource);
    stream.fails = false;
    EXPECT_EQ(read_text(*source, 0, 2), "ab");
  }
}

TEST(CallbackSource, RefusesToSpoolMoreThanAllowed) {
  TestStream stream{std::string(1 << 20, 'x'), 1 << 16};
  auto source = make_callback_source(stream.callbacks(false), "<stream>", 1 << 18);
  std::array<std::byte, 1> out{};
  auto got = source->read_at(1 << 19, out);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kLimitReached);
}

TEST(ReadExact, SaysWhereTheSourceEnds) {
  const std::string text = "abc";
  auto source = make_memory_source(std::as_bytes(std::span(text)));
  std::array<std::byte, 4> out{};
  auto got = read_exact(*source, 1, out);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(got.error().byte_offset, 3);
}

}  // namespace
}  // namespace tonearm::core
