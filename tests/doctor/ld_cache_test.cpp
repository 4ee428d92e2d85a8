// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/ld_cache.h"

#include <random>

#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

TEST(LdCache, KnowsTheCLibrary) {
  const auto cache = LdCache::read_file("/etc/ld.so.cache", own_cpu_level());
  if (!cache.problem().empty()) GTEST_SKIP() << "no /etc/ld.so.cache here: " << cache.problem();
  const auto* path = cache.find("libc.so.6");
  ASSERT_NE(path, nullptr);
  EXPECT_TRUE(std::filesystem::exists(*path));
  EXPECT_EQ(cache.find("libnope.so.9"), nullptr);
  for (const auto& name : cache.names_with_prefix("libc.so.")) EXPECT_TRUE(name.starts_with("libc.so."));
}

TEST(LdCache, TakesForeignBytesAsEmpty) {
  for (const std::string data : {"", "g", "glibc-ld.so.cache1.1", "ld.so-1.7.0", "hello"}) {
    const auto cache = LdCache::read(MemoryBytes(data), 4);
    EXPECT_FALSE(cache.problem().empty()) << data;
    EXPECT_EQ(cache.find("libc.so.6"), nullptr);
  }
}

TEST(LdCache, SurvivesCutsAndDamage) {
  const auto data = slurp("/etc/ld.so.cache");
  if (data.empty()) GTEST_SKIP() << "no /etc/ld.so.cache here";
  for (std::size_t size = 0; size < data.size(); size += 97) {
    (void)LdCache::read(MemoryBytes(std::string_view(data).substr(0, size)), 4);
  }
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    auto broken = data;
    for (int i = 0; i < 8; ++i)
      broken[random() % std::min<std::size_t>(broken.size(), 256)] = static_cast<char>(random());
    (void)LdCache::read(MemoryBytes(broken), 4);
  }
}

}  // namespace
}  // namespace tonearm::doctor
