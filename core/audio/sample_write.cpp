// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Everything passes through double, which holds every sample type exactly; loops are simple enough to be vectorised.
#include "core/audio/sample_write.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tonearm::core {
namespace {

constexpr std::int64_t kRun = 512;  ///< frames of one channel at once: 4 KiB of double, in the first-level cache

void load_run(const PlanarView& in, int channel, std::int64_t begin, std::int64_t count, double* out) {
  const auto scaled = [&](auto tag, double offset, double scale) {
    const auto* from = in.channel_as<const decltype(tag)>(channel) + begin;
    for (std::int64_t i = 0; i < count; ++i) out[i] = (static_cast<double>(from[i]) - offset) * scale;
  };
  switch (in.type) {
    case SampleType::kUInt8: return scaled(std::uint8_t{}, 128, 0x1p-7);
    case SampleType::kInt16: return scaled(std::int16_t{}, 0, 0x1p-15);
    case SampleType::kInt32: return scaled(std::int32_t{}, 0, 0x1p-31);
    case SampleType::kFloat32: return scaled(float{}, 0, 1);
    case SampleType::kFloat64: return scaled(double{}, 0, 1);
  }
}

void count_run(const double* x, std::int64_t count, WriteTally& tally) {
  std::int64_t beyond = 0, not_a_number = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    beyond += (x[i] > 1) | (x[i] < -1);
    not_a_number += x[i] != x[i];
  }
  tally.beyond += beyond;
  tally.not_a_number += not_a_number;
}

/// Rounds half to even, left-justified in 32 bits. Adding 1.5 * 2^52 leaves the rounded integer in the low bits.
void quantise_run(const double* x, std::int64_t count, int bits, std::int32_t* out) {
  const double scale = static_cast<double>(std::int64_t{1} << (bits - 1));
  const int shift = 32 - bits;
  for (std::int64_t i = 0; i < count; ++i) {
    double value = x[i] * scale;
    value = value < -scale ? -scale : value;
    value = value > scale - 1 ? scale - 1 : value;
    const auto low = static_cast<std::uint32_t>(std::bit_cast<std::uint64_t>(value + 0x1.8p52));
    out[i] = static_cast<std::int32_t>(low << shift);
  }
}

/// ITU-T G.711, from 16 bits.
std::uint8_t to_mulaw(int sample) {
  constexpr int kBias = 132, kMost = 32635;
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(sample < 0 ? -sample : sample, kMost) + kBias;
  const int segment = static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude))) - 8;
  return static_cast<std::uint8_t>(~(sign | segment << 4 | (magnitude >> (segment + 3) & 0xF)));
}

std::uint8_t to_alaw(int sample) {
  const int mask = sample < 0 ? 0x55 : 0xD5;
  const int magnitude = (sample < 0 ? -sample - 1 : sample) >> 3;  // 12 bits
  const int segment = std::max(static_cast<int>(std::bit_width(static_cast<unsigned>(magnitude))) - 5, 0);
  const int step = segment == 0 ? 1 : segment;
  return static_cast<std::uint8_t>((segment << 4 | (magnitude >> step & 0xF)) ^ mask);
}

template <class T>
void store(std::byte* out, T value, bool swap) {
  std::byte bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  if (swap) std::reverse(std::begin(bytes), std::end(bytes));
  std::memcpy(out, bytes, sizeof(T));
}

/// `convert` turns one element of `from` into what is stored; sample i goes to out + i * stride.
template <class From, class Convert>
void store_run(const From* from, std::int64_t count, std::byte* out, std::size_t stride, bool swap, Convert convert) {
  for (std::int64_t i = 0; i < count; ++i) {
    store(out + static_cast<std::size_t>(i) * stride, convert(from[i]), swap);
  }
}

