// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Which backend decodes what, and why: the table behind `auto`. Exactness decides before speed.
// Place in the flow: data for core/registry; docs/contract.md prints it.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/registry/probe.h"

namespace tonearm::core {

struct PolicyRow {
  const char* family;                      ///< "PCM", "FLAC", ... for people
  std::vector<Container> containers;       ///< empty: any
  std::vector<Codec> codecs;               ///< empty: any
  std::vector<std::string_view> backends;  ///< in order of preference
  const char* reason;                      ///< what was measured
  /// Backends that are shown a file at most; the others stand in for absent ones.
  int most_asked = 8;
};

/// All rows; the first that matches applies, and the last one matches everything.
std::span<const PolicyRow> policy_table();

/// The row for what the probe saw.
const PolicyRow& policy_for(const ProbeResult& probe);

}  // namespace tonearm::core
