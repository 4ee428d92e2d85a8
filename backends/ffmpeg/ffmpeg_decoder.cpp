// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ffmpeg_decoder.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <string_view>

#include "backends/ffmpeg/formats.h"
#include "backends/ffmpeg/log_capture.h"
#include "backends/ffmpeg/mp4_length.h"
#include "backends/ffmpeg/sample_copy.h"

namespace tonearm::ffmpeg {
namespace {

using core::Container;
using core::Error;
using core::ErrorCode;
using core::FramesKind;
using core::Result;
using core::Stage;

constexpr int kMaxRetries = 1000;              ///< reads in a row that only say "try again"
constexpr const char* kProbeSize = "1048576";  ///< bytes read to learn what the header does not say
constexpr const char* kAnalyzeMicroseconds = "5000000";

bool starts_with(std::string_view text, std::string_view prefix) { return text.substr(0, prefix.size()) == prefix; }

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// torchaudio's words: PCM_S16LE is PCM_S, pcm_mulaw is ULAW; everything else is FFmpeg's name in upper case.
std::string encoding_word(const std::string& codec) {
  if (codec == "pcm_mulaw") return "ULAW";
  if (codec == "pcm_alaw") return "ALAW";
  for (const char* family : {"pcm_s", "pcm_u", "pcm_f"}) {
    if (starts_with(codec, family)) return upper(family);
  }
  return upper(codec);
}

/// Codecs whose decoded samples are the samples that were encoded: bits per sample means something for them.
bool is_lossless(const std::string& codec) {
  if (starts_with(codec, "pcm_")) return true;
  for (const char* name : {"flac", "alac", "wavpack", "ape", "tta", "tak", "mlp", "truehd", "shorten", "wmalossless"}) {
    if (codec == name) return true;
  }
  return false;
}

constexpr int kAacCoreFrames = 1024;  ///< of a packet without SBR
constexpr int kAacPreRoll = 4;        ///< packets: one to overlap with, more for the filters of SBR

/// Packets to decode before a place in order to have it as a full read has it. 0: packets decode alone. -1: unknown.
int pre_roll_of(const std::string& codec) {
  if (starts_with(codec, "pcm_") || codec == "flac" || codec == "alac" || codec == "wavpack") return 0;
  return codec == "aac" ? kAacPreRoll : -1;
}

/// value * base * rate rounded down; nothing for values FFmpeg uses to say "unknown", or that overflow.
std::optional<std::int64_t> about_frames(std::int64_t value, Rational base, int rate) {
  if (value < 0 || base.den <= 0 || base.num <= 0) return std::nullopt;
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, std::int64_t{base.num} * rate, &product)) return std::nullopt;
  return product / base.den;
}

/// The same, only where it is a whole number of frames: others are a rounded clock, not a count.
std::optional<std::int64_t> whole_frames(std::int64_t value, Rational base, int rate) {
  const auto frames = about_frames(value, base, rate);
  if (!frames || value * base.num * rate % base.den != 0) return std::nullopt;
  return frames;
}

}  // namespace

FfmpegDecoder::FfmpegDecoder(std::shared_ptr<const Api> api, core::ByteSource& source, const core::ProbeResult& probe,
                             const core::OpenOptions& options)
    : CodecDecoder(std::move(api), source, options),
      probe_(probe),
      io_(nullptr, IoDeleter{&api_}),
      format_(nullptr, FormatDeleter{&api_}) {}

Error FfmpegDecoder::failure(ErrorCode code, Stage stage, const std::string& found) const {
  if (bridge_ && bridge_->error()) return *bridge_->error();  // the cause, not what FFmpeg made of it
  return CodecDecoder::failure(code, stage, found);
}

