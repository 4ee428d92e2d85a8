// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/registry/policy.h"

#include <algorithm>

namespace tonearm::core {

std::span<const PolicyRow> policy_table() {
  using enum Container;
  static const std::vector<PolicyRow> table{
      {"MS ADPCM, GSM",
       {},
       {Codec::kAdpcmMs, Codec::kGsm},
       {"soundfile", "ffmpeg"},
       "FFmpeg's MS ADPCM is 4 dB worse than libsndfile's and sox's on a sox-made file"},
      {"IMA ADPCM",
       {},
       {Codec::kAdpcmIma},
       {"soundfile", "ffmpeg"},
       "both agree; libsndfile needs no probing and cuts to the fact chunk"},
      {"MP3 in WAV",
       {kRiff, kRifx, kRf64},
       {Codec::kMp3},
       {"ffmpeg", "soundfile"},
       "both trim by the Info tag; libsndfile is shown the MP3 without its WAV",
       1},
      {"PCM, float, A-law, mu-law",
       {kRiff, kRifx, kRf64, kWave64, kAiff, kAu, kCaf},
       {},
       {"pcm", "soundfile", "ffmpeg"},
       "our bounded parser is 2 to 3 times as fast as libsndfile, which hangs on a crafted WAV; FFmpeg reads RIFX "
       "24-bit as noise"},
      {"FLAC",
       {kFlac, kOgg},
       {Codec::kFlac},
       {"flac", "soundfile", "ffmpeg"},
       "our decoder needs no library and takes a third of libsndfile's CPU time; FFmpeg is 1.1 to 1.3 times slower "
       "than libsndfile and cannot seek without a seek table, and keeps memory of damaged files",
       2},
      {"MP3",
       {kMp3},
       {},
       {"ffmpeg", "soundfile"},
       "the same length in both, by the headers (mp3_stream.h); FFmpeg is 8 to 17 % faster and starts in the middle; "
       "libmpg123, below libsndfile, prints to stderr what is damaged, and no setting reaches it",
       1},
      {"Vorbis, Opus",
       {kOgg},
       {Codec::kVorbis, Codec::kOpus},
       {"ffmpeg", "soundfile"},
       "the length and the places are ours (ogg_stream.h); FFmpeg decodes both in 0.4 of libsndfile's time, Opus "
       "always at 48 kHz, where libsndfile returns low-rate files at their original rate; it leaks 5 kB of every "
       "damaged Vorbis file",
       1},
      {"everything else", {}, {}, {"ffmpeg", "soundfile"}, "libsndfile has no AAC, ALAC, WMA, AC-3, Matroska"},
  };
  return table;
}

const PolicyRow& policy_for(const ProbeResult& probe) {
  const auto matches = [&](const PolicyRow& row) {
    const auto holds = [](const auto& list, auto value) {
      return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
    };
    return holds(row.containers, probe.container) && holds(row.codecs, probe.codec);
  };
  const std::span<const PolicyRow> table = policy_table();
  return *std::find_if(table.begin(), table.end() - 1, matches);
}

}  // namespace tonearm::core
