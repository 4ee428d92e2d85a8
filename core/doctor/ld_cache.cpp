// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/ld_cache.h"

#include <cstdint>
#include <cstring>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

constexpr char kNewMagic[] = "glibc-ld.so.cache1.1";  // 20 bytes, no NUL in the file
constexpr char kOldMagic[] = "ld.so-1.7.0";           // 11 bytes; 16-byte header, 12-byte entries
constexpr std::size_t kHeadBytes = 48;
constexpr std::size_t kEntryBytes = 24;
constexpr std::size_t kMaxCacheBytes = 64u << 20;  // real ones are 30 KiB to 1 MiB
constexpr std::uint32_t kExtensionMagic = 0xeaa42174u;
constexpr std::uint32_t kHwcapsTag = 1;
constexpr std::uint64_t kHwcapsBit = 1ull << 62;  // the entry's low word is then an index into the hwcaps names

#if defined(__aarch64__)
constexpr std::uint32_t kOwnFlags = 0x0a03;
#else
constexpr std::uint32_t kOwnFlags = 0x0303;
#endif

/// The file's bytes from the new header on; offsets in the file count from there.
class View {
 public:
  explicit View(std::string_view data) : data_(data) {}
  template <class T>
  bool get(std::uint64_t offset, T* out) const {
    if (offset > data_.size() || sizeof(T) > data_.size() - offset) return false;
    std::memcpy(out, data_.data() + offset, sizeof(T));
    return true;
  }
  std::string_view string_at(std::uint64_t offset) const {
    if (offset >= data_.size()) return {};
    const auto rest = data_.substr(offset);
    const auto end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
  }

 private:
  std::string_view data_;
};

int level_of(std::string_view name) {
  if (name == "x86-64-v2") return 2;
  if (name == "x86-64-v3") return 3;
  if (name == "x86-64-v4") return 4;
  return -1;
}

std::vector<int> read_hwcaps(const View& view) {
  std::vector<int> levels;
  std::uint32_t at = 0;
  std::uint32_t head[2];
  if (!view.get(32, &at) || at == 0 || !view.get(at, &head) || head[0] != kExtensionMagic) return levels;
  for (std::uint32_t i = 0; i < head[1]; ++i) {
    std::uint32_t section[4];  // tag, flags, offset, bytes
    if (!view.get(at + 8 + std::uint64_t{i} * sizeof section, &section)) return levels;
    if (section[0] != kHwcapsTag) continue;
    for (std::uint32_t j = 0; j < section[3] / 4; ++j) {
      std::uint32_t name = 0;
      if (!view.get(section[2] + std::uint64_t{j} * 4, &name)) return levels;
      levels.push_back(level_of(view.string_at(name)));
    }
  }
  return levels;
}

}  // namespace

LdCache LdCache::read(const Bytes& bytes, int cpu_level) {
  LdCache cache;
  if (bytes.size() > kMaxCacheBytes) {
    cache.problem_ = fmt::format("{} bytes, which no real cache has", bytes.size());
    return cache;
  }
  std::string data(bytes.size(), '\0');
  if (!bytes.read_at(0, data.data(), data.size())) {
    cache.problem_ = "it cannot be read";
    return cache;
  }
  std::string_view rest = data;
  if (rest.starts_with(kOldMagic)) {
    std::uint32_t num_old = 0;
    if (!View(rest).get(12, &num_old)) num_old = 0;
    const std::uint64_t end = (16 + std::uint64_t{num_old} * 12 + 7) / 8 * 8;
    rest = end <= rest.size() ? rest.substr(end) : std::string_view();
  }
  std::uint32_t num_entries = 0;
  const View view(rest);
  if (!rest.starts_with(kNewMagic) || !view.get(20, &num_entries)) {
    cache.problem_ = "it is not in the format glibc-ld.so.cache1.1";
    return cache;
  }
  const auto hwcaps = read_hwcaps(view);
  for (std::uint64_t i = 0; i < num_entries; ++i) {
    std::uint32_t entry[4];  // flags, name, path, OS version
    std::uint64_t hwcap = 0;
    const std::uint64_t at = kHeadBytes + i * kEntryBytes;
    if (!view.get(at, &entry) || !view.get(at + sizeof entry, &hwcap)) {
      cache.problem_ = fmt::format("it ends inside entry {} of {}", i, num_entries);
      break;
    }
    if (entry[0] != kOwnFlags) continue;
    int level = 0;
    if ((hwcap & kHwcapsBit) != 0) {
      const auto index = static_cast<std::uint32_t>(hwcap);
      level = index < hwcaps.size() ? hwcaps[index] : -1;
      if (level < 0 || level > cpu_level) continue;
    } else if (hwcap != 0) {
      continue;  // legacy subdirectories, which ldconfig has not written since glibc 2.37 and we never name
    }
    const auto name = view.string_at(entry[1]);
    const auto path = view.string_at(entry[2]);
    if (name.empty() || path.empty()) continue;
    const auto [it, fresh] = cache.entries_.try_emplace(std::string(name), Entry{std::string(path), level});
    if (!fresh && level > it->second.level) it->second = {std::string(path), level};
  }
  return cache;
}

LdCache LdCache::read_file(const std::string& path, int cpu_level) {
  FileProblem problem;
  const auto bytes = open_bytes(path, &problem, nullptr);
  if (bytes) return read(*bytes, cpu_level);
  LdCache cache;
  cache.problem_ = problem.found;
  return cache;
}

const std::string* LdCache::find(const std::string& soname) const {
  const auto it = entries_.find(soname);
  return it == entries_.end() ? nullptr : &it->second.path;
}

std::vector<std::string> LdCache::names_with_prefix(std::string_view prefix) const {
  std::vector<std::string> names;
  for (auto it = entries_.lower_bound(prefix); it != entries_.end() && it->first.starts_with(prefix); ++it) {
    names.push_back(it->first);
  }
  return names;
}

int own_cpu_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v2 =
      __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("ssse3");
  const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return v4 ? 4 : v3 ? 3 : v2 ? 2 : 1;
#else
  return 0;
#endif
}

}  // namespace tonearm::doctor
