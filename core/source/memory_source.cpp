// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <cstring>

#include "core/source/byte_source.h"

namespace tonearm::core {
namespace {

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::span<const std::byte> data, std::string name) : ByteSource(std::move(name)), data_(data) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= data_.size()) return std::size_t{0};
    const std::size_t n = std::min(out.size(), data_.size() - static_cast<std::size_t>(offset));
    if (n > 0) std::memcpy(out.data(), data_.data() + offset, n);
    return n;
  }
  std::optional<std::uint64_t> size() const override { return data_.size(); }
  std::span<const std::byte> contents() const override { return data_; }
  bool reads_concurrently() const override { return true; }

 private:
  std::span<const std::byte> data_;
};

}  // namespace

std::unique_ptr<ByteSource> make_memory_source(std::span<const std::byte> data, std::string name) {
  return std::make_unique<MemorySource>(data, std::move(name));
}

}  // namespace tonearm::core
