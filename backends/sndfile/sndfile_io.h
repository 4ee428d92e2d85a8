// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// SF_VIRTUAL_IO over a ByteSource: libsndfile reads our bytes through these callbacks.
// Place in the flow: inside backends/sndfile only, between core/source and libsndfile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backends/sndfile/sndfile_api.h"
#include "core/registry/decoder.h"
#include "core/source/byte_source.h"

namespace tonearm::sndfile {

/// What the callbacks get as their user pointer. Must not move while a file is open over it.
/// libsndfile has no word for "read error": a failed read looks to it like the end, and `error` remembers what it was.
class IoContext {
 public:
  /// Both are borrowed; `stop` may be null.
  IoContext(core::ByteSource& source, core::StopToken* stop) : source_(source), stop_(stop) {}
  IoContext(const IoContext&) = delete;
  IoContext& operator=(const IoContext&) = delete;

  /// Finds the size: asks the source, or reads it to its end once. Call before any file is opened over this.
  core::Result<void> measure();

  std::int64_t size() const { return size_; }
  void rewind() { position_ = 0; }
  const std::optional<core::Error>& error() const { return error_; }

  static SfVirtualIo callbacks();

 private:
  std::int64_t read(std::byte* out, std::int64_t count);
  std::int64_t seek(std::int64_t offset, int whence);

  core::ByteSource& source_;
  core::StopToken* stop_;
  std::int64_t size_ = 0;
  std::int64_t position_ = 0;
  std::vector<std::byte> window_;  ///< read-ahead; libsndfile asks for 8 KiB and less at a time
  std::int64_t window_start_ = 0;
  std::optional<core::Error> error_;
};

}  // namespace tonearm::sndfile
