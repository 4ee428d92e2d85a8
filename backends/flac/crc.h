// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The checksums of FLAC frames (RFC 9639 section 9) and Ogg pages (RFC 3533). All start at zero, no reflection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tonearm::flac {

std::uint8_t crc8(std::span<const std::byte> bytes);    ///< polynomial 0x07: frame headers
std::uint16_t crc16(std::span<const std::byte> bytes);  ///< polynomial 0x8005: whole frames
/// Polynomial 0x04c11db7: Ogg pages. `crc` continues an earlier call.
std::uint32_t ogg_crc32(std::span<const std::byte> bytes, std::uint32_t crc = 0);

}  // namespace tonearm::flac
