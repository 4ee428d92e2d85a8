// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The packages that people come from, as their publishers ship them: real wheels, unpacked one to a directory below
// TONEARM_TEST_WHEELS (scripts/test fetches them), beside the torch of TONEARM_TORCH_PYTHON.
#include <sys/stat.h>

#include <cstdio>

#include "core/doctor/doctor.h"
#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;

/// The directory that holds torch, or "".
std::string torch_site() {
  const char* python = std::getenv("TONEARM_TORCH_PYTHON");
  if (python == nullptr) return {};
  const auto command = std::string("'") + python +
                       "' -c 'import importlib.util as u, os; "
                       "print(os.path.dirname(os.path.dirname(u.find_spec(\"torch\").origin)), end=\"\")' 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  char line[4096] = {};
  const auto got = std::fread(line, 1, sizeof line - 1, pipe);
  return ::pclose(pipe) == 0 ? std::string(line, got) : std::string();
}

/// What stands in the environment of a test: one wheel and one torch.
class Wheels : public ::testing::Test {
 protected:
  void SetUp() override {
    options_.loader = clean_environment();
    options_.open_in_child = true;
  }

  /// Why it cannot be had, or "".
  std::string take(const std::string& wheel, const std::string& torch_release) {
    const char* wheels = std::getenv("TONEARM_TEST_WHEELS");
    if (wheels == nullptr) return "TONEARM_TEST_WHEELS names no directory of unpacked wheels";
    const auto dir = std::string(wheels) + "/" + wheel;
    struct stat info {};
    if (::stat(dir.c_str(), &info) != 0) return wheel + " is not in TONEARM_TEST_WHEELS";
    const auto site = torch_site();
    if (site.empty()) return "TONEARM_TORCH_PYTHON names no Python with torch";
    if (slurp(site + "/torch/version.py").find("'" + torch_release) == std::string::npos) {
      return "the torch of TONEARM_TORCH_PYTHON is not " + torch_release;
    }
    options_.wheel_dirs = {dir, site};
    return {};
  }

  /// A machine without the libraries whose names begin so: links to everything else.
  void hide(const std::vector<std::string>& prefixes) {
    for (const auto& dir : options_.loader.default_dirs) {
      for (const auto& path : list_shared_objects(dir)) {
        const auto name = std::filesystem::path(path).filename().string();
        bool hidden = false;
        for (const auto& prefix : prefixes) hidden = hidden || name.starts_with(prefix);
        std::error_code exists;
        if (!hidden) std::filesystem::create_symlink(path, farm_ / name, exists);
      }
    }
    options_.loader.cache_path = "/nonexistent";
    options_.loader.default_dirs = {farm_.dir()};
  }

  static std::vector<std::string> list_shared_objects(const std::string& dir) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
      if (entry.path().filename().string().find(".so") != std::string::npos) paths.push_back(entry.path());
    }
    return paths;
  }

  Finding only_error(const Report& report) {
    const auto errors = errors_of(report.findings);
    EXPECT_EQ(errors.size(), 1u) << report.text();
    return errors.empty() ? Finding() : errors[0];
  }

  DiagnoseOptions options_;
  Scratch farm_;
};

TEST_F(Wheels, TorchaudioOfAnotherCuda) {
  if (const auto why = take("torchaudio-2.11.0", "2.15.0+cu132"); !why.empty()) GTEST_SKIP() << why;
  const auto report = diagnose({"torchaudio"}, options_);
  EXPECT_EQ(only_error(report).code, "built-for-other-cuda");
  EXPECT_EQ(only_error(report).component, "torchaudio");
  EXPECT_EQ(report.headline(),
            "broken: torchaudio was built with CUDA 13.0, torch with 13.2; +cu130 fits; tonearm loads regardless");
}

TEST_F(Wheels, TorchaudioOfAnotherTorch) {
  if (const auto why = take("torchaudio-2.8.0", "2.15.0"); !why.empty()) GTEST_SKIP() << why;
  const auto report = diagnose({"torchaudio"}, options_);
  const auto error = only_error(report);
  EXPECT_EQ(error.code, "built-for-other-torch");
  EXPECT_NE(error.evidence.find("torch::"), std::string::npos) << error.evidence;
  EXPECT_EQ(report.headline(),
            "broken: torchaudio 2.8.0 was built for torch 2.8, not 2.15; 2.11+ fits; tonearm loads regardless");
}

TEST_F(Wheels, TorchcodecWithoutFfmpeg) {
  if (const auto why = take("torchcodec-0.17.0", "2.15.0"); !why.empty()) GTEST_SKIP() << why;
  hide({"libav", "libsw", "libpostproc"});
  const auto error = only_error(diagnose({"torchcodec"}, options_));
  EXPECT_EQ(error.code, "missing-library");
  EXPECT_EQ(error.component, "torchcodec");
  EXPECT_TRUE(error.subject.starts_with("libavutil.so")) << error.subject;
}

TEST_F(Wheels, TorchcodecWithAnFfmpegThatItHasNoLibraryFor) {
  if (const auto why = take("torchcodec-0.17.0", "2.15.0"); !why.empty()) GTEST_SKIP() << why;
  const auto real = system_library("libavutil.so.57");
  if (real.empty()) GTEST_SKIP() << "no libavutil.so.57 to pass for another";
  hide({"libav", "libsw", "libpostproc"});
  std::filesystem::create_symlink(real, farm_ / "libavutil.so.66");
  const auto error = only_error(diagnose({"torchcodec"}, options_));
  EXPECT_EQ(error.code, "unsupported-major");
  EXPECT_EQ(error.subject, farm_ / "libavutil.so.66");
}

TEST_F(Wheels, TorchcodecWithoutAnotherLibraryThatItNeeds) {
  if (const auto why = take("torchcodec-0.17.0", "2.15.0"); !why.empty()) GTEST_SKIP() << why;
  if (system_library("libswscale.so.6").empty()) GTEST_SKIP() << "needs FFmpeg 5 of the system";
  hide({"libswscale"});
  const auto error = only_error(diagnose({"torchcodec"}, options_));
  EXPECT_EQ(error.code, "missing-library");
  EXPECT_EQ(error.subject, "libswscale.so.6");
}

}  // namespace
}  // namespace tonearm::doctor
