// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/face/read.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <type_traits>

#include "core/dsp/resample.h"
#include "core/face/slices.h"

namespace tonearm::core {
namespace {

Error argument_error(const char* argument, std::string needed, const std::string& found) {
  return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: " + std::string(argument),
                    argument, std::move(needed), found);
}

Result<void> check_options(const ReadOptions& options) {
  if (options.frame_offset < 0) {
    return argument_error("frame_offset", "a frame number, >= 0", std::to_string(options.frame_offset));
  }
  if (options.num_frames < -1) {
    return argument_error("num_frames", "a number of frames, or -1 for all", std::to_string(options.num_frames));
  }
  if (options.threads < 1) {
    return argument_error("threads", "a number of threads, >= 1", std::to_string(options.threads));
  }
  if (options.sample_rate < 0) {
    return argument_error("sample_rate", "a rate in Hz, > 0", std::to_string(options.sample_rate));
  }
  const bool processed = options.sample_rate > 0 || options.mono;
  if (processed && (options.native || options.short_integers || options.type != SampleType::kFloat32)) {
    return argument_error("sample_type", "float32 together with sample_rate or mono", "another type");
  }
  return {};
}

Result<void> check_channels(const StreamInfo& info, const Limits& limits, const std::string& name) {
  if (info.num_channels <= limits.max_channels) return {};
  return make_error(ErrorCode::kLimitReached, Stage::kOpen, "cannot decode \"" + name + "\": too many channels", name,
                    "at most " + std::to_string(limits.max_channels) + " channels (max_channels)",
                    std::to_string(info.num_channels), "raise max_channels");
}

Error frames_error(const Limits& limits, const std::string& name) {
  return make_error(ErrorCode::kLimitReached, Stage::kDecode, "cannot decode \"" + name + "\": too many frames", name,
                    "at most " + std::to_string(limits.max_frames) + " frames (max_frames)", "more",
                    "raise max_frames, or read a part");
}

Error verify_error(const OpenedStream& opened, const std::string& name) {
  const StreamInfo& info = opened.decoder->info();
  const bool flac = info.encoding == "FLAC" && opened.backend == "flac";
  return make_error(ErrorCode::kUnsupportedFormat, Stage::kOpen,
                    "cannot verify \"" + name + "\": it carries no sum of its samples", name,
                    "FLAC with an MD5 in STREAMINFO, read by the flac backend",
                    flac ? "an MD5 of zeros, which means unknown" : info.encoding + ", read by " + opened.backend,
                    "read it without verify");
}

/// Encodings whose samples are integers, exactly: int16 holds them where they have 16 bits.
bool has_16_bit_integers(const StreamInfo& info) {
  return info.bits_per_sample == 16 && (info.encoding == "PCM_S" || info.encoding == "FLAC");
}

/// Uncompressed files hand out their own sample type where `native` is asked for (torchaudio's normalize=False).
bool is_uncompressed(const StreamInfo& info) {
  return info.encoding.starts_with("PCM_") || info.encoding == "ULAW" || info.encoding == "ALAW";
}

Result<SampleType> choose_type(const Decoder& decoder, const ReadOptions& options) {
  const StreamInfo& info = decoder.info();
  if (options.native) {
    const bool as_is = is_uncompressed(info) && decoder.supports(info.native_type);
    return as_is ? info.native_type : SampleType::kFloat32;
  }
  if (options.short_integers) {
    const bool is_short = has_16_bit_integers(info) && decoder.supports(SampleType::kInt16);
    return is_short ? SampleType::kInt16 : SampleType::kFloat32;
  }
  if (options.type != SampleType::kFloat32 && !decoder.supports(options.type)) {
    return argument_error("sample_type", "float32, or the type of the file's own samples", "another type");
  }
  return options.type;
}

/// Frames to allocate at first. A header may claim anything; what the source's size cannot justify is grown into.
std::int64_t initial_frames(const StreamInfo& info, SampleType type, std::int64_t wanted, ByteSource& source) {
  constexpr std::uint64_t kFree = std::uint64_t{48} << 20;  // 64 MiB are allowed, with the decoder's own
  constexpr std::uint64_t kExpansion = 8;
  constexpr std::int64_t kUnknown = 1 << 16;
  const std::uint64_t bytes = source.size().value_or(0);
  const std::uint64_t justified = kFree + kExpansion * std::min(bytes, UINT64_MAX / kExpansion - kFree);
  const std::uint64_t frame_bytes = sample_bytes(type) * static_cast<std::uint64_t>(info.num_channels);
  const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(justified / frame_bytes, INT64_MAX));
  const std::int64_t likely = wanted >= 0 ? wanted : kUnknown;
  return std::min(likely, std::max<std::int64_t>(most, 1));
}

