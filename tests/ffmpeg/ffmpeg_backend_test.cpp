// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The adapter against real libraries: files made here with the encoders on this machine, and real ones beside the
// checkout. TONEARM_TEST_FFMPEG_DIRS (colon separated: PyAV's av.libs, unpacked packages) repeats the decoding with
// other majors.
#include "backends/ffmpeg/ffmpeg_backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/registry/registry.h"
#include "tests/support/expect.h"
#include "tests/support/md5.h"
#include "tests/support/truth.h"

namespace tonearm::ffmpeg {
namespace {

using core::ErrorCode;
using core::OpenOptions;
using core::PlanarView;
using core::Result;

core::Backend& backend() {
  static const std::unique_ptr<core::Backend> the_backend = make_ffmpeg_backend();
  return *the_backend;
}

/// What reaches file descriptor 2 while it lives.
class StderrCapture {
 public:
  StderrCapture() : saved_(dup(2)), file_(std::tmpfile()) { dup2(fileno(file_), 2); }
  ~StderrCapture() {
    dup2(saved_, 2);
    close(saved_);
    std::fclose(file_);
  }
  long num_bytes() const { return lseek(fileno(file_), 0, SEEK_END); }

 private:
  int saved_;
  std::FILE* file_;
};

struct Audio {
  core::StreamInfo info;
  std::int64_t frames = 0;
  std::vector<float> samples;  ///< interleaved
  std::vector<std::string> warnings;
};

Result<std::unique_ptr<core::Decoder>> open(core::Backend& with, core::ByteSource& source,
                                            const OpenOptions& options = {}) {
  auto probe = core::probe(source);
  if (!probe) return probe.error();
  return with.open(source, *probe, options);
}

Result<Audio> decode_all(core::Decoder& decoder, std::int64_t block = 5000, std::int64_t at_most = 1 << 25) {
  Audio audio;
  audio.info = decoder.info();
  const int channels = audio.info.num_channels;
  std::vector<float> planar(static_cast<std::size_t>(channels * block));
  while (audio.frames < at_most) {
    const PlanarView out{reinterpret_cast<std::byte*>(planar.data()), core::SampleType::kFloat32, channels, block,
                         block};
    auto count = decoder.decode(out);
    if (!count) return count.error();
    for (std::int64_t f = 0; f < *count; ++f) {
      for (int c = 0; c < channels; ++c) audio.samples.push_back(out.channel_as<float>(c)[f]);
    }
    audio.frames += *count;
    if (*count < block) break;
  }
  audio.warnings = decoder.warnings();
  return audio;
}

Result<Audio> load(core::Backend& with, core::ByteSource& source, const OpenOptions& options = {}) {
  auto decoder = open(with, source, options);
  if (!decoder) return decoder.error();
  return decode_all(**decoder);
}

Result<Audio> load_bytes(const std::string& bytes, const OpenOptions& options = {}) {
  auto source = core::make_memory_source(std::as_bytes(std::span(bytes)));
  return load(backend(), *source, options);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr int kRate = 44100;
constexpr std::int64_t kFrames = 3 * kRate + 17;

/// Two channels of a chirp with some noise, 16 bit, as WAV.
std::string make_wav() {
  std::string pcm;
  std::uint32_t noise = 1;
  for (std::int64_t f = 0; f < kFrames; ++f) {
    const double t = static_cast<double>(f) / kRate;
    for (int c = 0; c < 2; ++c) {
      noise = noise * 1664525 + 1013904223;
      const double x = 9000 * std::sin(6.283185307 * (200 + 300 * t + 50 * c) * t) + (noise >> 22);
      const auto sample = static_cast<std::int16_t>(x);
      pcm.append(reinterpret_cast<const char*>(&sample), 2);
    }
  }
  auto number = [](std::uint32_t value, std::size_t bytes) {
    return std::string(reinterpret_cast<const char*>(&value), bytes);
  };
  const auto size = static_cast<std::uint32_t>(pcm.size());
  return "RIFF" + number(36 + size, 4) + "WAVEfmt " + number(16, 4) + number(1, 2) + number(2, 2) + number(kRate, 4) +
         number(kRate * 4, 4) + number(4, 2) + number(16, 2) + "data" + number(size, 4) + pcm;
}

struct Recipe {
  const char* name;
  const char* program;
  const char* command;  ///< IN and OUT stand for the files
  int rate;
  std::int64_t frames;
  bool lossless;
  const char* encoding;
  const char* container;
};

/// LAME's delay and padding stay where no tag tells of them (MPEG frames of 32 kbit/s and less have no room for one).
constexpr std::int64_t kUntaggedMp3Frames = 116 * 1152;
constexpr std::int64_t kMpeg2Frames = 128 * 576;

constexpr Recipe kRecipes[] = {
    {"flac", "flac", "flac -s -f -o OUT IN", kRate, kFrames, true, "FLAC", "flac"},
    {"mp3_lame", "lame", "lame --quiet IN OUT", kRate, kFrames, false, "MP3", "mp3"},
    {"mp3_untagged", "lame", "lame --quiet -t IN OUT", kRate, kUntaggedMp3Frames, false, "MP3", "mp3"},
    {"mp3_reservoir", "lame", "lame --quiet -b 32 -m j --resample 44.1 IN OUT", kRate, kUntaggedMp3Frames, false, "MP3",
     "mp3"},
    {"mp3_vbr", "lame", "lame --quiet -V 4 IN OUT", kRate, kFrames, false, "MP3", "mp3"},
    {"mp3_mpeg2", "lame", "lame --quiet -b 24 -m s --resample 24 IN OUT", 24000, kMpeg2Frames, false, "MP3", "mp3"},
    {"vorbis", "oggenc", "oggenc -Q -o OUT IN", kRate, kFrames, false, "VORBIS", "ogg"},
    {"opus", "opusenc", "opusenc --quiet IN OUT", 48000, (kFrames * 48000 + kRate - 1) / kRate, false, "OPUS", "ogg"},
    {"aac_m4a", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a aac -f ipod OUT", kRate, kFrames, false, "AAC", "mp4"},
    {"alac_m4a", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a alac -f ipod OUT", kRate, kFrames, true, "ALAC", "mp4"},
    {"wavpack", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a wavpack -f wv OUT", kRate, kFrames, true, "WAVPACK", "wv"},
    {"flac_mka", "ffmpeg", "ffmpeg -v quiet -y -i IN -c:a flac -f matroska OUT", kRate, kFrames, true, "FLAC",
     "matroska"},
};

/// The encoded bytes, made once per test process; empty where the program is not on this machine.
const std::string& made(const Recipe& recipe) {
  static std::map<std::string, std::string> cache;
  if (auto found = cache.find(recipe.name); found != cache.end()) return found->second;
  const auto folder = std::filesystem::temp_directory_path() / ("tonearm_ffmpeg_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::string bytes;
  if (std::system(("command -v " + std::string(recipe.program) + " > /dev/null").c_str()) == 0) {
    std::ofstream(folder / "in.wav", std::ios::binary) << make_wav();
    std::string command = recipe.command;
    command.replace(command.find("IN"), 2, "'" + (folder / "in.wav").string() + "'");
    command.replace(command.find("OUT"), 3, "'" + (folder / "out").string() + "'");
    if (std::system((command + " 2> /dev/null").c_str()) == 0) bytes = read_file(folder / "out");
  }
  std::filesystem::remove_all(folder);
  return cache[recipe.name] = bytes;
}

#define TONEARM_NEED_FFMPEG() \
  if (!backend().available().available) GTEST_SKIP() << backend().available().reason

TEST(FfmpegBackend, IsThereWhereItWasPromised) {
  if (test::expects("ffmpeg")) {
    EXPECT_TRUE(backend().available().available) << backend().available().reason;
  }
}

TEST(FfmpegBackend, SaysWhereItWasFoundOrWhatToDo) {
  const core::Availability answer = backend().available();
  if (answer.available) {
    EXPECT_FALSE(answer.version.empty());
    EXPECT_TRUE(std::filesystem::exists(answer.path)) << answer.path;
  } else {
    EXPECT_FALSE(answer.reason.empty());
    EXPECT_FALSE(answer.next.empty());
  }
}

TEST(FfmpegBackend, NamesTheSettingThatHoldsNothing) {
  const char* before = std::getenv("TONEARM_FFMPEG_DIR");
  const std::string saved = before != nullptr ? before : "";
  setenv("TONEARM_FFMPEG_DIR", "/nonexistent/ffmpeg", 1);
  core::Registry registry;
  registry.add(make_ffmpeg_backend());
  const core::Availability answer = registry.backends().front()->available();
  before != nullptr ? setenv("TONEARM_FFMPEG_DIR", saved.c_str(), 1) : unsetenv("TONEARM_FFMPEG_DIR");
  EXPECT_FALSE(answer.available);
  EXPECT_NE(answer.reason.find("/nonexistent/ffmpeg"), std::string::npos) << answer.reason;

  // A request that needs it carries the doctor's finding.
  const std::string m4a(
      "\0\0\0\x18"
      "ftypM4A \0\0\0\0M4A mp42",
      24);
  const auto source = core::make_memory_source(std::as_bytes(std::span(m4a)), "talk.m4a");
  std::vector<core::Candidate> passed_over;
  const auto opened = registry.open(*source, {}, passed_over);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kMissingDependency);
  for (const char* field :
       {R"("code": "bad-setting")", R"("component": "ffmpeg")", R"("subject": "TONEARM_FFMPEG_DIR")",
        R"("next": "correct TONEARM_FFMPEG_DIR or unset it")"}) {
    EXPECT_NE(opened.error().finding.find(field), std::string::npos) << field << " in " << opened.error().finding;
  }
}

class FfmpegMade : public testing::TestWithParam<Recipe> {
 protected:
  void SetUp() override {
    TONEARM_NEED_FFMPEG();
    if (made(GetParam()).empty()) GTEST_SKIP() << "needs the program " << GetParam().program;
  }
};

TEST_P(FfmpegMade, HasTheLengthAndTheSamples) {
  const auto audio = load_bytes(made(GetParam()));
  ASSERT_TRUE(audio) << audio.error().message();
  EXPECT_EQ(audio->frames, GetParam().frames);
  EXPECT_EQ(audio->info.sample_rate, GetParam().rate);
  EXPECT_EQ(audio->info.num_channels, 2);
  EXPECT_EQ(audio->info.encoding, GetParam().encoding);
  EXPECT_EQ(audio->info.container, GetParam().container);
  EXPECT_EQ(audio->info.bits_per_sample, GetParam().lossless ? 16 : 0);
  EXPECT_TRUE(audio->warnings.empty()) << audio->warnings.front();
  if (audio->info.frames_kind == core::FramesKind::kExact) {
    EXPECT_EQ(audio->info.num_frames, audio->frames);
  }
  if (GetParam().lossless) {
    const auto wav = load_bytes(make_wav());
    ASSERT_TRUE(wav);
    EXPECT_EQ(audio->samples, wav->samples);
  }
}

TEST_P(FfmpegMade, SeeksToTheSlicesOfAFullRead) {
  const std::string& bytes = made(GetParam());
  auto source = core::make_memory_source(std::as_bytes(std::span(bytes)));
  auto decoder = open(backend(), *source);
  ASSERT_TRUE(decoder);
  const auto full = decode_all(**decoder);
  ASSERT_TRUE(full);
  for (const std::int64_t at :
       {full->frames - 1, std::int64_t{0}, std::int64_t{1}, full->frames / 2, full->frames / 2 + 1,
        std::int64_t{100000}, std::int64_t{576}, full->frames, full->frames + 5}) {
    ASSERT_TRUE((*decoder)->seek(at));
    const auto part = decode_all(**decoder, 777);
    ASSERT_TRUE(part);
    const std::int64_t begin = std::min(at, full->frames);
    EXPECT_EQ(part->samples, std::vector<float>(full->samples.begin() + begin * 2, full->samples.end())) << at;
  }
  EXPECT_FALSE((*decoder)->seek(-1));
}

TEST_P(FfmpegMade, SurvivesTruncationAndNoise) {
  const std::string& whole = made(GetParam());
  const StderrCapture words;
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{40}, whole.size() / 3, whole.size() - 1}) {
    const auto audio = load_bytes(whole.substr(0, size));
    if (!audio) {
      EXPECT_FALSE(audio.error().what.empty());
    }
  }
  std::uint32_t noise = 7;
  for (int round = 0; round < 20; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 40; ++i) {
      noise = noise * 1664525 + 1013904223;
      const std::size_t span = i < 10 ? std::min<std::size_t>(bytes.size(), 512) : bytes.size();
      bytes[(noise >> 4) % span] = static_cast<char>(noise >> 24);
    }
    const auto audio = load_bytes(bytes);
    if (!audio) {
      EXPECT_FALSE(audio.error().what.empty());
    }
  }
  EXPECT_EQ(words.num_bytes(), 0);
}

/// Reads fail from some byte on, or a token says stop.
class FailingSource final : public core::ByteSource {
 public:
  FailingSource(const std::string& bytes, std::uint64_t good) : ByteSource("<failing>"), bytes_(bytes), good_(good) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(out.size(), bytes_.size() - offset);
    if (offset + count > good_) return core::make_error(ErrorCode::kIo, core::Stage::kSource, "the disk is on fire");
    std::memcpy(out.data(), bytes_.data() + offset, count);
    return count;
  }
  std::optional<std::uint64_t> size() const override { return bytes_.size(); }

 private:
  const std::string& bytes_;
  std::uint64_t good_;
};

TEST_P(FfmpegMade, ReadErrorIsNeverTakenForTheEnd) {
  const std::string& bytes = made(GetParam());
  for (const std::size_t good : {bytes.size() / 2, bytes.size() - 1}) {
    FailingSource source(bytes, good);
    const auto audio = load(backend(), source);
    ASSERT_FALSE(audio);
    EXPECT_EQ(audio.error().what, "the disk is on fire");
    EXPECT_EQ(audio.error().code, ErrorCode::kIo);
  }
}

class StopAfter final : public core::StopToken {
 public:
  explicit StopAfter(int checks) : left_(checks) {}
  Result<void> check() override {
    if (left_-- > 0) return {};
    return core::make_error(ErrorCode::kDeadline, core::Stage::kDecode, "time is up");
  }

