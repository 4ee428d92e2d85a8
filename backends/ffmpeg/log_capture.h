// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// LogCapture: keeps FFmpeg's words off stderr, and the last of them for our error messages.
// FFmpeg has one log callback and one level per copy of libavutil, and its demuxers honour no per-context level, so
// the choice is between the level (everybody's) and a callback that looks at who is talking. The callback is the
// lesser evil: only lines of threads inside a LogCapture are kept from stderr, everybody else's go to FFmpeg's default
// callback as before, and the level is not touched. Where another part of the process had this libavutil mapped
// before us, its logging is that part's business and nothing is installed.
#pragma once

#include <string>

#include "backends/ffmpeg/ffmpeg_api.h"

namespace tonearm::ffmpeg {

/// Once per opened FFmpeg, before its first use.
void install_log_callback(const Api& api);

/// While it lives, FFmpeg lines of this thread are captured. Nests.
class LogCapture {
 public:
  LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture();
  /// The last error that FFmpeg logged, one line without its end, or empty.
  std::string last_error() const;
};

}  // namespace tonearm::ffmpeg
