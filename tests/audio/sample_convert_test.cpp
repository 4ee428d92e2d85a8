// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/audio/sample_convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

namespace tonearm::core {
namespace {

constexpr SampleEncoding kAll[] = {SampleEncoding::kU8,   SampleEncoding::kS8,   SampleEncoding::kS16,
                                   SampleEncoding::kS24,  SampleEncoding::kS32,  SampleEncoding::kS64,
                                   SampleEncoding::kF32,  SampleEncoding::kF64,  SampleEncoding::kS24Low32,
                                   SampleEncoding::kALaw, SampleEncoding::kMuLaw};
static_assert(std::size(kAll) == kNumSampleEncodings);

/// G.711 by its decision values, independent of the bit tricks in the table.
double g711(unsigned code, bool alaw) {
  const unsigned plain = alaw ? code ^ 0x55 : code ^ 0xFF;
  const int segment = static_cast<int>(plain >> 4 & 7), step = static_cast<int>(plain & 15);
  double size = 0;
  if (alaw) {
    size = segment == 0 ? 16.0 * step + 8 : std::ldexp(16.0 * step + 8 + 256, segment - 1);
  } else {
    size = std::ldexp(8.0 * step + 132, segment) - 132;
  }
  const bool positive = alaw ? (plain & 0x80) != 0 : (plain & 0x80) == 0;
  return positive ? size : -size;
}

/// One sample by arithmetic on its bytes: value in [-1, 1) as long double, which holds all 64 bits.
long double reference(SampleEncoding encoding, bool big, const std::uint8_t* p) {
  const int bytes = encoded_bytes(encoding);
  std::uint64_t bits = 0;
  for (int i = 0; i < bytes; ++i) bits = bits << 8 | p[big ? i : bytes - 1 - i];
  const auto signed_value = [&](int width) {
    const std::uint64_t sign = std::uint64_t{1} << (width - 1);
    const std::uint64_t field = width == 64 ? bits : bits & ((std::uint64_t{1} << width) - 1);
    return static_cast<long double>(static_cast<std::int64_t>(field ^ sign)) -
           (width == 64 ? static_cast<long double>(static_cast<std::int64_t>(sign)) : static_cast<long double>(sign));
  };
  switch (encoding) {
    case SampleEncoding::kU8: return (static_cast<long double>(bits) - 128) / 128;
    case SampleEncoding::kS8: return signed_value(8) / 0x1p7L;
    case SampleEncoding::kS16: return signed_value(16) / 0x1p15L;
    case SampleEncoding::kS24:
    case SampleEncoding::kS24Low32: return signed_value(24) / 0x1p23L;
    case SampleEncoding::kS32: return signed_value(32) / 0x1p31L;
    case SampleEncoding::kS64: return static_cast<long double>(static_cast<std::int64_t>(bits)) / 0x1p63L;
    case SampleEncoding::kF32: return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    case SampleEncoding::kF64: return std::bit_cast<double>(bits);
    case SampleEncoding::kALaw: return g711(p[0], true) / 32768;
    case SampleEncoding::kMuLaw: return g711(p[0], false) / 32768;
  }
  return 0;
}

/// What `type` should hold for a value in [-1, 1).
double expected(long double value, SampleType type) {
  switch (type) {
    case SampleType::kUInt8: return static_cast<double>(value * 128 + 128);
    case SampleType::kInt16: return static_cast<double>(value * 0x1p15L);
    case SampleType::kInt32: return static_cast<double>(value * 0x1p31L);
    case SampleType::kFloat32: return static_cast<float>(value);
    case SampleType::kFloat64: return static_cast<double>(value);
  }
  return 0;
}

double stored(const PlanarView& view, int channel, std::int64_t frame) {
  switch (view.type) {
    case SampleType::kUInt8: return view.channel_as<std::uint8_t>(channel)[frame];
    case SampleType::kInt16: return view.channel_as<std::int16_t>(channel)[frame];
    case SampleType::kInt32: return view.channel_as<std::int32_t>(channel)[frame];
    case SampleType::kFloat32: return view.channel_as<float>(channel)[frame];
    case SampleType::kFloat64: return view.channel_as<double>(channel)[frame];
  }
  return 0;
}

/// Random bytes whose floats are ordinary numbers (no NaN, which compares unequal, and no overflow to float32).
std::vector<std::byte> make_bytes(const RawLayout& layout, std::size_t frames, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(frames * layout.frame_bytes());
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  std::uniform_real_distribution<double> number(-1, 1);
  for (std::size_t at = 0; at < bytes.size(); at += static_cast<std::size_t>(encoded_bytes(layout.encoding))) {
    if (layout.encoding == SampleEncoding::kF32) {
      const float value = static_cast<float>(number(random));
      std::memcpy(&bytes[at], &value, 4);
      if (layout.big_endian)
        std::reverse(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(at + 4));
    } else if (layout.encoding == SampleEncoding::kF64) {
      const double value = number(random);
      std::memcpy(&bytes[at], &value, 8);
      if (layout.big_endian)
        std::reverse(bytes.begin() + static_cast<long>(at), bytes.begin() + static_cast<long>(at + 8));
    }
  }
  return bytes;
}

TEST(SampleConvert, EveryKernelAgreesWithArithmetic) {
  for (const SampleKernels* kernels : sample_kernels()) {
    for (const SampleEncoding encoding : kAll) {
      for (const bool big : {false, true}) {
        for (const int channels : {1, 2, 3, 7, 2500}) {
          const RawLayout layout{encoding, big, channels};
          for (const std::int64_t frames : {0, 1, 5, 21, channels < 8 ? 3000 : 3}) {
            const std::vector<std::byte> bytes = make_bytes(layout, static_cast<std::size_t>(frames), 7);
            for (const SampleType type : {SampleType::kFloat32, native_type(encoding)}) {
              SCOPED_TRACE(std::string(kernels_name(*kernels)) + " encoding " +
                           std::to_string(static_cast<int>(encoding)) + (big ? " big" : " little") + ", " +
                           std::to_string(channels) + " channels, " + std::to_string(frames) + " frames, type " +
                           std::to_string(static_cast<int>(type)));
              auto buffer = PlanarBuffer::allocate(type, channels, frames);
              ASSERT_TRUE(buffer);
              ASSERT_TRUE(convert_samples_with(*kernels, layout, bytes, buffer->view()));
              const auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
              for (std::int64_t i = 0; i < frames; ++i) {
                for (int c = 0; c < channels; ++c, in += encoded_bytes(encoding)) {
                  ASSERT_EQ(stored(buffer->view(), c, i), expected(reference(encoding, big, in), type))
                      << "frame " << i << " channel " << c;
                }
              }
            }
          }
        }
      }
    }
  }
}

TEST(SampleConvert, ReadsNothingBehindTheInput) {
  // The exact allocation lets AddressSanitizer see one byte too many; unaligned starts are part of it.
  for (const SampleKernels* kernels : sample_kernels()) {
    for (std::int64_t frames = 0; frames < 70; ++frames) {
      const RawLayout layout{SampleEncoding::kS24, false, 1};
      const std::vector<std::byte> bytes(static_cast<std::size_t>(frames) * 3 + 1, std::byte{0x7F});
      auto buffer = PlanarBuffer::allocate(SampleType::kFloat32, 1, frames);
      ASSERT_TRUE(buffer);
      ASSERT_TRUE(convert_samples_with(*kernels, layout, std::span(bytes).subspan(1), buffer->view()));
    }
  }
}

TEST(SampleConvert, WritesOnlyTheFramesOfTheView) {
  const RawLayout layout{SampleEncoding::kS24, false, 2};
  const std::vector<std::byte> bytes = make_bytes(layout, 10, 3);
  std::vector<float> memory(2 * 16, 9.0f);
  const PlanarView view{reinterpret_cast<std::byte*>(memory.data()), SampleType::kFloat32, 2, 10, 16};
  ASSERT_TRUE(convert_samples(layout, bytes, view));
  for (std::size_t i = 10; i < 16; ++i) {
    EXPECT_EQ(memory[i], 9.0f);
    EXPECT_EQ(memory[16 + i], 9.0f);
  }
}

TEST(SampleConvert, RefusesBuffersThatDoNotFit) {
  const RawLayout layout{SampleEncoding::kS16, false, 2};
  const std::vector<std::byte> bytes(40);
  auto wrong_type = PlanarBuffer::allocate(SampleType::kInt32, 2, 10);
  auto wrong_channels = PlanarBuffer::allocate(SampleType::kFloat32, 1, 10);
  auto too_long = PlanarBuffer::allocate(SampleType::kFloat32, 2, 11);
  ASSERT_TRUE(wrong_type && wrong_channels && too_long);
  for (const auto* buffer : {&*wrong_type, &*wrong_channels, &*too_long}) {
    auto converted = convert_samples(layout, bytes, buffer->view());
    ASSERT_FALSE(converted);
    EXPECT_EQ(converted.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST(SampleConvert, KnowsTheEndsOfTheScale) {
  const std::byte bytes[] = {std::byte{0x00}, std::byte{0x80}, std::byte{0xFF}, std::byte{0x7F}};
  float out[2];
  const PlanarView view{reinterpret_cast<std::byte*>(out), SampleType::kFloat32, 1, 2, 2};
  ASSERT_TRUE(convert_samples({SampleEncoding::kS16, false, 1}, bytes, view));
  EXPECT_EQ(out[0], -1.0f);
  EXPECT_EQ(out[1], 32767.0f / 32768.0f);
}

}  // namespace
}  // namespace tonearm::core
