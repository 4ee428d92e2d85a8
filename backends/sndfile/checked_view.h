// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What libsndfile is shown of a source. It never sees a RIFF header that we did not check: a crafted LIST chunk of 522
// bytes hangs sf_open (1.2.0 and 1.2.2). So a WAV file is walked here, and libsndfile gets a header of our own making
// with `fmt `, `fact` and `data` only. Tags before FLAC and Ogg data are left out in the same way. MP3 is shown with a
// Xing tag of our own making: the length and the trimming are ours (core/registry/mp3_stream.h). Place in the flow:
// inside backends/sndfile only, between the probe and libsndfile.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/registry/decoder.h"
#include "core/source/byte_source.h"

namespace tonearm::sndfile {

/// Some bytes of our own, then a range of another source, then zeros.
class PrefixedRange : public core::ByteSource {
 public:
  /// `source` is borrowed. `length` bytes from `start` (UINT64_MAX: to the end), then `zeros` bytes of zero, which need
  /// a length that the source has.
  PrefixedRange(core::ByteSource& source, std::vector<std::byte> prefix, std::uint64_t start, std::uint64_t length,
                std::uint64_t zeros = 0);
  core::Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override;
  std::optional<std::uint64_t> size() const override;

 private:
  core::ByteSource& source_;
  std::vector<std::byte> prefix_;
  std::uint64_t start_;
  std::uint64_t length_;
  std::uint64_t zeros_;
};

struct CheckedView {
  std::unique_ptr<core::ByteSource> bytes;  ///< borrows the source it was made of
  std::int64_t last_frame = -1;             ///< where ADPCM ends within its last block, or MP3 its padding; or -1
  /// Decoded frames to drop at the start (MP3: a silent MPEG frame of ours, the encoder's and the decoder's delay).
  std::int64_t num_skipped = 0;
  std::int64_t mpeg_frames = -1;       ///< that all shown MPEG frames decode to before libsndfile trims, or -1
  std::int64_t estimated_frames = -1;  ///< of MP3 whose length has to be guessed, or -1
  std::vector<std::string> warnings;
};

/// Errors: kUnsupportedFormat (an encoding or a header that libsndfile would misread), kCorruptData (no `fmt ` or
/// `data` chunk, values that contradict each other), and those of reading.
core::Result<CheckedView> make_checked_view(core::ByteSource& source, const core::ProbeResult& probe,
                                            core::StopToken* stop = nullptr);

}  // namespace tonearm::sndfile
