// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ogg_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "backends/ffmpeg/log_capture.h"
#include "backends/ffmpeg/sample_copy.h"

namespace tonearm::ffmpeg {
namespace {

using core::ErrorCode;
using core::FramesKind;
using core::Result;
using core::SampleType;
using core::Stage;

// Opus predicts each frame's energies from the one before, so that a start in the middle comes close by a factor of 2
// to 10 for every frame. It has come close enough where starts half a second and a second before agree; a packet with
// much prediction takes longer.
constexpr std::int64_t kOpusPreRollFrames = 24000;
constexpr std::int64_t kMostOpusPreRollFrames = 8 * kOpusPreRollFrames;
constexpr std::int64_t kTailFrames = 1920;  // compared: two packets of 20 ms
constexpr float kTolerance = 1e-6F;         // of the tail's peak

bool is_audio(const core::OggLink& link, std::span<const std::byte> packet) {
  // Vorbis marks what is no audio in the lowest bit; libavcodec calls it damage.
  return !packet.empty() && (link.is_opus || (std::to_integer<unsigned>(packet[0]) & 1) == 0);
}

/// What libavcodec wants to know first: OpusHead as it is; the headers of Vorbis, their sizes in Xiph's lacing in
/// front.
std::vector<std::byte> make_extradata(const core::OggLink& link) {
  if (link.is_opus) return link.headers[0];
  std::vector<std::byte> out{std::byte{2}};
  for (int i = 0; i < 2; ++i) {
    std::size_t size = link.headers[static_cast<std::size_t>(i)].size();
    for (; size >= 255; size -= 255) out.push_back(std::byte{255});
    out.push_back(static_cast<std::byte>(size));
  }
  for (const auto& header : link.headers) out.insert(out.end(), header.begin(), header.end());
  return out;
}

}  // namespace

OggDecoder::OggDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, core::OggStream stream,
                       const core::OpenOptions& options)
    : CodecDecoder(std::move(api), source, options), stream_(std::move(stream)) {}

Result<std::unique_ptr<core::Decoder>> OggDecoder::open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                        core::OggStream stream, const core::OpenOptions& options) {
  const LogCapture log;
  std::unique_ptr<OggDecoder> decoder(new OggDecoder(std::move(api), source, std::move(stream), options));
  decoder->packet_.reset(decoder->api_.av_packet_alloc());
  decoder->frame_.reset(decoder->api_.av_frame_alloc());
  if (!decoder->packet_ || !decoder->frame_) return decoder->out_of_memory(Stage::kOpen);
  if (auto described = decoder->describe(); !described) return described.error();
  if (auto started = decoder->start_at(decoder->stream_.start_of(0)); !started) return started.error();
  return std::unique_ptr<core::Decoder>(std::move(decoder));
}

Result<void> OggDecoder::describe() {
  const core::OggLink& link = stream_.links().front();
  if (options_.stream_index > 0 || options_.stream_index < -1) return no_such_stream(1);
  info_.sample_rate = link.sample_rate;
  info_.num_channels = link.num_channels;
  if (auto checked = check_num_channels(); !checked) return checked;
  info_.num_frames = stream_.num_frames();
  info_.frames_kind = stream_.frames_kind();
  info_.encoding = link.is_opus ? "OPUS" : "VORBIS";
  info_.container = "ogg";
  info_.tags = stream_.tags();
  if (stream_.truncation().empty()) return {};
  if (options_.strict) return failure(ErrorCode::kCorruptData, Stage::kOpen, stream_.truncation());
  warn(stream_.truncation());
  return {};
}

