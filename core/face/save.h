// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Writer: the whole line from planar samples to a file, in blocks.
// Place in the flow: above registry and sink; under the C ABI.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/audio/planar.h"
#include "core/registry/encoder.h"
#include "core/sink/byte_sink.h"

namespace tonearm::core {

/// One file being written. It exists once close() has succeeded; destroyed before that, or after an error, it leaves
/// what was there before. Belongs to one thread at a time.
class Writer {
 public:
  /// Borrows `sink`, and `stop` (may be null), which is polled between blocks.
  /// Errors: those of resolve_target and open_encoder.
  static Result<Writer> open(ByteSink& sink, const EncodeRequest& request, StopToken* stop);

  /// The next frames, any number, of the announced type and channel count.
  /// Errors: the encoder's and the sink's; kInvalidArgument (another shape, or closed); kCancelled, kDeadline.
  Result<void> write(const PlanarView& in);

  /// Completes the file. Errors: the encoder's and the sink's; kInvalidArgument where an earlier write failed.
  Result<void> close();

  const std::string& backend() const { return opened_.backend; }
  const EncodeTarget& target() const { return target_; }
  std::int64_t num_frames() const { return num_frames_; }
  std::vector<std::string> warnings() const;
  std::int64_t num_non_finite() const { return non_finite_.count; }  ///< where EncodeRequest has them counted

 private:
  enum class State { kOpen, kFailed, kClosed };
  Writer() = default;
  Result<void> check_open() const;
  Result<void> write_block(const PlanarView& in);

  ByteSink* sink_ = nullptr;
  StopToken* stop_ = nullptr;
  EncodeTarget target_;
  OpenedEncoder opened_;
  std::int64_t num_frames_ = 0;
  NonFiniteTally non_finite_;
  std::vector<std::byte> zeroed_;  ///< a block without what is not finite
  State state_ = State::kOpen;
};

}  // namespace tonearm::core
