// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The one list of backends. Order here is the order of `list_audio_backends()`; which of them decodes a given file is
// core/registry/policy.cpp.
#include "backends/ffmpeg/ffmpeg_backend.h"
#include "backends/flac/flac_backend.h"
#include "backends/pcm/pcm_backend.h"
#include "backends/sndfile/sndfile_backend.h"
#include "core/registry/registry.h"

namespace tonearm::core {

const Registry& default_registry() {
  static const Registry registry = [] {
    Registry r;
    r.add(pcm::make_pcm_backend());
    r.add(flac::make_flac_backend());
    r.add(sndfile::make_sndfile_backend());
    r.add(ffmpeg::make_ffmpeg_backend());
    return r;
  }();
  return registry;
}

}  // namespace tonearm::core
