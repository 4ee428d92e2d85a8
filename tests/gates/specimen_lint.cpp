// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Compiles without a warning, and copies its argument for nothing: clang-tidy must reject it.
#include <string>

int specimen_lint(std::string text) { return static_cast<int>(text.size()); }
