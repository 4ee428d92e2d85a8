// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The one owner of an open SNDFILE; past this header nothing calls sf_close.
// Place in the flow: inside backends/sndfile only.
#pragma once

#include <memory>

#include "backends/sndfile/sndfile_api.h"

namespace tonearm::sndfile {

struct Closer {
  const Api* api = nullptr;
  void operator()(SndFile* file) const { api->close(file); }
};
using Handle = std::unique_ptr<SndFile, Closer>;

}  // namespace tonearm::sndfile
