// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What the sources of the C ABI share: the error object, and the guard that lets no exception out.
// Place in the flow: inside core/face only.
#pragma once

#include <exception>
#include <map>
#include <new>
#include <string>
#include <utility>

#include "core/audio/non_finite.h"
#include "core/base/result.h"
#include "tonearm/tonearm.h"

struct tonearm_error {
  tonearm::core::Error error;
  std::string message;
  std::map<std::string, std::string> finding;  ///< the fields of error.finding
};

namespace tonearm::core {

/// The texts of a finding's JSON by field; lists are joined by " -> ". Anything else gives none.
std::map<std::string, std::string> finding_fields(const std::string& json);

inline tonearm_code fail(Error error, tonearm_error** out) {
  const auto code = static_cast<tonearm_code>(error.code);
  if (out != nullptr) {
    std::string message = error.message();
    auto finding = finding_fields(error.finding);
    *out = new (std::nothrow) tonearm_error{std::move(error), std::move(message), std::move(finding)};
  }
  return code;
}

/// Runs `body`, a callable that returns Result<void>, and turns every way of failing into a code.
template <class Body>
tonearm_code guarded(tonearm_error** error, const Body& body) {
  try {
    Result<void> result = body();
    return result ? TONEARM_OK : fail(std::move(result.error()), error);
  } catch (const std::bad_alloc&) {
    return fail(make_error(ErrorCode::kOutOfMemory, Stage::kDecode, "out of memory"), error);
  } catch (const std::exception& e) {
    return fail(make_error(ErrorCode::kInternal, Stage::kDecode, "internal error", {}, {}, e.what()), error);
  }
}

/// `value` as a tonearm_non_finite.
inline Result<NonFinite> to_non_finite(int value) {
  if (value >= TONEARM_NON_FINITE_UNCHECKED && value <= TONEARM_NON_FINITE_REFUSE) return static_cast<NonFinite>(value);
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: non_finite", "non_finite",
                    "a tonearm_non_finite", std::to_string(value));
}

inline Error null_argument(const char* name) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: " + std::string(name), name,
                    "a pointer", "null");
}

}  // namespace tonearm::core
