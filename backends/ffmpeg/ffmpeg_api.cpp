// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/ffmpeg_api.h"

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "core/doctor/doctor.h"

namespace tonearm::ffmpeg {
namespace {

using core::Error;
using core::ErrorCode;
using core::LibraryPlace;
using core::OpenLibrary;
using core::Result;
using core::Stage;

std::string remedy() { return doctor::codec_advice("libavformat.so"); }

// Sonames: libavformat and libavcodec are FFmpeg's major + 54, libavutil is major + 52.
constexpr int kFormatOffset = 54;
constexpr int kUtilOffset = 52;
constexpr int kSwresampleMajor[] = {3, 4, 4, 5, 6, 7};  // of FFmpeg 4 to 9

Error unusable(const std::string& path, std::string needed, std::string found) {
  return core::make_error(ErrorCode::kMissingDependency, Stage::kDependency, "cannot use FFmpeg at \"" + path + "\"",
                          path, std::move(needed), std::move(found), remedy());
}

bool is_mapped(const std::string& path) {
  const auto mapped = core::mapped_libraries();
  return std::any_of(mapped.begin(), mapped.end(), [&](const core::MappedLibrary& m) { return m.path == path; });
}

/// The file of `folder` that the loader said it could not find, or empty. glibc's text starts with the name it looked
/// for, then a colon; the text behind it is translated, the name is not.
std::string missing_neighbour(const std::string& folder, std::string_view loader_text) {
  constexpr std::string_view label = "the loader says: ";
  const std::size_t at = loader_text.find(label);
  if (at == std::string_view::npos) return {};
  loader_text.remove_prefix(at + label.size());
  const std::string_view name = loader_text.substr(0, loader_text.find(':'));
  if (name.empty() || name.find('/') != std::string_view::npos) return {};
  const std::filesystem::path file = std::filesystem::path(folder) / name;
  std::error_code ignored;
  return std::filesystem::exists(file, ignored) ? file.string() : std::string();
}

/// Opens `path`. PyAV's wheels 12.3 to 16 have no RPATH, so what the loader misses is opened first, from the same
/// folder; from then on the loader finds it by its soname.
Result<void> open_with_neighbours(const std::string& path, std::vector<OpenLibrary>& opened, int depth = 0) {
  constexpr int kMaxDepth = 16;       // the longest chain of a PyAV wheel is 6
  constexpr int kMaxNeighbours = 64;  // libavcodec of a PyAV wheel needs 20
  const std::string folder = std::filesystem::path(path).parent_path().string();
  for (int attempt = 0;; ++attempt) {
    auto library = OpenLibrary::open(path, remedy());
    if (library) {
      opened.push_back(std::move(*library));
      return {};
    }
    const std::string neighbour = missing_neighbour(folder, library.error().found);
    if (neighbour.empty() || neighbour == path || attempt == kMaxNeighbours || depth == kMaxDepth) {
      return library.error();
    }
    if (auto first = open_with_neighbours(neighbour, opened, depth + 1); !first) return first;
  }
}

/// The file beside libavformat, or an empty path.
std::string beside(const LibraryPlace& format, const char* stem, int major) {
  const std::string folder = std::filesystem::path(format.path).parent_path().string();
  const auto files = core::list_library_files(folder, stem, major, major, format.source);
  return files.empty() ? std::string() : files.front().path;
}

Result<void> fill_functions(Api& api, const OpenLibrary& avutil, const OpenLibrary& avcodec,
                            const OpenLibrary& avformat) {
#define TONEARM_FFMPEG_FROM(library, name) \
  if (auto loaded = library.load(#name, api.name); !loaded) return loaded;
#define TONEARM_FFMPEG_FUNCTION(result, name, parameters) TONEARM_FFMPEG_FROM(avutil, name)
  TONEARM_FFMPEG_AVUTIL(TONEARM_FFMPEG_FUNCTION)
#undef TONEARM_FFMPEG_FUNCTION
#define TONEARM_FFMPEG_FUNCTION(result, name, parameters) TONEARM_FFMPEG_FROM(avcodec, name)
  TONEARM_FFMPEG_AVCODEC(TONEARM_FFMPEG_FUNCTION)
#undef TONEARM_FFMPEG_FUNCTION
#define TONEARM_FFMPEG_FUNCTION(result, name, parameters) TONEARM_FFMPEG_FROM(avformat, name)
  TONEARM_FFMPEG_AVFORMAT(TONEARM_FFMPEG_FUNCTION)
#undef TONEARM_FFMPEG_FUNCTION
#undef TONEARM_FFMPEG_FROM
  if (!avutil.load("av_channel_layout_default", api.av_channel_layout_default)) {
    return avutil.load("av_get_default_channel_layout", api.av_get_default_channel_layout);
  }
  // Both are there from 5.1 to 6.1, whose structs still have the mask.
  (void)avutil.load("av_get_default_channel_layout", api.av_get_default_channel_layout);
  return {};
}

/// Three libraries of one release, opened from one folder.
Result<Api> open_set(const LibraryPlace& format) {
  const int major = format.major - kFormatOffset;
  Api api;
  api.layout = find_layout(major);
  api.path = format.path;
  api.place = core::library_source_name(format.source);
  if (api.layout == nullptr) {
    return unusable(format.path, "FFmpeg 4 to 9", "libavformat major " + std::to_string(format.major));
  }
  const std::string avutil = beside(format, "libavutil", major + kUtilOffset);
  const std::string avcodec = beside(format, "libavcodec", major + kFormatOffset);
  const std::string swresample = beside(format, "libswresample", kSwresampleMajor[major - kLowestMajor]);
  if (avutil.empty() || avcodec.empty()) {
    return unusable(format.path,
                    avutil.empty() ? "libavutil.so." + std::to_string(major + kUtilOffset) + " beside it"
                                   : "libavcodec.so." + std::to_string(major + kFormatOffset) + " beside it",
                    "no such file in its folder");
  }
  api.is_ours = !is_mapped(avutil);
  std::size_t at[3] = {};
  int which = 0;
  std::vector<std::string> set = {avutil, swresample, avcodec, format.path};
  std::erase(set, "");  // a libavcodec without libswresample is fine
  if (auto checked = doctor::check_before_opening(set); !checked) return checked.error();
  for (const std::string& path : set) {
    if (auto opened = open_with_neighbours(path, api.libraries); !opened) return opened.error();
    if (path != swresample) at[which++] = api.libraries.size() - 1;
  }
  if (auto filled = fill_functions(api, api.libraries[at[0]], api.libraries[at[1]], api.libraries[at[2]]); !filled) {
    return filled.error();
  }
  const int util_major = static_cast<int>(api.avutil_version() >> 16);
  const int codec_major = static_cast<int>(api.avcodec_version() >> 16);
  const int format_major = static_cast<int>(api.avformat_version() >> 16);
  if (util_major != major + kUtilOffset || codec_major != major + kFormatOffset ||
      format_major != major + kFormatOffset) {
    return unusable(format.path, "three libraries of FFmpeg " + std::to_string(major),
                    "libavutil " + std::to_string(util_major) + ", libavcodec " + std::to_string(codec_major) +
                        ", libavformat " + std::to_string(format_major) + ": a mixed set");
  }
  api.version = api.av_version_info();
  return api;
}

}  // namespace

std::string Api::error_text(int number) const {
  char text[128] = {};
  av_strerror(number, text, sizeof text);
  return text;
}

Result<Api> open_api() {
  core::LibraryRequest request;
  request.stem = "libavformat";
  request.lowest_major = kLowestMajor + kFormatOffset;
  request.highest_major = kHighestMajor + kFormatOffset;
  request.setting = "TONEARM_FFMPEG_DIR";
  request.wheel_folder = "av.libs";
  request.next = remedy();
  auto search = core::find_library(request);
  if (!search) return search.error();
  if (search->found.empty()) return core::missing_library(request, *search);

  std::vector<core::Candidate> failed;
  Error last;
  for (const LibraryPlace& place : search->found) {
    auto api = open_set(place);
    if (api) {
      for (OpenLibrary& library : api->libraries) library.keep();
      return api;
    }
    last = api.error();
    failed.push_back({place.path, "failed", last.found.empty() ? last.what : last.what + ": " + last.found});
  }
  if (failed.size() > 1) last.candidates = std::move(failed);
  return last;
}

}  // namespace tonearm::ffmpeg