/// The frames that a read of `options` gives, where the container knows them and the source's size justifies memory for
/// all; nothing elsewhere.
std::optional<std::int64_t> known_frames(const StreamInfo& info, SampleType type, const ReadOptions& options,
                                         ByteSource& source) {
  if (info.frames_kind != FramesKind::kExact) return std::nullopt;
  std::int64_t count = std::max<std::int64_t>(info.num_frames - options.frame_offset, 0);
  if (options.num_frames >= 0) count = std::min(count, options.num_frames);
  const bool justified =
      count <= options.open.options.limits.max_frames && count == initial_frames(info, type, count, source);
  return justified ? std::optional(count) : std::nullopt;
}

/// One contiguous buffer of all blocks' frames; a single block is given back as it is, the others are freed one by one.
Result<PlanarBuffer> join(std::vector<PlanarBuffer> blocks, std::int64_t num_frames) {
  if (blocks.size() == 1) {
    blocks.front().make_contiguous();
    return std::move(blocks.front());
  }
  auto whole = PlanarBuffer::allocate(blocks.front().type(), blocks.front().num_channels(), num_frames);
  if (!whole) return whole.error();
  std::int64_t begin = 0;
  for (PlanarBuffer& block : blocks) {
    copy_frames(block.view(), whole->view().slice(begin, block.num_frames()));
    begin += block.num_frames();
    block = PlanarBuffer();
  }
  return whole;
}

/// Moves what was read into one buffer to `sink`.
Result<void> hand_over(const PlanarBuffer& samples, BlockSink& sink) {
  const std::int64_t num_frames = samples.num_frames();
  if (auto begun = sink.begin(samples.type(), samples.num_channels(), num_frames); !begun) return begun;
  for (std::int64_t done = 0; done < num_frames;) {
    const auto room = sink.room(num_frames - done);
    if (!room) return room.error();
    copy_frames(samples.view().slice(done, room->num_frames), *room);
    if (auto taken = sink.take(room->num_frames); !taken) return taken;
    done += room->num_frames;
  }
  return {};
}

/// Decodes `wanted` frames (-1: to the end) from where the decoder stands. Where the length is known, into the one
/// block that the caller gets; else into blocks of growing size that are joined at the end, so that no sample moves
/// twice.
Result<PlanarBuffer> decode_frames(Decoder& decoder, SampleType type, std::int64_t wanted, std::int64_t hint,
                                   ByteSource& source, const Limits& limits) {
  const StreamInfo& info = decoder.info();
  std::int64_t expected = wanted;
  if (hint >= 0) expected = wanted < 0 ? hint : std::min(wanted, hint);
  const bool exact = info.frames_kind == FramesKind::kExact && expected >= 0;
  if ((exact ? expected : wanted) > limits.max_frames) return frames_error(limits, source.name());
  const std::int64_t target = wanted < 0 ? std::numeric_limits<std::int64_t>::max() : wanted;
  std::int64_t next = std::min(initial_frames(info, type, expected, source), limits.max_frames);
  std::int64_t done = 0;
  std::vector<PlanarBuffer> blocks;
  while (true) {
    auto block = PlanarBuffer::allocate(type, info.num_channels, next);
    if (!block) return block.error();
    std::int64_t got = 0;
    if (next > 0) {
      auto decoded = decoder.decode(block->view());
      if (!decoded) return decoded.error();
      got = *decoded;
    }
    done += got;
    block->set_num_frames(got);
    if (got > 0 || blocks.empty()) blocks.push_back(std::move(*block));
    if (got < next || done >= target || (exact && done >= expected)) break;
    if (done >= limits.max_frames) return frames_error(limits, source.name());
    next = std::min({target - done, limits.max_frames - done, std::max<std::int64_t>(done / 2, 1 << 16)});
  }
  return join(std::move(blocks), done);
}

/// Decodes `count` frames, which there are by the container's account, into `sink`; the end may come before. What
/// `rule` says is done as they come.
Result<NonFiniteTally> decode_into(Decoder& decoder, SampleType type, std::int64_t count, NonFinite rule,
                                   BlockSink& sink) {
  if (auto begun = sink.begin(type, decoder.info().num_channels, count); !begun) return begun.error();
  NonFiniteTally tally;
  for (std::int64_t done = 0; done < count;) {
    const auto room = sink.room(count - done);
    if (!room) return room.error();
    const auto got = decoder.decode(*room);
    if (!got) return got.error();
    if (rule != NonFinite::kUnchecked) tally.add(find_non_finite(room->slice(0, *got), rule == NonFinite::kZero), done);
    if (auto taken = sink.take(*got); !taken) return taken.error();
    done += *got;
    if (*got < room->num_frames) break;
  }
  return tally;
}