 private:
  int left_;
};

TEST_P(FfmpegMade, StopsWhenToldTo) {
  for (const int checks : {0, 3}) {
    StopAfter stop(checks);
    OpenOptions options;
    options.stop = &stop;
    const auto audio = load_bytes(made(GetParam()), options);
    ASSERT_FALSE(audio) << checks;
    EXPECT_EQ(audio.error().code, ErrorCode::kDeadline);
  }
}

TEST_P(FfmpegMade, DecodesAlikeWithEveryOtherFfmpeg) {
  const char* setting = std::getenv("TONEARM_TEST_FFMPEG_DIRS");
  if (setting == nullptr) GTEST_SKIP() << "TONEARM_TEST_FFMPEG_DIRS is not set";
  const auto want = load_bytes(made(GetParam()));
  ASSERT_TRUE(want);
  static std::map<std::string, std::unique_ptr<core::Backend>> backends;
  std::istringstream list(setting);
  const char* before = std::getenv("TONEARM_FFMPEG_DIR");
  const std::string saved = before != nullptr ? before : "";
  for (std::string folder; std::getline(list, folder, ':');) {
    auto& other = backends[folder];
    if (!other) {
      setenv("TONEARM_FFMPEG_DIR", folder.c_str(), 1);
      other = make_ffmpeg_backend();
      ASSERT_TRUE(other->available().available) << other->available().reason;
      before != nullptr ? setenv("TONEARM_FFMPEG_DIR", saved.c_str(), 1) : unsetenv("TONEARM_FFMPEG_DIR");
    }
    auto source = core::make_memory_source(std::as_bytes(std::span(made(GetParam()))));
    const StderrCapture words;
    const auto audio = load(*other, *source);
    ASSERT_TRUE(audio) << folder << ": " << audio.error().message();
    ASSERT_EQ(audio->frames, want->frames) << folder;
    double worst = 0;
    for (std::size_t i = 0; i < want->samples.size(); ++i) {
      worst = std::max(worst, std::abs(static_cast<double>(audio->samples[i]) - want->samples[i]));
    }
    // Two releases may sum in another order: MP3 and AAC to 2e-6, lossless not at all.
    EXPECT_LE(worst, GetParam().lossless ? 0.0 : 1e-5) << folder;
    EXPECT_EQ(words.num_bytes(), 0) << folder;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, FfmpegMade, testing::ValuesIn(kRecipes),
                         [](const testing::TestParamInfo<Recipe>& info) { return std::string(info.param.name); });

TEST(FfmpegBackend, StrictMakesTruncationAnError) {
  TONEARM_NEED_FFMPEG();
  const std::string& flac = made(kRecipes[0]);
  if (flac.empty()) GTEST_SKIP() << "needs the program flac";
  const std::string half = flac.substr(0, flac.size() / 2);
  const auto lax = load_bytes(half);
  ASSERT_TRUE(lax);
  EXPECT_GT(lax->frames, 0);
  EXPECT_FALSE(lax->warnings.empty());
  OpenOptions strict;
  strict.strict = true;
  const auto refused = load_bytes(half, strict);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCorruptData);
}

TEST(FfmpegBackend, RefusesAStreamThatIsNotThere) {
  TONEARM_NEED_FFMPEG();
  OpenOptions options;
  options.stream_index = 1;
  const auto audio = load_bytes(make_wav(), options);
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().code, ErrorCode::kInvalidArgument);
}

TEST(FfmpegBackend, KeepsToTheChannelLimit) {
  TONEARM_NEED_FFMPEG();
  OpenOptions options;
  options.limits.max_channels = 1;
  const auto audio = load_bytes(make_wav(), options);
  ASSERT_FALSE(audio);
  EXPECT_EQ(audio.error().code, ErrorCode::kLimitReached);
}

TEST(FfmpegBackend, OpensNoFileThatAPlaylistNames) {
  TONEARM_NEED_FFMPEG();
  const auto target = std::filesystem::temp_directory_path() / ("tonearm_target_" + std::to_string(getpid()) + ".wav");
  std::ofstream(target, std::ios::binary) << make_wav();
  for (const std::string& text :
       {"ffconcat version 1.0\nfile '" + target.string() + "'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n" + target.string() + "\n#EXT-X-ENDLIST\n",
        "\n\nffconcat version 1.0\nfile '" + target.string() + "'\n"}) {
    EXPECT_FALSE(load_bytes(text)) << text;
  }
  std::filesystem::remove(target);
}

TEST(FfmpegBackend, GivesNativeIntegersWhereAsked) {
  TONEARM_NEED_FFMPEG();
  const std::string wav = make_wav();
  auto source = core::make_memory_source(std::as_bytes(std::span(wav)));
  auto decoder = open(backend(), *source);
  ASSERT_TRUE(decoder);
  ASSERT_TRUE((*decoder)->supports(core::SampleType::kInt16));
  std::vector<std::int16_t> planar(2 * 100);
  const PlanarView out{reinterpret_cast<std::byte*>(planar.data()), core::SampleType::kInt16, 2, 100, 100};
  auto count = (*decoder)->decode(out);
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 100);
  for (std::size_t f = 0; f < 100; ++f) {
    for (std::size_t c = 0; c < 2; ++c) {
      EXPECT_EQ(std::memcmp(&planar[c * 100 + f], wav.data() + 44 + (f * 2 + c) * 2, 2), 0);
    }
  }
}

