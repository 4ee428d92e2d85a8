// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A FLAC encoder of a page, so that a bare checkout tests its decoder: every subframe type, stereo coding and residual
// coding on demand, none of them chosen well. Checksums are computed bit by bit, unlike those under test.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/md5.h"

namespace tonearm::test {

using Planar = std::vector<std::vector<std::int64_t>>;  ///< [channel][frame]

class BitWriter {
 public:
  void put(std::uint64_t value, unsigned bits) {
    for (unsigned i = bits; i-- > 0;) {
      if (used_ == 0) bytes.push_back(std::byte{0});
      if (value >> i & 1) bytes.back() |= std::byte{0x80} >> static_cast<int>(used_);
      used_ = (used_ + 1) % 8;
    }
  }
  void align() { used_ = 0; }
  std::vector<std::byte> bytes;

 private:
  unsigned used_ = 0;
};

inline std::uint32_t slow_crc(const std::byte* data, std::size_t size, std::uint32_t polynomial, unsigned bits) {
  std::uint64_t crc = 0;
  const std::uint64_t top = std::uint64_t{1} << bits;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= static_cast<std::uint64_t>(data[i]) << (bits - 8);
    for (int b = 0; b < 8; ++b) {
      crc <<= 1;
      if (crc & top) crc ^= top | polynomial;
    }
  }
  return static_cast<std::uint32_t>(crc);
}

struct TinyFlac {
  int bits = 16;
  int sample_rate = 44100;
  unsigned block = 256;
  unsigned stereo = 0;  ///< 0 independent, 1 left/side, 2 side/right, 3 mid/side
  enum Kind { kVerbatim, kFixed, kLpc } kind = kFixed;
  unsigned order = 2;
  unsigned wasted = 0;  ///< low bits that are zero in every sample
  unsigned rice = 4;    ///< parameter of every partition
  unsigned partition_order = 0;
  bool long_rice = false;                                 ///< 5-bit parameters
  bool escape = false;                                    ///< partitions of plain binary
  bool variable = false;                                  ///< sample numbers in the headers
  std::int64_t declared = -1;                             ///< STREAMINFO's total; -1: the true one
  std::uint64_t first_sample = 0;                         ///< as if cut out of a longer stream
  bool md5 = false;                                       ///< STREAMINFO has the sum of the samples
  std::uint32_t serial = 0x1234;                          ///< of the Ogg stream
  std::string tags;                                       ///< one KEY=value, or empty
  std::vector<std::array<std::uint64_t, 2>> seek_points;  ///< sample, bytes from the first frame; true or not
  std::vector<std::size_t> frame_offsets;                 ///< filled by encode()

  std::vector<std::byte> stream_info(const Planar& audio) const {
    BitWriter w;
    w.put(block, 16);
    w.put(block, 16);
    w.put(0, 48);
    w.put(static_cast<std::uint64_t>(sample_rate), 20);
    w.put(audio.size() - 1, 3);
    w.put(static_cast<std::uint64_t>(bits) - 1, 5);
    w.put(declared >= 0 ? static_cast<std::uint64_t>(declared) : audio[0].size(), 36);
    const std::string sum = md5 ? sum_of(audio) : std::string(32, '0');
    for (std::size_t i = 0; i < 32; i += 2) w.put(std::stoul(sum.substr(i, 2), nullptr, 16), 8);
    return w.bytes;
  }

  std::vector<std::byte> comment() const {
    BitWriter w;
    const auto le32 = [&](std::size_t v) {
      for (int i = 0; i < 4; ++i) w.put(v >> 8 * i & 0xFF, 8);
    };
    le32(0);
    le32(1);
    le32(tags.size());
    for (char c : tags) w.put(static_cast<unsigned char>(c), 8);
    return w.bytes;
  }

  std::vector<std::byte> seek_table() const {
    BitWriter w;
    for (const auto& [sample, offset] : seek_points) {
      w.put(sample, 64);
      w.put(offset, 64);
      w.put(block, 16);
    }
    return w.bytes;
  }

