// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// TONEARM_EXPECT=ffmpeg,sndfile,torch: what this machine promises to have. Tests skip without such a component, so one
// test for each fails where a promised one is absent.
#pragma once

#include <cstdlib>
#include <string>

namespace tonearm::test {

inline bool expects(const std::string& component) {
  const char* list = std::getenv("TONEARM_EXPECT");
  return list != nullptr && ("," + std::string(list) + ",").find("," + component + ",") != std::string::npos;
}

}  // namespace tonearm::test
