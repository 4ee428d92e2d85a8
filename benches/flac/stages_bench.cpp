// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where a FLAC decoder's time goes: ns per sample (of one channel) of each stage, over the first frames of a stream.
//   flac_stages_bench FILE...      native FLAC files; without any, two streams made here (16 and 24 bits, fixed order
//   2)
// The calls that decoding makes to its kernels are recorded once, with their arguments, and each kind is then replayed
// alone, so that no clock is read between them. Stages:
//   frame       headers, codes, prediction and CRC-16, as the decoder runs them
//   rice        codes alone, by the portable kernel
//   predict     prediction alone, by the portable kernel
//   fused       codes and prediction in one pass, which is what decoding uses up to order 14
//   convert     stereo decorrelation and conversion to float32
//   crc16       the frame's checksum
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/flac/crc.h"
#include "backends/flac/frame.h"
#include "tests/flac/tiny_encoder.h"

namespace {

namespace flac = tonearm::flac;
namespace core = tonearm::core;

constexpr std::size_t kFrames =
    64;  ///< that are looked at: 2 MB of samples at most, as a decoder's working set is small

struct RiceCall {
  flac::BitReader reader;
  flac::Predictor predictor;  ///< of a fused call
  std::size_t count;
  unsigned k;
};

struct PredictCall {
  std::vector<std::int32_t> data;  ///< residuals behind the warm-up
  std::vector<std::int32_t> coefficients;
  unsigned order, shift;  ///< shift kFixed: a fixed predictor
  bool narrow;
};
constexpr unsigned kFixed = 99;

struct Stream {
  std::vector<std::byte> bytes;
  flac::StreamHeader header;
  std::vector<flac::Bytes> frames;
  std::vector<RiceCall> rice, fused;
  std::vector<PredictCall> predict;
  std::int64_t num_samples = 0;  ///< of all channels
};

Stream* recording = nullptr;

/// kernels() or portable_kernels() with every call noted in `recording`.
flac::Kernels make_recorder(const flac::Kernels& real) {
  static const flac::Kernels* plain = &flac::portable_kernels();
  static const flac::FusedKernels* fused = flac::kernels().fused;
  flac::Kernels noted = real;
  noted.read_rice = [](flac::BitReader& reader, std::int32_t* out, std::size_t count, unsigned k) {
    recording->rice.push_back({reader, {}, count, k});
    return plain->read_rice(reader, out, count, k);
  };
  noted.restore_lpc = [](std::int32_t* data, std::size_t count, const std::int32_t* c, unsigned order, unsigned shift,
                         bool narrow) {
    recording->predict.push_back({{data, data + count}, {c, c + order}, order, shift, narrow});
    plain->restore_lpc(data, count, c, order, shift, narrow);
  };
  noted.restore_fixed = [](std::int32_t* data, std::size_t count, unsigned order) {
    recording->predict.push_back({{data, data + count}, {}, order, kFixed, true});
    plain->restore_fixed(data, count, order);
  };
  if (real.fused != nullptr) {
    static flac::FusedKernels noted_fused = *fused;
    noted_fused.read_predicted = [](flac::BitReader& reader, flac::Predictor& predictor, std::int32_t* out,
                                    std::size_t count, unsigned k) {
      recording->fused.push_back({reader, predictor, count, k});
      return fused->read_predicted(reader, predictor, out, count, k);
    };
    noted.fused = &noted_fused;
  }
  return noted;
}

/// Finds the frames and records their calls, once as decoding makes them and once in two passes. False: not FLAC.
bool record(Stream& stream) {
  if (stream.bytes.size() < 42 || std::memcmp(stream.bytes.data(), "fLaC", 4) != 0) return false;
  const flac::Bytes all(stream.bytes);
  std::size_t at = 4;
  for (bool last = false; !last;) {
    const flac::BlockHeader block = flac::parse_block_header(all.subspan(at));
    at += flac::kBlockHeaderBytes;
    std::string reason;
    if (block.type == 0) stream.header = flac::parse_stream_info(all.subspan(at, block.length), reason).value();
    at += block.length;
    last = block.last;
  }
  recording = &stream;
  const flac::Kernels one_pass = make_recorder(flac::kernels()), two_passes = make_recorder(flac::portable_kernels());
  flac::FrameDecoder first(one_pass), second(two_passes);
  while (stream.frames.size() < kFrames && at < all.size()) {
    stream.rice.reserve(1 << 16);
    std::vector<RiceCall> so_far = stream.rice;  // high orders take two passes in `first` too: not noted twice
    const std::size_t predicted = stream.predict.size();
    if (first.decode(all.subspan(at), stream.header) != flac::FrameStatus::kOk) return false;
    stream.rice = std::move(so_far);
    stream.predict.resize(predicted);
    second.decode(all.subspan(at), stream.header);
    stream.frames.push_back(all.subspan(at, first.bytes()));
    stream.num_samples += std::int64_t{first.header().block} * first.header().num_channels;
    at += first.bytes();
  }
  recording = nullptr;
  return !stream.frames.empty();
}

Stream make_stream(int bits) {
  constexpr std::size_t kSamples = 4096 * kFrames;
  std::mt19937 random(1);
  std::normal_distribution<double> noise(0, 0.002);
  tonearm::test::Planar audio(2, std::vector<std::int64_t>(kSamples));
  for (std::size_t i = 0; i < kSamples; ++i) {
    const double t = static_cast<double>(i);
    const double mid = 0.3 * std::sin(t * 0.02) + 0.1 * std::sin(t * 0.07);
    for (auto& channel : audio) {
      channel[i] =
          static_cast<std::int64_t>((mid + noise(random)) * static_cast<double>(std::int64_t{1} << (bits - 1)));
    }
  }
  tonearm::test::TinyFlac encoder;
  encoder.bits = bits;
  encoder.block = 4096;
  encoder.partition_order = 4;
  encoder.stereo = 3;
  encoder.rice = static_cast<unsigned>(bits - 8);  // of residuals 2^-7 of full scale wide
  encoder.long_rice = true;
  Stream stream;
  stream.bytes = encoder.encode(audio);
  return stream;
}

template <class Body>
void add(const std::string& name, const std::shared_ptr<Stream>& stream, const Body& body) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    std::vector<std::int32_t> scratch(flac::kMaxBlock);
    for (auto _ : state) body(*stream, scratch);
    state.counters["ns_per_sample"] =
        benchmark::Counter(static_cast<double>(stream->num_samples * state.iterations()) * 1e-9,
                           benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  });
}