/// decode_frames() by several threads, where the length is known and nothing out of the ordinary is met. Nothing:
/// decode in order, which is also how every warning and error of a damaged file gets its place.
Result<std::optional<PlanarBuffer>> decode_frames_in_slices(const OpenedStream& opened, ByteSource& source,
                                                            SampleType type, const ReadOptions& options) {
  using Samples = std::optional<PlanarBuffer>;
  const StreamInfo& info = opened.decoder->info();
  const bool possible =
      options.threads > 1 && !options.open.options.verify && opened.decoder->splits() && source.reads_concurrently();
  if (!possible) return Samples();
  const std::optional<std::int64_t> count = known_frames(info, type, options, source);
  if (!count || *count < 2 * kLeastSliceFrames) return Samples();
  auto buffer = PlanarBuffer::allocate(type, info.num_channels, *count);
  if (!buffer) return buffer.error();
  auto done = decode_slices(opened, source, options.open, options.frame_offset, buffer->view(), options.threads);
  if (!done) return done.error();
  return *done ? Samples(std::move(*buffer)) : Samples();
}

Result<PlanarBuffer> average_channels(PlanarBuffer samples) {
  const int channels = samples.num_channels();
  if (channels == 1) return samples;
  auto mono = PlanarBuffer::allocate(SampleType::kFloat32, 1, samples.num_frames());
  if (!mono) return mono.error();
  float* out = mono->view().channel_as<float>(0);
  const float scale = 1.0F / static_cast<float>(channels);
  for (std::int64_t i = 0; i < samples.num_frames(); ++i) {
    float sum = 0;
    for (int c = 0; c < channels; ++c) sum += samples.view().channel_as<float>(c)[i];
    out[i] = sum * scale;
  }
  return mono;
}

Result<PlanarBuffer> resample_to(PlanarBuffer samples, int source_rate, const ReadOptions& wanted) {
  const int target_rate = wanted.sample_rate;
  if (source_rate == target_rate) return samples;
  ResampleOptions options;
  options.source_rate = source_rate;
  options.target_rate = target_rate;
  options.method = ResampleMethod::kHq;
  auto plan = ResamplePlan::make(options);
  if (!plan) return plan.error();
  auto length = resampled_length(samples.num_frames(), source_rate, target_rate);
  if (!length) return length.error();
  auto out = PlanarBuffer::allocate(SampleType::kFloat32, samples.num_channels(), *length);
  if (!out) return out.error();
  StopToken* stop = wanted.open.options.stop;
  if (auto done = resample(*plan, samples.view(), out->view(), stop, wanted.threads); !done) return done.error();
  return out;
}

/// Damage that shows only while decoding: another backend may still do better.
bool worth_another_backend(const Error& error) {
  return error.code == ErrorCode::kCorruptData || error.code == ErrorCode::kUnsupportedFormat ||
         error.code == ErrorCode::kInternal;
}

/// What `rule` says of the samples that are not finite, found in `audio`, which begins at frame `offset` of `name`.
Result<void> tell_of_non_finite(const NonFiniteTally& tally, NonFinite rule, std::int64_t offset,
                                const std::string& name, DecodedAudio& audio) {
  audio.num_non_finite = tally.count;
  if (tally.count == 0) return {};
  const std::string found = tally.describe(offset);
  if (rule == NonFinite::kRefuse) {
    return make_error(ErrorCode::kCorruptData, Stage::kDecode, "\"" + name + "\" was refused", name,
                      "finite samples (non_finite)", found, "have them zeroed or kept");
  }
  audio.warnings.push_back(found + (rule == NonFinite::kZero ? "; they were made 0" : ""));
  return {};
}

/// Does what `rule` says with them.
Result<void> judge_non_finite(DecodedAudio& audio, NonFinite rule, std::int64_t offset, const std::string& name) {
  if (rule == NonFinite::kUnchecked) return {};
  return tell_of_non_finite(find_non_finite(audio.samples.view(), rule == NonFinite::kZero), rule, offset, name, audio);
}

/// Has a source ask, as long as this lives, whether to go on.
class StopScope {
 public:
  StopScope(ByteSource& source, StopToken* stop) : source_(source) { source.set_stop(stop); }
  ~StopScope() { source_.set_stop(nullptr); }
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  ByteSource& source_;
};