  std::vector<std::byte> frame(const Planar& audio, std::size_t begin, std::size_t count) const {
    BitWriter w;
    w.put(0x3FFE, 14);
    w.put(0, 1);
    w.put(variable, 1);
    w.put(7, 4);
    w.put(0, 4);
    w.put(stereo == 0 ? audio.size() - 1 : 7 + stereo, 4);
    w.put(0, 4);
    put_number(w, variable ? first_sample + begin : (first_sample + begin) / block);
    w.put(count - 1, 16);
    w.put(slow_crc(w.bytes.data(), w.bytes.size(), 0x07, 8), 8);
    for (std::size_t c = 0; c < audio.size(); ++c) {
      std::vector<std::int64_t> x(count);
      const bool side = (stereo == 1 && c == 1) || (stereo == 2 && c == 0) || (stereo == 3 && c == 1);
      for (std::size_t i = 0; i < count; ++i) {
        x[i] = audio[c][begin + i];
        if (side) x[i] = audio[0][begin + i] - audio[1][begin + i];
        if (stereo == 3 && c == 0) x[i] = (audio[0][begin + i] + audio[1][begin + i]) >> 1;
      }
      put_subframe(w, x, static_cast<unsigned>(bits) + (side ? 1 : 0));
    }
    w.align();
    w.put(slow_crc(w.bytes.data(), w.bytes.size(), 0x8005, 16), 16);
    return w.bytes;
  }

  std::vector<std::byte> encode(const Planar& audio) {
    BitWriter w;
    w.put(0x664C6143, 32);
    put_block(w, 0, tags.empty() && seek_points.empty(), stream_info(audio));
    if (!seek_points.empty()) put_block(w, 3, tags.empty(), seek_table());
    if (!tags.empty()) put_block(w, 4, true, comment());
    frame_offsets.clear();
    for (std::size_t at = 0; at < audio[0].size(); at += block) {
      frame_offsets.push_back(w.bytes.size());
      const auto bytes = frame(audio, at, std::min<std::size_t>(block, audio[0].size() - at));
      w.bytes.insert(w.bytes.end(), bytes.begin(), bytes.end());
    }
    return w.bytes;
  }

  /// The same frames, one to an Ogg packet; `packets_per_page` of them to a page.
  std::vector<std::byte> encode_ogg(const Planar& audio, std::size_t packets_per_page) {
    std::vector<std::byte> out;
    BitWriter first;
    first.put(0x7F464C41, 32);
    first.put(0x43, 8);
    first.put(0x0100, 16);
    first.put(1, 16);
    first.put(0x664C6143, 32);
    put_block(first, 0, false, stream_info(audio));
    BitWriter second;
    put_block(second, 4, true, comment());
    put_page(out, 2, 0, {first.bytes});
    put_page(out, 0, 0, {second.bytes});
    std::vector<std::vector<std::byte>> packets;
    for (std::size_t at = 0; at < audio[0].size(); at += block) {
      const std::size_t count = std::min<std::size_t>(block, audio[0].size() - at);
      packets.push_back(frame(audio, at, count));
      const bool last = at + count == audio[0].size();
      if (packets.size() == packets_per_page || last) {
        put_page(out, last ? 4 : 0, first_sample + at + count, packets);
        packets.clear();
      }
    }
    return out;
  }

  /// MD5 of the samples as STREAMINFO has it, 32 hexadecimal digits.
  std::string sum_of(const Planar& audio) const {
    std::vector<std::byte> raw;
    for (std::size_t i = 0; i < audio[0].size(); ++i) {
      for (const auto& channel : audio) {
        for (int b = 0; b < (bits + 7) / 8; ++b) raw.push_back(static_cast<std::byte>(channel[i] >> 8 * b & 0xFF));
      }
    }
    Md5 sum;
    sum.add(raw);
    return sum.hex();
  }

 private:
  static void put_block(BitWriter& w, unsigned type, bool last, const std::vector<std::byte>& body) {
    w.put(last, 1);
    w.put(type, 7);
    w.put(body.size(), 24);
    for (std::byte b : body) w.put(std::to_integer<unsigned>(b), 8);
  }

  static void put_number(BitWriter& w, std::uint64_t n) {
    if (n < 0x80) return w.put(n, 8);
    unsigned bytes = 2;
    while (bytes < 7 && n >> (5 * bytes + 1)) ++bytes;
    w.put((0xFFu << (8 - bytes) & 0xFF) | (bytes < 7 ? n >> (6 * (bytes - 1)) : 0), 8);
    for (unsigned i = bytes - 1; i-- > 0;) w.put(0x80 | (n >> 6 * i & 0x3F), 8);
  }

