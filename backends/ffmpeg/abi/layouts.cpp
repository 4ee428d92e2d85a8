// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
#include "backends/ffmpeg/abi/layouts.h"

namespace tonearm::ffmpeg {
namespace {

constexpr Layout kLayouts[] = {
#include "backends/ffmpeg/abi/layouts.inc"
};

constexpr std::int64_t constant(const Layout& layout, Constant which) {
  return layout.constants[static_cast<std::size_t>(which)];
}

constexpr bool constants_hold(const Layout& l) {
  return constant(l, Constant::kAVMEDIA_TYPE_AUDIO) == kMediaTypeAudio &&
         constant(l, Constant::kAVDISCARD_ALL) == kDiscardAll &&
         constant(l, Constant::kAVSEEK_FLAG_BACKWARD) == kSeekBackward &&
         constant(l, Constant::kAVSEEK_SIZE) == kSeekSize && constant(l, Constant::kAVSEEK_FORCE) == kSeekForce &&
         constant(l, Constant::kAVERROR_EOF) == kErrorEof && constant(l, Constant::kAVERROR_EXIT) == kErrorExit &&
         constant(l, Constant::kAVERROR_INVALIDDATA) == kErrorInvalidData &&
         constant(l, Constant::kAV_DICT_IGNORE_SUFFIX) == kDictIgnoreSuffix &&
         constant(l, Constant::kAV_SAMPLE_FMT_U8) == kU8 && constant(l, Constant::kAV_SAMPLE_FMT_S16) == kS16 &&
         constant(l, Constant::kAV_SAMPLE_FMT_S32) == kS32 && constant(l, Constant::kAV_SAMPLE_FMT_FLT) == kFlt &&
         constant(l, Constant::kAV_SAMPLE_FMT_DBL) == kDbl && constant(l, Constant::kAV_SAMPLE_FMT_U8P) == kU8Planar &&
         constant(l, Constant::kAV_SAMPLE_FMT_S16P) == kS16Planar &&
         constant(l, Constant::kAV_SAMPLE_FMT_S32P) == kS32Planar &&
         constant(l, Constant::kAV_SAMPLE_FMT_FLTP) == kFltPlanar &&
         constant(l, Constant::kAV_SAMPLE_FMT_DBLP) == kDblPlanar &&
         constant(l, Constant::kAV_SAMPLE_FMT_S64) == kS64 && constant(l, Constant::kAV_SAMPLE_FMT_S64P) == kS64Planar;
}

/// The number of channels is in one of two places; everything else has to be there.
constexpr bool fields_hold(const Layout& l) {
  for (int i = 0; i < static_cast<int>(Field::kCount); ++i) {
    const auto field = static_cast<Field>(i);
    const bool channels = field == Field::kAVFrame_channels || field == Field::kAVFrame_ch_layout ||
                          field == Field::kAVFrame_channel_layout ||
                          field == Field::kAVCodecParameters_channel_layout ||
                          field == Field::kAVCodecParameters_channels || field == Field::kAVCodecParameters_ch_layout ||
                          field == Field::kAVChannelLayout_nb_channels;
    if (!channels && !l.has(field)) return false;
  }
  return (l.has(Field::kAVFrame_channels) && l.has(Field::kAVCodecParameters_channels) &&
          l.has(Field::kAVFrame_channel_layout) && l.has(Field::kAVCodecParameters_channel_layout)) ||
         (l.has(Field::kAVFrame_ch_layout) && l.has(Field::kAVCodecParameters_ch_layout) &&
          l.has(Field::kAVChannelLayout_nb_channels));
}

constexpr bool tables_hold() {
  int major = kLowestMajor;
  for (const Layout& layout : kLayouts) {
    if (layout.major != major++ || !constants_hold(layout) || !fields_hold(layout)) return false;
  }
  return major == kHighestMajor + 1;
}
static_assert(tables_hold(), "layouts.inc does not fit layouts.h");

}  // namespace

const Layout* find_layout(int major) {
  if (major < kLowestMajor || major > kHighestMajor) return nullptr;
  return &kLayouts[major - kLowestMajor];
}

}  // namespace tonearm::ffmpeg
