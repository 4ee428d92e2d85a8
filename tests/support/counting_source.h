// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A source in memory that counts what is read of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "core/source/byte_source.h"

namespace tonearm::test {

class CountingSource final : public core::ByteSource {
 public:
  explicit CountingSource(std::string bytes) : ByteSource("<counted>"), bytes_(std::move(bytes)) {}
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::size_t from = std::min<std::size_t>(offset, bytes_.size());
    const std::size_t count = std::min(out.size(), bytes_.size() - from);
    std::copy_n(reinterpret_cast<const std::byte*>(bytes_.data()) + from, count, out.data());
    num_read += count;
    return count;
  }
  std::optional<std::uint64_t> size() const override { return bytes_.size(); }
  std::size_t num_read = 0;  ///< bytes

 private:
  std::string bytes_;
};

}  // namespace tonearm::test
