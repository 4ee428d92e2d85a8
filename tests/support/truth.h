// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The agreed answers for the real audio files that may lie beside the checkout (shared/audio/README.md there says what
// the columns mean). Tests that use them skip, with a reason, where the files are absent.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tonearm::test {

/// The folder of real files: $TONEARM_SHARED/audio, else shared/audio beside the source tree.
inline std::filesystem::path audio_dir() {
  if (const char* shared = std::getenv("TONEARM_SHARED")) return std::filesystem::path(shared) / "audio";
  // This header lies in tests/support of the source tree.
  return std::filesystem::path(__FILE__).parent_path().parent_path().parent_path().parent_path() / "shared" / "audio";
}

using TableRow = std::map<std::string, std::string>;

/// Rows of a tab-separated table with a header line; empty where the file cannot be read.
inline std::vector<TableRow> read_table(const std::filesystem::path& path) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells;
    std::istringstream stream(line);
    for (std::string cell; std::getline(stream, cell, '\t');) cells.push_back(cell);
    return cells;
  };
  std::vector<TableRow> rows;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return rows;
  const std::vector<std::string> names = split(line);
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = split(line);
    TableRow row;
    for (std::size_t i = 0; i < names.size(); ++i) row[names[i]] = i < cells.size() ? cells[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What is true of one file.
struct Truth {
  std::string file;                    ///< relative to audio_dir()
  std::string codec;                   ///< FFmpeg's word; may be empty
  int num_channels = 0;                ///< 0 where nobody says
  int sample_rate = 0;                 ///< Hz; 0 where nobody says
  long long frames = -1;               ///< -1: no agreed answer
  std::vector<std::string> md5_float;  ///< any of these sums of interleaved float32; empty: no agreed answer
};

/// All rows of truth.tsv, CORRECTIONS.tsv applied. A sum counts where two decoders agree, or the correction states it.
inline std::vector<Truth> read_truths() {
  std::map<std::string, TableRow> corrections;
  for (TableRow& row : read_table(audio_dir() / "CORRECTIONS.tsv")) corrections[row["file"]] = row;
  std::vector<Truth> truths;
  for (TableRow& row : read_table(audio_dir() / "truth.tsv")) {
    Truth truth;
    truth.file = row["file"];
    truth.codec = row["codec"];
    truth.num_channels = std::atoi(row["channels"].c_str());
    truth.sample_rate = std::atoi(row["rate"].c_str());
    if (!row["frames_truth"].empty()) truth.frames = std::atoll(row["frames_truth"].c_str());
    const std::string& agree = row["pcm_md5_agree"];
    if (agree == "all" || agree.find("ff") != std::string::npos) truth.md5_float.push_back(row["md5_f32_ffmpeg"]);
    if (agree.find("sf") != std::string::npos) truth.md5_float.push_back(row["md5_f32_sndfile"]);
    if (const auto found = corrections.find(truth.file); found != corrections.end()) {
      if (!found->second["frames"].empty()) truth.frames = std::atoll(found->second["frames"].c_str());
      if (!found->second["md5_f32"].empty()) truth.md5_float = {found->second["md5_f32"]};
      corrections.erase(found);
    }
    truths.push_back(std::move(truth));
  }
  for (auto& [file, row] : corrections) {
    Truth truth;
    truth.file = file;
    if (!row["frames"].empty()) truth.frames = std::atoll(row["frames"].c_str());
    if (!row["md5_f32"].empty()) truth.md5_float = {row["md5_f32"]};
    truths.push_back(std::move(truth));
  }
  return truths;
}

}  // namespace tonearm::test
