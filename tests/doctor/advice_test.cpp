// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// What to do next, for each kind of machine. Debian's answers are tried where this is one.
#include <cstdio>

#include "tests/doctor/scratch.h"

namespace tonearm::doctor {
namespace {

using namespace test;
using System = Host::System;

const Host kDebian{System::kDebian, "", ""};
const Host kFedora{System::kFedora, "", ""};
const Host kOther{System::kOther, "", ""};
const Host kConda{System::kDebian, "/opt/conda", ""};
const Host kVenv{System::kDebian, "", "/home/me/venv"};
const Host kVenvInConda{System::kFedora, "/opt/conda", "/home/me/venv"};

TEST(Advice, InstallsWithTheManagerOfTheHost) {
  struct Row {
    const Host& host;
    const char* soname;
    const char* advice;
  };
  const Row rows[] = {
      {kDebian, "libsndfile.so.1", "apt-get install libsndfile1"},
      {kDebian, "libavutil.so.57", "apt-get install ffmpeg"},
      {kDebian, "libnope.so.9", "install the package that holds libnope.so.9: apt-file search libnope.so.9"},
      {kFedora, "libsndfile.so.1", "dnf install libsndfile"},
      {kFedora, "libavformat.so", "dnf install ffmpeg-free"},
      {kFedora, "libnope.so.9", "install the package that holds it: dnf provides '*/libnope.so.9'"},
      {kConda, "libsndfile.so.1", "conda install -c conda-forge libsndfile"},
      {kConda, "libstdc++.so.6", "conda install -c conda-forge libstdcxx"},
      {kVenvInConda, "libsndfile.so.1", "dnf install libsndfile"},
      {kOther, "libsndfile.so.1", "install libsndfile with this system's package manager"},
      {kOther, "libnope.so.9", "install the package that holds libnope.so.9"},
      {kDebian, "libcudart.so.13",
       "reinstall the package that needs it; libcudart.so.13 comes with CUDA's own pip packages (nvidia-*)"},
  };
  for (const auto& row : rows) EXPECT_EQ(install_advice(row.soname, row.host), row.advice);
}

TEST(Advice, NamesThePythonPackageOfACodecLibrary) {
  EXPECT_EQ(codec_advice("libsndfile.so.1", kDebian), "apt-get install libsndfile1, or pip install soundfile");
  EXPECT_EQ(codec_advice("libsndfile.so.1", kVenv), "pip install soundfile, or apt-get install libsndfile1");
  EXPECT_EQ(codec_advice("libavformat.so", kFedora), "dnf install ffmpeg-free, or pip install av");
  EXPECT_EQ(codec_advice("libavformat.so", kConda), "conda install -c conda-forge ffmpeg, or pip install av");
}

TEST(Advice, RestoresWithTheManagerThatOwnsThePlace) {
  struct Row {
    const Host& host;
    const char* path;
    const char* advice;
  };
  const Row rows[] = {
      {kDebian, "/usr/lib/x86_64-linux-gnu/libsndfile.so.1",
       "reinstall the package that owns it: apt-get install --reinstall libsndfile1"},
      {kDebian, "/lib/x86_64-linux-gnu/libavcodec.so.59.37.100",
       "reinstall the package that owns it: apt-get install --reinstall libavcodec59"},
      {kDebian, "/usr/lib/libnope.so.9", "reinstall the package that `dpkg -S /usr/lib/libnope.so.9` names"},
      {kDebian, "/usr/local/lib/libsndfile.so.1", "remove or replace /usr/local/lib/libsndfile.so.1"},
      {kFedora, "/usr/lib64/libnope.so.9", "reinstall its package: dnf reinstall $(rpm -qf /usr/lib64/libnope.so.9)"},
      {kConda, "/opt/conda/lib/libsndfile.so.1", "conda install --force-reinstall libsndfile"},
      {kConda, "/opt/conda/lib/libnope.so.9",
       "reinstall the conda package that owns it: grep -l libnope.so.9 /opt/conda/conda-meta/*.json"},
      {kConda, "/opt/conda2/lib/libsndfile.so.1", "remove or replace /opt/conda2/lib/libsndfile.so.1"},
      {kConda, "/opt/conda/lib/python3.11/site-packages/av.libs/libavutil.so.57",
       "pip install --force-reinstall --no-deps av"},
      {kVenv, "/home/me/venv/lib/python3.11/site-packages/_soundfile_data/libsndfile_x86_64.so",
       "pip install --force-reinstall --no-deps soundfile"},
      {kVenv, "/home/me/venv/lib/python3.11/site-packages/torch/lib/libc10.so",
       "pip install --force-reinstall --no-deps torch"},
      {kOther, "/usr/lib/libnope.so.9", "remove or replace /usr/lib/libnope.so.9"},
  };
  for (const auto& row : rows) EXPECT_EQ(restore_advice(row.path, row.host), row.advice);
}

TEST(Advice, KnowsTheSystemByItsOwnWords) {
  EXPECT_EQ(system_of("NAME=\"Debian GNU/Linux\"\nID=debian\n"), System::kDebian);
  EXPECT_EQ(system_of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), System::kDebian);
  EXPECT_EQ(system_of("ID=fedora"), System::kFedora);
  EXPECT_EQ(system_of("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\""), System::kFedora);
  EXPECT_EQ(system_of("ID=arch\nBUG_REPORT_URL=debian\n"), System::kOther);
  EXPECT_EQ(system_of(""), System::kOther);
}

TEST(Advice, AgreesWithDpkgHere) {
  if (std::system("dpkg-query --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "this is no Debian";
  std::string command = "dpkg-query -S";
  for (const char* soname : {"libsndfile.so.1", "libavformat.so.59", "libavutil.so.57", "libswresample.so.4",
                             "libFLAC.so.12", "libmpg123.so.0", "libmp3lame.so.0", "libvorbis.so.0",
                             "libvorbisenc.so.2", "libogg.so.0", "libopus.so.0", "libgme.so.0", "libgomp.so.1"}) {
    command += std::string(" '*/") + soname + "'";
  }
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  int asked = 0;
  for (char text[512]; std::fgets(text, sizeof text, pipe) != nullptr; ++asked) {
    const std::string line = text;  // "libgme0:amd64: /usr/lib/x86_64-linux-gnu/libgme.so.0"
    const auto path = line.substr(line.find('/'), line.find('\n') - line.find('/'));
    EXPECT_EQ(restore_advice(path, kDebian),
              "reinstall the package that owns it: apt-get install --reinstall " + line.substr(0, line.find(':')));
  }
  ::pclose(pipe);
  if (asked == 0) GTEST_SKIP() << "dpkg owns none of the codec libraries here";
}

}  // namespace
}  // namespace tonearm::doctor
