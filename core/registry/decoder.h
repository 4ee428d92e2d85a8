// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Decoder and Backend: what a decoder family or codec library offers to the registry.
// Place in the flow: between core/source and core/audio. `backends/README.md` explains how to add one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/audio/planar.h"
#include "core/base/result.h"
#include "core/base/stop_token.h"
#include "core/registry/probe.h"
#include "core/source/byte_source.h"

namespace tonearm::core {

enum class FramesKind : int { kUnknown = 0, kEstimated = 1, kExact = 2 };

/// What is known of one audio stream before decoding it.
struct StreamInfo {
  int sample_rate = 0;           ///< Hz, > 0
  int num_channels = 0;          ///< > 0
  std::int64_t num_frames = -1;  ///< instants across all channels; -1 where unknown
  FramesKind frames_kind = FramesKind::kUnknown;
  int bits_per_sample = 0;  ///< 0 for lossy or unknown
  std::string encoding;     ///< torchaudio's words: PCM_S PCM_U PCM_F ULAW ALAW FLAC MP3 VORBIS OPUS AAC ALAC ...
  std::string container;    ///< "wav", "rf64", "w64", "aiff", "au", "caf", "flac", "ogg", "mp3", "mp4", ...
  SampleType native_type = SampleType::kFloat32;  ///< what the samples are before any conversion (24 bit: kInt32)
  int stream_index = 0;
  int num_streams = 1;                      ///< audio streams in the container
  std::map<std::string, std::string> tags;  ///< keys in lower case, values UTF-8
};

/// What a caller allows and wants; sane defaults, checked by whoever could exceed them.
struct Limits {
  std::uint64_t max_bytes = std::uint64_t{1} << 40;  ///< of the source; where its size is unknown, read of it
  std::int64_t max_frames = std::int64_t{1} << 38;   ///< that are decoded for one result
  int max_channels = 1024;
  double deadline_sec = 0;  ///< 0: none
};

struct OpenOptions {
  int stream_index = -1;  ///< among audio streams; -1: the container's default
  Limits limits;
  bool strict = false;        ///< damaged or truncated audio is an error instead of a warning
  bool verify = false;        ///< see Decoder::verifies
  StopToken* stop = nullptr;  ///< may be null
};

/// One open stream. Belongs to one thread at a time. Must not outlive its source.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual const StreamInfo& info() const = 0;

  /// Decodes the next frames straight into `out`. out.num_channels must equal info().num_channels; out.type is
  /// kFloat32 always, and info().native_type where `supports(type)`. Returns the frames written; fewer than
  /// out.num_frames only at the end of the stream. Damaged audio: what exists, plus a warning (strict: an Error).
  virtual Result<std::int64_t> decode(const PlanarView& out) = 0;

  /// Moves so that the next decode starts at `frame` exactly (sample exact against a full read). A frame at or past
  /// the end leaves the decoder at the end.
  virtual Result<void> seek(std::int64_t frame) = 0;

  virtual bool supports(SampleType type) const { return type == SampleType::kFloat32; }

  /// Whether the stream carries a sum of its samples that is compared, once all of them were decoded in order, with
  /// theirs, where OpenOptions::verify asks for it. Another sum: kCorruptData, with both.
  virtual bool verifies() const { return false; }

  /// Whether several decoders, each of a part, give the samples of one in less time.
  virtual bool splits() const { return false; }

  /// Frames that were decoded so far, with those that were dropped or only compared: what a part has cost.
  std::int64_t num_decoded() const { return num_decoded_; }

  /// Seen so far: truncated, damaged, trimmed ... one line each, with byte offset or time where known.
  const std::vector<std::string>& warnings() const { return warnings_; }

 protected:
  void warn(std::string text) { warnings_.push_back(std::move(text)); }
  /// Where a seek has no other way. Said once: the way to a place is the longer, the farther it is.
  void tell_of_start(const std::string& why) {
    if (!start_told_) warn("decoded from the start: " + why);
    start_told_ = true;
  }
  void count_decoded(std::int64_t frames) { num_decoded_ += frames; }

 private:
  std::int64_t num_decoded_ = 0;
  bool start_told_ = false;
  std::vector<std::string> warnings_;
};

class ByteSink;       // core/sink/byte_sink.h
class Encoder;        // core/registry/encoder.h
struct EncodeTarget;  // core/registry/encoder.h

/// Whether a backend can work here, and if not, why.
struct Availability {
  bool available = true;
  std::string version;  ///< "1.2.0", "5.1.9", empty for our own
  std::string path;     ///< of the library in use
  std::string reason;   ///< one line where absent or broken
  std::string next;     ///< remedy where absent or broken
  std::string finding;  ///< the doctor's finding as JSON, or empty
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;         ///< "pcm", "flac", "soundfile", "ffmpeg"
  virtual const char* description() const = 0;  ///< one line
  /// Examines and opens its library at the first call only; then cached.
  virtual Availability available() = 0;
  /// Empty where it reads such a file; else one line why not ("not RIFF, AIFF, AU or CAF").
  virtual std::string declines(const ProbeResult& probe) = 0;
  virtual Result<std::unique_ptr<Decoder>> open(ByteSource& source, const ProbeResult& probe,
                                                const OpenOptions& options) = 0;

  /// The same for writing. Unless overridden, a backend writes nothing. Empty where it writes such a file.
  virtual std::string declines_to_write(const EncodeTarget& target);
  /// Errors: kUnsupportedFormat (before anything was written: another backend is asked); the sink's.
  virtual Result<std::unique_ptr<Encoder>> create(ByteSink& sink, const EncodeTarget& target);
};

}  // namespace tonearm::core
