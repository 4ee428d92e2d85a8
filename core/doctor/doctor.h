// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The self-check: which components are examined, where they are looked for, in which order.
// Place in the flow: the door of this room; the program, the C ABI and error texts come in here.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/doctor/report.h"
#include "core/doctor/walker.h"

namespace tonearm::doctor {

struct DiagnoseOptions {
  LoaderEnvironment loader;
  std::map<std::string, std::string> settings;  ///< TONEARM_FFMPEG_DIR, TONEARM_SNDFILE, VIRTUAL_ENV, PATH, ...
  std::vector<std::string> wheel_dirs;          ///< entries of sys.path
  std::string manifest;                         ///< the build manifest; see core/doctor/manifest.h
  std::string python;                           ///< cache tag of the running Python, "cpython-311"; empty: not known
  std::vector<std::string> mapped;              ///< paths of the shared objects that the process holds
  bool open_in_child = false;                   ///< forks: only in a process without other threads
  bool open_driver = false;                     ///< opens NVIDIA's driver in this process, which is about to use it
  int cuda_device = -1;                         ///< of the devices, only this one; -1: all

  /// This process's environment.
  static DiagnoseOptions of_process();
};

/// Examines `subjects`: core, ffmpeg, sndfile, cuda, torch, python, torchaudio, torchcodec, soundfile, or a path (it
/// holds a '/' or names a file). None: everything tonearm itself can use. An unknown subject gives Report::unable.
/// Changes nothing; threads: safe to call concurrently, unless open_in_child.
Report diagnose(const std::vector<std::string>& subjects, const DiagnoseOptions& options);

/// Looks at the libraries at `paths`, in the order in which they will be opened, and at every file that the loader
/// would map with them, before this process opens them: one that is cut off ends the process with SIGBUS, a FIFO blocks
/// it. What the loader itself refuses with a word is left to it, and to explain(). Errors: kMissingDependency, subject
/// = the file at fault.
core::Result<void> check_before_opening(const std::vector<std::string>& paths);

/// Whether this process can compute on CUDA device `device`: finds the driver, opens and starts it, and compares it and
/// the device with what the kernels were built for. Creates no context. Errors: kMissingDependency with the finding.
core::Result<void> check_cuda_device(int device);

/// Why this process cannot use `subject`: the first error of its examination as JSON, for Error::finding, or empty.
/// Opens nothing. wheel_dirs as in DiagnoseOptions.
std::string explain(const std::string& subject, std::vector<std::string> wheel_dirs);

}  // namespace tonearm::doctor
