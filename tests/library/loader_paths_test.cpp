// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/library/loader_paths.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>

namespace tonearm::core {
namespace {

#if defined(__aarch64__)
constexpr std::uint32_t kFlags = 0x0A03;
#else
constexpr std::uint32_t kFlags = 0x0303;
#endif

void put32(std::string& bytes, std::uint32_t value) { bytes.append(reinterpret_cast<const char*>(&value), 4); }

/// A cache with one entry; `count` and the offsets are free to lie.
std::string cache(std::uint32_t count, const std::string& name, const std::string& path, std::uint32_t flags = kFlags,
                  std::uint32_t shift = 0) {
  std::string bytes = "glibc-ld.so.cache1.1";
  put32(bytes, count);
  put32(bytes, static_cast<std::uint32_t>(name.size() + path.size() + 2));
  bytes.resize(48, '\0');
  put32(bytes, flags);
  put32(bytes, 72 + shift);
  put32(bytes, static_cast<std::uint32_t>(72 + name.size() + 1) + shift);
  bytes.resize(72, '\0');
  return bytes + name + '\0' + path + '\0';
}

std::vector<std::string> directories(const std::string& bytes) {
  return cache_directories(std::as_bytes(std::span(bytes)), "libx");
}

TEST(LoaderPaths, SplitsAndDropsEmptyParts) {
  EXPECT_EQ(split_path_list("/a::/b:"), (std::vector<std::string>{"/a", "/b"}));
  EXPECT_TRUE(split_path_list("").empty());
  EXPECT_TRUE(split_path_list(nullptr).empty());
}

TEST(LoaderPaths, ReadsACacheAlsoBehindTheOldFormat) {
  const std::string whole = cache(1, "libx.so.1", "/opt/x/libx.so.1");
  EXPECT_EQ(directories(whole), std::vector<std::string>{"/opt/x"});
  EXPECT_EQ(directories("ld.so-1.7.0....." + whole), std::vector<std::string>{"/opt/x"});
}

TEST(LoaderPaths, PassesOverOtherLibrariesAndOtherMachines) {
  EXPECT_TRUE(directories(cache(1, "liby.so.1", "/opt/x/liby.so.1")).empty());
  EXPECT_TRUE(directories(cache(1, "libx.so.1", "/opt/x/libx.so.1", 0x0803)).empty());
}

TEST(LoaderPaths, LyingCountsAndOffsetsStayWithinTheBytes) {
  EXPECT_EQ(directories(cache(0xFFFFFFFF, "libx.so.1", "/opt/x/libx.so.1")).size(), 1u);
  EXPECT_TRUE(directories(cache(1, "libx.so.1", "/opt/x/libx.so.1", kFlags, 0x7FFFFFFF)).empty());
  const std::string whole = cache(1, "libx.so.1", "/opt/x/libx.so.1");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_TRUE(directories(whole.substr(0, length)).empty()) << length;
  }
}

TEST(LoaderPaths, RandomBytesDoNoHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = cache(3, "libx.so.1", "/opt/x/libx.so.1");
    for (int flip = 0; flip < 8; ++flip) bytes[20 + random() % (bytes.size() - 20)] = static_cast<char>(random());
    for (const std::string& d : directories(bytes)) EXPECT_LE(d.size(), bytes.size());
  }
}

}  // namespace
}  // namespace tonearm::core