void store_24(const std::int32_t* from, std::int64_t count, std::byte* out, std::size_t stride, bool big_endian) {
  for (std::int64_t i = 0; i < count; ++i, out += stride) {
    const auto bits = static_cast<std::uint32_t>(from[i]);
    const std::byte high = std::byte(bits >> 24), middle = std::byte(bits >> 16 & 0xFF),
                    low = std::byte(bits >> 8 & 0xFF);
    out[0] = big_endian ? high : low;
    out[1] = middle;
    out[2] = big_endian ? low : high;
  }
}

}  // namespace

Result<void> write_samples(const PlanarView& in, const RawLayout& layout, const WriteRules& rules,
                           std::span<std::byte> out, WriteTally& tally) {
  const bool writable = layout.encoding != SampleEncoding::kS64 && layout.encoding != SampleEncoding::kS24Low32;
  if (!writable || in.num_channels != layout.num_channels ||
      out.size() != static_cast<std::size_t>(in.num_frames) * layout.frame_bytes()) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kSave, "cannot convert these samples", "out",
                      std::to_string(layout.num_channels) + " channels and room for all frames",
                      std::to_string(in.num_channels) + " channels, " + std::to_string(out.size()) + " bytes");
  }
  const SampleEncoding encoding = layout.encoding;
  const bool to_float = encoding == SampleEncoding::kF32 || encoding == SampleEncoding::kF64;
  const bool from_float = in.type == SampleType::kFloat32 || in.type == SampleType::kFloat64;
  const bool companded = encoding == SampleEncoding::kALaw || encoding == SampleEncoding::kMuLaw;
  const int bits = companded ? 16 : rules.valid_bits > 0 ? rules.valid_bits : 8 * encoded_bytes(encoding);
  const bool swap = layout.big_endian != (std::endian::native == std::endian::big);
  const std::size_t stride = layout.frame_bytes();
  tally.samples += in.num_frames * in.num_channels;

  std::array<double, kRun> x;
  std::array<std::int32_t, kRun> q;
  for (int c = 0; c < in.num_channels; ++c) {
    for (std::int64_t begin = 0; begin < in.num_frames; begin += kRun) {
      const std::int64_t count = std::min(kRun, in.num_frames - begin);
      std::byte* to = out.data() + static_cast<std::size_t>(begin) * stride +
                      static_cast<std::size_t>(c) * static_cast<std::size_t>(encoded_bytes(encoding));
      load_run(in, c, begin, count, x.data());
      if (from_float && (!to_float || rules.clip_float)) count_run(x.data(), count, tally);
      if (to_float) {
        if (rules.clip_float) {
          for (std::int64_t i = 0; i < count; ++i)
            x[static_cast<std::size_t>(i)] = std::clamp(x[static_cast<std::size_t>(i)], -1.0, 1.0);
        }
      } else {
        quantise_run(x.data(), count, bits, q.data());
      }
      switch (encoding) {
        case SampleEncoding::kF32:
          store_run(x.data(), count, to, stride, swap, [](double v) { return static_cast<float>(v); });
          break;
        case SampleEncoding::kF64: store_run(x.data(), count, to, stride, swap, [](double v) { return v; }); break;
        case SampleEncoding::kU8:
          store_run(q.data(), count, to, stride, false,
                    [](int v) { return static_cast<std::uint8_t>((v >> 24) + 128); });
          break;
        case SampleEncoding::kS8:
          store_run(q.data(), count, to, stride, false, [](int v) { return static_cast<std::int8_t>(v >> 24); });
          break;
        case SampleEncoding::kMuLaw:
          store_run(q.data(), count, to, stride, false, [](int v) { return to_mulaw(v >> 16); });
          break;
        case SampleEncoding::kALaw:
          store_run(q.data(), count, to, stride, false, [](int v) { return to_alaw(v >> 16); });
          break;
        case SampleEncoding::kS16:
          store_run(q.data(), count, to, stride, swap, [](int v) { return static_cast<std::int16_t>(v >> 16); });
          break;
        case SampleEncoding::kS24: store_24(q.data(), count, to, stride, layout.big_endian); break;
        default: store_run(q.data(), count, to, stride, swap, [](std::int32_t v) { return v; }); break;
      }
    }
  }
  return {};
}

}  // namespace tonearm::core
