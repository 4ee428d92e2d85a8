// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/registry.h"

#include <gtest/gtest.h>

#include <set>

#include "core/registry/policy.h"

namespace tonearm::core {
namespace {

class SilentDecoder final : public Decoder {
 public:
  explicit SilentDecoder(int num_channels) {
    info_.sample_rate = 8000;
    info_.num_channels = num_channels;
  }
  const StreamInfo& info() const override { return info_; }
  Result<std::int64_t> decode(const PlanarView&) override { return std::int64_t{0}; }
  Result<void> seek(std::int64_t) override { return {}; }

 private:
  StreamInfo info_;
};

/// A backend that behaves as it is told.
class ScriptedBackend final : public Backend {
 public:
  ScriptedBackend(const char* name, std::string declines, bool present, std::optional<Error> failure = {})
      : name_(name), declines_(std::move(declines)), present_(present), failure_(std::move(failure)) {}
  const char* name() const override { return name_; }
  const char* description() const override { return "scripted"; }
  Availability available() override {
    Availability a;
    a.available = present_;
    if (!present_) {
      a.reason = "libnope.so.1 is not there";
      a.next = "install nope";
      a.finding = "{}";
    }
    return a;
  }
  std::string declines(const ProbeResult&) override { return declines_; }
  Result<std::unique_ptr<Decoder>> open(ByteSource&, const ProbeResult&, const OpenOptions&) override {
    if (failure_) return *failure_;
    return std::unique_ptr<Decoder>(std::make_unique<SilentDecoder>(num_channels));
  }

  int num_channels = 1;  ///< of what it opens

 private:
  const char* name_;
  std::string declines_;
  bool present_;
  std::optional<Error> failure_;
};

const std::string kFlacBytes = "fLaC";

Result<OpenedStream> open_with(Registry& registry, const OpenRequest& request = {},
                               const std::string& bytes = kFlacBytes) {
  auto source = make_memory_source(std::as_bytes(std::span(bytes)));
  std::vector<Candidate> passed_over;
  return registry.open(*source, request, passed_over);
}

Error corrupt() { return make_error(ErrorCode::kCorruptData, Stage::kOpen, "bad block size"); }

TEST(Registry, FallsBackInOrderAndSaysWhoDidTheWork) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true, corrupt()));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", false));
  registry.add(std::make_unique<ScriptedBackend>("ffmpeg", "", true));
  auto opened = open_with(registry);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->backend, "ffmpeg");
}

TEST(Registry, ADecoderThatDoesNotKnowItsChannelsIsAnErrorOfOurs) {
  auto backend = std::make_unique<ScriptedBackend>("flac", "", true);
  backend->num_channels = 0;
  Registry registry;
  registry.add(std::move(backend));
  auto opened = open_with(registry);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kInternal);
}

TEST(Registry, KeepsEveryReasonInTheFinalError) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "not today", true));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", false));
  auto opened = open_with(registry);
  ASSERT_FALSE(opened);
  const Error& error = opened.error();
  EXPECT_EQ(error.code, ErrorCode::kMissingDependency);
  EXPECT_EQ(error.stage, Stage::kDependency);
  EXPECT_EQ(error.next, "install nope");
  EXPECT_EQ(error.finding, "{}");
  ASSERT_EQ(error.candidates.size(), 2u);
  EXPECT_EQ(error.candidates[0].verdict, "declined");
  EXPECT_EQ(error.candidates[1].verdict, "absent");
  EXPECT_NE(error.message().find("libnope.so.1"), std::string::npos);
}

TEST(Registry, ReportsTheFirstFailureWhereABackendTried) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true, corrupt()));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", false));
  auto opened = open_with(registry);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
  EXPECT_EQ(opened.error().what, "bad block size");
  EXPECT_EQ(opened.error().candidates.size(), 2u);
}

