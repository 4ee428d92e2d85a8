// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Error and Result<T>: how every room inside tonearm reports failure.
// Place in the flow: below everything; knows nothing of audio. Exceptions exist only at the public edge.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tonearm::core {

/// What the caller would do next. The numbers are part of the C ABI (tonearm_code in tonearm.h).
enum class ErrorCode : int {
  kNotFound = 1,
  kUnsupportedFormat = 2,
  kCorruptData = 3,
  kLimitReached = 4,
  kMissingDependency = 5,
  kInvalidArgument = 6,
  kIo = 7,
  kPermission = 8,
  kDeadline = 9,
  kCancelled = 10,
  kOutOfMemory = 11,
  kCuda = 12,
  kInternal = 13,
};

/// "not_found", "corrupt_data", ...; stable words for JSON and for Python.
const char* error_code_name(ErrorCode code);

/// Where on the line from bytes to tensor it happened.
enum class Stage : int { kArguments = 1, kSource, kProbe, kOpen, kDecode, kConvert, kSave, kDependency };

/// "arguments", "source", "probe", ...
const char* stage_name(Stage stage);

/// What one backend said about one request. All are kept and all are shown.
struct Candidate {
  std::string backend;  ///< "pcm", "flac", "soundfile", "ffmpeg"
  std::string verdict;  ///< "declined" (not its format), "absent" (library missing), "failed" (tried, could not)
  std::string reason;   ///< one line
};

/// One failure, in the order a person reads it: what failed, what was needed, what was found, what to do.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  Stage stage = Stage::kOpen;
  std::string what;                   ///< what failed, one line, e.g. `cannot decode "talk.m4a"`; never empty
  std::string subject;                ///< the file, library, argument or symbol at fault
  std::string needed;                 ///< may be empty
  std::string found;                  ///< may be empty
  std::string next;                   ///< a command or an action; may be empty
  std::int64_t byte_offset = -1;      ///< where in the source, or -1
  std::vector<Candidate> candidates;  ///< for "no backend accepted it"
  std::string finding;                ///< JSON of the doctor's finding that explains it, or empty

  /// The whole text: headline, candidates, needed, found, next.
  std::string message() const;
};

/// Shorthand for the common case.
inline Error make_error(ErrorCode code, Stage stage, std::string what, std::string subject = {},
                        std::string needed = {}, std::string found = {}, std::string next = {}) {
  Error e;
  e.code = code;
  e.stage = stage;
  e.what = std::move(what);
  e.subject = std::move(subject);
  e.needed = std::move(needed);
  e.found = std::move(found);
  e.next = std::move(next);
  return e;
}

/// Either a value or an Error. Test with `if (!result)`, then `result.error()`.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}  // NOLINT: implicit by design

  explicit operator bool() const { return !failed_; }
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace tonearm::core