Result<std::unique_ptr<core::Decoder>> FfmpegDecoder::open(std::shared_ptr<const Api> api, core::ByteSource& source,
                                                           const core::ProbeResult& probe,
                                                           const core::OpenOptions& options) {
  const LogCapture log;
  std::unique_ptr<FfmpegDecoder> decoder(new FfmpegDecoder(std::move(api), source, probe, options));
  if (probe.container == Container::kMp3) {
    auto scanned = core::Mp3Stream::scan(source, probe.start, UINT64_MAX, options.stop);
    if (!scanned) return scanned.error();
    decoder->mp3_ = std::move(*scanned);
    decoder->leads_on_ = decoder->mp3_ && decoder->mp3_->frames_kind() == FramesKind::kExact;
  }
  if (auto opened = decoder->reopen(decoder->start_of_stream()); !opened) return opened.error();
  if (auto first = decoder->next_frame(); !first) return first.error();
  if (auto read = decoder->read_info(); !read) return read.error();
  decoder->cut_tail();
  if (auto skipped = decoder->skip_to(0); !skipped) return skipped.error();
  return std::unique_ptr<core::Decoder>(std::move(decoder));
}

Result<void> FfmpegDecoder::open_stream() {
  if (auto done = open_container(); !done) return done;
  if (auto done = choose_stream(); !done) return done;
  return open_codec();
}

Result<void> FfmpegDecoder::open_container() {
  const LogCapture log;
  const FormatName* known = format_for(probe_.container);
  const AVInputFormat* input = known == nullptr ? nullptr : api_.av_find_input_format(known->ffmpeg);
  if (known != nullptr && input == nullptr) {
    return failure(ErrorCode::kUnsupportedFormat, Stage::kOpen,
                   "this FFmpeg " + api_.version + " was built without the demuxer " + known->ffmpeg);
  }
  // FFmpeg's MPEG demuxers read the ID3 tags in front; others (APE, Musepack) know nothing of them from FFmpeg 8 on.
  // Junk and the Xing tag between them and the audio are left out.
  const bool reads_id3 = probe_.container == Container::kMp3 || probe_.container == Container::kAdts;
  bridge_ = std::make_unique<IoBridge>(source_, reads_id3 ? probe_.tags_end : 0, entry_.byte, options_.stop);
  io_ = bridge_->make_io(api_);
  AVFormatContext* context = api_.avformat_alloc_context();
  if (!io_ || context == nullptr) {
    format_.reset(context);
    return out_of_memory(Stage::kOpen);
  }
  const FormatView view(*api_.layout, context);
  view.set_io(io_.get());
  view.set_io_open(IoBridge::refuse_open());
  view.set_interrupt(bridge_->interrupt());
  Dictionary options(api_);
  options.set("format_whitelist", kAllowedDemuxers);
  options.set("protocol_whitelist", "");
  options.set("probesize", kProbeSize);
  options.set("analyzeduration", kAnalyzeMicroseconds);
  // FFmpeg reads 2500 packets of 16-bit PCM to see whether they are DTS; one is enough to learn that it is a WAV.
  if (known != nullptr && known->is_pcm_container) options.set("max_probe_packets", "1");
  const int status = api_.avformat_open_input(&context, "", input, options.address());
  if (status < 0 && known != nullptr && probe_.container == Container::kMp3 && !bridge_->error()) {
    // An ID3 tag stands before other formats too (Musepack); let FFmpeg look.
    probe_.container = Container::kUnknown;
    mp3_.reset();
    entry_ = start_of_stream();
    position_ = 0;
    io_.reset();
    return open_container();
  }
  if (status < 0) {  // the context is freed already
    // Also "out of memory": FFmpeg says so of headers that ask for wild sizes.
    const std::string words = log.last_error();
    return failure(known == nullptr ? ErrorCode::kUnsupportedFormat : ErrorCode::kCorruptData, Stage::kOpen,
                   api_.error_text(status) + (words.empty() ? "" : " (" + words + ")"));
  }
  format_.reset(context);
  return {};
}

