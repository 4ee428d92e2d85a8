// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/sample_copy.h"

#include "backends/ffmpeg/abi/layouts.h"

namespace tonearm::ffmpeg {
namespace {

using core::PlanarView;
using core::SampleType;

template <class Out, class In>
Out convert(In x) {
  if constexpr (std::is_same_v<Out, In>) {
    return x;
  } else if constexpr (std::is_same_v<In, std::uint8_t>) {
    return static_cast<Out>(static_cast<int>(x) - 128) * static_cast<Out>(1.0 / 128);
  } else if constexpr (std::is_same_v<In, std::int16_t>) {
    return static_cast<Out>(x) * static_cast<Out>(1.0 / 32768);
  } else if constexpr (std::is_same_v<In, std::int32_t>) {
    return static_cast<Out>(x) * static_cast<Out>(1.0 / 2147483648.0);
  } else if constexpr (std::is_same_v<In, std::int64_t>) {
    return static_cast<Out>(static_cast<double>(x) * (1.0 / 9223372036854775808.0));
  } else {
    return static_cast<Out>(x);
  }
}

template <class Out, class In>
void copy_as(bool planar, const std::uint8_t* const* planes, std::int64_t begin, const PlanarView& out) {
  for (int c = 0; c < out.num_channels; ++c) {
    const std::int64_t step = planar ? 1 : out.num_channels;
    const In* in = reinterpret_cast<const In*>(planes[planar ? c : 0]) + begin * step + (planar ? 0 : c);
    Out* to = out.channel_as<Out>(c);
    if (step == 1) {
      for (std::int64_t i = 0; i < out.num_frames; ++i) to[i] = convert<Out>(in[i]);
    } else {
      for (std::int64_t i = 0; i < out.num_frames; ++i) to[i] = convert<Out>(in[i * step]);
    }
  }
}

/// Out is float, or the type itself where the caller asked for it.
template <class In, class Native>
void copy_from(bool planar, const std::uint8_t* const* planes, std::int64_t begin, const PlanarView& out) {
  if (out.type == SampleType::kFloat32) {
    copy_as<float, In>(planar, planes, begin, out);
  } else {
    copy_as<Native, In>(planar, planes, begin, out);
  }
}

}  // namespace

std::optional<SampleType> sample_type_of(int format) {
  switch (format) {
    case kU8:
    case kU8Planar: return SampleType::kUInt8;
    case kS16:
    case kS16Planar: return SampleType::kInt16;
    case kS32:
    case kS32Planar: return SampleType::kInt32;
    case kFlt:
    case kFltPlanar: return SampleType::kFloat32;
    case kDbl:
    case kDblPlanar:
    case kS64:
    case kS64Planar: return SampleType::kFloat64;
    default: return std::nullopt;
  }
}

void copy_samples(int format, const std::uint8_t* const* planes, std::int64_t begin, const PlanarView& out) {
  switch (format) {
    case kU8: return copy_from<std::uint8_t, std::uint8_t>(false, planes, begin, out);
    case kU8Planar: return copy_from<std::uint8_t, std::uint8_t>(true, planes, begin, out);
    case kS16: return copy_from<std::int16_t, std::int16_t>(false, planes, begin, out);
    case kS16Planar: return copy_from<std::int16_t, std::int16_t>(true, planes, begin, out);
    case kS32: return copy_from<std::int32_t, std::int32_t>(false, planes, begin, out);
    case kS32Planar: return copy_from<std::int32_t, std::int32_t>(true, planes, begin, out);
    case kFlt: return copy_from<float, float>(false, planes, begin, out);
    case kFltPlanar: return copy_from<float, float>(true, planes, begin, out);
    case kDbl: return copy_from<double, double>(false, planes, begin, out);
    case kDblPlanar: return copy_from<double, double>(true, planes, begin, out);
    case kS64: return copy_from<std::int64_t, double>(false, planes, begin, out);
    case kS64Planar: return copy_from<std::int64_t, double>(true, planes, begin, out);
    default: return;
  }
}

}  // namespace tonearm::ffmpeg