/// A backend that took the format and could not read the file says something about the file.
void tell_of_failures(const std::vector<Candidate>& passed_over, DecodedAudio& audio) {
  for (const Candidate& candidate : passed_over) {
    if (candidate.verdict != "failed") continue;
    audio.warnings.push_back("read by " + audio.source.backend + ", as " + candidate.backend +
                             " could not: " + candidate.reason);
  }
}

/// Runs `use` on the opened stream, going on to the next backend where auto's choice fails while decoding.
template <class T, class Use>
Result<T> with_stream(ByteSource& source, const ReadOptions& options, const Use& use) {
  if (auto checked = check_options(options); !checked) return checked.error();
  const StopScope scope(source, options.open.options.stop);
  std::vector<Candidate> passed_over;
  Error first_failure;
  for (bool retried = false;; retried = true) {
    auto opened = default_registry().open(source, options.open, passed_over);
    if (!opened) {
      if (!retried) return opened.error();
      first_failure.candidates = passed_over;
      return first_failure;
    }
    const StreamInfo& info = opened->decoder->info();
    if (auto checked = check_channels(info, options.open.options.limits, source.name()); !checked) {
      return checked.error();
    }
    Result<T> result = use(*opened);
    if constexpr (std::is_same_v<T, DecodedAudio>) {
      if (result) tell_of_failures(passed_over, *result);
    }
    const bool final = !options.open.backend.empty() || options.open.options.strict || options.open.options.verify ||
                       options.non_finite == NonFinite::kRefuse;
    if (result || final || !worth_another_backend(result.error())) return result;
    if (!retried) first_failure = result.error();
    passed_over.push_back(make_candidate(opened->backend, result.error()));
  }
}

/// Mono and another rate, where they were asked for.
Result<void> process(DecodedAudio& audio, const ReadOptions& options) {
  if (options.mono) {
    auto mono = average_channels(std::move(audio.samples));
    if (!mono) return mono.error();
    audio.samples = std::move(*mono);
  }
  if (options.sample_rate > 0) {
    auto resampled = resample_to(std::move(audio.samples), audio.sample_rate, options);
    if (!resampled) return resampled.error();
    audio.samples = std::move(*resampled);
    audio.sample_rate = options.sample_rate;
  }
  return {};
}

/// `sink`: null where the result is to hold the samples.
Result<DecodedAudio> read_stream(OpenedStream& opened, ByteSource& source, const ReadOptions& options,
                                 BlockSink* sink) {
  Decoder& decoder = *opened.decoder;
  auto type = choose_type(decoder, options);
  if (!type) return type.error();
  if (options.open.options.verify && !decoder.verifies()) return verify_error(opened, source.name());
  const StreamInfo& info = decoder.info();
  DecodedAudio audio;
  audio.sample_rate = info.sample_rate;
  audio.source = {info, opened.backend};
  auto in_slices = decode_frames_in_slices(opened, source, *type, options);
  if (!in_slices) return in_slices.error();
  if (*in_slices) {
    audio.samples = std::move(**in_slices);
  } else {
    if (options.frame_offset > 0) {
      if (auto moved = decoder.seek(options.frame_offset); !moved) return moved.error();
    }
    const bool is_final = !options.mono && options.sample_rate == 0;
    if (sink != nullptr && is_final) {
      if (const auto count = known_frames(info, *type, options, source)) {
        const auto tally = decode_into(decoder, *type, *count, options.non_finite, *sink);
        if (!tally) return tally.error();
        audio.warnings = decoder.warnings();
        auto told = tell_of_non_finite(*tally, options.non_finite, options.frame_offset, source.name(), audio);
        if (!told) return told.error();
        return audio;
      }
    }
    const std::int64_t hint =
        info.num_frames < 0 ? -1 : std::max<std::int64_t>(info.num_frames - options.frame_offset, 0);
    auto decoded = decode_frames(decoder, *type, options.num_frames, hint, source, options.open.options.limits);
    if (!decoded) return decoded.error();
    audio.samples = std::move(*decoded);
  }
  audio.warnings = decoder.warnings();
  if (auto judged = judge_non_finite(audio, options.non_finite, options.frame_offset, source.name()); !judged) {
    return judged.error();
  }
  if (auto processed = process(audio, options); !processed) return processed.error();
  if (sink != nullptr) {
    if (auto moved = hand_over(audio.samples, *sink); !moved) return moved.error();
    audio.samples = PlanarBuffer();
  }
  return audio;
}

