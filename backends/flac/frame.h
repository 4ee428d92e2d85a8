// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// One FLAC frame (RFC 9639 section 9): its header, and its samples as integers, checked by CRC-8 and CRC-16.
// Place in the flow: bytes of one frame in, coded channels out; flac_decoder.cpp converts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/flac/kernels.h"
#include "backends/flac/metadata.h"

namespace tonearm::flac {

inline constexpr unsigned kMaxBlock = 65535;        ///< samples per channel in one frame
inline constexpr std::size_t kMaxHeaderBytes = 16;  ///< sync to CRC-8
inline constexpr std::size_t kMinFrameBytes = 10;   ///< 6 header + CRC-16 + a constant subframe of 4 bits

struct FrameHeader {
  bool variable = false;  ///< blocking strategy: `number` counts samples, not frames
  std::uint64_t number = 0;
  unsigned block = 0;   ///< samples per channel, 1 to 65535
  int sample_rate = 0;  ///< Hz
  int num_channels = 0;
  int bits = 0;
  Stereo stereo = Stereo::kIndependent;
  std::size_t bytes = 0;  ///< of the header itself, CRC-8 included
};

enum class FrameStatus {
  kOk,
  kNeedMore,  ///< the bytes end inside the frame
  kInvalid,   ///< not a frame, or a damaged one
};

/// Header at the very start of `bytes`. Fields left to STREAMINFO are taken from `stream`.
FrameStatus parse_frame_header(Bytes bytes, const StreamHeader& stream, FrameHeader& header);

/// The same channels, rate and bits as STREAMINFO says.
bool matches(const FrameHeader& header, const StreamHeader& stream);

/// Position of the next two bytes that look like the start of a frame, at or behind `from`; bytes.size() - 1 (a
/// sync code could start at the last byte) where there is none.
std::size_t find_sync(Bytes bytes, std::size_t from);

/// Decodes frames into memory of its own, which grows to the largest block met (at most 65,535 samples of each
/// channel: the frame's own bytes do not bound it, a constant subframe of 3 bytes fills a block).
class FrameDecoder {
 public:
  explicit FrameDecoder(const Kernels& kernels = flac::kernels()) : kernels_(kernels) {}

  /// On kOk `header()`, the channels and `bytes()` are those of the frame; else `reason()` says what was wrong.
  FrameStatus decode(Bytes bytes, const StreamHeader& stream);

  const FrameHeader& header() const { return header_; }
  std::size_t bytes() const { return bytes_; }
  const char* reason() const { return reason_; }

  /// Samples [begin, begin + count) of every channel, stereo coding undone, into `out` from `out_begin` on.
  void convert(std::size_t begin, std::size_t count, const core::PlanarView& out, std::int64_t out_begin) const;

 private:
  bool decode_subframe(BitReader& reader, int channel, unsigned bits);
  template <class Sample>
  bool decode_samples(BitReader& reader, Sample* data, unsigned bits);
  /// Residuals behind the `order` samples of warm-up; with a predictor, the samples themselves.
  template <class Sample>
  bool decode_residual(BitReader& reader, Sample* data, unsigned order, Predictor* predictor);
  /// Everything behind the warm-up, in one pass.
  bool decode_fused(BitReader& reader, std::int32_t* data, Predictor& predictor);
  bool fail(const char* reason);
  void reserve(unsigned block, int num_channels);
  std::int32_t* channel(int c) { return samples_.get() + static_cast<std::size_t>(c) * stride_; }
  const std::int32_t* channel(int c) const { return samples_.get() + static_cast<std::size_t>(c) * stride_; }

  const Kernels& kernels_;
  FrameHeader header_;
  std::size_t bytes_ = 0;
  const char* reason_ = "";
  std::unique_ptr<std::int32_t[]> samples_;
  std::size_t stride_ = 0;
  std::size_t capacity_ = 0;
  std::vector<std::int64_t> side_;  ///< the 33-bit side channel of 32-bit stereo
};

}  // namespace tonearm::flac
