// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The `toy` backend: what add_backend.sh adds to a copy of the sources, by the steps of backends/README.md.
#pragma once

#include <memory>

#include "core/registry/decoder.h"

namespace tonearm::toy {

std::unique_ptr<core::Backend> make_toy_backend();

}  // namespace tonearm::toy
