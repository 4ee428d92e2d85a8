// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/self_check.h"

#include <array>
#include <cstring>

#include "backends/ffmpeg/ffmpeg_decoder.h"

namespace tonearm::ffmpeg {
namespace {

constexpr int kRate = 11025;
constexpr int kChannels = 3;
constexpr int kFrames = 37;
constexpr std::size_t kHeaderBytes = 44;
constexpr std::size_t kDataBytes = kChannels * kFrames * 2;

std::int16_t sample(int frame, int channel) { return static_cast<std::int16_t>(frame * 811 - channel * 9973); }

/// A 16-bit PCM WAV file.
std::array<std::byte, kHeaderBytes + kDataBytes> make_clip() {
  std::array<std::byte, kHeaderBytes + kDataBytes> clip{};
  auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) clip[at + static_cast<std::size_t>(i)] = static_cast<std::byte>(value >> (8 * i));
  };
  std::memcpy(clip.data(), "RIFF....WAVEfmt ", 16);
  std::memcpy(clip.data() + 36, "data", 4);
  put(4, kHeaderBytes - 8 + kDataBytes, 4);
  put(16, 16, 4);
  put(20, 1, 2);
  put(22, kChannels, 2);
  put(24, kRate, 4);
  put(28, kRate * kChannels * 2, 4);
  put(32, kChannels * 2, 2);
  put(34, 16, 2);
  put(40, kDataBytes, 4);
  for (int f = 0; f < kFrames; ++f) {
    for (int c = 0; c < kChannels; ++c) {
      put(kHeaderBytes + static_cast<std::size_t>(f * kChannels + c) * 2, static_cast<std::uint16_t>(sample(f, c)), 2);
    }
  }
  return clip;
}

core::Error differs(const Api& api, const std::string& found) {
  return core::make_error(core::ErrorCode::kMissingDependency, core::Stage::kDependency,
                          "cannot use FFmpeg at \"" + api.path + "\"", api.path,
                          "structs as in FFmpeg " + std::to_string(api.layout->major) + "'s headers",
                          "the self-check clip gave " + found, "use another FFmpeg, e.g. pip install av");
}

}  // namespace

core::Result<void> check_layout(const std::shared_ptr<const Api>& api) {
  if (api->av_find_input_format("wav") == nullptr) return {};
  const auto clip = make_clip();
  auto source = core::make_memory_source(clip, "<self-check>");
  core::ProbeResult probe;
  probe.container = core::Container::kRiff;
  probe.description = "PCM in WAV";
  auto decoder = FfmpegDecoder::open(api, *source, probe, {});
  if (!decoder) return differs(*api, decoder.error().message());
  const core::StreamInfo& info = (*decoder)->info();
  if (info.sample_rate != kRate || info.num_channels != kChannels || info.bits_per_sample != 16 ||
      info.num_frames != kFrames || info.encoding != "PCM_S") {
    return differs(*api, std::to_string(info.sample_rate) + " Hz, " + std::to_string(info.num_channels) +
                             " channels, " + std::to_string(info.num_frames) + " frames, " + info.encoding);
  }
  std::array<float, static_cast<std::size_t>(kChannels) * (kFrames + 1)> decoded{};
  const core::PlanarView out{reinterpret_cast<std::byte*>(decoded.data()), core::SampleType::kFloat32, kChannels,
                             kFrames + 1, kFrames + 1};
  auto count = (*decoder)->decode(out);
  if (!count || *count != kFrames) return differs(*api, "another number of frames");
  for (int c = 0; c < kChannels; ++c) {
    for (int f = 0; f < kFrames; ++f) {
      if (out.channel_as<float>(c)[f] != static_cast<float>(sample(f, c)) / 32768.0f) {
        return differs(*api, "other samples");
      }
    }
  }
  return {};
}

}  // namespace tonearm::ffmpeg
