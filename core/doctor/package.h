// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Installed Python packages, read as files: what a package says of its release, its CUDA and the torch it wants.
// Place in the flow: inside core/doctor, below packages.cpp and torch_extensions.cpp; runs no Python.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/doctor/examination.h"

namespace tonearm::doctor {

struct Package {
  std::string name;
  std::string site;     ///< the sys.path entry
  std::string version;  ///< "2.11.0+cu130"
  std::string cuda;     ///< "13.0", or empty: built without, or not said

  std::string dir() const { return site + "/" + name; }
  std::string release() const { return version.substr(0, version.find('+')); }
};

/// The first directory of sys.path that has it.
std::optional<Package> find_package(const Examination& examination, const std::string& name);
/// What `Requires-Dist: torch==X` says, or "".
std::string required_torch(const Package& package);
/// The finding for a package that is not installed.
Finding missing_package(const std::string& name);

/// "2.11" of "2.11.0".
std::string major_minor(const std::string& release);
/// -1, 0, 1 by major, then minor.
int compare_releases(const std::string& a, const std::string& b);

/// torch's libraries in the order in which `import torch` maps them.
std::vector<std::string> torch_roots(const Package& torch);

}  // namespace tonearm::doctor
