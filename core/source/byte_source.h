// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// ByteSource: where encoded bytes come from. Files (pread), memory, callbacks.
// Place in the flow: the first stop; knows nothing of formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/base/stop_token.h"

namespace tonearm::core {

/// Random access to bytes. One object belongs to one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Reads into `out` from `offset`. Returns the number of bytes read; fewer than out.size() only at the end of the
  /// source (short reads of the medium are retried inside). An offset at or past the end gives 0. A read error is an
  /// Error, never taken for the end.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;

  /// Total bytes, where it can be known without reading everything.
  virtual std::optional<std::uint64_t> size() const = 0;

  /// The whole source in memory (stable while the source lives), or an empty span where it is not.
  virtual std::span<const std::byte> contents() const { return {}; }

  /// Whether read_at may be called by several threads at once after all (`threads` of a read needs it).
  virtual bool reads_concurrently() const { return false; }

  /// Polled before each step that may take its time: a read of a user's stream, a wait for a FIFO. Null, as at first:
  /// nothing is. Borrowed until the next call. Reads that are stopped return the token's error.
  virtual void set_stop(StopToken*) {}

  /// What errors call it: the path, or "<bytes>", "<file object>".
  const std::string& name() const { return name_; }

 protected:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}

 private:
  std::string name_;
};

/// C callbacks of a user's stream. `read` returns bytes read, 0 at the end, -1 on failure. `seek` is absolute and
/// returns 0 or -1; null where the stream cannot seek. `size` returns -1 where unknown; may be null.
struct StreamCallbacks {
  void* context = nullptr;
  std::int64_t (*read)(void* context, void* out, std::size_t size) = nullptr;
  int (*seek)(void* context, std::uint64_t offset) = nullptr;
  std::int64_t (*size)(void* context) = nullptr;
};

/// Opens a regular file. Refuses directories, FIFOs, sockets and devices with kInvalidArgument, naming what it is;
/// `allow_special` spools a FIFO or device into memory instead (up to `max_bytes`). A URL gets a hint.
/// Errors: kNotFound, kPermission, kIo, kInvalidArgument, kLimitReached.
Result<std::unique_ptr<ByteSource>> open_file(const std::string& path, bool allow_special = false,
                                              std::uint64_t max_bytes = UINT64_MAX);

/// Borrows `data` for the life of the source.
std::unique_ptr<ByteSource> make_memory_source(std::span<const std::byte> data, std::string name = "<bytes>");

/// A seekable stream is read where it is asked; one that cannot seek is spooled into memory as it is read, up to
/// `max_bytes` (kLimitReached past it).
std::unique_ptr<ByteSource> make_callback_source(const StreamCallbacks& callbacks, std::string name,
                                                 std::uint64_t max_bytes = UINT64_MAX);

/// Reads exactly out.size() bytes or says kCorruptData ("ends at byte n").
Result<void> read_exact(ByteSource& source, std::uint64_t offset, std::span<std::byte> out);

}  // namespace tonearm::core
