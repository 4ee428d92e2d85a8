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
    auto written = opened_.encoder->encode(in.slice(begin, std::min(kBlockFrames, in.num_frames - begin)));
    if (!written) return written;
  }
  num_frames_ += in.num_frames;
  state_ = State::kOpen;
  return {};
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
