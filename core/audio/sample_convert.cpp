// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/sample_convert.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "core/audio/sample_kernels.h"

namespace tonearm::core {

static_assert(std::endian::native == std::endian::little, "the kernels load little-endian words");
static_assert(std::extent_v<decltype(SampleKernels::to_float)> == kNumSampleEncodings);

namespace {

/// 16 KiB of double: the detour through it stays within the first-level cache.
constexpr std::size_t kBlockSamples = 2048;

/// ITU-T G.711: sign, 3 bits of segment, 4 bits of mantissa; scaled to 16 bits.
constexpr G711Tables make_g711() {
  G711Tables tables{};
  for (int code = 0; code < 256; ++code) {
    const int a = code ^ 0x55;
    const int a_segment = a >> 4 & 7;
    int a_size = (a & 15) << 4 | 8;
    if (a_segment > 0) a_size = (a_size + 0x100) << (a_segment - 1);
    tables.alaw[code] = static_cast<std::int16_t>(a & 0x80 ? a_size : -a_size);

    const int mu = ~code & 0xFF;
    const int mu_size = (((mu & 15) << 3 | 0x84) << (mu >> 4 & 7)) - 0x84;
    tables.mulaw[code] = static_cast<std::int16_t>(mu & 0x80 ? -mu_size : mu_size);
  }
  return tables;
}

const SampleKernels& best_kernels() {
  static const SampleKernels* const best = sample_kernels().back();
  return *best;
}

/// Frames wider than the block: one frame at a time, in pieces.
void convert_wide(SampleKernels::Decode decode, std::size_t in_bytes, const std::uint8_t* in, void* block,
                  std::size_t channels, const PlanarView& out) {
  const std::size_t size = sample_bytes(out.type);
  for (std::int64_t frame = 0; frame < out.num_frames; ++frame) {
    for (std::size_t first = 0; first < channels; first += kBlockSamples) {
      const std::size_t count = std::min(kBlockSamples, channels - first);
      decode(in, count, block);
      in += count * in_bytes;
      for (std::size_t c = 0; c < count; ++c) {
        std::memcpy(out.channel(static_cast<int>(first + c)) + static_cast<std::size_t>(frame) * size,
                    static_cast<const std::byte*>(block) + c * size, size);
      }
    }
  }
}

}  // namespace

constinit const G711Tables kG711 = make_g711();

std::vector<const SampleKernels*> sample_kernels() {
  std::vector<const SampleKernels*> usable{&kBaselineKernels};
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) usable.push_back(&kAvx2Kernels);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl")) {
    usable.push_back(&kAvx512Kernels);
  }
#endif
  return usable;
}

const char* kernels_name(const SampleKernels& kernels) { return kernels.name; }

bool is_identity(const RawLayout& layout, SampleType type) {
  if (layout.num_channels != 1 || type != native_type(layout.encoding)) return false;
  switch (layout.encoding) {
    case SampleEncoding::kU8: return true;
    case SampleEncoding::kS16:
    case SampleEncoding::kS32:
    case SampleEncoding::kF32:
    case SampleEncoding::kF64: return !layout.big_endian;
    default: return false;
  }
}

Result<void> convert_samples(const RawLayout& layout, std::span<const std::byte> in, const PlanarView& out) {
  return convert_samples_with(best_kernels(), layout, in, out);
}

Result<void> convert_samples_with(const SampleKernels& kernels, const RawLayout& layout, std::span<const std::byte> in,
                                  const PlanarView& out) {
  const bool native = out.type == native_type(layout.encoding);
  if (layout.num_channels < 1 || out.num_channels != layout.num_channels || out.num_frames < 0 ||
      (!native && out.type != SampleType::kFloat32)) {
    return make_error(
        ErrorCode::kInvalidArgument, Stage::kConvert, "cannot convert samples into this buffer", "out",
        std::to_string(layout.num_channels) + " channels of float32 or of the file's own type",
        std::to_string(out.num_channels) + " channels of type " + std::to_string(static_cast<int>(out.type)));
  }
  const std::size_t channels = static_cast<std::size_t>(layout.num_channels);
  const std::size_t frames = static_cast<std::size_t>(out.num_frames);
  if (in.size() / layout.frame_bytes() < frames) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kConvert, "too few bytes for the frames asked for", "in",
                      std::to_string(frames) + " frames of " + std::to_string(layout.frame_bytes()) + " bytes",
                      std::to_string(in.size()) + " bytes");
  }
  if (frames == 0) return {};

  const auto* bytes = reinterpret_cast<const std::uint8_t*>(in.data());
  if (is_identity(layout, out.type)) {
    std::memcpy(out.data, bytes, frames * layout.frame_bytes());
    return {};
  }
  const std::size_t encoding = static_cast<std::size_t>(layout.encoding);
  const std::size_t big = layout.big_endian ? 1 : 0;
  // Where the native type is float32 both tables say the same.
  const SampleKernels::Decode decode =
      out.type == SampleType::kFloat32 ? kernels.to_float[encoding][big] : kernels.to_native[encoding][big];
  if (channels == 1) {
    decode(bytes, frames, out.data);
    return {};
  }
  if (channels == 2 && layout.encoding == SampleEncoding::kS16 && out.type == SampleType::kFloat32) {
    kernels.s16_stereo_to_float[big](bytes, frames, out.channel_as<float>(0), out.channel_as<float>(1));
    return {};
  }

  alignas(64) std::byte block[kBlockSamples * sizeof(double)];
  const std::size_t in_bytes = static_cast<std::size_t>(encoded_bytes(layout.encoding));
  if (channels > kBlockSamples) {
    convert_wide(decode, in_bytes, bytes, block, channels, out);
    return {};
  }
  const std::size_t size = sample_bytes(out.type);
  const std::size_t width = static_cast<std::size_t>(std::countr_zero(size));
  const std::size_t block_frames = kBlockSamples / channels;
  for (std::size_t begin = 0; begin < frames; begin += block_frames) {
    const std::size_t count = std::min(block_frames, frames - begin);
    decode(bytes + begin * layout.frame_bytes(), count * channels, block);
    if (channels == 2) {
      kernels.split_stereo[width](block, count, out.channel(0) + begin * size, out.channel(1) + begin * size);
      continue;
    }
    for (std::size_t c = 0; c < channels; ++c) {
      kernels.pick_channel[width](block + c * size, channels, count, out.channel(static_cast<int>(c)) + begin * size);
    }
  }
  return {};
}

}  // namespace tonearm::core
