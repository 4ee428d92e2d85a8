// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/pcm/pcm_encoder.h"

#include <algorithm>
#include <array>

#include "backends/pcm/header_writer.h"

namespace tonearm::pcm {
namespace {

/// Converted and written at once: fits the second-level cache.
constexpr std::size_t kBlockBytes = 128 * 1024;

class PcmEncoder final : public core::Encoder {
 public:
  PcmEncoder(core::ByteSink& sink, const core::EncodeTarget& target)
      : Encoder(layout_of(target), {}), sink_(sink), target_(target) {}

  core::Result<void> start() {
    const std::int64_t frames = std::max<std::int64_t>(target_.request.num_frames, 0);
    announced_ = static_cast<std::uint64_t>(frames) * layout().frame_bytes();
    return write_header(announced_);
  }

  core::Result<void> encode(const core::PlanarView& in) override {
    const std::int64_t most =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(kBlockBytes / layout().frame_bytes()));
    for (std::int64_t begin = 0; begin < in.num_frames; begin += most) {
      auto block = interleave(in.slice(begin, std::min(most, in.num_frames - begin)));
      if (!block) return block.error();
      if (auto written = sink_.write_at(data_offset_ + data_bytes_, *block); !written) return written;
      data_bytes_ += block->size();
    }
    return {};
  }

  core::Result<void> finish() override {
    constexpr std::array<std::byte, 8> kZeros{};
    const std::uint64_t padding = padding_bytes({target_, layout(), data_bytes_});
    auto padded = sink_.write_at(data_offset_ + data_bytes_, std::span(kZeros).first(padding));
    if (!padded || data_bytes_ == announced_) return padded;
    return write_header(data_bytes_);
  }

 private:
  core::Result<void> write_header(std::uint64_t data_bytes) {
    auto header = make_header({target_, layout(), data_bytes});
    if (!header) return header.error();
    data_offset_ = header->size();
    return sink_.write_at(0, std::as_bytes(std::span(*header)));
  }

  core::ByteSink& sink_;
  core::EncodeTarget target_;
  std::uint64_t data_offset_ = 0;
  std::uint64_t announced_ = 0;  ///< bytes of audio, as the header says so far
  std::uint64_t data_bytes_ = 0;
};

}  // namespace

core::RawLayout layout_of(const core::EncodeTarget& target) {
  const bool big = target.container == "aiff" || target.container == "aifc" || target.container == "au";
  return {target.samples, big, target.request.num_channels};
}

std::uint64_t padding_bytes(const HeaderRequest& request) {
  const std::string& container = request.target.container;
  if (container == "w64") return (8 - request.data_bytes % 8) % 8;
  return container == "au" || container == "caf" ? 0 : request.data_bytes % 2;
}

core::Result<std::string> make_header(const HeaderRequest& request) {
  const std::string& container = request.target.container;
  if (container == "w64") return make_wave64_header(request);
  if (container == "au") return make_au_header(request);
  if (container == "caf") return make_caf_header(request);
  if (container == "aiff" || container == "aifc") return make_aiff_header(request);
  return make_wav_header(request);
}

core::Error cannot_hold(const HeaderRequest& request, const std::string& subject, std::string needed, std::string found,
                        std::string next) {
  return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kSave,
                          request.target.container + " cannot hold these " + subject, subject, std::move(needed),
                          std::move(found), std::move(next));
}

core::Result<std::unique_ptr<core::Encoder>> make_pcm_encoder(core::ByteSink& sink, const core::EncodeTarget& target) {
  auto encoder = std::make_unique<PcmEncoder>(sink, target);
  if (auto started = encoder->start(); !started) return started.error();
  return std::unique_ptr<core::Encoder>(std::move(encoder));
}

}  // namespace tonearm::pcm
