// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/codec_probe.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "fmt/format.h"

namespace tonearm::doctor {
namespace {

template <typename Function>
Function* find(const std::vector<void*>& handles, const char* name) {
  for (void* handle : handles) {
    if (void* address = ::dlsym(handle, name)) return reinterpret_cast<Function*>(address);
  }
  return nullptr;
}

/// Two frames of MP3 (MPEG 2.5 layer III, 8000 Hz, 1 channel, 8 kbit/s): a sine of 440 Hz.
constexpr unsigned char kMp3Clip[] = {
    0xff, 0xe3, 0x18, 0xc4, 0x00, 0x0a, 0xf0, 0x06, 0xd5, 0xb9, 0x41, 0x00, 0x02, 0xff, 0x47, 0x70, 0xdb, 0x60,
    0x06, 0x0f, 0x83, 0xe0, 0xfb, 0xd4, 0x08, 0x02, 0x07, 0x20, 0xf8, 0x3e, 0x7f, 0x13, 0x83, 0xe0, 0xfa, 0x20,
    0x81, 0xc4, 0x41, 0xf0, 0x7d, 0xf8, 0x20, 0xeb, 0xbf, 0xc3, 0x1c, 0x06, 0xfd, 0x21, 0x8e, 0x5d, 0xfc, 0xe7,
    0x4f, 0xbb, 0xa5, 0x26, 0x87, 0x38, 0x59, 0xc4, 0x37, 0xfc, 0x65, 0x44, 0x25, 0x1c, 0xa1, 0x0b, 0x7f, 0x83,
    0xff, 0xe3, 0x18, 0xc4, 0x0f, 0x10, 0x99, 0x42, 0x90, 0x01, 0x94, 0x50, 0x00, 0x6f, 0x07, 0xea, 0x07, 0xb9,
    0x00, 0x19, 0x71, 0x12, 0x70, 0x0f, 0x89, 0x80, 0xe6, 0x47, 0x58, 0x1d, 0xea, 0x61, 0xef, 0x80, 0x68, 0x02,
    0x40, 0x2a, 0x2b, 0x08, 0xa0, 0xba, 0xff, 0xf2, 0x11, 0xe8, 0xaa, 0x44, 0x3e, 0x1f, 0x1a, 0x6f, 0xff, 0xf9,
    0x0a, 0x03, 0x42, 0x50, 0x90, 0x35, 0xff, 0x89, 0x4e, 0x83, 0x4a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

/// libsndfile's SF_INFO; its layout has been the same since 1.0.0.
struct SndfileInfo {
  std::int64_t frames = 0;
  int sample_rate = 0;
  int channels = 0;
  int format = 0;
  int sections = 0;
  int seekable = 0;
};
constexpr int kReadMode = 0x10;  // SFM_READ

}  // namespace

const std::vector<ExpectedCodec>& expected_codecs() {
  static const std::vector<ExpectedCodec> codecs = {
      {"mp3", {"mp3float", "mp3"}, {"mp3"}},
      {"aac", {"aac", "libfdk_aac", "aac_fixed"}, {"mov", "aac"}},
      {"opus", {"opus", "libopus"}, {"ogg", "matroska"}},
  };
  return codecs;
}

std::map<std::string, std::string> probe_ffmpeg(const std::vector<void*>& handles) {
  std::map<std::string, std::string> answers;
  if (auto* version = find<unsigned()>(handles, "avcodec_version")) answers["avcodec"] = fmt::format("{}", version());
  auto* decoder = find<void*(const char*)>(handles, "avcodec_find_decoder_by_name");
  auto* demuxer = find<void*(const char*)>(handles, "av_find_input_format");
  if (decoder == nullptr || demuxer == nullptr) return answers;
  const auto add = [&](const char* key, const std::vector<const char*>& names, auto* ask) {
    for (const char* name : names) {
      if (ask(name) != nullptr) answers[key] += std::string(name) + ",";
    }
  };
  answers.emplace("decoders", ",");  // not by assignment, in which gcc 12 sees an overlapping copy (PR 105651)
  answers.emplace("demuxers", ",");
  for (const auto& codec : expected_codecs()) {
    add("decoders", codec.decoders, decoder);
    add("demuxers", codec.demuxers, demuxer);
  }
  return answers;
}

std::map<std::string, std::string> probe_sndfile(const std::vector<void*>& handles) {
  auto* open = find<void*(int, int, SndfileInfo*, int)>(handles, "sf_open_fd");
  auto* read = find<std::int64_t(void*, float*, std::int64_t)>(handles, "sf_readf_float");
  const int file = ::memfd_create("clip.mp3", MFD_CLOEXEC);
  if (open == nullptr || read == nullptr || file < 0) return {};
  const bool written = ::write(file, kMp3Clip, sizeof kMp3Clip) == static_cast<ssize_t>(sizeof kMp3Clip);
  if (!written || ::lseek(file, 0, SEEK_SET) != 0) return {};
  SndfileInfo info;
  void* clip = open(file, kReadMode, &info, 0);
  float frames[64] = {};
  return {{"mp3", clip != nullptr && read(clip, frames, 64) > 0 ? "yes" : "no"}};
}

}  // namespace tonearm::doctor