TEST(Registry, ADamagedMp3IsNotShownToTheOneThatPrints) {
  const std::string mp3 = "ID3\4" + std::string(6, '\0') + "\xFF\xFB\x90\x64" + std::string(413, '\0');
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", true));
  registry.add(std::make_unique<ScriptedBackend>("ffmpeg", "", true, corrupt()));
  auto opened = open_with(registry, {}, mp3);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kCorruptData);
  ASSERT_EQ(opened.error().candidates.size(), 2u);
  EXPECT_EQ(opened.error().candidates[1].reason, "asked only where ffmpeg is absent");
  Registry without;
  without.add(std::make_unique<ScriptedBackend>("soundfile", "", true));
  without.add(std::make_unique<ScriptedBackend>("ffmpeg", "", false));
  EXPECT_EQ(open_with(without, {}, mp3)->backend, "soundfile");
  OpenRequest forced;
  forced.backend = "soundfile";
  EXPECT_EQ(open_with(registry, forced, mp3)->backend, "soundfile");
}

TEST(Registry, ADamagedFlacIsNotShownToAThird) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true, corrupt()));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", true, corrupt()));
  registry.add(std::make_unique<ScriptedBackend>("ffmpeg", "", true));
  auto opened = open_with(registry);
  ASSERT_FALSE(opened);
  ASSERT_EQ(opened.error().candidates.size(), 3u);
  EXPECT_EQ(opened.error().candidates[2].reason, "asked only where flac or soundfile is absent");
}

TEST(Registry, AForcedBackendIsUsedOrRefused) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", true));
  registry.add(std::make_unique<ScriptedBackend>("ffmpeg", "no FLAC", true));
  OpenRequest request;
  request.backend = "sndfile";
  EXPECT_EQ(open_with(registry, request)->backend, "soundfile");
  request.backend = "ffmpeg";
  EXPECT_EQ(open_with(registry, request).error().code, ErrorCode::kUnsupportedFormat);
  request.backend = "sox";
  auto unknown = open_with(registry, request);
  EXPECT_EQ(unknown.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(unknown.error().needed, "one of flac, soundfile, ffmpeg");
}

TEST(Registry, AReadErrorOrALimitEndsTheSearch) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true,
                                                 make_error(ErrorCode::kLimitReached, Stage::kOpen, "too much")));
  registry.add(std::make_unique<ScriptedBackend>("soundfile", "", true));
  EXPECT_EQ(open_with(registry).error().code, ErrorCode::kLimitReached);
}

TEST(Registry, HonoursOrRefusesTheFormat) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("flac", "", true));
  OpenRequest request;
  request.format = "FLAC";
  EXPECT_TRUE(open_with(registry, request));
  request.format = "wav";
  EXPECT_EQ(open_with(registry, request).error().code, ErrorCode::kUnsupportedFormat);
  request.format = "banana";
  EXPECT_EQ(open_with(registry, request).error().code, ErrorCode::kInvalidArgument);
}

TEST(Registry, AnEmptySourceReachesNoBackend) {
  Registry registry;
  registry.add(std::make_unique<ScriptedBackend>("ffmpeg", "", true));
  auto opened = open_with(registry, {}, "");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kUnsupportedFormat);
  EXPECT_EQ(opened.error().found, "an empty file");
}

TEST(Policy, NamesOnlyBackendsThatExistAndEndsInACatchAll) {
  std::set<std::string_view> known;
  for (const auto& backend : default_registry().backends()) known.insert(backend->name());
  constexpr std::size_t kAllBackends = 4;
  if (known.size() < kAllBackends) GTEST_SKIP() << "this build leaves backends out (TONEARM_WITH_*)";
  for (const PolicyRow& row : policy_table()) {
    for (const std::string_view name : row.backends) EXPECT_TRUE(known.contains(name)) << row.family << ": " << name;
    EXPECT_STRNE(row.reason, "");
  }
  EXPECT_TRUE(policy_table().back().containers.empty() && policy_table().back().codecs.empty());
}

}  // namespace
}  // namespace tonearm::core
