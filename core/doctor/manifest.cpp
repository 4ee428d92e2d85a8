// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "core/doctor/manifest.h"

#include <dlfcn.h>

#include <filesystem>

#include "core/doctor/elf_file.h"
#include "core/doctor/walker.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace tonearm::doctor {
namespace {

constexpr std::size_t kMaxBytes = 1u << 20;  // a manifest is a few KiB

/// The text under `key`, or "": a null, a number or a missing key is no text.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::vector<std::string> texts_of(const nlohmann::json& object, const char* key) {
  std::vector<std::string> texts;
  const auto it = object.find(key);
  if (it == object.end() || !it->is_array()) return texts;
  for (const auto& item : *it) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

}  // namespace

std::optional<Manifest> read_manifest(const std::string& path, std::string* problem) {
  FileProblem fault;
  const auto bytes = open_bytes(path, &fault, nullptr);
  if (!bytes || bytes->size() > kMaxBytes) {
    *problem = bytes ? "too large for a manifest" : fault.found;
    return std::nullopt;
  }
  std::string text(bytes->size(), '\0');
  const auto json = bytes->read_at(0, text.data(), text.size()) ? nlohmann::json::parse(text, nullptr, false)
                                                                : nlohmann::json(nlohmann::json::value_t::discarded);
  if (!json.is_object()) {
    *problem = "not a JSON object";
    return std::nullopt;
  }
  Manifest manifest;
  manifest.python = text_of(json, "python");
  if (const auto cuda = json.find("cuda"); cuda != json.end() && cuda->is_object()) {
    manifest.cuda = text_of(*cuda, "release");
    manifest.kernels = texts_of(*cuda, "kernels");
    manifest.ptx = texts_of(*cuda, "ptx");
  }
  const auto files = json.find("files");
  if (files == json.end() || !files->is_object()) return manifest;
  const auto dir = std::filesystem::path(path).parent_path();
  for (const auto& [name, entry] : files->items()) {
    if (!entry.is_object()) continue;
    const auto size = entry.find("bytes");
    manifest.files.push_back({absolute_path(dir / name),
                              size != entry.end() && size->is_number_unsigned() ? size->get<std::uint64_t>() : 0,
                              text_of(entry, "sha256")});
  }
  return manifest;
}

std::string own_manifest_path() {
  Dl_info info{};
  const bool known = ::dladdr(reinterpret_cast<void*>(&own_manifest_path), &info) != 0 && info.dli_fname != nullptr;
  std::filesystem::path dir;
  if (known && std::string(info.dli_fname).find(".so") != std::string::npos) {
    dir = std::filesystem::path(info.dli_fname).parent_path();
  } else {
    std::error_code error;
    dir = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / TONEARM_BIN_TO_LIB;
  }
  return absolute_path(dir / "tonearm-manifest.json");
}

}  // namespace tonearm::doctor
