// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The "flac" backend: our own decoder of RFC 9639, native and in Ogg; needs no library.
// Place in the flow: named in backends/builtin_backends.cpp, chosen by core/registry.
#pragma once

#include <memory>

#include "core/registry/decoder.h"

namespace tonearm::flac {

std::unique_ptr<core::Backend> make_flac_backend();

}  // namespace tonearm::flac
