// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Names: our containers as FFmpeg's demuxers, and the demuxers that may run at all.
#pragma once

#include "core/registry/probe.h"

namespace tonearm::ffmpeg {

struct FormatName {
  core::Container container;
  const char* ffmpeg;     ///< demuxer
  const char* word;       ///< StreamInfo::container
  bool is_pcm_container;  ///< FFmpeg probes its packets for DTS
};

/// Null where the probe does not settle the demuxer (AC-3 or E-AC-3, unknown): FFmpeg then probes, within the list.
const FormatName* format_for(core::Container container);

/// FFmpeg's own probe and every nested demuxer are held to this list. No playlist, no format that names other files
/// (hls, dash, concat, image2, rtsp, ...), no device.
inline constexpr const char* kAllowedDemuxers =
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,apm,aptx,asf,au,avi,bonk,caf,codec2,dff,iff,dsf,dts,dtshd,eac3,flac,flv,g722,"
    "gsm,ircam,laf,lc3,live_flv,loas,m4a,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,nistsphere,nut,ogg,oma,osq,qcp,rm,"
    "rso,sbc,sds,shn,smjpeg,sox,tak,tta,truehd,voc,vqf,w64,wav,webm,wsd,wtv,wv,wve,xwma";

}  // namespace tonearm::ffmpeg
