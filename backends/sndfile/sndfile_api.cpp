// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/sndfile/sndfile_api.h"

#include <charconv>
#include <string_view>

namespace tonearm::sndfile {

std::string Version::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

Version parse_version(const char* text) {
  constexpr std::string_view prefix = "libsndfile-";
  std::string_view rest = text != nullptr ? text : "";
  if (!rest.starts_with(prefix)) return {};
  rest.remove_prefix(prefix.size());
  Version version;
  for (int* part : {&version.major, &version.minor, &version.patch}) {
    const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), *part);
    if (status != std::errc()) return {};
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    if (part != &version.patch) {
      if (rest.empty() || rest[0] != '.') return {};
      rest.remove_prefix(1);
    }
  }
  return version;
}

core::Result<Api> load_api(const core::OpenLibrary& library) {
  Api api;
  core::Result<void> loaded;
  const auto load = [&](const char* name, auto*& function) {
    if (loaded) loaded = library.load(name, function);
  };
  load("sf_open_virtual", api.open_virtual);
  load("sf_close", api.close);
  load("sf_error", api.error);
  load("sf_error_number", api.error_number);
  load("sf_readf_float", api.readf_float);
  load("sf_readf_short", api.readf_short);
  load("sf_readf_int", api.readf_int);
  load("sf_seek", api.seek);
  load("sf_get_string", api.get_string);
  load("sf_set_string", api.set_string);
  load("sf_writef_float", api.writef_float);
  load("sf_writef_int", api.writef_int);
  load("sf_command", api.command);
  load("sf_version_string", api.version_string);
  if (!loaded) return loaded.error();
  return api;
}

}  // namespace tonearm::sndfile