Result<void> FfmpegDecoder::choose_stream() {
  const FormatView format(*api_.layout, format_.get());
  auto lacks_basics = [&] {
    bool lacks = format.num_streams() == 0;
    for (unsigned i = 0; i < format.num_streams(); ++i) {
      const ParametersView parameters(*api_.layout, StreamView(*api_.layout, format.stream(i)).parameters());
      lacks |= parameters.codec_type() == kMediaTypeAudio &&
               (parameters.sample_rate() <= 0 || parameters.num_channels() <= 0);
    }
    return lacks;
  };
  if (!mp3_ && lacks_basics()) {
    const int status = api_.avformat_find_stream_info(format_.get(), nullptr);
    if (bridge_->error()) return *bridge_->error();
    if (status < 0) return failure(ErrorCode::kCorruptData, Stage::kOpen, api_.error_text(status));
  }
  std::vector<int> audio;
  for (unsigned i = 0; i < format.num_streams(); ++i) {
    const StreamView stream(*api_.layout, format.stream(i));
    if (ParametersView(*api_.layout, stream.parameters()).codec_type() == kMediaTypeAudio) {
      audio.push_back(static_cast<int>(i));
    }
  }
  if (audio.empty()) return failure(ErrorCode::kUnsupportedFormat, Stage::kOpen, "no audio stream in it");
  if (options_.stream_index >= static_cast<int>(audio.size()) || options_.stream_index < -1) {
    return no_such_stream(static_cast<int>(audio.size()));
  }
  stream_ = options_.stream_index >= 0 ? audio[static_cast<std::size_t>(options_.stream_index)]
                                       : api_.av_find_best_stream(format_.get(), kMediaTypeAudio, -1, -1, nullptr, 0);
  if (stream_ < 0) stream_ = audio.front();
  info_.num_streams = static_cast<int>(audio.size());
  info_.stream_index = static_cast<int>(std::find(audio.begin(), audio.end(), stream_) - audio.begin());
  for (unsigned i = 0; i < format.num_streams(); ++i) {
    if (static_cast<int>(i) != stream_) StreamView(*api_.layout, format.stream(i)).discard_all();
  }
  return {};
}

Result<void> FfmpegDecoder::open_codec() {
  const StreamView stream(*api_.layout, FormatView(*api_.layout, format_.get()).stream(static_cast<unsigned>(stream_)));
  const ParametersView parameters(*api_.layout, stream.parameters());
  const AVCodec* decoder = api_.avcodec_find_decoder(parameters.codec_id());
  if (decoder == nullptr) {
    return failure(ErrorCode::kUnsupportedFormat, Stage::kOpen,
                   "FFmpeg " + api_.version + " has no decoder for " + api_.avcodec_get_name(parameters.codec_id()));
  }
  codec_.reset(api_.avcodec_alloc_context3(decoder));
  packet_.reset(api_.av_packet_alloc());
  frame_.reset(api_.av_frame_alloc());
  if (!codec_ || !packet_ || !frame_) return out_of_memory(Stage::kOpen);
  int status = api_.avcodec_parameters_to_context(codec_.get(), stream.parameters());
  if (status >= 0) {
    const CodecView codec(*api_.layout, codec_.get());
    codec.set_thread_count(1);
    codec.set_packet_time_base(stream.time_base());
    status = api_.avcodec_open2(codec_.get(), decoder, nullptr);
  }
  if (status < 0) return failure(ErrorCode::kCorruptData, Stage::kOpen, api_.error_text(status));
  return {};
}

Result<void> FfmpegDecoder::read_info() {
  const FormatView format(*api_.layout, format_.get());
  const StreamView stream(*api_.layout, format.stream(static_cast<unsigned>(stream_)));
  const ParametersView parameters(*api_.layout, stream.parameters());
  const std::string codec = api_.avcodec_get_name(parameters.codec_id());
  if (!has_samples()) {  // a stream without a frame: what the header says has to do
    info_.sample_rate = parameters.sample_rate();
    info_.num_channels = parameters.num_channels();
  }
  if (info_.sample_rate <= 0 || info_.num_channels <= 0) {
    return failure(ErrorCode::kCorruptData, Stage::kOpen, "no audio could be decoded from it");
  }
  if (auto checked = check_num_channels(); !checked) return checked;
  info_.encoding = encoding_word(codec);
  const FormatName* known = format_for(probe_.container);
  const std::string demuxer = format.format_name();
  info_.container = known != nullptr ? known->word : demuxer.substr(0, demuxer.find(','));
  if (is_lossless(codec)) {
    info_.bits_per_sample =
        parameters.bits_per_raw_sample() > 0 ? parameters.bits_per_raw_sample() : parameters.bits_per_coded_sample();
  }
  const Rational base = stream.time_base();
  if (first_timestamp_ != kNoTimestamp && base.num == 1 && base.den > 0 && info_.sample_rate % base.den == 0) {
    frames_per_tick_ = info_.sample_rate / base.den;
  }
  const bool is_adts = probe_.container == Container::kAdts && codec == "aac";
  const bool is_loose_aac = codec == "aac" && probe_.container != Container::kMp4 && !is_adts;
  num_pre_roll_ = is_loose_aac ? -1 : pre_roll_of(codec);
  if (is_adts && packet_frames_ == kAacCoreFrames) adts_.emplace(probe_.start);
  read_length(stream);
  read_tags(format.metadata());
  read_tags(stream.metadata());
  return {};
}

