// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Options as Python sets them, and as the C ABI wants them.
#pragma once

#include <optional>
#include <string>

#include "python/native/errors.h"

namespace tonearm::python {

/// The fields of tonearm_options, owning their strings. Defaults and meanings are those of tonearm.h.
struct Options {
  std::optional<std::string> backend;
  std::optional<std::string> format;
  tonearm_options fields;

  Options() { tonearm_options_init(&fields); }

  /// Valid while this and `poll` live.
  tonearm_options to_native(SignalPoll& poll) const {
    tonearm_options native = fields;
    native.backend = backend ? backend->c_str() : nullptr;
    native.format = format ? format->c_str() : nullptr;
    native.should_stop = SignalPoll::should_stop;
    native.stop_context = &poll;
    return native;
  }
};

}  // namespace tonearm::python
