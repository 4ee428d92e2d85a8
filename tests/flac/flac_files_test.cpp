// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The decoder against other people's streams: what the flac program and FFmpeg write here and now, and the real files
// beside the checkout. Skips, with a reason, what is not there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "backends/flac/flac_backend.h"
#include "backends/flac/flac_decoder.h"
#include "core/source/byte_source.h"
#include "tests/support/md5.h"
#include "tests/support/truth.h"

namespace tonearm {
namespace {

using core::SampleType;

struct Opened {
  std::unique_ptr<core::ByteSource> source;
  std::unique_ptr<core::Decoder> decoder;
};

Opened open_flac(const std::filesystem::path& path) {
  Opened o;
  auto source = core::open_file(path.string());
  if (!source) return o;
  o.source = std::move(*source);
  auto probe = core::probe(*o.source);
  auto backend = flac::make_flac_backend();
  if (!probe || !backend->declines(*probe).empty()) return o;
  auto decoder = backend->open(*o.source, *probe, {});
  if (decoder) o.decoder = std::move(*decoder);
  return o;
}

/// Interleaved samples of all that is left.
template <class T>
std::vector<T> read_all(core::Decoder& decoder) {
  constexpr SampleType kType = std::is_same_v<T, float> ? SampleType::kFloat32
                               : sizeof(T) == 2         ? SampleType::kInt16
                                                        : SampleType::kInt32;
  const auto channels = static_cast<std::size_t>(decoder.info().num_channels);
  auto buffer = core::PlanarBuffer::allocate(kType, decoder.info().num_channels, 50000);
  std::vector<T> all;
  for (;;) {
    auto got = decoder.decode(buffer->view());
    if (!got || *got == 0) return all;
    const std::size_t begin = all.size();
    all.resize(begin + static_cast<std::size_t>(*got) * channels);
    for (std::size_t c = 0; c < channels; ++c) {
      const T* x = buffer->view().channel_as<T>(static_cast<int>(c));
      for (std::size_t i = 0; i < static_cast<std::size_t>(*got); ++i) all[begin + i * channels + c] = x[i];
    }
  }
}

/// MD5 as STREAMINFO has it: samples of the stream's own width, interleaved, little-endian whole bytes.
template <class T>
std::string stream_md5(const std::vector<T>& samples, int bits) {
  test::Md5 md5;
  const auto bytes = static_cast<std::size_t>((bits + 7) / 8);
  std::vector<std::byte> raw;
  raw.reserve(samples.size() * bytes);
  for (T left_justified : samples) {
    const auto x =
        static_cast<std::uint32_t>(std::int32_t{left_justified} >> (sizeof(T) * 8 - static_cast<unsigned>(bits)));
    for (std::size_t b = 0; b < bytes; ++b) raw.push_back(static_cast<std::byte>(x >> 8 * b & 0xFF));
  }
  md5.add(raw);
  return md5.hex();
}

std::string hex(const std::array<std::uint8_t, 16>& sum) {
  std::string text;
  for (std::uint8_t b : sum) {
    text += "0123456789abcdef"[b >> 4];
    text += "0123456789abcdef"[b & 15];
  }
  return text;
}

std::string own_md5(core::Decoder& decoder) {
  const int bits = decoder.info().bits_per_sample;
  return bits <= 16 ? stream_md5(read_all<std::int16_t>(decoder), bits)
                    : stream_md5(read_all<std::int32_t>(decoder), bits);
}

/// Random slices of the open stream equal slices of its full read.
void expect_slices(core::Decoder& decoder, int repeats) {
  ASSERT_TRUE(decoder.seek(0));
  const std::vector<float> full = read_all<float>(decoder);
  const auto channels = static_cast<std::size_t>(decoder.info().num_channels);
  const std::size_t frames = full.size() / channels;
  if (frames == 0) return;
  std::mt19937 random(1);
  auto buffer = core::PlanarBuffer::allocate(SampleType::kFloat32, decoder.info().num_channels, 5000);
  for (int r = 0; r < repeats; ++r) {
    const std::size_t at = random() % frames;
    ASSERT_TRUE(decoder.seek(static_cast<std::int64_t>(at)));
    auto got = decoder.decode(buffer->view());
    ASSERT_TRUE(got);
    ASSERT_EQ(static_cast<std::size_t>(*got), std::min<std::size_t>(5000, frames - at)) << at;
    bool same = true;
    for (std::size_t c = 0; c < channels; ++c) {
      const float* x = buffer->view().channel_as<float>(static_cast<int>(c));
      for (std::size_t i = 0; i < static_cast<std::size_t>(*got); ++i)
        same = same && x[i] == full[(at + i) * channels + c];
    }
    ASSERT_TRUE(same) << at;
  }
}

TEST(FlacFiles, RealFilesEqualTheAgreedSums) {
  int checked = 0;
  for (const test::Truth& truth : test::read_truths()) {
    if (truth.codec != "flac" || truth.md5_float.empty()) continue;
    Opened o = open_flac(test::audio_dir() / truth.file);
    if (!o.decoder) {
      EXPECT_NE(std::filesystem::path(truth.file).extension(), ".flac") << truth.file;
      continue;
    }
    const std::vector<float> samples = read_all<float>(*o.decoder);
    test::Md5 md5;
    md5.add_values(std::span<const float>(samples));
    const std::string sum = md5.hex();
    EXPECT_NE(std::find(truth.md5_float.begin(), truth.md5_float.end(), sum), truth.md5_float.end()) << truth.file;
    if (truth.frames > 0) {
      EXPECT_EQ(samples.size(), static_cast<std::size_t>(truth.frames * truth.num_channels)) << truth.file;
    }
    const auto& header = static_cast<flac::FlacDecoder&>(*o.decoder).stream_header();
    if (header.md5 != std::array<std::uint8_t, 16>{} && truth.file.rfind("ok/", 0) == 0) {
      ASSERT_TRUE(o.decoder->seek(0));
      EXPECT_EQ(own_md5(*o.decoder), hex(header.md5)) << truth.file;
    }
    if (samples.size() < 4000000) expect_slices(*o.decoder, 20);
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "no real files in " << test::audio_dir();
}

TEST(FlacFiles, BadFilesEndInAnErrorOrAWarning) {
  const auto folder = test::audio_dir() / "bad";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no real files in " << test::audio_dir();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".flac") continue;
    const std::string file = std::filesystem::relative(entry.path(), test::audio_dir()).string();
    const auto truths = test::read_truths();
    const bool readable = std::any_of(truths.begin(), truths.end(),
                                      [&](const test::Truth& t) { return t.file == file && !t.md5_float.empty(); });
    Opened o = open_flac(entry.path());
    if (readable || !o.decoder) continue;
    // Either the first block is refused, or there are samples and a warning.
    EXPECT_TRUE(read_all<float>(*o.decoder).empty() || !o.decoder->warnings().empty()) << file;
  }
}

class Programs : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/tonearm_flac_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  static bool has(const std::string& program) {
    return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
  }
  /// Runs in the test's own folder; false where the program fails.
  bool run(const std::string& command) const {
    return std::system(("cd " + folder_.string() + " && " + command + " >/dev/null 2>&1").c_str()) == 0;
  }
  /// Raw little-endian samples: tones, noise, silence, full scale.
  void write_raw(int channels, int bits, std::size_t frames) const {
    std::ofstream file(folder_ / "in.raw", std::ios::binary);
    std::mt19937_64 random(5);
    const double top = static_cast<double>(std::int64_t{1} << (bits - 1)) - 1;
    for (std::size_t i = 0; i < frames; ++i) {
      for (int c = 0; c < channels; ++c) {
        const double t = static_cast<double>(i), noise = static_cast<double>(random() % 2001) / 1000 - 1;
        double x = 0.4 * std::sin(t * 0.05) + 0.2 * std::sin(t * (0.31 + c)) + 0.01 * noise;
        if (i % 20000 > 15000) x = noise > 0 ? 1 : -1;
        if (i % 20000 > 17000) x = noise;
        if (i % 20000 > 19000) x = 0;
        const auto v = static_cast<std::int64_t>(x * top);
        for (int b = 0; b < (bits + 7) / 8; ++b) file.put(static_cast<char>(v >> 8 * b & 0xFF));
      }
    }
  }
  void expect_own_sum(const std::string& file, const std::string& what) {
    Opened o = open_flac(folder_ / file);
    ASSERT_TRUE(o.decoder) << what;
    const auto& header = static_cast<flac::FlacDecoder&>(*o.decoder).stream_header();
    EXPECT_EQ(own_md5(*o.decoder), hex(header.md5)) << what;
    EXPECT_TRUE(o.decoder->warnings().empty()) << what << o.decoder->warnings()[0];
    EXPECT_EQ(o.decoder->info().frames_kind, core::FramesKind::kExact) << what;
    expect_slices(*o.decoder, 8);
  }
  std::filesystem::path folder_;
};

TEST_F(Programs, FlacAtEveryLevelDepthAndBlockSize) {
  if (!has("flac")) GTEST_SKIP() << "no flac program";
  const auto encode = [&](int channels, int bits, const std::string& options, const std::string& out = "out.flac") {
    const std::string command =
        "flac -s -f --force-raw-format --endian=little --sign=signed --sample-rate=44100 "
        "--channels=" +
        std::to_string(channels) + " --bps=" + std::to_string(bits) + " " + options + " in.raw -o " + out;
    ASSERT_TRUE(run(command)) << command;
    expect_own_sum(out, command);
  };
  for (int bits : {8, 16, 24, 32}) {
    write_raw(2, bits, 60000);
    if (bits == 32 &&
        !run("flac -s -f --force-raw-format --endian=little --sign=signed --sample-rate=44100 --channels=2 "
             "--bps=32 in.raw -o out.flac")) {
      continue;  // flac before 1.4 has no 32 bits
    }
    for (int level = 0; level <= 8; ++level) encode(2, bits, std::string("-").append(std::to_string(level)));
    encode(2, bits, "--lax -l 32 -q 15 -r 15 -b 65535");
    encode(2, bits, "-8 -p -e");
  }
  write_raw(2, 16, 30000);
  for (int block : {16, 17, 192, 1152, 4608, 16384, 65535}) encode(2, 16, "--lax -b " + std::to_string(block));
  for (int order : {1, 5, 12, 13, 32}) encode(2, 16, "--lax -l " + std::to_string(order));
  encode(2, 16, "--no-seektable");
  encode(2, 16, "-S 10x");
  encode(2, 16, "--ogg", "out.oga");
  for (int channels : {1, 3, 4, 5, 6, 7, 8}) {
    write_raw(channels, 16, 20000);
    encode(channels, 16, "-5");
  }
}

TEST_F(Programs, FfmpegsEncoder) {
  if (!has("ffmpeg")) GTEST_SKIP() << "no ffmpeg program";
  write_raw(2, 16, 60000);
  for (const char* options : {"-compression_level 0", "-compression_level 12", "-frame_size 65535 -strict experimental",
                              "-sample_fmt s32", "-lpc_type cholesky -compression_level 8"}) {
    ASSERT_TRUE(run(std::string("ffmpeg -y -f s16le -ar 44100 -ac 2 -i in.raw -c:a flac ") + options + " out.flac"))
        << options;
    expect_own_sum("out.flac", options);
  }
}

}  // namespace
}  // namespace tonearm
