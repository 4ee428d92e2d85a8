// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Registry: the backends there are, and the choice among them with every reason kept.
// Place in the flow: probe -> candidates -> the decoder that accepts. Knows no codec library.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry/decoder.h"

namespace tonearm::core {

/// A decoder and how it was chosen.
struct OpenedStream {
  std::unique_ptr<Decoder> decoder;
  std::string backend;
  ProbeResult probe;
};

/// What a request asks of the choice.
struct OpenRequest {
  std::string backend;  ///< empty: auto; otherwise used or refused ("sndfile" means "soundfile")
  std::string format;   ///< empty, or a container name; a source of another format is refused
  OpenOptions options;
};

/// That a backend could not, and why, in one line.
Candidate make_candidate(const std::string& backend, const Error& error);

/// Safe for concurrent open() once filled.
class Registry {
 public:
  void add(std::unique_ptr<Backend> backend) { backends_.push_back(std::move(backend)); }
  const std::vector<std::unique_ptr<Backend>>& backends() const { return backends_; }
  Backend* find(std::string_view name) const;

  /// Probes and opens with the first backend that accepts. `passed_over` receives why others did not; a backend named
  /// there already is not tried again (so that a caller can go on after a decoder that failed at its first block).
  /// Errors: those of the source; kInvalidArgument (unknown backend or format); kUnsupportedFormat;
  /// kMissingDependency (the only backend for it is absent; carries its finding); kCorruptData.
  Result<OpenedStream> open(ByteSource& source, const OpenRequest& request, std::vector<Candidate>& passed_over) const;

 private:
  std::vector<std::unique_ptr<Backend>> backends_;
};

/// Filled once from backends/builtin_backends.cpp.
const Registry& default_registry();

}  // namespace tonearm::core