Result<void> OggDecoder::open_codec() {
  const void* descriptor = api_.avcodec_descriptor_get_by_name(link().is_opus ? "opus" : "vorbis");
  int id = 0;  // the descriptor's first member
  if (descriptor != nullptr) std::memcpy(&id, descriptor, sizeof id);
  const AVCodec* codec = descriptor == nullptr ? nullptr : api_.avcodec_find_decoder(id);
  if (codec == nullptr) {
    return failure(ErrorCode::kUnsupportedFormat, Stage::kOpen,
                   "FFmpeg " + api_.version + " has no decoder for " + info_.encoding);
  }
  codec_.reset(api_.avcodec_alloc_context3(codec));
  const ParametersHandle parameters(api_.avcodec_parameters_alloc(), ParametersDeleter{&api_});
  const std::vector<std::byte> extra = make_extradata(link());
  std::uint8_t* block = padded_copy(api_, extra);
  if (!codec_ || !parameters || block == nullptr) {
    api_.av_free(block);
    return out_of_memory(Stage::kOpen);
  }
  const ParametersView view(*api_.layout, parameters.get());
  view.set_extradata(block, static_cast<int>(extra.size()));
  view.set_audio_codec(id);
  view.set_sample_rate(link().sample_rate);
  view.set_num_channels(link().num_channels);
  int status = api_.avcodec_parameters_to_context(codec_.get(), parameters.get());
  if (status >= 0) {
    CodecView(*api_.layout, codec_.get()).set_thread_count(1);
    Dictionary options(api_);
    options.set("flags2", "+skip_manual");  // what is skipped is ours to count
    status = api_.avcodec_open2(codec_.get(), codec, options.address());
  }
  if (status < 0) return failure(ErrorCode::kCorruptData, Stage::kOpen, api_.error_text(status));
  codec_link_ = entry_.link;
  return {};
}

Result<void> OggDecoder::start_at(const core::OggEntry& entry) {
  drop_frame();
  entry_ = entry;
  position_ = entry.frame;
  num_fed_ = 0;
  draining_ = ended_ = false;
  packets_.emplace(core::OggPages(source_, entry.byte, link().end, options_.stop), link().serial);
  if (codec_link_ != entry.link) return open_codec();
  api_.avcodec_flush_buffers(codec_.get());
  return {};
}

/// Takes of frame_ what lies within the link.
Result<void> OggDecoder::accept_frame() {
  const FrameView frame(*api_.layout, frame_.get());
  const core::OggLink& link = this->link();
  const std::int64_t count = frame.num_frames();
  count_decoded(std::max<std::int64_t>(count, 0));
  // Newer releases hand out the first Vorbis packet's block, which has nothing to overlap with: not audio.
  if (count <= 0 || (!link.is_opus && num_fed_ == 1)) return {};
  const bool fits = frame.sample_rate() == info_.sample_rate && frame.num_channels() == info_.num_channels &&
                    sample_type_of(frame.format()) == SampleType::kFloat32;
  const std::int64_t before = position_;
  position_ += count;
  if (!fits) {
    if (before != entry_.frame) return {};  // said already
    return note_damage("the stream changes to " + std::to_string(frame.sample_rate()) + " Hz, " +
                       std::to_string(frame.num_channels()) + " channels; audio left out");
  }
  frame_begin_ = std::clamp<std::int64_t>(link.first_frame - before, 0, count);
  frame_end_ = count;
  if (link.is_marked) {
    frame_end_ = std::clamp<std::int64_t>(link.first_frame + link.num_frames - before, frame_begin_, count);
  }
  if (has_samples()) position_ = before + frame_begin_;
  return {};
}

Result<void> OggDecoder::feed_packet() {
  if (options_.stop != nullptr) {
    if (auto go_on = options_.stop->check(); !go_on) return go_on;
  }
  std::optional<core::OggPacket> packet;
  while (true) {
    auto next = packets_->next();
    if (!next) return next.error();
    packet = *next;
    if (!packet) break;
    // On the page where decoding starts: the packet to overlap with, or none.
    const bool before = !entry_.is_start && packet->page_begin == entry_.byte;
    if (before && (link().is_opus || packet->granule == core::kNoGranule)) continue;
    if (is_audio(link(), packet->bytes)) break;
  }
  if (packets_->lost_any() && damages_ == 0) {
    if (auto noted = note_damage("pages are missing or damaged"); !noted) return noted;
  }
  if (!packet) {
    draining_ = true;
    api_.avcodec_send_packet(codec_.get(), nullptr);
    return {};
  }
  if (!fill_packet(api_, packet_.get(), packet->bytes)) return out_of_memory(Stage::kDecode);
  ++num_fed_;
  return send_packet();
}

