// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The body of one frame: any bytes behind a header that is right, so that no CRC-8 keeps them out.
// Held: no memory error, and both sets of kernels agree on every sample that either makes of them.
#include <cstdlib>
#include <cstring>
#include <span>

#include "backends/flac/crc.h"
#include "backends/flac/frame.h"
#include "tests/fuzz/flac_seeds.h"

using namespace tonearm;

namespace {

/// Sync, block size in 8 bits, rate and depth of STREAMINFO, frame 0.
std::vector<std::byte> make_header(unsigned channel_code, unsigned block) {
  std::vector<std::byte> header{std::byte{0xFF}, std::byte{0xF8},
                                std::byte{0x60}, static_cast<std::byte>(channel_code << 4),
                                std::byte{0},    static_cast<std::byte>(block - 1)};
  header.push_back(static_cast<std::byte>(flac::crc8(header)));
  return header;
}

struct Decoded {
  flac::FrameStatus status;
  bool whole;  ///< all samples are there, whatever the CRC-16 says
  std::vector<std::int32_t> samples;
};

Decoded decode(const flac::Kernels& kernels, std::span<const std::byte> bytes, const flac::StreamHeader& stream) {
  flac::FrameDecoder frame(kernels);
  Decoded d;
  d.status = frame.decode(bytes, stream);
  d.whole = d.status == flac::FrameStatus::kOk || std::strcmp(frame.reason(), "a frame's CRC-16 is wrong") == 0;
  if (!d.whole) return d;
  const flac::FrameHeader& h = frame.header();
  d.samples.resize(std::size_t{h.block} * static_cast<std::size_t>(h.num_channels));
  core::PlanarView view{reinterpret_cast<std::byte*>(d.samples.data()), core::SampleType::kInt32, h.num_channels,
                        h.block, h.block};
  frame.convert(0, h.block, view, 0);
  view.type = core::SampleType::kFloat32;
  std::vector<float> floats(d.samples.size());
  view.data = reinterpret_cast<std::byte*>(floats.data());
  frame.convert(0, h.block, view, 0);
  return d;
}

}  // namespace

std::vector<test::Seed> test::make_seeds() {
  std::vector<Seed> seeds;
  for_each_coding([&](TinyFlac& encoder, const Planar& audio) {
    const auto frame = encoder.frame(audio, 0, 192);
    flac::StreamHeader stream;
    flac::FrameHeader header;
    if (flac::parse_frame_header(frame, stream, header) != flac::FrameStatus::kOk) std::abort();
    Seed seed{static_cast<std::uint8_t>(encoder.stereo == 0 ? 1 : 7 + encoder.stereo),
              static_cast<std::uint8_t>(encoder.bits - 4), 191};
    for (std::size_t i = header.bytes; i < frame.size(); ++i) seed.push_back(std::to_integer<std::uint8_t>(frame[i]));
    seeds.push_back(seed);
  });
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  flac::StreamHeader stream;
  stream.sample_rate = 44100;
  const unsigned channel_code = data[0] % 11;
  stream.num_channels = channel_code < 8 ? static_cast<int>(channel_code) + 1 : 2;
  stream.bits = 4 + data[1] % 29;
  std::vector<std::byte> bytes = make_header(channel_code, 1U + data[2]);
  const auto body = std::as_bytes(std::span(data + 3, size - 3));
  bytes.insert(bytes.end(), body.begin(), body.end());
  const Decoded fast = decode(flac::kernels(), bytes, stream);
  const Decoded plain = decode(flac::portable_kernels(), bytes, stream);
  if (fast.status != plain.status || fast.whole != plain.whole || fast.samples != plain.samples) std::abort();
  return 0;
}
