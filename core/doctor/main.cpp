// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// tonearm-doctor [SUBJECT...] [--json] [--wheels DIR]... [--python TAG] [--manifest FILE]
// Place in the flow: a program of its own with its own libstdc++, so that it starts where everything else is broken.
#include <cstdio>
#include <string>
#include <vector>

#include "core/doctor/doctor.h"
#include "core/doctor/manifest.h"

namespace {

constexpr char kUsage[] =
    "usage: tonearm-doctor [SUBJECT...] [--json] [--wheels DIR]... [--python TAG] [--manifest FILE]\n"
    "  SUBJECT       core, ffmpeg, sndfile, cuda, torch, python, torchaudio, torchcodec, soundfile,\n"
    "                or the path of a shared object; none: everything that tonearm can use\n"
    "  --json        one JSON object instead of text\n"
    "  --wheels DIR  a directory of Python packages to look into (an entry of sys.path)\n"
    "  --python TAG  the Python that will import tonearm: cpython-311\n"
    "  --manifest FILE  what the build was made for, instead of the manifest that was installed\n"
    "exit status: 0 no error found, 1 at least one, 2 the check could not be made\n";

int print(const std::string& text, int status) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? status : 2;
}

}  // namespace

int main(int argc, char** argv) {
  auto options = tonearm::doctor::DiagnoseOptions::of_process();
  options.open_in_child = true;
  std::vector<std::string> subjects;
  bool as_json = false;
  bool manifest_named = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--json") {
      as_json = true;
    } else if (argument == "--wheels" && i + 1 < argc) {
      options.wheel_dirs.emplace_back(argv[++i]);
    } else if (argument == "--python" && i + 1 < argc) {
      options.python = argv[++i];
    } else if (argument == "--manifest" && i + 1 < argc) {
      options.manifest = argv[++i];
      manifest_named = true;
    } else if (argument == "--help" || argument == "-h") {
      return print(kUsage, 0);
    } else if (argument == "--troubleshooting") {
      return print(tonearm::doctor::troubleshooting_page(), 0);
    } else if (argument.starts_with("--")) {
      std::fprintf(stderr, "tonearm-doctor: unknown option %s\n%s", argument.c_str(), kUsage);
      return 2;
    } else {
      subjects.push_back(argument);
    }
  }
  if (std::string problem; manifest_named && !tonearm::doctor::read_manifest(options.manifest, &problem)) {
    std::fprintf(stderr, "tonearm-doctor: --manifest %s: %s\n", options.manifest.c_str(), problem.c_str());
    return 2;
  }
  const auto report = tonearm::doctor::diagnose(subjects, options);
  return print(as_json ? report.json() + "\n" : report.text(), report.exit_status());
}
