// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/face/slices.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

namespace tonearm::core {
namespace {

/// Ends all slices once one of them cannot be used. The caller's own token is asked by the calling thread alone.
class SliceStop final : public StopToken {
 public:
  SliceStop(std::atomic<bool>& stopped, StopToken* caller) : stopped_(stopped), caller_(caller) {}

  Result<void> check() override {
    if (caller_ != nullptr) {
      if (auto go_on = caller_->check(); !go_on) {
        error_ = go_on.error();
        stopped_ = true;
      }
    }
    if (stopped_) return make_error(ErrorCode::kCancelled, Stage::kDecode, "another slice could not be used");
    return {};
  }
  /// What the caller's token said.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::atomic<bool>& stopped_;
  StopToken* caller_;
  std::optional<Error> error_;
};

class Slices {
 public:
  Slices(const OpenedStream& opened, ByteSource& source, const OpenRequest& request, std::int64_t offset,
         const PlanarView& out, int num_slices)
      : opened_(opened), source_(source), request_(request), offset_(offset), out_(out), num_slices_(num_slices) {
    request_.backend = opened.backend;
  }

  Result<bool> decode() {
    std::vector<std::jthread> threads;
    SliceStop stop(stopped_, request_.options.stop);
    for (int i = 1; i < num_slices_; ++i) {
      try {
        threads.emplace_back([this, i] {
          SliceStop others_stop(stopped_, nullptr);
          run(i, others_stop);
          const std::lock_guard lock(mutex_);
          ++num_ended_;
          ended_.notify_one();
        });
      } catch (const std::system_error&) {  // the system has no thread left
        run(i, stop);
        const std::lock_guard lock(mutex_);
        ++num_ended_;
      }
    }
    run(0, stop);
    constexpr auto kPollEvery = std::chrono::milliseconds(5);
    for (std::unique_lock lock(mutex_); num_ended_ < num_slices_ - 1;) {
      ended_.wait_for(lock, kPollEvery);
      lock.unlock();
      (void)stop.check();
      lock.lock();
    }
    threads.clear();  // joins
    if (stop.error()) return *stop.error();
    return !stopped_;
  }

 private:
  void run(int index, SliceStop& stop) {
    const std::int64_t begin = out_.num_frames * index / num_slices_;
    const std::int64_t end = out_.num_frames * (index + 1) / num_slices_;
    try {
      if (!fill(begin, end - begin, stop)) stopped_ = true;
    } catch (const std::exception&) {  // out of memory: the plain way needs less
      stopped_ = true;
    }
  }

  bool fill(std::int64_t begin, std::int64_t count, SliceStop& stop) {
    OpenRequest request = request_;
    request.options.stop = &stop;
    std::vector<Candidate> passed_over;
    auto opened = default_registry().open(source_, request, passed_over);
    if (!opened) return false;
    Decoder& decoder = *opened->decoder;
    if (!decoder.seek(offset_ + begin)) return false;
    auto got = decoder.decode(out_.slice(begin, count));
    return got && *got == count && decoder.warnings().size() == opened_.decoder->warnings().size();
  }

  const OpenedStream& opened_;
  ByteSource& source_;
  OpenRequest request_;
  std::int64_t offset_;
  PlanarView out_;
  int num_slices_;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  int num_ended_ = 0;  ///< of the slices but the caller's, guarded by mutex_
};

}  // namespace

Result<bool> decode_slices(const OpenedStream& opened, ByteSource& source, const OpenRequest& request,
                           std::int64_t offset, const PlanarView& out, int threads) {
  const std::int64_t most = std::max<std::int64_t>(out.num_frames / kLeastSliceFrames, 1);
  const auto num_slices = static_cast<int>(std::min<std::int64_t>(threads, most));
  return Slices(opened, source, request, offset, out, num_slices).decode();
}

}  // namespace tonearm::core
