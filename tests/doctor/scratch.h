// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A temporary directory, copies of real libraries in it, and stubs from the compiler: how faults are injected.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "core/doctor/doctor.h"

namespace tonearm::doctor::test {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tonearm_doctor_XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string dir() const { return dir_; }
  std::string operator/(const std::string& name) const { return dir_ + "/" + name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(std::filesystem::path(*this / name).parent_path());
    std::ofstream(*this / name, std::ios::binary) << bytes;
    return *this / name;
  }
  /// Compiles one C source, the soname being the file's own; false where there is no compiler or it refuses.
  bool compile(const std::string& name, const std::string& source, const std::string& flags = "") const {
    const auto file = write(name + ".c", source);
    const auto command = "cc -shared -fPIC -Wl,-soname," + std::filesystem::path(name).filename().string() + " -o '" +
                         (*this / name) + "' '" + file + "' " + flags + " 2>/dev/null";
    return std::system(command.c_str()) == 0;
  }

 private:
  std::string dir_;
};

inline bool has_compiler() {
  static const bool there = std::system("cc --version >/dev/null 2>&1") == 0;
  return there;
}

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The loader's view without this process's LD_LIBRARY_PATH.
inline LoaderEnvironment clean_environment() {
  auto environment = LoaderEnvironment::of_process();
  environment.library_path.clear();
  environment.preload.clear();
  return environment;
}

/// The system's file for a soname, or "".
inline std::string system_library(const std::string& soname) {
  return Walker(clean_environment()).find_soname(soname, Severity::kNote);
}

inline std::vector<Finding> errors_of(const std::vector<Finding>& findings) {
  std::vector<Finding> errors;
  for (const auto& finding : findings) {
    if (finding.severity == Severity::kError) errors.push_back(finding);
  }
  return errors;
}

}  // namespace tonearm::doctor::test
