// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/pcm/pcm_backend.h"

#include <algorithm>
#include <utility>

#include "backends/pcm/pcm_encoder.h"
#include "backends/pcm/pcm_header.h"

namespace tonearm::pcm {
namespace {

using core::Container;
using core::SampleEncoding;
using core::SampleType;

/// Bytes read and converted at once: fits the second-level cache together with its float result, and takes well under
/// a millisecond, so that a StopToken is heard.
constexpr std::size_t kBlockBytes = 128 * 1024;

const char* encoding_word(SampleEncoding encoding) {
  switch (encoding) {
    case SampleEncoding::kU8: return "PCM_U";
    case SampleEncoding::kF32:
    case SampleEncoding::kF64: return "PCM_F";
    case SampleEncoding::kALaw: return "ALAW";
    case SampleEncoding::kMuLaw: return "ULAW";
    default: return "PCM_S";
  }
}

class PcmDecoder final : public core::Decoder {
 public:
  PcmDecoder(core::ByteSource& source, PcmHeader header, const core::OpenOptions& options)
      : source_(source),
        layout_(header.layout),
        data_offset_(header.data_offset),
        strict_(options.strict),
        stop_(options.stop) {
    info_.sample_rate = header.sample_rate;
    info_.num_channels = layout_.num_channels;
    info_.bits_per_sample = header.bits_per_sample;
    info_.encoding = encoding_word(layout_.encoding);
    info_.container = header.container;
    info_.native_type = core::native_type(layout_.encoding);
    info_.tags = std::move(header.tags);
    if (header.data_bytes) {
      info_.num_frames =
          static_cast<std::int64_t>(std::min<std::uint64_t>(*header.data_bytes / layout_.frame_bytes(), INT64_MAX));
      info_.frames_kind = header.exact ? core::FramesKind::kExact : core::FramesKind::kEstimated;
    }
    if (!header.damage.empty()) warn(std::move(header.damage));
    for (std::string& text : header.warnings) warn(std::move(text));
  }

  const core::StreamInfo& info() const override { return info_; }
  bool supports(SampleType type) const override { return type == SampleType::kFloat32 || type == info_.native_type; }

  core::Result<std::int64_t> decode(const core::PlanarView& out) override {
    if (out.num_channels != info_.num_channels || !supports(out.type) || out.num_frames < 0) {
      return core::make_error(
          core::ErrorCode::kInvalidArgument, core::Stage::kDecode, "cannot decode into this buffer", "out",
          std::to_string(info_.num_channels) + " channels of float32 or of the file's own type",
          std::to_string(out.num_channels) + " channels of type " + std::to_string(static_cast<int>(out.type)));
    }
    std::int64_t wanted = out.num_frames;
    if (info_.num_frames >= 0) wanted = std::min(wanted, info_.num_frames - position_);
    const std::int64_t block_frames =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(kBlockBytes / layout_.frame_bytes()));
    std::int64_t done = 0;
    while (done < wanted) {
      if (stop_ != nullptr) {
        auto go = stop_->check();
        if (!go) return go.error();
      }
      const std::int64_t count = std::min(block_frames, wanted - done);
      auto got = decode_block(out.slice(done, count));
      if (!got) return got.error();
      done += *got;
      position_ += *got;
      count_decoded(*got);
      if (*got < count) {
        auto ended = note_early_end();
        if (!ended) return ended.error();
        break;
      }
    }
    return done;
  }

  core::Result<void> seek(std::int64_t frame) override {
    if (frame < 0) {
      return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kDecode,
                              "cannot seek to a negative frame", "frame", "0 or more", std::to_string(frame));
    }
    // Where the end is not known, no source has more bytes than this.
    const std::uint64_t most = (INT64_MAX - data_offset_) / layout_.frame_bytes();
    const std::int64_t end = info_.num_frames >= 0 ? info_.num_frames : static_cast<std::int64_t>(most);
    position_ = std::min(frame, end);
    return {};
  }

 private:
  /// Reads and converts up to view.num_frames frames at position_. Fewer: the source ended.
  core::Result<std::int64_t> decode_block(const core::PlanarView& view) {
    const std::size_t frame_bytes = layout_.frame_bytes();
    const std::size_t bytes = static_cast<std::size_t>(view.num_frames) * frame_bytes;
    const std::uint64_t offset = data_offset_ + static_cast<std::uint64_t>(position_) * frame_bytes;
    if (const std::span<const std::byte> all = source_.contents(); !all.empty()) {
      const std::size_t begin = static_cast<std::size_t>(std::min<std::uint64_t>(offset, all.size()));
      return convert(all.subspan(begin, std::min(bytes, all.size() - begin)), view);
    }
    if (core::is_identity(layout_, view.type)) {
      auto got = source_.read_at(offset, {view.data, bytes});
      if (!got) return got.error();
      return static_cast<std::int64_t>(*got / frame_bytes);
    }
    if (block_ == nullptr) block_ = std::make_unique_for_overwrite<std::byte[]>(std::max(kBlockBytes, frame_bytes));
    auto got = source_.read_at(offset, {block_.get(), bytes});
    if (!got) return got.error();
    return convert({block_.get(), *got}, view);
  }

