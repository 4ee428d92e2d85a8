// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Decoded samples reach the caller without a copy where the length is known, with at most one otherwise: for each
// codec, what a load allocates and moves is counted, the codec library's own doings included.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/flac/tiny_encoder.h"
#include "tests/gates/memory_counts.h"
#include "tonearm/audio.h"

namespace tonearm {
namespace {

constexpr int kRate = 44100;  // Hz
constexpr int kSeconds = 8;
constexpr int kChannels = 2;

void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
}

/// 16-bit WAV of a mixture that no codec finds silent; `declared` is the size in bytes that its header claims.
std::string make_wav(std::uint32_t declared) {
  std::string wav = "RIFF";
  put(wav, declared, 4);
  wav += "WAVEfmt ";
  put(wav, 16, 4);
  put(wav, 1, 2);
  put(wav, kChannels, 2);
  put(wav, kRate, 4);
  put(wav, kRate * kChannels * 2, 4);
  put(wav, kChannels * 2, 2);
  put(wav, 16, 2);
  wav += "data";
  put(wav, declared, 4);
  std::uint32_t noise = 1;
  for (int i = 0; i < kRate * kSeconds * kChannels; ++i) {
    noise = noise * 1664525 + 1013904223;
    put(wav, noise >> 20, 2);
  }
  return wav;
}

const std::uint32_t kWavBytes = kRate * kSeconds * kChannels * 2;

/// Files are made once, by the ffmpeg program.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "tonearm-copies-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    std::ofstream(folder_ / "whole.wav", std::ios::binary) << make_wav(kWavBytes);
  }
  ~Scratch() { std::filesystem::remove_all(folder_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// Bytes of the encoded file; empty where ffmpeg is absent or cannot encode it.
  std::string encode(const std::string& arguments, const std::string& suffix) const {
    const std::string made = (folder_ / ("made." + suffix)).string();
    const std::string command = "ffmpeg -nostdin -v error -y -i '" + (folder_ / "whole.wav").string() + "' " +
                                arguments + " '" + made + "' >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) return {};
    std::ifstream file(made, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::filesystem::path folder_;
};

/// A source that can go back but does not know where it ends: a pipe's WAV has no length then.
struct Endless {
  const std::string* bytes;
  std::size_t at = 0;

  static std::int64_t read(void* context, void* out, std::size_t size) {
    auto& self = *static_cast<Endless*>(context);
    const std::size_t count = std::min(size, self.bytes->size() - self.at);
    std::copy_n(self.bytes->data() + self.at, count, static_cast<char*>(out));
    self.at += count;
    return static_cast<std::int64_t>(count);
  }
  static int seek(void* context, std::uint64_t offset) {
    auto& self = *static_cast<Endless*>(context);
    self.at = std::min<std::size_t>(offset, self.bytes->size());
    return 0;
  }
};

using SourceHandle = std::unique_ptr<tonearm_source, decltype(&tonearm_source_free)>;

SourceHandle open_memory(const std::string& bytes) {
  tonearm_source* source = nullptr;
  tonearm_source_open_memory(bytes.data(), bytes.size(), nullptr, &source, nullptr);
  return {source, tonearm_source_free};
}

SourceHandle open_endless(Endless& endless) {
  const tonearm_stream stream{sizeof(tonearm_stream), &endless, Endless::read, Endless::seek, nullptr};
  tonearm_source* source = nullptr;
  tonearm_source_open_stream(&stream, "endless", &source, nullptr);
  return {source, tonearm_source_free};
}

bool knows_length(tonearm_source* source, const ReadOptions& options) {
  const tonearm_options c_options = options.c_options();
  tonearm_info* info = nullptr;
  tonearm_error* error = nullptr;
  if (tonearm_get_info(source, &c_options, 0, &info, &error) != TONEARM_OK) throw Error(error);
  const bool known = tonearm_info_frames_exact(info) != 0;
  tonearm_info_free(info);
  return known;
}

Samples read_all(tonearm_source* source, const ReadOptions& options) {
  const tonearm_options c_options = options.c_options();
  tonearm_audio* audio = nullptr;
  tonearm_error* error = nullptr;
  if (tonearm_read(source, &c_options, &audio, &error) != TONEARM_OK) throw Error(error);
  return Samples(audio);
}

struct Case {
  const char* name;
  const char* backend;
  const char* arguments;  ///< for ffmpeg; null: the WAV made here
  const char* suffix;
  bool length_known;  ///< by every such container; others may tell it
};

class Copies : public testing::TestWithParam<Case> {};

TEST_P(Copies, SamplesAreDecodedWhereTheyStay) {
  const Case& c = GetParam();
  static const Scratch scratch;
  const std::string file = c.arguments != nullptr ? scratch.encode(c.arguments, c.suffix)
                                                  : make_wav(c.length_known ? kWavBytes : 0xFFFFFFFF);
  if (file.empty()) GTEST_SKIP() << "no ffmpeg program here that encodes " << c.name;
  Endless endless{&file};
  const bool pipe = c.arguments == nullptr && !c.length_known;
  const SourceHandle source = pipe ? open_endless(endless) : open_memory(file);
  const auto options = ReadOptions().with_backend(c.backend);
  bool known = false;
  try {  // opens the codec library, so that what that allocates is not counted
    known = knows_length(source.get(), options);
  } catch (const Error& error) {
    if (error.code() != TONEARM_MISSING_DEPENDENCY && error.code() != TONEARM_UNSUPPORTED_FORMAT) throw;
    GTEST_SKIP() << error.what();
  }
  EXPECT_TRUE(known || !c.length_known);

  const std::size_t audio_bytes = std::size_t{kRate} * kSeconds * kChannels * sizeof(float);
  test::start_counting(audio_bytes / 2);
  Samples samples = read_all(source.get(), options);
  const test::MemoryCounts counts = test::stop_counting();

  EXPECT_NEAR(static_cast<double>(samples.num_frames()), kRate * kSeconds * (samples.sample_rate() / double{kRate}),
              4096);
  if (known) {
    EXPECT_EQ(counts.num_blocks, 1);
    EXPECT_EQ(counts.bytes_moved, 0u);
    EXPECT_EQ(samples.data(), counts.last_block) << "the caller gets the very block that was decoded into";
  } else {
    const std::size_t all = static_cast<std::size_t>(samples.num_frames()) * kChannels * sizeof(float);
    EXPECT_LE(counts.bytes_moved, all) << "each sample is moved once at most";
  }
  void* data = samples.data();
  void* taken = samples.take_data();
  EXPECT_EQ(taken, data) << "what a tensor takes over is not copied";
  tonearm_free_samples(taken);
}

INSTANTIATE_TEST_SUITE_P(Each, Copies,
                         testing::Values(Case{"pcm_wav", "pcm", nullptr, "wav", true},
                                         Case{"pcm_pipe_wav", "pcm", nullptr, "wav", false},
                                         Case{"pcm_float_wav", "pcm", "-c:a pcm_f32le", "wav", true},
                                         Case{"pcm_24_aiff", "pcm", "-c:a pcm_s24be", "aiff", true},
                                         Case{"flac_flac", "flac", "-c:a flac", "flac", true},
                                         Case{"flac_ogg_flac", "flac", "-c:a flac", "oga", true},
                                         Case{"soundfile_flac", "soundfile", "-c:a flac", "flac", true},
                                         Case{"soundfile_vorbis", "soundfile", "-c:a libvorbis", "ogg", true},
                                         Case{"soundfile_opus", "soundfile", "-c:a libopus", "opus", false},
                                         Case{"soundfile_mp3", "soundfile", "-c:a libmp3lame", "mp3", false},
                                         Case{"ffmpeg_flac", "ffmpeg", "-c:a flac", "flac", true},
                                         Case{"ffmpeg_vorbis", "ffmpeg", "-c:a libvorbis", "ogg", true},
                                         Case{"ffmpeg_opus", "ffmpeg", "-c:a libopus", "opus", true},
                                         Case{"ffmpeg_mp3", "ffmpeg", "-c:a libmp3lame", "mp3", false},
                                         Case{"ffmpeg_aac", "ffmpeg", "-c:a aac", "m4a", true},
                                         Case{"ffmpeg_alac", "ffmpeg", "-c:a alac", "m4a", true}),
                         [](const auto& info) { return std::string(info.param.name); });

// ---- FLAC of our own encoder: no program is needed ---------------------------------------------------------------

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

test::Planar make_planar(std::size_t frames) {
  test::Planar audio(1);
  std::uint32_t noise = 1;
  for (std::size_t i = 0; i < frames; ++i) {
    noise = noise * 1664525 + 1013904223;
    audio[0].push_back(static_cast<std::int16_t>(noise >> 16));
  }
  return audio;
}

struct Counted {
  test::MemoryCounts counts;
  std::int64_t num_frames;
};

Counted count_flac(const std::string& file) {
  const SourceHandle source = open_memory(file);
  const auto options = ReadOptions().with_backend("flac");
  read_all(source.get(), options);  // what is made once in a process
  test::start_counting(1);
  const Samples samples = read_all(source.get(), options);
  return {test::stop_counting(), samples.num_frames()};
}

TEST(FlacMemory, NothingIsAllocatedForAFrame) {
  test::TinyFlac e;
  e.block = 200;
  e.kind = test::TinyFlac::kVerbatim;
  e.tags = "A=b";
  e.first_sample = 200 * 100000;  // so that all frame numbers take as many bytes
  const test::Planar few = make_planar(std::size_t{200} * 20), many = make_planar(std::size_t{200} * 2000);
  EXPECT_EQ(count_flac(as_text(e.encode(few))).counts.num_allocations,
            count_flac(as_text(e.encode(many))).counts.num_allocations);
  EXPECT_EQ(count_flac(as_text(e.encode_ogg(few, 4))).counts.num_allocations,
            count_flac(as_text(e.encode_ogg(many, 4))).counts.num_allocations);
}

TEST(FlacMemory, AFileThatDeclaresHoursIsNoBomb) {
  constexpr std::size_t kFrames = 42000;  // 84 KB as they are
  constexpr std::int64_t kHours = std::int64_t{44100} * 3600 * 3;
  test::TinyFlac e;
  e.block = 1000;
  e.kind = test::TinyFlac::kVerbatim;
  const test::Planar audio = make_planar(kFrames);
  e.declared = (std::int64_t{1} << 36) - 1;
  const std::string longest = as_text(e.encode(audio));
  e.declared = kHours;
  const std::string hours = as_text(e.encode(audio));
  // A last frame that says it stands hours behind the others, as STREAMINFO does.
  e.variable = true;
  std::vector<std::byte> bytes = e.encode(audio);
  e.first_sample = kHours - 1000;
  const std::vector<std::byte> last = e.frame(audio, 0, 1000);
  bytes.insert(bytes.end(), last.begin(), last.end());
  for (const std::string& file : {longest, hours, as_text(bytes)}) {
    const Counted counted = count_flac(file);
    EXPECT_LE(counted.counts.largest, (std::size_t{64} << 20) + 8 * file.size());
    EXPECT_GE(counted.num_frames, static_cast<std::int64_t>(kFrames));
    EXPECT_LE(counted.num_frames, static_cast<std::int64_t>(kFrames) + 1000);
  }
}

}  // namespace
}  // namespace tonearm
