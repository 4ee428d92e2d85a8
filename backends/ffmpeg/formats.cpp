// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/formats.h"

namespace tonearm::ffmpeg {
namespace {

using core::Container;

constexpr FormatName kFormats[] = {
    {Container::kRiff, "wav", "wav", true},
    {Container::kRifx, "wav", "wav", true},
    {Container::kRf64, "wav", "rf64", true},
    {Container::kWave64, "w64", "w64", true},
    {Container::kAiff, "aiff", "aiff", true},
    {Container::kAu, "au", "au", true},
    {Container::kCaf, "caf", "caf", true},
    {Container::kFlac, "flac", "flac", false},
    {Container::kOgg, "ogg", "ogg", false},
    {Container::kMp3, "mp3", "mp3", false},
    {Container::kAdts, "aac", "aac", false},
    {Container::kMp4, "mov", "mp4", false},
    {Container::kMatroska, "matroska", "matroska", false},
    {Container::kAsf, "asf", "asf", false},
    {Container::kWavPack, "wv", "wv", false},
    {Container::kApe, "ape", "ape", false},
    {Container::kAmr, "amr", "amr", false},
    {Container::kFlv, "flv", "flv", false},
    {Container::kAvi, "avi", "avi", false},
    {Container::kMpegTs, "mpegts", "mpegts", false},
};

}  // namespace

const FormatName* format_for(Container container) {
  for (const FormatName& format : kFormats) {
    if (format.container == container) return &format;
  }
  return nullptr;
}

}  // namespace tonearm::ffmpeg
