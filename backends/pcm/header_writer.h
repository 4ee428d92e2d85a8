// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Headers of uncompressed audio files, as bytes. The audio follows the header at once.
// Place in the flow: pcm_encoder.cpp asks for one at the start, and again at the end where the length was not known.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/registry/encoder.h"

namespace tonearm::pcm {

/// Bytes put together from numbers of either order and text.
class HeaderBytes {
 public:
  explicit HeaderBytes(bool big_endian) : big_endian_(big_endian) {}
  void text(std::string_view text) { bytes_ += text; }
  void number(std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      const int place = big_endian_ ? bytes - 1 - i : i;
      bytes_ += static_cast<char>(value >> 8 * place & 0xFF);
    }
  }
  void u16(std::uint64_t value) { number(value, 2); }
  void u32(std::uint64_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  /// A fourcc, a 32-bit size, the content, and a zero where that is odd.
  void chunk(std::string_view id, std::string_view content) {
    text(id);
    u32(content.size());
    text(content);
    if (content.size() % 2 != 0) bytes_ += '\0';
  }
  const std::string& bytes() const { return bytes_; }

 private:
  bool big_endian_;
  std::string bytes_;
};

/// What a header depends on. Its length depends on `target` alone.
struct HeaderRequest {
  const core::EncodeTarget& target;
  core::RawLayout layout;
  std::uint64_t data_bytes = 0;

  std::uint64_t num_frames() const { return data_bytes / layout.frame_bytes(); }
};

/// Zeros behind the audio, so that what follows (or the end) is aligned.
std::uint64_t padding_bytes(const HeaderRequest& request);

/// Errors: kInvalidArgument where the file cannot say what it must: too many channels or bytes, a tag it has no place
/// for.
core::Result<std::string> make_header(const HeaderRequest& request);
core::Result<std::string> make_wav_header(const HeaderRequest& request);  ///< RIFF, or RF64 past 4 GiB or on demand
core::Result<std::string> make_wave64_header(const HeaderRequest& request);
core::Result<std::string> make_aiff_header(const HeaderRequest& request);  ///< AIFF and AIFF-C
core::Result<std::string> make_au_header(const HeaderRequest& request);
core::Result<std::string> make_caf_header(const HeaderRequest& request);

/// The way each container stores samples.
core::RawLayout layout_of(const core::EncodeTarget& target);

core::Error cannot_hold(const HeaderRequest& request, const std::string& subject, std::string needed, std::string found,
                        std::string next = {});

}  // namespace tonearm::pcm
