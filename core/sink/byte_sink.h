// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// ByteSink: where encoded bytes go. A file that is replaced whole or not at all, memory, callbacks.
// Place in the flow: the last stop of save(); knows nothing of formats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/stop_token.h"

namespace tonearm::core {

/// Takes bytes at any offset up to the end of what it has, and keeps them only once commit() succeeds. One object
/// belongs to one thread at a time.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  /// Writes all of `bytes` at `offset`, which is at most the number of bytes so far. Small pieces are gathered, so an
  /// error may come from an earlier call's bytes. After an error every further call returns it again.
  Result<void> write_at(std::uint64_t offset, std::span<const std::byte> bytes);

  /// What was written becomes the file. Nothing may be written afterwards. A sink that is destroyed before that leaves
  /// no trace, except for what a callback sink has passed on already.
  Result<void> commit();

  /// Polled before each write of a user's stream. Null, as at first: nothing is. Borrowed until the next call.
  virtual void set_stop(StopToken*) {}

  /// The first error of this sink, for encoders that only hear "it failed" from a C library.
  const std::optional<Error>& error() const { return error_; }

  /// What errors call it: the path, or "<memory>", "<file object>".
  const std::string& name() const { return name_; }

 protected:
  explicit ByteSink(std::string name) : name_(std::move(name)) {}

 private:
  virtual Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual Result<void> finish() = 0;
  Result<void> flush();
  Result<void> keep(Result<void> result);

  std::string name_;
  std::vector<std::byte> pending_;
  std::uint64_t pending_offset_ = 0;
  std::optional<Error> error_;
};

/// C callbacks of a user's stream. `write` returns the bytes taken (short writes are normal) or -1 on failure. `seek`
/// is absolute and returns 0 or -1; null where the stream cannot seek: its bytes are then held back until commit().
struct OutputCallbacks {
  void* context = nullptr;
  std::int64_t (*write)(void* context, const void* data, std::size_t size) = nullptr;
  int (*seek)(void* context, std::uint64_t offset) = nullptr;
};

/// Writes a temporary file beside `path`; commit() syncs it to the disk and renames it over `path`, keeping the mode
/// and (where allowed) the owner of a file that was there. A symbolic link stays one: the file it names is replaced.
/// Errors: kNotFound (no such directory), kPermission, kIo, kInvalidArgument (a directory, FIFO, device or URL).
Result<std::unique_ptr<ByteSink>> create_file(const std::string& path);

/// Keeps the bytes; they are complete after commit().
class MemorySink final : public ByteSink {
 public:
  MemorySink() : ByteSink("<memory>") {}
  std::span<const std::byte> contents() const { return bytes_; }

 private:
  Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) override;
  Result<void> finish() override { return {}; }

  std::vector<std::byte> bytes_;
};

std::unique_ptr<ByteSink> make_callback_sink(const OutputCallbacks& callbacks, std::string name);

}  // namespace tonearm::core