  void put_subframe(BitWriter& w, std::vector<std::int64_t> x, unsigned width) const {
    const auto put_signed = [&](std::int64_t v, unsigned n) {
      w.put(static_cast<std::uint64_t>(v) & (n == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1), n);
    };
    bool constant = true;
    for (std::int64_t& v : x) {
      v >>= wasted;
      constant = constant && v == x[0];
    }
    width -= wasted;
    const unsigned used = x.size() <= order ? 0 : order;  // a block is longer than its predictor
    const unsigned type = constant ? 0 : kind == kVerbatim ? 1 : kind == kFixed ? 8 + used : 31 + used;
    const bool verbatim = type == 1 || (kind == kLpc && used == 0 && !constant);
    w.put(verbatim ? 1 : type, 7);
    w.put(wasted > 0, 1);
    if (wasted > 0) w.put(1, wasted);
    if (constant) return put_signed(x[0], width);
    if (verbatim) {
      for (std::int64_t v : x) put_signed(v, width);
      return;
    }
    static constexpr std::int64_t kFixedTaps[5][4] = {{}, {1}, {2, -1}, {3, -3, 1}, {4, -6, 4, -1}};
    std::vector<std::int64_t> taps(used);
    unsigned shift = 0;
    if (kind == kFixed) {
      taps.assign(kFixedTaps[used], kFixedTaps[used] + used);
    } else {  // not a good predictor, but one whose every coefficient matters
      shift = 9;
      for (unsigned i = 0; i < used; ++i) taps[i] = (i % 2 == 0 ? 700 : -500) / static_cast<int>(i + 1);
    }
    for (unsigned i = 0; i < used; ++i) put_signed(x[i], width);
    if (kind == kLpc) {
      w.put(11, 4);  // 12-bit coefficients
      w.put(shift, 5);
      for (std::int64_t t : taps) put_signed(t, 12);
    }
    w.put(long_rice, 2);
    const unsigned partitions =
        x.size() % (1u << partition_order) == 0 && (x.size() >> partition_order) >= used ? partition_order : 0;
    w.put(partitions, 4);
    for (std::size_t i = used, p = 0; p < std::size_t{1} << partitions; ++p) {
      const std::size_t end = (p + 1) * (x.size() >> partitions);
      w.put(escape ? (long_rice ? 31u : 15u) : rice, long_rice ? 5 : 4);
      const unsigned raw = 31;
      if (escape) w.put(raw, 5);
      for (; i < end; ++i) {
        std::int64_t sum = 0;
        for (unsigned t = 0; t < used; ++t) sum += taps[t] * x[i - 1 - t];
        const std::int64_t residual = x[i] - (sum >> shift);
        if (escape) {
          put_signed(residual, raw);
          continue;
        }
        const std::uint64_t folded =
            residual < 0 ? 2 * static_cast<std::uint64_t>(-residual) - 1 : 2 * static_cast<std::uint64_t>(residual);
        for (std::uint64_t q = folded >> rice; q > 0; --q) w.put(0, 1);
        w.put(1, 1);
        w.put(folded & ((std::uint64_t{1} << rice) - 1), rice);
      }
    }
  }

  void put_page(std::vector<std::byte>& out, unsigned flags, std::uint64_t granule,
                const std::vector<std::vector<std::byte>>& packets) {
    BitWriter w;
    const auto le = [&](std::uint64_t v, int n) {
      for (int i = 0; i < n; ++i) w.put(v >> 8 * i & 0xFF, 8);
    };
    std::vector<unsigned> laces;
    for (const auto& p : packets) {
      for (std::size_t left = p.size();; left -= 255) {
        laces.push_back(left < 255 ? static_cast<unsigned>(left) : 255);
        if (left < 255) break;
      }
    }
    w.put(0x4F676753, 32);
    w.put(0, 8);
    w.put(flags, 8);
    le(granule, 8);
    le(serial, 4);
    le(page_number_++, 4);
    le(0, 4);
    w.put(laces.size(), 8);
    for (unsigned lace : laces) w.put(lace, 8);
    for (const auto& p : packets) w.bytes.insert(w.bytes.end(), p.begin(), p.end());
    const std::uint32_t crc = slow_crc(w.bytes.data(), w.bytes.size(), 0x04c11db7, 32);
    for (int i = 0; i < 4; ++i) w.bytes[22 + static_cast<std::size_t>(i)] = static_cast<std::byte>(crc >> 8 * i & 0xFF);
    out.insert(out.end(), w.bytes.begin(), w.bytes.end());
  }

  std::uint32_t page_number_ = 0;
};

}  // namespace tonearm::test