  core::Result<std::int64_t> convert(std::span<const std::byte> bytes, const core::PlanarView& view) const {
    const std::int64_t frames = static_cast<std::int64_t>(bytes.size() / layout_.frame_bytes());
    auto converted = core::convert_samples(layout_, bytes, view.slice(0, frames));
    if (!converted) return converted.error();
    return frames;
  }

  /// The source ended at position_, before the frames that were promised (if any were).
  core::Result<void> note_early_end() {
    const std::int64_t promised = info_.num_frames;
    info_.num_frames = position_;
    info_.frames_kind = core::FramesKind::kExact;
    if (promised < 0) return {};
    std::string text =
        "truncated: the source ends at frame " + std::to_string(position_) + " of " + std::to_string(promised);
    if (strict_) {
      core::Error error =
          core::make_error(core::ErrorCode::kCorruptData, core::Stage::kDecode, "\"" + source_.name() + "\" ends early",
                           source_.name(), std::to_string(promised) + " frames", std::to_string(position_) + " frames");
      error.byte_offset =
          static_cast<std::int64_t>(data_offset_ + static_cast<std::uint64_t>(position_) * layout_.frame_bytes());
      return error;
    }
    warn(std::move(text));
    return {};
  }

  core::ByteSource& source_;
  core::RawLayout layout_;
  std::uint64_t data_offset_;
  bool strict_;
  core::StopToken* stop_;
  core::StreamInfo info_;
  std::int64_t position_ = 0;  ///< the next frame
  std::unique_ptr<std::byte[]> block_;
};

bool is_ours(Container container) {
  switch (container) {
    case Container::kRiff:
    case Container::kRifx:
    case Container::kRf64:
    case Container::kWave64:
    case Container::kAiff:
    case Container::kAu:
    case Container::kCaf: return true;
    default: return false;
  }
}

core::Result<PcmHeader> parse(HeaderReader& reader, const core::ProbeResult& probe) {
  switch (probe.container) {
    case Container::kWave64: return parse_wave64(reader, probe.start);
    case Container::kAiff: return parse_aiff(reader, probe.start);
    case Container::kAu: return parse_au(reader, probe.start);
    case Container::kCaf: return parse_caf(reader, probe.start);
    default: return parse_riff(reader, probe.start);
  }
}

class PcmBackend final : public core::Backend {
 public:
  const char* name() const override { return "pcm"; }
  const char* description() const override {
    return "PCM, float, A-law and mu-law in WAV, RF64, Wave64, AIFF, AU and CAF; needs no library";
  }
  core::Availability available() override { return {}; }

  std::string declines(const core::ProbeResult& probe) override {
    if (!is_ours(probe.container)) return "not RIFF, AIFF, AU or CAF";
    switch (probe.codec) {
      case core::Codec::kPcm:
      case core::Codec::kUnknown:
      case core::Codec::kOther: return {};  // the header decides, and names the codec where it is not PCM
      default: return probe.description + " is not PCM";
    }
  }

  core::Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const core::ProbeResult& probe,
                                                    const core::OpenOptions& options) override {
    if (std::string reason = declines(probe); !reason.empty()) {
      return core::make_error(core::ErrorCode::kUnsupportedFormat, core::Stage::kOpen,
                              "cannot read \"" + source.name() + "\" as PCM: " + reason, source.name());
    }
    if (options.stream_index > 0) {
      return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kOpen,
                              "\"" + source.name() + "\" has no such stream", "stream_index", "0: there is one stream",
                              std::to_string(options.stream_index));
    }
    HeaderReader reader(source);
    auto header = parse(reader, probe);
    if (!header) return header.error();
    if (header->layout.num_channels > options.limits.max_channels) {
      return core::make_error(core::ErrorCode::kLimitReached, core::Stage::kOpen,
                              "\"" + source.name() + "\" has more channels than allowed", source.name(),
                              "at most " + std::to_string(options.limits.max_channels) + " channels",
                              std::to_string(header->layout.num_channels) + " channels", "raise limits.max_channels");
    }
    if (options.strict && !header->damage.empty()) {
      core::Error error = core::make_error(core::ErrorCode::kCorruptData, core::Stage::kOpen,
                                           "\"" + source.name() + "\" is damaged", source.name(), "all of its audio",
                                           header->damage, "without strict, the audio that exists is read");
      error.byte_offset = static_cast<std::int64_t>(header->data_offset + header->data_bytes.value_or(0));
      return error;
    }
    return std::unique_ptr<core::Decoder>(std::make_unique<PcmDecoder>(source, std::move(*header), options));
  }

  std::string declines_to_write(const core::EncodeTarget& target) override {
    return target.codec == core::Codec::kPcm ? "" : "pcm writes uncompressed audio only";
  }

  core::Result<std::unique_ptr<core::Encoder>> create(core::ByteSink& sink, const core::EncodeTarget& target) override {
    return make_pcm_encoder(sink, target);
  }
};

}  // namespace

std::unique_ptr<core::Backend> make_pcm_backend() { return std::make_unique<PcmBackend>(); }

}  // namespace tonearm::pcm
