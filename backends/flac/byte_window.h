// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// ByteWindow: a stretch of a source in memory that moves along with the decoder.
// Place in the flow: between core/source and the frame feeds. Sources that lie in memory are not copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/flac/metadata.h"
#include "core/source/byte_source.h"

namespace tonearm::flac {

class ByteWindow {
 public:
  explicit ByteWindow(core::ByteSource& source) : source_(source), contents_(source.contents()) {}

  /// The bytes from `offset` on, at least `want` of them unless the source ends before. Valid until the next call.
  core::Result<Bytes> at(std::uint64_t offset, std::size_t want);

  std::optional<std::uint64_t> source_size() const { return source_.size(); }
  core::ByteSource& source() const { return source_; }

 private:
  core::ByteSource& source_;
  Bytes contents_;
  std::vector<std::byte> buffer_;
  std::uint64_t begin_ = 0;  ///< offset of buffer_[0]
  std::size_t filled_ = 0;   ///< bytes of buffer_ that hold data
  std::size_t ahead_ = 0;    ///< bytes to read at once
};

}  // namespace tonearm::flac
