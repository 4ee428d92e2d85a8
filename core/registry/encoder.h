// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Encoder: what a backend offers for writing, what may be asked of it, and the choice among backends.
// Place in the flow: between a caller's planar samples and core/sink.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/audio/non_finite.h"
#include "core/audio/planar.h"
#include "core/audio/sample_write.h"
#include "core/base/result.h"
#include "core/registry/registry.h"
#include "core/sink/byte_sink.h"

namespace tonearm::core {

/// What a caller asks of a new file. Members that are empty or zero mean "the format's default".
struct EncodeRequest {
  std::string backend;                ///< empty: auto; otherwise used or refused
  std::string format;                 ///< "wav", "flac", ...; empty: by the extension of the sink's name
  std::string encoding;               ///< PCM_S PCM_U PCM_F ULAW ALAW, or a codec's name where a container has several
  int bits_per_sample = 0;            ///< of the file
  std::optional<double> compression;  ///< FLAC: level 0 to 8; Vorbis: quality 0 to 10; MP3, Opus, AAC: kbit/s
  std::map<std::string, std::string> tags;
  int sample_rate = 0;  ///< Hz, > 0
  int num_channels = 0;
  SampleType type = SampleType::kFloat32;        ///< of the samples that will be given
  NonFinite non_finite = NonFinite::kUnchecked;  ///< unchecked: floating point targets keep them, others refuse NaN
  std::int64_t num_frames = -1;                  ///< where known in advance: headers are then right from the start
};

/// The request with every default filled in and every combination judged.
struct EncodeTarget {
  EncodeRequest request;
  std::string container;  ///< "wav", "rf64", "w64", "aiff", "aifc", "au", "caf", "flac", "ogg", "mp3", "m4a", "adts"
  Codec codec = Codec::kPcm;
  SampleEncoding samples = SampleEncoding::kS16;  ///< kPcm only
  int bits_per_sample = 0;                        ///< 0: lossy

  /// For messages: "FLAC", "Opus in ogg", "24-bit PCM in wav".
  std::string description() const;
};

/// Errors: kInvalidArgument, with torchaudio 2.8's words where it had them.
Result<EncodeTarget> resolve_target(const EncodeRequest& request, const std::string& sink_name);

/// One file being written. Belongs to one thread at a time. Must not outlive its sink.
class Encoder {
 public:
  virtual ~Encoder() = default;

  /// Takes any number of frames of the announced type and channel count.
  /// Errors: the sink's; kInvalidArgument for NaN where the target is not floating point.
  virtual Result<void> encode(const PlanarView& in) = 0;

  /// Completes the bytes: the last block, sizes in headers. Does not commit the sink.
  virtual Result<void> finish() = 0;

  /// One line each: clipped samples, counted.
  std::vector<std::string> warnings() const;

 protected:
  explicit Encoder(const RawLayout& layout, const WriteRules& rules) : layout_(layout), rules_(rules) {}
  /// `in` as the interleaved samples of this encoder's layout, valid until the next call; tallies what is clipped.
  Result<std::span<const std::byte>> interleave(const PlanarView& in);
  const RawLayout& layout() const { return layout_; }

 private:
  RawLayout layout_;
  WriteRules rules_;
  WriteTally tally_;
  std::vector<std::byte> block_;
};

/// An encoder and how it was chosen.
struct OpenedEncoder {
  std::unique_ptr<Encoder> encoder;
  std::string backend;
};

/// Opens with the first backend that accepts, in the order of the table in encoder.cpp.
/// Errors: kInvalidArgument; kUnsupportedFormat; kMissingDependency (the only backend for it is absent); the sink's.
Result<OpenedEncoder> open_encoder(const Registry& registry, ByteSink& sink, const EncodeTarget& target);

}  // namespace tonearm::core
