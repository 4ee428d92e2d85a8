// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The directories that the system's loader would search, without asking it.
// Place in the flow: inside core/library only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace tonearm::core {

/// Splits at ':' and drops empty parts (to the loader an empty part is the current directory; a codec library is never
/// taken from there).
std::vector<std::string> split_path_list(const char* text);

/// Directories of the libraries in a glibc cache file (format "glibc-ld.so.cache1.1") that are for this machine and
/// whose name begins with `stem`; in the cache's order, each once. Damaged or foreign bytes give fewer or none.
std::vector<std::string> cache_directories(std::span<const std::byte> cache, const std::string& stem);

/// LD_LIBRARY_PATH, then the directories that /etc/ld.so.cache gives for `stem`, then the default ones; each once.
std::vector<std::string> loader_directories(const std::string& stem);

}  // namespace tonearm::core