/// The link's audio is over: did everything arrive that it promised? False where it was the last one.
Result<bool> OggDecoder::next_part() {
  const core::OggLink& link = this->link();
  const std::int64_t end = link.first_frame + link.num_frames;
  if (link.is_marked) {
    if (auto noted = note_early_end(end); !noted) return noted.error();
  }
  if (entry_.link + 1 == stream_.links().size()) return false;
  lost_ += end - position_;
  if (auto started = start_at(stream_.start_of(entry_.link + 1)); !started) return started.error();
  return true;
}

/// Decodes from `entry` on and leaves the decoder at `frame`. Gives the frames before it, channel by channel.
Result<std::vector<float>> OggDecoder::read_tail(const core::OggEntry& entry, std::int64_t frame) {
  if (auto started = start_at(entry); !started) return started.error();
  if (auto skipped = skip_to(frame - kTailFrames); !skipped) return skipped.error();
  std::vector<float> tail(static_cast<std::size_t>(kTailFrames) * static_cast<std::size_t>(info_.num_channels));
  auto got = decode(
      {reinterpret_cast<std::byte*>(tail.data()), SampleType::kFloat32, info_.num_channels, kTailFrames, kTailFrames});
  if (!got) return got.error();
  return tail;
}

/// Starts at two places before `frame`; where their audio is the same by then, so is that of any other start.
Result<bool> OggDecoder::seek_converged(std::int64_t frame) {
  std::optional<std::vector<float>> before;
  for (std::int64_t pre_roll = kOpusPreRollFrames; pre_roll <= kMostOpusPreRollFrames; pre_roll *= 2) {
    auto entry = stream_.locate(source_, frame, pre_roll, options_.stop);
    if (!entry) return entry.error();
    if (entry->is_start) {
      if (auto started = start_at(*entry); !started) return started.error();
      if (auto skipped = skip_to(frame); !skipped) return skipped.error();
      return true;
    }
    auto tail = read_tail(*entry, frame);
    if (!tail) return tail.error();
    if (before) {
      float peak = 0, difference = 0;
      for (std::size_t i = 0; i < tail->size(); ++i) {
        peak = std::max(peak, std::abs((*tail)[i]));
        difference = std::max(difference, std::abs((*tail)[i] - (*before)[i]));
      }
      // Silence says nothing about the state behind it.
      if (peak > 0 && difference <= kTolerance * peak) return true;
    }
    before = std::move(*tail);
  }
  return false;
}

Result<void> OggDecoder::seek(std::int64_t frame) {
  if (auto valid = check_target(frame); !valid) return valid;
  const LogCapture log;
  if (info_.frames_kind == FramesKind::kExact && frame >= info_.num_frames) {
    drop_frame();
    ended_ = true;
    position_ = info_.num_frames;
    return {};
  }
  // Forward over less than this is quicker decoded than sought.
  const std::int64_t near = 2 * static_cast<std::int64_t>(info_.sample_rate);
  const bool is_inside = frame < info_.num_frames;
  const bool can_jump = stream_.has_exact_places() && damages_ == 0 && lost_ == 0 && is_inside;
  if (is_inside && frame > near && !can_jump) tell_of_start("behind damage no place is certain");
  if (!ended_ && frame >= place() && (!can_jump || frame - place() < near)) return skip_to(frame);
  lost_ = 0;
  if (can_jump && stream_.links().front().is_opus) {
    auto converged = seek_converged(frame);
    if (!converged) return converged.error();
    if (*converged) return {};
    tell_of_start("the Opus in this file does not converge within " + std::to_string(kMostOpusPreRollFrames / 48000) +
                  " s");
  } else if (can_jump) {
    auto entry = stream_.locate(source_, frame, 0, options_.stop);
    if (!entry) return entry.error();
    if (auto started = start_at(*entry); !started) return started;
    return skip_to(frame);
  }
  if (auto started = start_at(stream_.start_of(0)); !started) return started;
  return skip_to(frame);
}

}  // namespace tonearm::ffmpeg
