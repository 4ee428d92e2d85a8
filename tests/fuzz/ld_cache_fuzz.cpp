// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Any bytes as /etc/ld.so.cache.
#include <cstddef>
#include <cstdint>

#include "core/doctor/ld_cache.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tonearm::doctor;
  const auto cache = LdCache::read(MemoryBytes({reinterpret_cast<const char*>(data), size}), 4);
  (void)cache.find("libc.so.6");
  (void)cache.names_with_prefix("libav");
  return 0;
}
