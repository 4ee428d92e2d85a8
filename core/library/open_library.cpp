// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include <dlfcn.h>

#include <utility>

#include "core/library/library.h"

namespace tonearm::core {
namespace {

Error unusable(const std::string& path, std::string needed, std::string found) {
  return make_error(ErrorCode::kMissingDependency, Stage::kDependency, "cannot use the library \"" + path + "\"", path,
                    std::move(needed), std::move(found));
}

}  // namespace

OpenLibrary::~OpenLibrary() {
  if (handle_ != nullptr && !kept_) dlclose(handle_);
}

void OpenLibrary::swap(OpenLibrary& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(path_, other.path_);
  std::swap(next_, other.next_);
  std::swap(kept_, other.kept_);
}

Result<OpenLibrary> OpenLibrary::open(const std::string& path, const std::string& next) {
  OpenLibrary library;
  library.path_ = path;
  library.next_ = next;
  library.handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle_ == nullptr) {
    const char* text = dlerror();
    Error error = unusable(path, "a library that the system's loader accepts",
                           std::string("the loader says: ") + (text != nullptr ? text : "nothing"));
    error.next = next;
    return error;
  }
  return library;
}

void* OpenLibrary::find_symbol(const char* name) const { return handle_ != nullptr ? dlsym(handle_, name) : nullptr; }

Error OpenLibrary::missing_symbol(const char* name) const {
  return make_error(ErrorCode::kMissingDependency, Stage::kDependency, "cannot use the library \"" + path_ + "\"", name,
                    "the function " + std::string(name), "it is not in " + path_, next_);
}

}  // namespace tonearm::core
