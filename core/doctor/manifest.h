// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The build manifest (cmake/manifest.cmake writes it at install time, beside libtonearm.so).
// Place in the flow: read by the checks of core, python and cuda.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tonearm::doctor {

struct ShippedFile {
  std::string path;  ///< absolute
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// What this build was made for, and of what it consists. Empty where the build does not say.
struct Manifest {
  std::string python;                ///< "cpython-311-x86_64-linux-gnu"
  std::string cuda;                  ///< "13.0": the release that the kernels were built with
  std::vector<std::string> kernels;  ///< compute capabilities with machine code: "8.0", "9.0"
  std::vector<std::string> ptx;      ///< those with PTX
  std::vector<ShippedFile> files;
};

/// Reads `path`; nothing and the reason in `problem` where that is no manifest.
std::optional<Manifest> read_manifest(const std::string& path, std::string* problem);

/// Where the manifest of the running program or library stands once it is installed.
std::string own_manifest_path();

}  // namespace tonearm::doctor