void add_stages(const std::string& name, const std::shared_ptr<Stream>& stream) {
  using Scratch = std::vector<std::int32_t>;
  const flac::Kernels& kernels = flac::portable_kernels();
  const flac::FusedKernels* fused = flac::kernels().fused;
  add("flac/" + name + "/frame", stream, [](Stream& s, Scratch&) {
    flac::FrameDecoder decoder;
    for (const flac::Bytes frame : s.frames) benchmark::DoNotOptimize(decoder.decode(frame, s.header));
  });
  add("flac/" + name + "/rice", stream, [&kernels](Stream& s, Scratch& out) {
    for (const RiceCall& call : s.rice) {
      flac::BitReader reader = call.reader;
      benchmark::DoNotOptimize(kernels.read_rice(reader, out.data(), call.count, call.k));
    }
  });
  add("flac/" + name + "/predict", stream, [&kernels](Stream& s, Scratch& out) {
    for (const PredictCall& c : s.predict) {
      std::memcpy(out.data(), c.data.data(), c.data.size() * sizeof out[0]);
      if (c.shift == kFixed) {
        kernels.restore_fixed(out.data(), c.data.size(), c.order);
      } else {
        kernels.restore_lpc(out.data(), c.data.size(), c.coefficients.data(), c.order, c.shift, c.narrow);
      }
    }
  });
  if (!stream->fused.empty()) {
    add("flac/" + name + "/fused", stream, [=](Stream& s, Scratch& out) {
      for (const RiceCall& call : s.fused) {
        flac::BitReader reader = call.reader;
        flac::Predictor predictor = call.predictor;
        benchmark::DoNotOptimize(fused->read_predicted(reader, predictor, out.data(), call.count, call.k));
      }
    });
  }
  add("flac/" + name + "/convert", stream, [](Stream& s, Scratch&) {
    static flac::FrameDecoder decoder;
    static const Stream* decoded = nullptr;
    if (decoded != &s) decoder.decode(s.frames[0], s.header);
    decoded = &s;
    const std::int64_t block = decoder.header().block;
    auto buffer = core::PlanarBuffer::allocate(core::SampleType::kFloat32, s.header.num_channels, block);
    for (std::size_t i = 0; i < s.frames.size(); ++i) {
      decoder.convert(0, static_cast<std::size_t>(block), buffer->view(), 0);
      benchmark::ClobberMemory();
    }
  });
  add("flac/" + name + "/crc16", stream, [](Stream& s, Scratch&) {
    for (const flac::Bytes frame : s.frames) benchmark::DoNotOptimize(flac::crc16(frame));
  });
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  std::vector<std::pair<std::string, std::shared_ptr<Stream>>> streams;
  for (int i = 1; i < argc; ++i) {
    const std::string path = argv[i];
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto stream = std::make_shared<Stream>();
    stream->bytes.resize(text.size());
    std::memcpy(stream->bytes.data(), text.data(), text.size());
    streams.emplace_back(path.substr(path.rfind('/') + 1), std::move(stream));
  }
  if (streams.empty()) {
    for (const int bits : {16, 24}) {
      streams.emplace_back("made_" + std::to_string(bits), std::make_shared<Stream>(make_stream(bits)));
    }
  }
  for (auto& [name, stream] : streams) {
    if (!record(*stream)) {
      std::fprintf(stderr, "%s: not a native FLAC stream that is whole\n", name.c_str());
      return 1;
    }
    add_stages(name, stream);
  }
  benchmark::RunSpecifiedBenchmarks();
}
