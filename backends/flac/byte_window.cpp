// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/byte_window.h"

#include <algorithm>
#include <cstring>

namespace tonearm::flac {
namespace {

// A jump reads little (a seek looks at a few frames), going on doubles it up to what stays in the L2 cache.
constexpr std::size_t kFirstRead = std::size_t{32} << 10;
constexpr std::size_t kLargestRead = std::size_t{256} << 10;

}  // namespace

core::Result<Bytes> ByteWindow::at(std::uint64_t offset, std::size_t want) {
  if (!contents_.empty()) {
    return offset >= contents_.size() ? Bytes{} : contents_.subspan(static_cast<std::size_t>(offset));
  }
  // Never more than there is: a short file needs neither a large buffer nor a read that finds its end.
  const std::optional<std::uint64_t> size = source_.size();
  const std::uint64_t left = !size ? UINT64_MAX : *size > offset ? *size - offset : 0;
  want = static_cast<std::size_t>(std::min<std::uint64_t>(want, left));
  const bool inside = offset >= begin_ && offset <= begin_ + filled_;
  const std::size_t skipped = inside ? static_cast<std::size_t>(offset - begin_) : filled_;
  std::size_t kept = filled_ - skipped;
  if (inside && kept >= want) return Bytes(buffer_).subspan(skipped, kept);

  ahead_ = inside && filled_ > 0 ? std::min(ahead_ * 2, kLargestRead) : kFirstRead;
  const auto needed = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(want, kept + ahead_), left));
  if (kept > 0) std::memmove(buffer_.data(), buffer_.data() + skipped, kept);
  if (buffer_.size() < needed) buffer_.resize(needed);
  begin_ = offset;
  filled_ = kept;
  auto got = source_.read_at(offset + kept, std::span(buffer_).subspan(kept, needed - kept));
  if (!got) return got.error();
  filled_ += *got;
  return Bytes(buffer_).first(filled_);
}

}  // namespace tonearm::flac