/// Where FFmpeg's own answer differs from the agreed one, as measured with 5.1.9, or ours is another by design.
const std::map<std::string, long long> kKnownLengths = {
    // MP4: cut to the declared duration; the agreed values there are FFmpeg's uncut packets.
    {"ok/lofty-rs/m4a_codec_aac.m4a", 68546},   {"ok/tinytag/test2.m4a", 10348},
    {"ok/tinytag/mp3_audio.m4a", 45186},        {"ok/tinytag/mpeg4_desc_cmt.m4a", 104068},
    {"ok/tinytag/mpeg4_with_image.m4a", 10348}, {"ok/tinytag/classical.m4a", 23074},
};

/// FFmpeg takes 24 bits in 4 bytes for 32-bit samples; pcm reads them.
constexpr const char* kKnownWrongSamples = "ok/hound/pcmwaveformat-24bit-4byte-48kHz-stereo.wav";

TEST(FfmpegBackend, AgreesWithTheTruthOfRealFiles) {
  TONEARM_NEED_FFMPEG();
  const auto truths = test::read_truths();
  if (truths.empty()) GTEST_SKIP() << "no real files at " << test::audio_dir();
  const StderrCapture words;
  int num_files = 0, num_sums = 0;
  for (const test::Truth& truth : truths) {
    if (truth.file.rfind("ok/", 0) != 0 || truth.frames < 0) continue;
    auto source = core::open_file((test::audio_dir() / truth.file).string());
    if (!source) continue;
    auto probe = core::probe(**source);
    ASSERT_TRUE(probe);
    if (!backend().declines(*probe).empty()) continue;
    const auto audio = load(backend(), **source);
    EXPECT_TRUE(audio) << truth.file << ": " << audio.error().message();
    if (!audio) continue;
    ++num_files;
    const auto known = kKnownLengths.find(truth.file);
    EXPECT_EQ(audio->frames, known != kKnownLengths.end() ? known->second : truth.frames) << truth.file;
    EXPECT_EQ(audio->info.sample_rate, truth.sample_rate) << truth.file;
    const bool lossless = audio->info.bits_per_sample > 0;
    if (lossless && !truth.md5_float.empty() && truth.file != kKnownWrongSamples) {
      test::Md5 sum;
      sum.add_values(std::span<const float>(audio->samples));
      const std::string hex = sum.hex();
      EXPECT_TRUE(std::find(truth.md5_float.begin(), truth.md5_float.end(), hex) != truth.md5_float.end())
          << truth.file;
      ++num_sums;
    }
  }
  EXPECT_GT(num_files, 100);
  EXPECT_GT(num_sums, 20);
  EXPECT_EQ(words.num_bytes(), 0);
}

