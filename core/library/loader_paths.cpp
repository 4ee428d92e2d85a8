// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/library/loader_paths.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

namespace tonearm::core {
namespace {

// struct cache_file_new and file_entry_new of glibc's sysdeps/generic/dl-cache.h; all offsets count from the magic.
constexpr std::string_view kCacheMagic = "glibc-ld.so.cache1.1";
constexpr std::size_t kCacheHeaderBytes = 48;
constexpr std::size_t kCacheEntryBytes = 24;
constexpr std::size_t kMaxCacheBytes = std::size_t{64} << 20;  // real ones are below 1 MiB

// Low byte 3: an ELF library for glibc; high byte: the ABI.
#if defined(__x86_64__)
constexpr std::uint32_t kCacheFlags = 0x0303;
constexpr const char* kDefaultDirectories[] = {
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"};
#elif defined(__aarch64__)
constexpr std::uint32_t kCacheFlags = 0x0A03;
constexpr const char* kDefaultDirectories[] = {
    "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    "/usr/local/lib"};
#else
constexpr std::uint32_t kCacheFlags = 0x0003;
constexpr const char* kDefaultDirectories[] = {"/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib"};
#endif

std::uint32_t u32_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);  // the cache is in the machine's byte order
  return value;
}

/// The string at `offset`, where it ends within the bytes.
std::optional<std::string_view> string_at(std::span<const std::byte> bytes, std::size_t offset) {
  if (offset >= bytes.size()) return std::nullopt;
  const char* begin = reinterpret_cast<const char*>(bytes.data()) + offset;
  const std::size_t length = strnlen(begin, bytes.size() - offset);
  if (length == bytes.size() - offset) return std::nullopt;
  return std::string_view(begin, length);
}

void add_once(std::vector<std::string>& list, std::string item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(std::move(item));
}

std::vector<std::byte> read_cache_file(const char* path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  if (size <= 0 || static_cast<std::size_t>(size) > kMaxCacheBytes) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.data()), size);
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

}  // namespace

std::vector<std::string> split_path_list(const char* text) {
  std::vector<std::string> parts;
  if (text == nullptr) return parts;
  std::string_view rest(text);
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    if (colon > 0) parts.emplace_back(rest.substr(0, colon));
    rest.remove_prefix(std::min(colon + 1, rest.size()));
  }
  return parts;
}

std::vector<std::string> cache_directories(std::span<const std::byte> cache, const std::string& stem) {
  std::vector<std::string> directories;
  // Distributions that kept the old format for a while put the new one behind it, 8-byte aligned.
  const std::string_view text(reinterpret_cast<const char*>(cache.data()), cache.size());
  const std::size_t start = text.find(kCacheMagic);
  if (start == std::string_view::npos) return directories;
  cache = cache.subspan(start);
  if (cache.size() < kCacheHeaderBytes) return directories;
  const std::size_t fitting = (cache.size() - kCacheHeaderBytes) / kCacheEntryBytes;
  const std::size_t count = std::min<std::size_t>(u32_at(cache, kCacheMagic.size()), fitting);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = kCacheHeaderBytes + i * kCacheEntryBytes;
    if (u32_at(cache, entry) != kCacheFlags) continue;
    const auto name = string_at(cache, u32_at(cache, entry + 4));
    const auto path = string_at(cache, u32_at(cache, entry + 8));
    if (!name || !path || !name->starts_with(stem)) continue;
    const std::size_t slash = path->rfind('/');
    if (slash != std::string_view::npos && slash > 0) add_once(directories, std::string(path->substr(0, slash)));
  }
  return directories;
}

std::vector<std::string> loader_directories(const std::string& stem) {
  std::vector<std::string> directories;
  for (std::string& d : split_path_list(std::getenv("LD_LIBRARY_PATH"))) add_once(directories, std::move(d));
  for (std::string& d : cache_directories(read_cache_file("/etc/ld.so.cache"), stem)) {
    add_once(directories, std::move(d));
  }
  for (const char* d : kDefaultDirectories) add_once(directories, d);
  return directories;
}

}  // namespace tonearm::core
