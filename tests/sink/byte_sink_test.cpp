// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Sinks: all or nothing, whatever goes wrong.
#include "core/sink/byte_sink.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tonearm::core {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tonearm-sink-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = (directory_ / "out.wav").string();
  }
  void TearDown() override { fs::remove_all(directory_); }

  void write_old(const std::string& text = "the old file") { std::ofstream(path_) << text; }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  fs::path directory_;
  std::string path_;
};

TEST_F(FileSinkTest, TheFileAppearsWholeAtCommit) {
  write_old();
  auto sink = create_file(path_);
  ASSERT_TRUE(sink) << sink.error().message();
  ASSERT_TRUE((*sink)->write_at(0, as_bytes("....world")));
  ASSERT_TRUE((*sink)->write_at(0, as_bytes("new ")));
  EXPECT_EQ(content(), "the old file");
  ASSERT_TRUE((*sink)->commit());
  EXPECT_EQ(content(), "new world");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileSinkTest, LargeAndSmallPiecesKeepTheirPlaces) {
  const std::string large(200'000, 'x');
  auto sink = create_file(path_);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, as_bytes("head")));
  ASSERT_TRUE((*sink)->write_at(4, as_bytes(large)));
  ASSERT_TRUE((*sink)->write_at(4 + large.size(), as_bytes("tail")));
  ASSERT_TRUE((*sink)->write_at(0, as_bytes("HEAD")));
  ASSERT_TRUE((*sink)->commit());
  EXPECT_EQ(content(), "HEAD" + large + "tail");
}

TEST_F(FileSinkTest, WithoutCommitNothingHappened) {
  write_old();
  {
    auto sink = create_file(path_);
    ASSERT_TRUE(sink);
    ASSERT_TRUE((*sink)->write_at(0, as_bytes("new")));
  }
  EXPECT_EQ(content(), "the old file");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileSinkTest, KeepsTheModeAndFollowsLinks) {
  write_old();
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  const std::string link = (directory_ / "link.wav").string();
  fs::create_symlink("out.wav", link);
  auto sink = create_file(link);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->write_at(0, as_bytes("new")));
  ASSERT_TRUE((*sink)->commit());
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(content(), "new");
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(FileSinkTest, ANewFileHasTheProcessesMode) {
  const mode_t mask = umask(027);
  auto sink = create_file(path_);
  umask(mask);
  ASSERT_TRUE(sink);
  ASSERT_TRUE((*sink)->commit());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(FileSinkTest, ANameAsLongAsNamesCanBe) {
  auto sink = create_file((directory_ / std::string(255, 'n')).string());
  ASSERT_TRUE(sink) << sink.error().message();
  EXPECT_TRUE((*sink)->commit());
}

TEST_F(FileSinkTest, WhatCannotBeReplacedIsRefused) {
  EXPECT_EQ(create_file("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(create_file(directory_.string()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(create_file("/dev/null").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(create_file((directory_ / "none" / "out.wav").string()).error().code, ErrorCode::kNotFound);
}

TEST_F(FileSinkTest, AFullDiskLeavesTheOldFile) {
  write_old();
  // The limit on file sizes stands in for a full disk: the same call fails in the same way.
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const rlimit limit{100'000, old_limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  {
    auto sink = create_file(path_);
    ASSERT_TRUE(sink);
    auto written = (*sink)->write_at(0, as_bytes(std::string(200'000, 'x')));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kIo);
    EXPECT_EQ(written.error().byte_offset, 100'000);
    EXPECT_FALSE((*sink)->commit());
  }
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content(), "the old file");
  EXPECT_EQ(files(), 1u);
}

TEST_F(FileSinkTest, AKilledProcessLeavesTheOldFile) {
  write_old();
  const pid_t child = fork();
  if (child == 0) {
    auto sink = create_file(path_);
    if (sink && (*sink)->write_at(0, as_bytes(std::string(100'000, 'x')))) raise(SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(content(), "the old file");
}

TEST(MemorySinkTest, KeepsWhatWasWrittenWhere) {
  MemorySink sink;
  ASSERT_TRUE(sink.write_at(0, as_bytes("0123456789")));
  ASSERT_TRUE(sink.write_at(2, as_bytes("ab")));
  ASSERT_TRUE(sink.commit());
  const std::string text(reinterpret_cast<const char*>(sink.contents().data()), sink.contents().size());
  EXPECT_EQ(text, "01ab456789");
}

/// A user's stream that takes at most 3 bytes a call and fails once it holds `room`.
struct Stream {
  std::string data;
  std::size_t position = 0;
  std::size_t room = SIZE_MAX;

  static std::int64_t write(void* context, const void* bytes, std::size_t size) {
    auto& self = *static_cast<Stream*>(context);
    if (self.position >= self.room) return -1;
    const std::size_t taken = std::min<std::size_t>(size, 3);
    self.data.resize(std::max(self.data.size(), self.position + taken));
    self.data.replace(self.position, taken, static_cast<const char*>(bytes), taken);
    self.position += taken;
    return static_cast<std::int64_t>(taken);
  }
  static int seek(void* context, std::uint64_t offset) {
    static_cast<Stream*>(context)->position = offset;
    return 0;
  }
};

TEST(CallbackSinkTest, AStreamThatSeeksIsLeftAtItsEnd) {
  Stream stream;
  auto sink = make_callback_sink({&stream, Stream::write, Stream::seek}, "<stream>");
  ASSERT_TRUE(sink->write_at(0, as_bytes("....world")));
  ASSERT_TRUE(sink->write_at(0, as_bytes("new ")));
  ASSERT_TRUE(sink->commit());
  EXPECT_EQ(stream.data, "new world");
  EXPECT_EQ(stream.position, 9u);
}

TEST(CallbackSinkTest, AStreamThatCannotSeekGetsItsBytesInOrder) {
  Stream stream;
  auto sink = make_callback_sink({&stream, Stream::write, nullptr}, "<stream>");
  ASSERT_TRUE(sink->write_at(0, as_bytes("....world")));
  ASSERT_TRUE(sink->write_at(0, as_bytes("new ")));
  EXPECT_EQ(stream.data, "");
  ASSERT_TRUE(sink->commit());
  EXPECT_EQ(stream.data, "new world");
}

TEST(CallbackSinkTest, AFailureStays) {
  Stream stream;
  stream.room = 6;
  auto sink = make_callback_sink({&stream, Stream::write, Stream::seek}, "<stream>");
  auto written = sink->write_at(0, as_bytes(std::string(100'000, 'x')));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::kIo);
  EXPECT_EQ(written.error().byte_offset, 6);
  stream.room = SIZE_MAX;
  EXPECT_FALSE(sink->write_at(0, as_bytes("x")));
  EXPECT_FALSE(sink->commit());
}

}  // namespace
}  // namespace tonearm::core
