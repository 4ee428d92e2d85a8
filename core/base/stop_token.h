// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// StopToken: whether a caller still wants what is being done for it.
// Place in the flow: polled by sources, decoders and writers.
#pragma once

#include "core/base/result.h"

namespace tonearm::core {

/// Polled at least every few milliseconds of work, and whenever something of the caller's own returns.
class StopToken {
 public:
  virtual ~StopToken() = default;
  /// An Error (kDeadline, kCancelled) once work should stop.
  virtual Result<void> check() = 0;
};

}  // namespace tonearm::core
