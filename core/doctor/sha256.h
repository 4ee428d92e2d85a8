// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// SHA-256 (FIPS 180-4), so that our own files can be compared with the build manifest.
// Place in the flow: a leaf of core/doctor.
#pragma once

#include <string>

#include "core/doctor/elf_file.h"

namespace tonearm::doctor {

/// 64 lower-case hexadecimal digits; "" when the bytes cannot be read to their end.
std::string sha256(const Bytes& bytes);

}  // namespace tonearm::doctor