/// How long the stream is, and whether the container's word cuts the decoder's tail.
void FfmpegDecoder::read_length(StreamView stream) {
  const auto whole = whole_frames(stream.duration(), stream.time_base(), info_.sample_rate);
  if (!has_samples() && ended_) {
    info_.num_frames = 0;
    info_.frames_kind = FramesKind::kExact;
    return;
  }
  if (mp3_) {
    info_.num_frames = mp3_->num_frames();
    info_.frames_kind = mp3_->frames_kind();
    if (info_.frames_kind == FramesKind::kExact) total_frames_ = info_.num_frames;
    return;
  }
  if (probe_.container == Container::kMp4 && stream.num_packets() > 0 && whole && *whole > 0) {
    // The edit list; FFmpeg trims the start by it, the tail is ours. A fragmented file has no packet count up front
    // and its duration is not to be trusted.
    total_frames_ = *whole;
    if (const auto length = mp4_length(source_)) {
      // Where both agree to one tick of the movie's clock, the media's finer clock is what was meant.
      const auto media =
          whole_frames(length->media_units, {1, static_cast<int>(std::min<std::int64_t>(length->media_scale, INT_MAX))},
                       info_.sample_rate);
      const std::int64_t tick = info_.sample_rate / length->movie_scale + 1;
      if (media && std::abs(*media - *whole) <= tick) total_frames_ = *media;
    }
    info_.num_frames = total_frames_;
    info_.frames_kind = FramesKind::kExact;
    return;
  } else if (probe_.container == Container::kFlac && whole && *whole > 0) {
    info_.num_frames = *whole;
    info_.frames_kind = FramesKind::kExact;
    return;
  }
  std::optional<std::int64_t> about = about_frames(stream.duration(), stream.time_base(), info_.sample_rate);
  if (!about || *about == 0) {
    about = about_frames(FormatView(*api_.layout, format_.get()).duration(), {1, 1000000}, info_.sample_rate);
  }
  if (about && *about > 0) {
    info_.num_frames = *about;
    info_.frames_kind = FramesKind::kEstimated;
  }
}

void FfmpegDecoder::read_tags(const AVDictionary* metadata) {
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = api_.av_dict_get(metadata, "", entry, kDictIgnoreSuffix)) != nullptr) {
    const EntryView view(*api_.layout, entry);
    info_.tags.emplace(lower(view.key()), view.value());
  }
}

/// Leaves out what lies beyond the container's length: the encoder's padding.
void FfmpegDecoder::cut_tail() {
  if (total_frames_ < 0) return;
  frame_end_ = std::min(frame_end_, frame_begin_ + std::max<std::int64_t>(total_frames_ - position_, 0));
}

Result<void> FfmpegDecoder::accept_frame() {
  if (auto taken = take_frame(); !taken) return taken;
  if (shadow_ && !shadow_->agrees(frame_.get()) && position_ >= shadowed_from_) {
    return start_over("this AAC holds noise that its decoder draws anew from each start");
  }
  return {};
}

