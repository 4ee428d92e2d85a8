// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// HeaderWalk: from header to header of a stream without an index, through one window of its source.
// Place in the flow: beside the probe, under what counts and finds packets by their headers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/registry/decoder.h"

namespace tonearm::core {

class HeaderWalk {
 public:
  /// Borrows the source, and `stop` (may be null), which is polled at each window.
  HeaderWalk(ByteSource& source, std::uint64_t at, StopToken* stop) : source_(source), at_(at), stop_(stop) {}

  std::uint64_t at() const { return at_; }
  void skip(std::size_t bytes) { at_ += bytes; }

  /// The bytes at the present place, as many of `wanted` as there are; valid until the next call.
  Result<std::span<const std::byte>> look(std::size_t wanted) {
    if (at_ < window_begin_ || at_ + wanted > window_begin_ + window_.size()) {
      if (stop_ != nullptr) {
        if (auto go_on = stop_->check(); !go_on) return go_on.error();
      }
      window_.resize(kWindowBytes);
      auto got = source_.read_at(at_, window_);
      if (!got) return got.error();
      window_.resize(*got);
      window_begin_ = at_;
    }
    const auto rest = std::span<const std::byte>(window_).subspan(static_cast<std::size_t>(at_ - window_begin_));
    return rest.first(std::min(rest.size(), wanted));
  }

 private:
  static constexpr std::size_t kWindowBytes = 64 << 10;  ///< read at once

  ByteSource& source_;
  std::uint64_t at_;
  StopToken* stop_;
  std::vector<std::byte> window_;
  std::uint64_t window_begin_ = 0;
};

}  // namespace tonearm::core
