// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A user's stream. Headers are completed at the end, so a stream that cannot seek gets its bytes at commit().
#include "core/sink/byte_sink.h"

namespace tonearm::core {
namespace {

Error stream_error(const std::string& name, std::uint64_t offset, const char* action, std::string found) {
  Error error = make_error(ErrorCode::kIo, Stage::kSave, "cannot " + std::string(action) + " " + name, name, {},
                           std::move(found));
  error.byte_offset = static_cast<std::int64_t>(offset);
  return error;
}

Result<void> write_all(const OutputCallbacks& callbacks, const std::string& name, std::uint64_t offset,
                       std::span<const std::byte> bytes, StopToken* stop) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    if (stop != nullptr) {
      if (auto go_on = stop->check(); !go_on) return go_on;
    }
    const std::size_t wanted = bytes.size() - done;
    const std::int64_t taken = callbacks.write(callbacks.context, bytes.data() + done, wanted);
    if (taken <= 0) return stream_error(name, offset + done, "write to", "the stream's own write failed");
    if (static_cast<std::uint64_t>(taken) > wanted) {
      return stream_error(name, offset + done, "write to", "its write took more bytes than it was given");
    }
    done += static_cast<std::size_t>(taken);
  }
  return {};
}

class SeekableStreamSink final : public ByteSink {
 public:
  SeekableStreamSink(const OutputCallbacks& callbacks, std::string name)
      : ByteSink(std::move(name)), callbacks_(callbacks) {}
  void set_stop(StopToken* stop) override { stop_ = stop; }

 private:
  Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) override {
    if (auto moved = move_to(offset); !moved) return moved;
    if (auto written = write_all(callbacks_, name(), offset, bytes, stop_); !written) return written;
    position_ = offset + bytes.size();
    end_ = std::max(end_, position_);
    return {};
  }
  Result<void> finish() override { return move_to(end_); }

  Result<void> move_to(std::uint64_t offset) {
    if (offset == position_) return {};
    if (callbacks_.seek(callbacks_.context, offset) != 0) {
      return stream_error(name(), offset, "seek in", "the stream's own seek failed");
    }
    position_ = offset;
    return {};
  }

  OutputCallbacks callbacks_;
  StopToken* stop_ = nullptr;
  std::uint64_t position_ = 0;
  std::uint64_t end_ = 0;
};

class SpooledStreamSink final : public ByteSink {
 public:
  SpooledStreamSink(const OutputCallbacks& callbacks, std::string name)
      : ByteSink(std::move(name)), callbacks_(callbacks) {}
  void set_stop(StopToken* stop) override { stop_ = stop; }

 private:
  Result<void> put(std::uint64_t offset, std::span<const std::byte> bytes) override {
    return spool_.write_at(offset, bytes);
  }
  Result<void> finish() override {
    if (auto complete = spool_.commit(); !complete) return complete;
    return write_all(callbacks_, name(), 0, spool_.contents(), stop_);
  }

  OutputCallbacks callbacks_;
  StopToken* stop_ = nullptr;
  MemorySink spool_;
};

}  // namespace

std::unique_ptr<ByteSink> make_callback_sink(const OutputCallbacks& callbacks, std::string name) {
  if (callbacks.seek == nullptr) return std::make_unique<SpooledStreamSink>(callbacks, std::move(name));
  return std::make_unique<SeekableStreamSink>(callbacks, std::move(name));
}

}  // namespace tonearm::core
