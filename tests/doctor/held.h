// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Libraries that this process really holds, for as long as a test runs.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tonearm::doctor::test {

class Held {
 public:
  Held() = default;
  ~Held() {
    for (auto it = handles_.rbegin(); it != handles_.rend(); ++it) ::dlclose(*it);
  }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  /// False, and a failure, where the loader refuses.
  bool open(const std::string& path) {
    void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      ADD_FAILURE() << ::dlerror();
      return false;
    }
    handles_.push_back(handle);
    return true;
  }

 private:
  std::vector<void*> handles_;
};

}  // namespace tonearm::doctor::test
