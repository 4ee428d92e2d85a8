// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/log_capture.h"

#include <array>
#include <atomic>
#include <cstdio>

namespace tonearm::ffmpeg {
namespace {

constexpr int kLogError = 16;  // AV_LOG_ERROR in every major
constexpr std::size_t kMajors = kHighestMajor - kLowestMajor + 1;

thread_local int capture_depth = 0;
thread_local std::array<char, 256> last_line{};

std::array<std::atomic<LogCallback*>, kMajors> default_callbacks;

/// One function per major, so that foreign lines go back to the libavutil they came from.
template <std::size_t index>
void on_log(void* context, int level, const char* format, va_list arguments) {
  if (capture_depth == 0) {
    if (LogCallback* forward = default_callbacks[index].load()) forward(context, level, format, arguments);
    return;
  }
  if ((level & 0xFF) <= kLogError) std::vsnprintf(last_line.data(), last_line.size(), format, arguments);
}

template <std::size_t... indices>
LogCallback* callback_of(std::size_t index, std::index_sequence<indices...>) {
  static constexpr std::array<LogCallback*, sizeof...(indices)> table{&on_log<indices>...};
  return table[index];
}

}  // namespace

void install_log_callback(const Api& api) {
  if (!api.is_ours) return;
  const auto index = static_cast<std::size_t>(api.layout->major - kLowestMajor);
  default_callbacks[index] = api.av_log_default_callback;
  api.av_log_set_callback(callback_of(index, std::make_index_sequence<kMajors>()));
}

LogCapture::LogCapture() {
  if (capture_depth++ == 0) last_line[0] = '\0';
}

LogCapture::~LogCapture() { --capture_depth; }

std::string LogCapture::last_error() const {
  std::string line(last_line.data());
  while (!line.empty() && (line.back() == '\n' || line.back() == '.')) line.pop_back();
  return line;
}

}  // namespace tonearm::ffmpeg
