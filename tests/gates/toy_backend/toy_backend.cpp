// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A toy file: "TOY1", then mono samples of one signed byte each, at 8000 Hz.
#include "backends/toy/toy_backend.h"

#include <algorithm>
#include <array>

namespace tonearm::toy {
namespace {

constexpr std::uint64_t kHeaderBytes = 4;

class ToyDecoder final : public core::Decoder {
 public:
  ToyDecoder(core::ByteSource& source, std::int64_t num_frames, core::StopToken* stop) : source_(source), stop_(stop) {
    info_.sample_rate = 8000;
    info_.num_channels = 1;
    info_.num_frames = num_frames;
    info_.frames_kind = num_frames < 0 ? core::FramesKind::kUnknown : core::FramesKind::kExact;
    info_.bits_per_sample = 8;
    info_.encoding = "PCM_S";
    info_.container = "toy";
  }

  const core::StreamInfo& info() const override { return info_; }

  core::Result<std::int64_t> decode(const core::PlanarView& out) override {
    std::array<std::byte, 4096> block;
    std::int64_t done = 0;
    while (done < out.num_frames) {
      if (stop_ != nullptr) {
        if (auto go_on = stop_->check(); !go_on) return go_on.error();
      }
      const auto wanted = static_cast<std::size_t>(std::min<std::int64_t>(out.num_frames - done, block.size()));
      auto got = source_.read_at(kHeaderBytes + static_cast<std::uint64_t>(position_), {block.data(), wanted});
      if (!got) return got.error();
      for (std::size_t i = 0; i < *got; ++i) {
        out.channel_as<float>(0)[done + static_cast<std::int64_t>(i)] = static_cast<std::int8_t>(block[i]) / 128.0F;
      }
      done += static_cast<std::int64_t>(*got);
      position_ += static_cast<std::int64_t>(*got);
      if (*got < wanted) break;
    }
    return done;
  }

  core::Result<void> seek(std::int64_t frame) override {
    position_ = info_.num_frames < 0 ? frame : std::min(frame, info_.num_frames);
    return {};
  }

 private:
  core::ByteSource& source_;
  core::StopToken* stop_;
  core::StreamInfo info_;
  std::int64_t position_ = 0;
};

class ToyBackend final : public core::Backend {
 public:
  const char* name() const override { return "toy"; }
  const char* description() const override { return "toy files, by our own reader"; }
  core::Availability available() override { return {}; }
  std::string declines(const core::ProbeResult& probe) override {
    return probe.container == core::Container::kToy ? "" : "not a toy file";
  }
  core::Result<std::unique_ptr<core::Decoder>> open(core::ByteSource& source, const core::ProbeResult&,
                                                    const core::OpenOptions& options) override {
    const auto size = source.size();
    const std::int64_t frames = size ? static_cast<std::int64_t>(*size - kHeaderBytes) : -1;
    return std::unique_ptr<core::Decoder>(std::make_unique<ToyDecoder>(source, frames, options.stop));
  }
};

}  // namespace

std::unique_ptr<core::Backend> make_toy_backend() { return std::make_unique<ToyBackend>(); }

}  // namespace tonearm::toy
