// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CallerStop: a caller's deadline and its wish to stop, as decoders poll them.
// Place in the flow: made per request by the C ABI and by core/batch.
#pragma once

#include <chrono>
#include <string>

#include "core/registry/decoder.h"

namespace tonearm::core {

/// The deadline runs from construction, or from restart(). `should_stop` returns nonzero to cancel; it may be null.
class CallerStop final : public StopToken {
 public:
  CallerStop(int (*should_stop)(void*), void* context, double limit_sec)
      : should_stop_(should_stop), context_(context), limit_sec_(limit_sec) {}

  /// For objects that live longer than a call: each call has the whole time.
  void restart() { start_ = std::chrono::steady_clock::now(); }

  Result<void> check() override {
    if (should_stop_ != nullptr && should_stop_(context_) != 0) {
      return make_error(ErrorCode::kCancelled, Stage::kDecode, "cancelled by the caller");
    }
    if (limit_sec_ > 0 && std::chrono::steady_clock::now() - start_ > std::chrono::duration<double>(limit_sec_)) {
      return make_error(ErrorCode::kDeadline, Stage::kDecode, "the deadline has passed", "deadline",
                        "at most " + std::to_string(limit_sec_) + " s", "more", "raise the deadline, or read a part");
    }
    return {};
  }

 private:
  int (*should_stop_)(void*);
  void* context_;
  double limit_sec_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace tonearm::core
