// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// read, info and Reader: the whole line from a source to a planar buffer, as one call each.
// Place in the flow: above registry, audio and dsp; under the C ABI.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/audio/block_sink.h"
#include "core/audio/non_finite.h"
#include "core/audio/planar.h"
#include "core/registry/registry.h"

namespace tonearm::core {

/// What a caller asks for. Zero-initialised members mean "as the source".
struct ReadOptions {
  OpenRequest open;
  std::int64_t frame_offset = 0;           ///< frames at the source's rate, >= 0
  std::int64_t num_frames = -1;            ///< frames at the source's rate; -1: to the end
  bool native = false;                     ///< samples as an uncompressed file holds them (others: float32)
  bool short_integers = false;             ///< int16 where the file's samples are that and no more (others: float32)
  SampleType type = SampleType::kFloat32;  ///< unless native or short_integers
  int sample_rate = 0;                     ///< Hz; 0: as the source
  bool mono = false;                       ///< average of all channels
  NonFinite non_finite = NonFinite::kUnchecked;
  int threads = 1;  ///< at most so many decode one file and resample it, where that gives the same samples
};

/// A source's description together with who gave it.
struct Description {
  StreamInfo stream;
  std::string backend;
};

/// Decoded audio, contiguous (channels, frames).
struct DecodedAudio {
  PlanarBuffer samples;
  int sample_rate = 0;  ///< Hz, of `samples`
  Description source;
  std::vector<std::string> warnings;
  std::int64_t num_non_finite = 0;  ///< samples, before any mixing; where ReadOptions::non_finite has them counted
};

/// Errors: those of Registry::open and of the decoder; kInvalidArgument; kLimitReached.
/// An offset at or past the end gives 0 frames. Memory: never more at once than the source's size can justify.
Result<DecodedAudio> read(ByteSource& source, const ReadOptions& options);
/// The same samples into `sink`; the result holds none. They are decoded there where the length is known and nothing is
/// done with them after decoding; otherwise they are moved there once. Errors: those of `sink`, too.
Result<DecodedAudio> read(ByteSource& source, const ReadOptions& options, BlockSink& sink);

/// `exact`: num_frames is counted where the header does not know it.
Result<Description> describe(ByteSource& source, const ReadOptions& options, bool exact);

/// A stream read in blocks with constant memory. Belongs to one thread at a time; must not outlive its source.
class Reader {
 public:
  static Result<Reader> open(ByteSource& source, const ReadOptions& options);

  const Description& description() const { return description_; }
  /// The next frames, at most `num_frames`; 0 frames at the end.
  Result<DecodedAudio> read(std::int64_t num_frames);
  Result<void> seek(std::int64_t frame);
  std::int64_t tell() const { return position_; }

 private:
  Reader() = default;
  std::unique_ptr<Decoder> decoder_;
  Description description_;
  ByteSource* source_ = nullptr;
  StopToken* stop_ = nullptr;
  SampleType type_ = SampleType::kFloat32;
  NonFinite non_finite_ = NonFinite::kUnchecked;
  bool mono_ = false;
  std::int64_t position_ = 0;
  std::size_t warnings_told_ = 0;
};

}  // namespace tonearm::core
