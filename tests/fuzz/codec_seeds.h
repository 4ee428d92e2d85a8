// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A tenth of a second in every format that tonearm writes with the libraries that are here.
#pragma once

#include <initializer_list>
#include <vector>

#include "tests/fuzz/seeds.h"
#include "tests/support/encoded.h"

namespace tonearm::test {

/// A seed for drive_decoder of each format that can be written here.
inline std::vector<Seed> make_codec_seeds(std::initializer_list<SavedAs> formats) {
  std::vector<Seed> seeds;
  for (const SavedAs& format : formats) {
    const std::vector<std::byte> bytes = encode_tones(format, 4800);
    if (!bytes.empty()) seeds.push_back(with_prefix(static_cast<std::uint8_t>(seeds.size() * 37), bytes));
  }
  return seeds;
}

}  // namespace tonearm::test
