// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/sink/byte_sink.h"

namespace tonearm::core {
namespace {

/// Codec libraries write pages of 4 KiB and frames of 400 bytes; a system call or a step into Python costs more.
constexpr std::size_t kGatherBytes = std::size_t{64} << 10;

}  // namespace

Result<void> ByteSink::write_at(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (error_) return *error_;
  const bool follows = offset == pending_offset_ + pending_.size();
  if (!follows || pending_.size() + bytes.size() > kGatherBytes) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  if (bytes.size() >= kGatherBytes) return keep(put(offset, bytes));
  if (pending_.empty()) pending_offset_ = offset;
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<void> ByteSink::commit() {
  if (error_) return *error_;
  if (auto flushed = flush(); !flushed) return flushed;
  return keep(finish());
}

Result<void> ByteSink::flush() {
  if (pending_.empty()) return {};
  Result<void> result = keep(put(pending_offset_, pending_));
  pending_.clear();
  return result;
}

Result<void> ByteSink::keep(Result<void> result) {
  if (!result) error_ = result.error();
  return result;
}

}  // namespace tonearm::core