TEST(FfmpegBackend, GoesOnBehindDamageThatAnMp3TagHides) {
  TONEARM_NEED_FFMPEG();
  const auto recipe = std::find_if(std::begin(kRecipes), std::end(kRecipes),
                                   [](const Recipe& r) { return std::string(r.name) == "mp3_lame"; });
  std::string bytes = made(*recipe);
  if (bytes.empty()) GTEST_SKIP() << "needs the program " << recipe->program;
  const auto whole = load_bytes(bytes);
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->warnings.empty());
  // Wider than one MPEG frame, so that a header is hit: the tag still promises the whole length.
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(bytes.size() / 2), 1500, 'x');
  const auto damaged = load_bytes(bytes);
  ASSERT_TRUE(damaged) << damaged.error().message();
  EXPECT_EQ(damaged->info.frames_kind, core::FramesKind::kExact);
  EXPECT_FALSE(damaged->warnings.empty());
  EXPECT_GT(damaged->frames, whole->frames - 6 * 1152);
  EXPECT_LT(damaged->frames, whole->frames);
  const std::size_t before = whole->samples.size() / 2 - 4 * 2 * 1152;
  EXPECT_TRUE(std::equal(whole->samples.begin(), whole->samples.begin() + static_cast<std::ptrdiff_t>(before),
                         damaged->samples.begin()));
}

TEST(FfmpegBackend, MeetsDamagedFilesQuietly) {
  TONEARM_NEED_FFMPEG();
  if (!std::filesystem::exists(test::audio_dir() / "bad")) GTEST_SKIP() << "no real files at " << test::audio_dir();
  const StderrCapture words;
  for (const char* kind : {"bad", "odd"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(test::audio_dir() / kind)) {
      if (!entry.is_regular_file()) continue;
      auto source = core::open_file(entry.path().string());
      ASSERT_TRUE(source);
      const auto audio = load(backend(), **source);
      if (!audio) {
        EXPECT_FALSE(audio.error().what.empty()) << entry.path();
      }
    }
  }
  EXPECT_EQ(words.num_bytes(), 0);
}

}  // namespace
}  // namespace tonearm::ffmpeg
