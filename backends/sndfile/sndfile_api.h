// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libsndfile's part of the bargain: our own declarations of the functions, structs and numbers that we use, and the
// table that is filled from the library at run time. The ABI has been stable since libsndfile 1.0.0 (soname .so.1).
// Place in the flow: inside backends/sndfile only; nothing else names libsndfile's types.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "core/library/library.h"

namespace tonearm::sndfile {

struct SndFile;  // opaque SNDFILE

struct SfInfo {
  std::int64_t frames;
  int samplerate;
  int channels;
  int format;
  int sections;
  int seekable;
};

struct SfVirtualIo {
  std::int64_t (*get_filelen)(void* user);
  std::int64_t (*seek)(std::int64_t offset, int whence, void* user);
  std::int64_t (*read)(void* out, std::int64_t count, void* user);
  std::int64_t (*write)(const void* in, std::int64_t count, void* user);
  std::int64_t (*tell)(void* user);
};

inline constexpr int kModeRead = 0x10;               // SFM_READ
inline constexpr int kModeWrite = 0x20;              // SFM_WRITE
inline constexpr int kSetCompressionLevel = 0x1301;  // SFC_SET_COMPRESSION_LEVEL, a double in [0, 1]
inline constexpr int kSetBitrateMode = 0x1305;       // SFC_SET_BITRATE_MODE, an int
inline constexpr int kConstantBitrate = 0;           // SF_BITRATE_MODE_CONSTANT
inline constexpr int kContainerMask = 0x0FFF0000;
inline constexpr int kSubtypeMask = 0x0000FFFF;
inline constexpr int kErrorUnrecognised = 1;  // SF_ERR_UNRECOGNISED_FORMAT
inline constexpr int kErrorMalformed = 3;     // SF_ERR_MALFORMED_FILE

enum Subtype : int {
  kPcmS8 = 0x01,
  kPcm16 = 0x02,
  kPcm24 = 0x03,
  kPcm32 = 0x04,
  kPcmU8 = 0x05,
  kFloat = 0x06,
  kDouble = 0x07,
  kUlaw = 0x10,
  kAlaw = 0x11,
  kImaAdpcm = 0x12,
  kMsAdpcm = 0x13,
  kGsm610 = 0x20,
  kG721 = 0x30,
  kG723At24 = 0x31,
  kG723At40 = 0x32,
  kVorbis = 0x60,
  kOpus = 0x64,
  kMpegLayer1 = 0x80,
  kMpegLayer2 = 0x81,
  kMpegLayer3 = 0x82,
};

enum ContainerFormat : int {
  kWav = 0x010000,
  kAu = 0x030000,
  kPaf = 0x050000,
  kNist = 0x070000,
  kVoc = 0x080000,
  kIrcam = 0x0A0000,
  kPvf = 0x0E0000,
  kWavex = 0x130000,
  kFlac = 0x170000,
  kOgg = 0x200000,
  kMpeg = 0x230000,
};

struct Version {
  int major = 0, minor = 0, patch = 0;
  bool at_least(int a, int b, int c) const {
    if (major != a) return major > a;
    if (minor != b) return minor > b;
    return patch >= c;
  }
  std::string text() const;
};

/// Takes "libsndfile-1.2.0" apart, also "libsndfile-1.0.31-exp"; all zero where it is something else.
Version parse_version(const char* text);

/// The functions. Filled completely or not at all.
struct Api {
  SndFile* (*open_virtual)(SfVirtualIo*, int mode, SfInfo*, void* user) = nullptr;
  int (*close)(SndFile*) = nullptr;
  int (*error)(SndFile*) = nullptr;
  const char* (*error_number)(int) = nullptr;
  std::int64_t (*readf_float)(SndFile*, float*, std::int64_t) = nullptr;
  std::int64_t (*readf_short)(SndFile*, std::int16_t*, std::int64_t) = nullptr;
  std::int64_t (*readf_int)(SndFile*, std::int32_t*, std::int64_t) = nullptr;
  std::int64_t (*seek)(SndFile*, std::int64_t, int whence) = nullptr;
  const char* (*get_string)(SndFile*, int) = nullptr;
  int (*set_string)(SndFile*, int, const char*) = nullptr;
  std::int64_t (*writef_float)(SndFile*, const float*, std::int64_t) = nullptr;
  std::int64_t (*writef_int)(SndFile*, const std::int32_t*, std::int64_t) = nullptr;
  int (*command)(SndFile*, int, void*, int size) = nullptr;
  const char* (*version_string)() = nullptr;
};

/// Errors: kMissingDependency, subject = the missing function.
core::Result<Api> load_api(const core::OpenLibrary& library);

}  // namespace tonearm::sndfile
