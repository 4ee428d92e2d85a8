// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/codec_decoder.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "backends/ffmpeg/log_capture.h"
#include "backends/ffmpeg/sample_copy.h"

namespace tonearm::ffmpeg {
namespace {

using core::Error;
using core::ErrorCode;
using core::PlanarView;
using core::Result;
using core::Stage;

constexpr int kMaxDamageLines = 8;   ///< warnings about damaged packets that are spelled out
constexpr int kMaxDrainErrors = 64;  ///< a decoder that fails this often while draining has nothing more

}  // namespace

CodecDecoder::CodecDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, const core::OpenOptions& options)
    : keep_(std::move(api)),
      api_(*keep_),
      source_(source),
      options_(options),
      codec_(nullptr, CodecDeleter{&api_}),
      packet_(nullptr, PacketDeleter{&api_}),
      frame_(nullptr, FrameDeleter{&api_}) {}

Error CodecDecoder::failure(ErrorCode code, Stage stage, const std::string& found) const {
  const char* doing = stage == Stage::kOpen ? "cannot open \"" : "cannot decode \"";
  return core::make_error(code, stage, doing + source_.name() + "\" (" + subject() + ") with FFmpeg", source_.name(),
                          {}, found);
}

Error CodecDecoder::no_such_stream(int num_streams) const {
  Error error =
      failure(ErrorCode::kInvalidArgument, Stage::kArguments, "stream_index " + std::to_string(options_.stream_index));
  error.needed = "an audio stream from 0 to " + std::to_string(num_streams - 1);
  return error;
}

Result<void> CodecDecoder::check_num_channels() const {
  if (info_.num_channels <= options_.limits.max_channels) return {};
  return failure(ErrorCode::kLimitReached, Stage::kOpen,
                 std::to_string(info_.num_channels) + " channels; at most " +
                     std::to_string(options_.limits.max_channels) + " are allowed");
}

Result<void> CodecDecoder::note_damage(const std::string& what) {
  char at[64] = {};
  const int rate = std::max(info_.sample_rate, 1);
  std::snprintf(at, sizeof at, " at %.3f s", static_cast<double>(std::max<std::int64_t>(position_, 0)) / rate);
  if (options_.strict) return failure(ErrorCode::kCorruptData, Stage::kDecode, what + at);
  ++damages_;
  if (damages_ <= kMaxDamageLines) warn(what + at);
  if (damages_ == kMaxDamageLines + 1) warn("more damage, not listed, from" + std::string(at + 3));
  return {};
}

Result<void> CodecDecoder::note_early_end(std::int64_t end) {
  if (position_ >= end) return {};
  const std::string text = "ends after frame " + std::to_string(position_) + " of " + std::to_string(end);
  if (options_.strict) return failure(ErrorCode::kCorruptData, Stage::kDecode, text);
  warn(text);
  return {};
}

Result<void> CodecDecoder::check_target(std::int64_t frame) const {
  if (frame >= 0) return {};
  return core::make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "cannot seek to a negative frame",
                          source_.name(), "a frame >= 0", std::to_string(frame));
}

void CodecDecoder::drop_frame() {
  api_.av_frame_unref(frame_.get());
  frame_begin_ = frame_end_ = 0;
}

Result<void> CodecDecoder::send_packet() {
  const int status = api_.avcodec_send_packet(codec_.get(), packet_.get());
  api_.av_packet_unref(packet_.get());
  if (status == -ENOMEM) return failure(ErrorCode::kOutOfMemory, Stage::kDecode, api_.error_text(status));
  if (status < 0) return note_damage("damaged packet (" + api_.error_text(status) + ")");
  return {};
}

Result<bool> CodecDecoder::next_frame() {
  drop_frame();
  int drain_errors = 0;
  while (!ended_ && !has_samples()) {
    const int status = is_complete() ? kErrorEof : api_.avcodec_receive_frame(codec_.get(), frame_.get());
    if (status == 0) {
      if (auto accepted = accept_frame(); !accepted) return accepted.error();
    } else if (status == -EAGAIN && !draining_) {
      // A packet may hold several frames: only when the decoder asks for more does it get more.
      if (auto fed = feed_packet(); !fed) return fed.error();
    } else if (status == -ENOMEM) {
      return failure(ErrorCode::kOutOfMemory, Stage::kDecode, api_.error_text(status));
    } else if (status == kErrorEof || status == -EAGAIN || (draining_ && ++drain_errors == kMaxDrainErrors)) {
      const auto more = next_part();
      ended_ = !more || !*more;
      if (!more) return more.error();
      drain_errors = 0;
    } else if (auto noted = note_damage("damaged audio (" + api_.error_text(status) + ")"); !noted) {
      return noted.error();
    }
  }
  return has_samples();
}

Result<std::int64_t> CodecDecoder::decode(const PlanarView& out) {
  if (out.num_channels != info_.num_channels || !supports(out.type)) {
    return core::make_error(ErrorCode::kInternal, Stage::kDecode, "output of the wrong type or number of channels");
  }
  const LogCapture log;
  std::int64_t written = 0;
  while (written < out.num_frames) {
    if (!has_samples()) {
      auto more = next_frame();
      if (!more) return more.error();
      if (!*more) break;
    }
    const FrameView frame(*api_.layout, frame_.get());
    const std::int64_t count = std::min(frame_end_ - frame_begin_, out.num_frames - written);
    copy_samples(frame.format(), frame.planes(), frame_begin_, out.slice(written, count));
    frame_begin_ += count;
    position_ += count;
    written += count;
  }
  return written;
}

Result<void> CodecDecoder::skip_to(std::int64_t frame) {
  while (place() < frame) {
    if (!has_samples()) {
      auto more = next_frame();
      if (!more) return more.error();
      if (!*more) return {};
      continue;  // it may stand elsewhere
    }
    const std::int64_t count = std::min(frame_end_ - frame_begin_, frame - place());
    frame_begin_ += count;
    position_ += count;
  }
  return {};
}

}  // namespace tonearm::ffmpeg
