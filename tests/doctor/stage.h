// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Where a fault is injected: X, a directory in LD_LIBRARY_PATH, before an otherwise clean machine.
#pragma once

#include <string>

#include "tests/doctor/scratch.h"

namespace tonearm::doctor::test {

struct Stage {
  Scratch x;
  DiagnoseOptions options;

  Stage() {
    options.loader = clean_environment();
    options.loader.library_path = x.dir();
    options.open_in_child = true;
  }
  std::string in_x(const std::string& name) const { return x / name; }
  /// "X/name" as a path in X, anything else as it is.
  std::string path_of(const std::string& name) const { return name.starts_with("X/") ? in_x(name.substr(2)) : name; }
  /// Nothing but X is searched.
  void only_x() {
    options.loader.cache_path = "/nonexistent";
    options.loader.default_dirs.clear();
  }
  /// A stub whose exports all have the version `node`.
  void map(const std::string& name, const std::string& node, const std::string& source) const {
    x.write("map", node + " { global: *; };");
    ASSERT_TRUE(x.compile(name, source, "-Wl,--version-script='" + (x / "map") + "'"));
  }
  /// A stub that needs `others` of X, in this order.
  void stub(const std::string& name, const std::vector<std::string>& others, const std::string& source = "int stub;",
            std::string flags = "") const {
    flags += " -Wl,--no-as-needed -Wl,--allow-shlib-undefined";
    for (const auto& other : others) flags += " '" + in_x(other) + "'";
    ASSERT_TRUE(x.compile(name, source, flags));
  }
};

}  // namespace tonearm::doctor::test
