// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/base/result.h"

#include <algorithm>

namespace tonearm::core {

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kUnsupportedFormat: return "unsupported_format";
    case ErrorCode::kCorruptData: return "corrupt_data";
    case ErrorCode::kLimitReached: return "limit_reached";
    case ErrorCode::kMissingDependency: return "missing_dependency";
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kPermission: return "permission";
    case ErrorCode::kDeadline: return "deadline";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kOutOfMemory: return "out_of_memory";
    case ErrorCode::kCuda: return "cuda";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::kArguments: return "arguments";
    case Stage::kSource: return "source";
    case Stage::kProbe: return "probe";
    case Stage::kOpen: return "open";
    case Stage::kDecode: return "decode";
    case Stage::kConvert: return "convert";
    case Stage::kSave: return "save";
    case Stage::kDependency: return "dependency";
  }
  return "open";
}

std::string Error::message() const {
  std::string text = what;
  std::size_t width = 0;
  for (const Candidate& c : candidates) width = std::max(width, c.backend.size());
  for (const Candidate& c : candidates) {
    text += "\n  " + c.backend + std::string(width - c.backend.size() + 2, ' ') + c.verdict + ": " + c.reason;
  }
  if (!needed.empty()) text += "\n  needed: " + needed;
  if (!found.empty()) text += "\n  found: " + found;
  if (!next.empty()) text += "\n  next: " + next;
  return text;
}

}  // namespace tonearm::core