Result<void> FfmpegDecoder::take_frame() {
  const FrameView frame(*api_.layout, frame_.get());
  if (frame.num_frames() <= 0) return {};
  count_decoded(frame.num_frames() * (shadow_ ? 2 : 1));
  if (info_.sample_rate == 0) {
    const auto type = sample_type_of(frame.format());
    if (!type) {
      return failure(ErrorCode::kUnsupportedFormat, Stage::kOpen,
                     "samples of AVSampleFormat " + std::to_string(frame.format()));
    }
    if (frame.sample_rate() <= 0 || frame.num_channels() <= 0) return {};
    info_.sample_rate = frame.sample_rate();
    info_.num_channels = frame.num_channels();
    info_.native_type = *type;
    frame_format_ = frame.format();
    first_timestamp_ = frame.timestamp();
    packet_frames_ = frame.num_frames();
  }
  if (frame.sample_rate() != info_.sample_rate || frame.num_channels() != info_.num_channels ||
      frame.format() != frame_format_) {
    return note_damage("the stream changes to " + std::to_string(frame.sample_rate()) + " Hz, " +
                       std::to_string(frame.num_channels()) + " channels; audio left out");
  }
  frame_begin_ = 0;
  frame_end_ = frame.num_frames();
  cut_tail();
  return {};
}

Result<void> FfmpegDecoder::feed_packet() {
  for (int retries = 0;;) {
    if (options_.stop != nullptr) {
      if (auto go_on = options_.stop->check(); !go_on) return go_on;
    }
    if (mpeg_frames_) return feed_mpeg_frame();
    const int status = api_.av_read_frame(format_.get(), packet_.get());
    if (bridge_->error()) return *bridge_->error();
    if (status == -EAGAIN && ++retries < kMaxRetries) continue;
    if (status == -ENOMEM) return failure(ErrorCode::kOutOfMemory, Stage::kDecode, api_.error_text(status));
    if (status < 0) {
      draining_ = true;
      api_.avcodec_send_packet(codec_.get(), nullptr);
      return status == kErrorEof ? Result<void>{}
                                 : note_damage("the container is damaged (" + api_.error_text(status) + ")");
    }
    if (PacketView(*api_.layout, packet_.get()).stream_index() == stream_) {
      if (shadow_) shadow_->feed(packet_.get());
      return send_packet();
    }
    api_.av_packet_unref(packet_.get());
  }
}

/// The same without FFmpeg's demuxer and parser, which cost a third of loading one second, and 5 % of a minute.
Result<void> FfmpegDecoder::feed_mpeg_frame() {
  auto bytes = mpeg_frames_->next();
  if (!bytes) return bytes.error();
  if (!*bytes) {  // FFmpeg's demuxer knows how to go on behind damage
    leads_on_ = false;
    return resume_from_start();
  }
  if (!fill_packet(api_, packet_.get(), **bytes)) return out_of_memory(Stage::kDecode);
  return send_packet();
}

/// The end of the stream: did everything arrive that the container promised?
Result<bool> FfmpegDecoder::next_part() {
  if (info_.frames_kind == FramesKind::kExact) {
    if (auto noted = note_early_end(info_.num_frames); !noted) return noted.error();
  }
  return false;
}

core::Mp3Stream::Entry FfmpegDecoder::start_of_stream() const {
  return mp3_ ? mp3_->start() : core::Mp3Stream::Entry{probe_.start, 0};
}

/// To where decoding can start, by opening everything again: the one way that every codec and container agrees on.
Result<void> FfmpegDecoder::reopen(const core::Mp3Stream::Entry& entry) {
  drop_frame();
  shadow_.reset();
  codec_.reset();
  format_.reset();
  io_.reset();
  mpeg_frames_.reset();
  entry_ = entry;
  position_ = entry.frame;
  draining_ = ended_ = false;
  if (auto opened = open_stream(); !opened) return opened;
  if (mp3_ && leads_on_) mpeg_frames_.emplace(source_, *mp3_, entry_.byte, options_.stop);
  return {};
}

/// The long way to where the decoder stands, for what has no other.
Result<void> FfmpegDecoder::start_over(const char* why) {
  tell_of_start(why);
  num_pre_roll_ = -1;
  adts_.reset();
  return resume_from_start();
}

Result<void> FfmpegDecoder::resume_from_start() {
  const std::int64_t frame = position_;
  if (auto again = reopen(start_of_stream()); !again) return again;
  return skip_to(frame);
}

