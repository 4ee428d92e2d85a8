// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/flac/frame.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "backends/flac/crc.h"

namespace tonearm::flac {
namespace {

/// The frame or sample number, coded like UTF-8 in up to 7 bytes (36 bits). Returns its bytes, 0 where malformed.
std::size_t read_coded_number(BitReader& reader, std::uint64_t& number) {
  const std::uint32_t first = reader.read(8);
  if (first < 0x80) {
    number = first;
    return 1;
  }
  const auto ones = static_cast<unsigned>(std::countl_one(static_cast<std::uint8_t>(first)));
  if (ones < 2 || ones > 7) return 0;
  number = first & (0x7Fu >> ones);
  for (unsigned i = 1; i < ones; ++i) {
    const std::uint32_t next = reader.read(8);
    if ((next & 0xC0) != 0x80) return 0;
    number = number << 6 | (next & 0x3F);
  }
  return ones;
}

unsigned block_of_code(unsigned code) {
  if (code == 1) return 192;
  if (code <= 5) return 144u << code;
  return 1u << code;
}

int rate_of_code(unsigned code) {
  constexpr int kRates[12] = {0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000};
  return kRates[code];
}

int bits_of_code(unsigned code) {
  constexpr int kBits[8] = {0, 8, 12, -1, 16, 20, 24, 32};
  return kBits[code];
}

void restore_wide_lpc(std::int64_t* data, std::size_t count, const std::int32_t* c, unsigned order, unsigned shift) {
  for (std::size_t i = order; i < count; ++i) {
    std::uint64_t sum = 0;
    for (unsigned j = 0; j < order; ++j) {
      sum += static_cast<std::uint64_t>(data[i - 1 - j]) * static_cast<std::uint64_t>(std::int64_t{c[j]});
    }
    const auto prediction = static_cast<std::uint64_t>(static_cast<std::int64_t>(sum) >> shift);
    data[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(data[i]) + prediction);
  }
}

/// Coefficients of the fixed predictors (RFC 9639 table 21): as LPC without a shift.
constexpr std::int32_t kFixed[5][4] = {{}, {1}, {2, -1}, {3, -3, 1}, {4, -6, 4, -1}};

}  // namespace

FrameStatus parse_frame_header(Bytes bytes, const StreamHeader& stream, FrameHeader& header) {
  if (bytes.size() >= 2 && (bytes[0] != std::byte{0xFF} || (bytes[1] & std::byte{0xFE}) != std::byte{0xF8})) {
    return FrameStatus::kInvalid;
  }
  BitReader r(bytes.first(std::min(bytes.size(), kMaxHeaderBytes)));
  const auto invalid = [&] { return r.exhausted() ? FrameStatus::kNeedMore : FrameStatus::kInvalid; };
  r.read(15);
  header.variable = r.read(1) != 0;
  const unsigned block_code = r.read(4), rate_code = r.read(4), channel_code = r.read(4), bits_code = r.read(3);
  if (r.read(1) != 0 || block_code == 0 || rate_code == 15 || channel_code > 10 || bits_code == 3) return invalid();
  std::size_t length = 4;
  const std::size_t number_bytes = read_coded_number(r, header.number);
  if (number_bytes == 0 || (!header.variable && number_bytes == 7)) return invalid();
  length += number_bytes;
  if (block_code == 6 || block_code == 7) {
    header.block = r.read(block_code == 6 ? 8 : 16) + 1;
    length += block_code == 6 ? 1 : 2;
    if (header.block > kMaxBlock) return invalid();
  } else {
    header.block = block_of_code(block_code);
  }
  if (rate_code == 12) {
    header.sample_rate = static_cast<int>(r.read(8)) * 1000;
    length += 1;
  } else if (rate_code >= 13) {
    header.sample_rate = static_cast<int>(r.read(16)) * (rate_code == 14 ? 10 : 1);
    length += 2;
  } else {
    header.sample_rate = rate_code == 0 ? stream.sample_rate : rate_of_code(rate_code);
  }
  header.num_channels = channel_code < 8 ? static_cast<int>(channel_code) + 1 : 2;
  header.stereo = channel_code < 8 ? Stereo::kIndependent : static_cast<Stereo>(channel_code - 7);
  header.bits = bits_code == 0 ? stream.bits : bits_of_code(bits_code);
  const std::uint32_t crc = r.read(8);
  if (r.exhausted()) return FrameStatus::kNeedMore;
  if (crc8(bytes.first(length)) != crc) return FrameStatus::kInvalid;
  header.bytes = length + 1;
  return FrameStatus::kOk;
}

bool matches(const FrameHeader& header, const StreamHeader& stream) {
  return header.num_channels == stream.num_channels && header.bits == stream.bits &&
         header.sample_rate == stream.sample_rate;
}

std::size_t find_sync(Bytes bytes, std::size_t from) {
  while (from + 1 < bytes.size()) {
    const void* hit = std::memchr(bytes.data() + from, 0xFF, bytes.size() - 1 - from);
    if (hit == nullptr) break;
    from = static_cast<std::size_t>(static_cast<const std::byte*>(hit) - bytes.data());
    if ((bytes[from + 1] & std::byte{0xFE}) == std::byte{0xF8}) return from;
    ++from;
  }
  return bytes.empty() ? 0 : bytes.size() - 1;
}

bool FrameDecoder::fail(const char* reason) {
  reason_ = reason;
  return false;
}

void FrameDecoder::reserve(unsigned block, int num_channels) {
  const std::size_t needed = std::size_t{block} * static_cast<std::size_t>(num_channels);
  stride_ = block;
  if (needed > capacity_) {
    samples_ = std::make_unique_for_overwrite<std::int32_t[]>(needed);
    capacity_ = needed;
  }
}

FrameStatus FrameDecoder::decode(Bytes bytes, const StreamHeader& stream) {
  const FrameStatus status = parse_frame_header(bytes, stream, header_);
  if (status != FrameStatus::kOk) {
    reason_ = "no frame header with a valid CRC-8";
    return status;
  }
  reserve(header_.block, header_.num_channels);
  BitReader reader(bytes.subspan(header_.bytes));
  for (int c = 0; c < header_.num_channels; ++c) {
    const bool side = (header_.stereo == Stereo::kSideRight && c == 0) ||
                      ((header_.stereo == Stereo::kLeftSide || header_.stereo == Stereo::kMidSide) && c == 1);
    const bool ok = decode_subframe(reader, c, static_cast<unsigned>(header_.bits) + (side ? 1 : 0));
    if (reader.exhausted()) {
      reason_ = "the data ends inside a frame";
      return FrameStatus::kNeedMore;
    }
    if (!ok) return FrameStatus::kInvalid;
  }
  reader.align_to_byte();
  const std::size_t body = reader.bytes_since(bytes.data());
  const std::uint32_t crc = reader.read(16);
  if (reader.exhausted()) {
    reason_ = "the data ends inside a frame";
    return FrameStatus::kNeedMore;
  }
  if (crc16(bytes.first(body)) != crc) {
    reason_ = "a frame's CRC-16 is wrong";
    return FrameStatus::kInvalid;
  }
  bytes_ = body + 2;
  return FrameStatus::kOk;
}

bool FrameDecoder::decode_subframe(BitReader& reader, int channel_index, unsigned bits) {
  if (bits <= 32) return decode_samples(reader, channel(channel_index), bits);
  side_.resize(header_.block);
  return decode_samples(reader, side_.data(), bits);
}

template <class Sample>
bool FrameDecoder::decode_samples(BitReader& reader, Sample* data, unsigned bits) {
  const std::size_t block = header_.block;
  if (reader.read(1) != 0) return fail("a subframe starts with a one bit");
  const unsigned type = reader.read(6);
  unsigned wasted = 0;
  if (reader.read(1) != 0) {
    wasted = reader.read_unary(32) + 1;
    if (wasted >= bits) return fail("a subframe wastes all of its bits");
    bits -= wasted;
  }
  const auto read_warm_up = [&](unsigned order) {
    for (unsigned i = 0; i < order; ++i) data[i] = static_cast<Sample>(reader.read_signed(bits));
  };

  if (type == 0) {
    std::fill_n(data, block, static_cast<Sample>(reader.read_signed(bits)));
  } else if (type == 1) {
    for (std::size_t i = 0; i < block && !reader.exhausted(); ++i) {
      data[i] = static_cast<Sample>(reader.read_signed(bits));
    }
  } else if (type >= 8 && type <= 12) {
    const unsigned order = type - 8;
    if (order > block) return fail("a predictor is longer than its block");
    read_warm_up(order);
    if constexpr (std::is_same_v<Sample, std::int32_t>) {
      Predictor predictor;
      predictor.order = order;
      predictor.narrow = true;  // nothing is shifted out, so wrapping is exact
      std::copy_n(kFixed[order], order, predictor.coefficients);
      if (order > 0 && kernels_.fused != nullptr) {
        if (!decode_fused(reader, data, predictor)) return false;
      } else {
        if (!decode_residual(reader, data, order, nullptr)) return false;
        kernels_.restore_fixed(data, block, order);
      }
    } else {
      if (!decode_residual(reader, data, order, nullptr)) return false;
      restore_wide_lpc(data, block, kFixed[order], order, 0);
    }
  } else if (type >= 32) {
    const unsigned order = type - 31;
    if (order > block) return fail("a predictor is longer than its block");
    read_warm_up(order);
    const unsigned precision = reader.read(4) + 1;
    if (precision == 16) return fail("a reserved coefficient precision");
    const auto shift = static_cast<int>(reader.read_signed(5));
    if (shift < 0) return fail("a negative prediction shift");
    Predictor predictor;
    predictor.order = order;
    predictor.shift = static_cast<unsigned>(shift);
    std::int32_t* coefficients = predictor.coefficients;
    std::uint64_t magnitude = 0;
    for (unsigned i = 0; i < order; ++i) {
      coefficients[i] = static_cast<std::int32_t>(reader.read_signed(precision));
      magnitude += static_cast<std::uint64_t>(std::abs(coefficients[i]));
    }
    if constexpr (std::is_same_v<Sample, std::int32_t>) {
      // |sum| <= magnitude * 2^(bits - 1)
      predictor.narrow = (magnitude << (bits - 1)) <= INT32_MAX;
      if (order <= kFusedOrder && kernels_.fused != nullptr) {
        if (!decode_fused(reader, data, predictor)) return false;
      } else {
        if (!decode_residual(reader, data, order, nullptr)) return false;
        kernels_.restore_lpc(data, block, coefficients, order, predictor.shift, predictor.narrow);
      }
    } else {
      if (!decode_residual(reader, data, order, nullptr)) return false;
      restore_wide_lpc(data, block, coefficients, order, predictor.shift);
    }
  } else {
    return fail("a reserved subframe type");
  }

  if (wasted > 0) {
    using Unsigned = std::make_unsigned_t<Sample>;
    for (std::size_t i = 0; i < block; ++i) data[i] = static_cast<Sample>(static_cast<Unsigned>(data[i]) << wasted);
  }
  return true;
}

bool FrameDecoder::decode_fused(BitReader& reader, std::int32_t* data, Predictor& predictor) {
  kernels_.fused->start(predictor, data);
  return decode_residual(reader, data, predictor.order, &predictor);
}

template <class Sample>
bool FrameDecoder::decode_residual(BitReader& reader, Sample* data, unsigned order, Predictor* predictor) {
  const unsigned method = reader.read(2);
  if (method > 1) return fail("a reserved residual coding");
  const unsigned parameter_bits = method == 0 ? 4 : 5;
  const unsigned escape = (1u << parameter_bits) - 1;
  const unsigned partition_order = reader.read(4);
  const unsigned partition = header_.block >> partition_order;
  if (partition << partition_order != header_.block || partition < order) {
    return fail("partitions do not fit the block");
  }
  Sample* out = data + order;
  for (unsigned p = 0; p < 1u << partition_order; ++p) {
    const std::size_t count = p == 0 ? partition - order : partition;
    const unsigned parameter = reader.read(parameter_bits);
    if (parameter == escape) {
      const unsigned raw_bits = reader.read(5);
      if (raw_bits == 0) {
        std::fill_n(out, count, Sample{0});
      } else {
        for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<Sample>(reader.read_signed(raw_bits));
      }
      if constexpr (std::is_same_v<Sample, std::int32_t>) {
        if (predictor != nullptr) kernels_.fused->restore(*predictor, out, count);
      }
    } else if constexpr (std::is_same_v<Sample, std::int32_t>) {
      const bool ok = predictor != nullptr ? kernels_.fused->read_predicted(reader, *predictor, out, count, parameter)
                                           : kernels_.read_rice(reader, out, count, parameter);
      if (!ok) return fail("a Rice code of more than 32 bits");
    } else {
      // Residuals have at most 32 bits whatever the samples have: read into the plane that side_ stands in for.
      std::int32_t* narrow = channel(header_.stereo == Stereo::kSideRight ? 0 : 1);
      if (!kernels_.read_rice(reader, narrow, count, parameter)) return fail("a Rice code of more than 32 bits");
      std::copy_n(narrow, count, out);
    }
    if (reader.exhausted()) return false;
    out += count;
  }
  return true;
}

void FrameDecoder::convert(std::size_t begin, std::size_t count, const core::PlanarView& view,
                           std::int64_t out_begin) const {
  const auto bits = static_cast<unsigned>(header_.bits);
  ConvertTarget target;
  target.type = view.type;
  target.scale = 1.0f / static_cast<float>(std::uint64_t{1} << (bits - 1));
  target.shift = static_cast<unsigned>(core::sample_bytes(view.type)) * 8 - bits;
  const core::PlanarView out = view.slice(out_begin, static_cast<std::int64_t>(count));
  if (header_.stereo == Stereo::kIndependent) {
    for (int c = 0; c < header_.num_channels; ++c) {
      kernels_.convert(channel(c) + begin, count, target, out.channel(c));
    }
    return;
  }
  if (bits < 32) {
    kernels_.convert_stereo(header_.stereo, channel(0) + begin, channel(1) + begin, count, target, out.channel(0),
                            out.channel(1));
    return;
  }
  // 32-bit stereo: the side channel lives in side_; left and right fit 32 bits again.
  for (std::size_t i = 0; i < count; ++i) {
    const auto side = static_cast<std::uint64_t>(side_[begin + i]);
    const auto other =
        static_cast<std::uint64_t>(std::int64_t{channel(header_.stereo == Stereo::kSideRight ? 1 : 0)[begin + i]});
    std::uint64_t left = other;
    if (header_.stereo == Stereo::kSideRight) left = other + side;
    if (header_.stereo == Stereo::kMidSide) {
      left = other + static_cast<std::uint64_t>(side_[begin + i] >> 1) + (side & 1);
    }
    const std::int32_t pair[2] = {static_cast<std::int32_t>(left), static_cast<std::int32_t>(left - side)};
    const core::PlanarView at = out.slice(static_cast<std::int64_t>(i), 1);
    kernels_.convert(&pair[0], 1, target, at.channel(0));
    kernels_.convert(&pair[1], 1, target, at.channel(1));
  }
}

}  // namespace tonearm::flac
