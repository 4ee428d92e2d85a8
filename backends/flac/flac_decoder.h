// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// FlacDecoder: an open FLAC stream as the registry knows decoders.
// Place in the flow: FrameFeed -> FrameDecoder -> the caller's planar memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "backends/flac/frame.h"
#include "backends/flac/frame_feed.h"
#include "backends/flac/md5.h"
#include "core/registry/decoder.h"

namespace tonearm::flac {

class FlacDecoder final : public core::Decoder {
 public:
  /// Reads the metadata and finds the first and the last frame.
  /// Errors: kCorruptData (no STREAMINFO, no frame; strict: an end that is not where STREAMINFO says), kLimitReached,
  /// kInvalidArgument (stream_index), those of the source.
  static core::Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const core::ProbeResult& probe,
                                                           const core::OpenOptions& options);

  const core::StreamInfo& info() const override { return info_; }
  core::Result<std::int64_t> decode(const core::PlanarView& out) override;
  core::Result<void> seek(std::int64_t frame) override;
  bool supports(core::SampleType type) const override {
    return type == core::SampleType::kFloat32 || type == info_.native_type;
  }

  bool verifies() const override { return context_.stream.md5 != Md5Digest{}; }
  bool splits() const override { return true; }

  /// STREAMINFO, with the MD5 of the samples.
  const StreamHeader& stream_header() const { return context_.stream; }

 private:
  FlacDecoder(core::ByteSource& source, const core::OpenOptions& options) : source_(source), options_(options) {
    context_.stop = options.stop;
  }
  core::Result<void> read_native_metadata(std::uint64_t start);
  core::Result<void> read_ogg_metadata(std::uint64_t start);
  core::Result<void> take_block(unsigned type, Bytes body);
  core::Result<void> find_ends(const core::ProbeResult& probe);
  core::Result<bool> next_block();
  core::Result<bool> recover(FrameStatus status);
  core::Result<FrameStatus> try_frame();
  void add_to_sum();
  core::Result<void> tell_of_other_stream();
  core::Result<void> look_behind_end();
  core::Result<void> compare_sum();
  core::Result<void> complain(std::string text, std::uint64_t offset);
  core::Error corrupt(std::string found, core::Stage stage, std::uint64_t offset) const;

  core::ByteSource& source_;
  core::OpenOptions options_;
  core::StreamInfo info_;
  StreamContext context_;
  std::unique_ptr<FrameFeed> feed_;
  FrameDecoder frame_;
  std::int64_t declared_ = 0;    ///< STREAMINFO's total, 0 where unknown or impossible
  std::int64_t position_ = 0;    ///< of the next frame (instant) that decode() gives
  std::size_t block_begin_ = 0;  ///< first sample of the decoded block not given yet
  std::size_t block_end_ = 0;
  std::int64_t silence_ = 0;  ///< instants lost to damage, given as zeros before the block
  int failed_frames_ = 0;
  std::optional<Md5> sum_;  ///< of all samples so far, where it is asked for; nothing after a seek or the comparison
  std::vector<std::byte> sum_block_;        ///< one block's samples, planar and native
  std::vector<std::byte> sum_interleaved_;  ///< the same as the sum takes them
  bool ended_ = false;
  bool end_reported_ = false;
  bool other_reported_ = false;
};

}  // namespace tonearm::flac