/// False where the audio cannot be told to be the same from the middle.
bool FfmpegDecoder::open_shadow(const AdtsHeader* adts) {
  const FormatView format(*api_.layout, format_.get());
  const StreamView stream(*api_.layout, format.stream(static_cast<unsigned>(stream_)));
  shadow_ = AacShadow::open(api_, stream.parameters(), adts);
  if (!shadow_) tell_of_start("only AAC-LC with 1 or 2 channels can be told to be the same from the middle");
  return shadow_ != nullptr;
}

/// Reopens at a packet at or before `frame`, found by the headers. False: start over.
Result<bool> FfmpegDecoder::seek_in_adts(std::int64_t frame) {
  const std::int64_t packet = frame / kAacCoreFrames - kAacPreRoll;
  auto place = adts_->locate(source_, packet, options_.stop);
  if (!place) return place.error();
  if (!*place) {
    tell_of_start("the headers of this ADTS stream do not lead to the place");
    return false;
  }
  if (auto again = reopen({(*place)->byte, packet * kAacCoreFrames}); !again) return again.error();
  if (!open_shadow(&(*place)->header)) return false;
  shadowed_from_ = position_ + std::int64_t{kAacPreRoll - 1} * kAacCoreFrames;
  return true;
}

/// Lets the demuxer jump to a packet at or before `frame`. False where the jump cannot be proved right by the frame
/// number of what comes next; the caller then starts over.
Result<bool> FfmpegDecoder::seek_in_container(std::int64_t frame) {
  drop_frame();
  shadow_.reset();
  if (num_pre_roll_ > 0 && !open_shadow(nullptr)) return false;
  const std::int64_t from = std::max<std::int64_t>(frame - std::int64_t{num_pre_roll_} * packet_frames_, 0);
  if (api_.av_seek_frame(format_.get(), stream_, first_timestamp_ + from / frames_per_tick_, kSeekBackward) < 0) {
    return false;
  }
  if (bridge_->error()) return *bridge_->error();
  api_.avcodec_flush_buffers(codec_.get());
  draining_ = ended_ = false;
  position_ = 0;  // unknown; next_frame must not cut by it, nor compare
  shadowed_from_ = INT64_MAX;
  auto more = next_frame();
  if (!more) return more.error();
  if (!*more) return false;
  const std::int64_t timestamp = FrameView(*api_.layout, frame_.get()).timestamp();
  if (timestamp == kNoTimestamp) return false;
  const std::int64_t at = (timestamp - first_timestamp_) * frames_per_tick_;
  if (at < 0 || at > from) return false;
  position_ = at;
  shadowed_from_ = at + std::int64_t{num_pre_roll_ - 1} * packet_frames_;
  cut_tail();
  return true;
}

Result<void> FfmpegDecoder::seek(std::int64_t frame) {
  if (auto valid = check_target(frame); !valid) return valid;
  const LogCapture log;
  // Forward over less than this is quicker decoded than sought.
  const std::int64_t near = 2 * static_cast<std::int64_t>(info_.sample_rate);
  const bool is_inside = info_.num_frames < 0 || frame < info_.num_frames || adts_;  // of ADTS it is a guess
  const bool knows_places = (frames_per_tick_ > 0 && num_pre_roll_ >= 0) || mp3_ || adts_;
  const bool can_jump = knows_places && damages_ == 0 && is_inside && frame > near;
  if (is_inside && frame > near && !can_jump) {
    tell_of_start(damages_ > 0 ? "behind damage no place is certain" : "no place in " + info_.encoding + " is certain");
  }
  if (frame >= position_ && (!can_jump || frame - position_ < near)) return skip_to(frame);
  core::Mp3Stream::Entry entry = start_of_stream();
  if (can_jump && mp3_) {
    auto located = mp3_->locate(source_, frame, options_.stop);
    if (!located) return located.error();
    entry = *located;
    if (entry.frame <= position_ && position_ <= frame) return skip_to(frame);
  } else if (can_jump) {
    auto jumped = adts_ ? seek_in_adts(frame) : seek_in_container(frame);
    if (!jumped) return jumped.error();
    if (*jumped) return skip_to(frame);
  }
  if (auto again = reopen(entry); !again) return again;
  return skip_to(frame);
}

}  // namespace tonearm::ffmpeg
