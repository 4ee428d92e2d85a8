// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Reader of /etc/ld.so.cache (format glibc-ld.so.cache1.1, alone or behind the old format).
// Place in the flow: a table that the walker asks; opens no library.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/doctor/elf_file.h"

namespace tonearm::doctor {

/// Soname to path, best match for this processor first.
class LdCache {
 public:
  /// An unreadable or damaged cache gives an empty table and a reason; the loader goes on without it, too.
  static LdCache read(const Bytes& bytes, int cpu_level);
  static LdCache read_file(const std::string& path, int cpu_level);

  /// Null when the soname is not listed.
  const std::string* find(const std::string& soname) const;
  /// All listed sonames that begin with `prefix`.
  std::vector<std::string> names_with_prefix(std::string_view prefix) const;
  /// Why the table is empty, or "".
  const std::string& problem() const { return problem_; }

 private:
  struct Entry {
    std::string path;
    int level = 0;  // 0 plain, 2 to 4 for glibc-hwcaps/x86-64-v2 to v4
  };
  std::map<std::string, Entry, std::less<>> entries_;
  std::string problem_;
};

/// 1 to 4 for x86-64-v1 to v4; 0 elsewhere.
int own_cpu_level();

}  // namespace tonearm::doctor
