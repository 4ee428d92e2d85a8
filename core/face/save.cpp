// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/face/save.h"

#include <algorithm>
#include <utility>

namespace tonearm::core {
namespace {

constexpr std::int64_t kBlockFrames = 1 << 16;  ///< between two looks at the StopToken: milliseconds of work

}  // namespace

Result<Writer> Writer::open(ByteSink& sink, const EncodeRequest& request, StopToken* stop) {
  auto target = resolve_target(request, sink.name());
  if (!target) return target.error();
  auto opened = open_encoder(default_registry(), sink, *target);
  if (!opened) return opened.error();
  Writer writer;
  writer.sink_ = &sink;
  writer.stop_ = stop;
  writer.target_ = std::move(*target);
  writer.opened_ = std::move(*opened);
  sink.set_stop(stop);
  return writer;
}

Result<void> Writer::check_open() const {
  if (state_ == State::kOpen) return {};
  const bool closed = state_ == State::kClosed;
  return make_error(ErrorCode::kInvalidArgument, Stage::kSave,
                    "\"" + sink_->name() + "\" " + (closed ? "is closed already" : "was given up after an error"),
                    sink_->name(), "an open writer");
}

Result<void> Writer::write(const PlanarView& in) {
  if (auto open = check_open(); !open) return open;
  const EncodeRequest& request = target_.request;
  if (in.num_channels != request.num_channels || in.type != request.type || in.num_frames < 0) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "cannot write samples of another shape",
                      "samples", std::to_string(request.num_channels) + " channels of the announced type",
                      std::to_string(in.num_channels) + " channels");
  }
  state_ = State::kFailed;  // until all of it is written
  for (std::int64_t begin = 0; begin < in.num_frames; begin += kBlockFrames) {
    if (stop_ != nullptr) {
      if (auto go = stop_->check(); !go) return go;
    }
    const PlanarView block = in.slice(begin, std::min(kBlockFrames, in.num_frames - begin));
    if (auto written = write_block(block); !written) return written;
    num_frames_ += block.num_frames;
  }
  state_ = State::kOpen;
  return {};
}

/// The caller's samples are not ours to change: a block with some to zero is copied.
Result<void> Writer::write_block(const PlanarView& in) {
  const NonFinite rule = target_.request.non_finite;
  if (rule == NonFinite::kUnchecked) return opened_.encoder->encode(in);
  const NonFiniteTally found = find_non_finite(in, false);
  if (found.count == 0) return opened_.encoder->encode(in);
  if (rule == NonFinite::kRefuse) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "cannot save \"" + sink_->name() + "\"",
                      "samples", "finite samples (non_finite)", found.describe(num_frames_), "have them zeroed");
  }
  non_finite_.add(found, num_frames_);
  if (rule == NonFinite::kKeep) return opened_.encoder->encode(in);
  const std::size_t channel_bytes = static_cast<std::size_t>(in.num_frames) * sample_bytes(in.type);
  zeroed_.resize(channel_bytes * static_cast<std::size_t>(in.num_channels));
  const PlanarView copy{zeroed_.data(), in.type, in.num_channels, in.num_frames, in.num_frames};
  copy_frames(in, copy);
  find_non_finite(copy, true);
  return opened_.encoder->encode(copy);
}

std::vector<std::string> Writer::warnings() const {
  std::vector<std::string> all = opened_.encoder->warnings();
  if (non_finite_.count > 0) {
    const bool zeroed = target_.request.non_finite == NonFinite::kZero;
    all.push_back(non_finite_.describe(0) + (zeroed ? "; they were written as 0" : ""));
  }
  return all;
}

Result<void> Writer::close() {
  if (auto open = check_open(); !open) return open;
  state_ = State::kFailed;
  if (auto finished = opened_.encoder->finish(); !finished) return finished;
  if (auto committed = sink_->commit(); !committed) return committed;
  state_ = State::kClosed;
  return {};
}

}  // namespace tonearm::core
