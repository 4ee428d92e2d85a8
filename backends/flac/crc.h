// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The checksums of FLAC frames (RFC 9639 section 9). Both start at zero, no reflection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tonearm::flac {

std::uint8_t crc8(std::span<const std::byte> bytes);    ///< polynomial 0x07: frame headers
std::uint16_t crc16(std::span<const std::byte> bytes);  ///< polynomial 0x8005: whole frames

}  // namespace tonearm::flac
