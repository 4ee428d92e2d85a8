// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Questions to an open codec library that its name and its lists do not answer. Place in the flow: these run in the
// doctor's child process, with the handles of what was opened (see OpenRequest::probe).
#pragma once

#include <map>
#include <string>
#include <vector>

namespace tonearm::doctor {

/// "avcodec": avcodec_version() as a number; "decoders", "demuxers": those of ours that are there, comma separated.
std::map<std::string, std::string> probe_ffmpeg(const std::vector<void*>& handles);

/// "mp3": "yes" when a clip decodes, else "no". libsndfile's format list is no answer: it may claim or omit MP3
/// wrongly.
std::map<std::string, std::string> probe_sndfile(const std::vector<void*>& handles);

/// A codec that people expect of FFmpeg, the decoders that do it, and the demuxers of the files it usually comes in.
struct ExpectedCodec {
  const char* name;
  std::vector<const char*> decoders;
  std::vector<const char*> demuxers;
};
const std::vector<ExpectedCodec>& expected_codecs();

}  // namespace tonearm::doctor
