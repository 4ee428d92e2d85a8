// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Layout: where one FFmpeg major keeps the struct fields that the adapter touches. One table per major, 4 to 9.
// Place in the flow: below views.h, which is the only reader; the tables are generated (see generate.py).
#pragma once

#include <array>
#include <cstdint>

namespace tonearm::ffmpeg {

/// One field of fields.inc: kAVFrame_pts, ...
enum class Field : int {
#define TONEARM_FFMPEG_FIELD(type, name) k##type##_##name,
#define TONEARM_FFMPEG_CONSTANT(name)
#include "backends/ffmpeg/abi/fields.inc"
  kCount
};

/// One constant of fields.inc, as an index into Layout::constants.
enum class Constant : int {
#define TONEARM_FFMPEG_FIELD(type, name)
#define TONEARM_FFMPEG_CONSTANT(name) k##name,
#include "backends/ffmpeg/abi/fields.inc"
  kCount
};

inline constexpr std::uint16_t kAbsent = 0xFFFF;  ///< offset of a field that this major does not have

struct FieldPlace {
  std::uint16_t offset;  ///< bytes from the start of the struct, or kAbsent
  std::uint16_t size;    ///< bytes
};

struct Layout {
  int major;  ///< FFmpeg's, 4 to 9
  std::array<FieldPlace, static_cast<std::size_t>(Field::kCount)> fields;
  std::array<std::int64_t, static_cast<std::size_t>(Constant::kCount)> constants;

  constexpr FieldPlace place(Field field) const { return fields[static_cast<std::size_t>(field)]; }
  constexpr bool has(Field field) const { return place(field).offset != kAbsent; }
};

inline constexpr int kLowestMajor = 4;
inline constexpr int kHighestMajor = 9;

/// The table of one major, or null where there is none.
const Layout* find_layout(int major);

// Values that all supported majors share; layouts.cpp proves it against every table when it is compiled.
inline constexpr int kMediaTypeAudio = 0x1;
inline constexpr int kDiscardAll = 48;
inline constexpr int kSeekBackward = 1;
inline constexpr int kSeekSize = 0x10000;
inline constexpr int kSeekForce = 0x20000;
inline constexpr int kErrorEof = -541478725;           ///< the negated tag "EOF "
inline constexpr int kErrorExit = -1414092869;         ///< the negated tag "EXIT"
inline constexpr int kErrorInvalidData = -1094995529;  ///< the negated tag "INDA"
inline constexpr int kDictIgnoreSuffix = 2;
inline constexpr std::int64_t kNoTimestamp = INT64_MIN;

/// AVSampleFormat.
enum SampleFormat : int {
  kU8 = 0,
  kS16,
  kS32,
  kFlt,
  kDbl,
  kU8Planar,
  kS16Planar,
  kS32Planar,
  kFltPlanar,
  kDblPlanar,
  kS64,
  kS64Planar,
};

}  // namespace tonearm::ffmpeg
