// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The one list of backends. Order here is the order of `list_audio_backends()`; which of them decodes a given file is
// core/registry/policy.cpp.
#include "backends/pcm/pcm_backend.h"
#include "core/registry/registry.h"
#ifdef TONEARM_WITH_FLAC
#include "backends/flac/flac_backend.h"
#endif
#ifdef TONEARM_WITH_SNDFILE
#include "backends/sndfile/sndfile_backend.h"
#endif
#ifdef TONEARM_WITH_FFMPEG
#include "backends/ffmpeg/ffmpeg_backend.h"
#endif

namespace tonearm::core {

const Registry& default_registry() {
  static const Registry registry = [] {
    Registry r;
    r.add(pcm::make_pcm_backend());
#ifdef TONEARM_WITH_FLAC
    r.add(flac::make_flac_backend());
#endif
#ifdef TONEARM_WITH_SNDFILE
    r.add(sndfile::make_sndfile_backend());
#endif
#ifdef TONEARM_WITH_FFMPEG
    r.add(ffmpeg::make_ffmpeg_backend());
#endif
    return r;
  }();
  return registry;
}

}  // namespace tonearm::core