/// Decodes all of it through one small block.
Result<std::int64_t> count_frames(Decoder& decoder, const Limits& limits, const std::string& name) {
  constexpr std::int64_t kBlock = 1 << 14;
  auto block = PlanarBuffer::allocate(SampleType::kFloat32, decoder.info().num_channels, kBlock);
  if (!block) return block.error();
  std::int64_t count = 0;
  while (true) {
    auto got = decoder.decode(block->view());
    if (!got) return got.error();
    count += *got;
    if (count > limits.max_frames) return frames_error(limits, name);
    if (*got < kBlock) return count;
  }
}

Result<DecodedAudio> read_all(ByteSource& source, const ReadOptions& options, BlockSink* sink) {
  if (options.open.options.verify && (options.frame_offset != 0 || options.num_frames != -1)) {
    return argument_error("verify", "no frame_offset and no num_frames: the sum is one of all samples", "a part");
  }
  return with_stream<DecodedAudio>(source, options,
                                   [&](OpenedStream& opened) { return read_stream(opened, source, options, sink); });
}

}  // namespace

Result<DecodedAudio> read(ByteSource& source, const ReadOptions& options) { return read_all(source, options, nullptr); }

Result<DecodedAudio> read(ByteSource& source, const ReadOptions& options, BlockSink& sink) {
  return read_all(source, options, &sink);
}

Result<Description> describe(ByteSource& source, const ReadOptions& options, bool exact) {
  if (options.open.options.verify) return argument_error("verify", "a read of the samples", "a look at the header");
  return with_stream<Description>(source, options, [&](OpenedStream& opened) -> Result<Description> {
    Description description{opened.decoder->info(), opened.backend};
    if (exact && description.stream.frames_kind != FramesKind::kExact) {
      auto count = count_frames(*opened.decoder, options.open.options.limits, source.name());
      if (!count) return count.error();
      description.stream.num_frames = *count;
      description.stream.frames_kind = FramesKind::kExact;
    }
    return description;
  });
}

Result<Reader> Reader::open(ByteSource& source, const ReadOptions& options) {
  if (options.sample_rate > 0) {
    return argument_error("sample_rate", "no sample_rate for a reader of blocks", std::to_string(options.sample_rate));
  }
  if (options.open.options.verify) return argument_error("verify", "a read of the whole", "a reader of blocks");
  return with_stream<Reader>(source, options, [&](OpenedStream& opened) -> Result<Reader> {
    auto type = choose_type(*opened.decoder, options);
    if (!type) return type.error();
    Reader reader;
    reader.description_ = {opened.decoder->info(), opened.backend};
    reader.decoder_ = std::move(opened.decoder);
    reader.source_ = &source;
    reader.stop_ = options.open.options.stop;
    reader.type_ = *type;
    reader.non_finite_ = options.non_finite;
    reader.mono_ = options.mono;
    if (options.frame_offset > 0) {
      if (auto moved = reader.seek(options.frame_offset); !moved) return moved.error();
    }
    return reader;
  });
}

Result<DecodedAudio> Reader::read(std::int64_t num_frames) {
  if (num_frames < 0) return argument_error("num_frames", "a number of frames, >= 0", std::to_string(num_frames));
  const StopScope scope(*source_, stop_);
  auto samples = PlanarBuffer::allocate(type_, description_.stream.num_channels, num_frames);
  if (!samples) return samples.error();
  auto got = decoder_->decode(samples->view());
  if (!got) return got.error();
  samples->set_num_frames(*got);
  samples->make_contiguous();
  position_ += *got;
  DecodedAudio block;
  block.samples = std::move(*samples);
  block.sample_rate = description_.stream.sample_rate;
  block.source = description_;
  const auto& warnings = decoder_->warnings();
  block.warnings.assign(warnings.begin() + static_cast<std::ptrdiff_t>(std::min(warnings_told_, warnings.size())),
                        warnings.end());
  warnings_told_ = warnings.size();
  if (auto judged = judge_non_finite(block, non_finite_, position_ - *got, source_->name()); !judged) {
    return judged.error();
  }
  if (mono_) {
    auto mono = average_channels(std::move(block.samples));
    if (!mono) return mono.error();
    block.samples = std::move(*mono);
  }
  return block;
}

Result<void> Reader::seek(std::int64_t frame) {
  if (frame < 0) return argument_error("frame", "a frame number, >= 0", std::to_string(frame));
  const StopScope scope(*source_, stop_);
  if (auto moved = decoder_->seek(frame); !moved) return moved.error();
  const StreamInfo& info = decoder_->info();
  position_ = info.frames_kind == FramesKind::kExact ? std::min(frame, info.num_frames) : frame;
  return {};
}

}  // namespace tonearm::core
