// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Info and Audio: what one call hands to Python.
// Place in the flow: the last step before tonearm/_tensor.py makes a tensor of Audio.to_dlpack().
#pragma once

#include "python/native/errors.h"

namespace tonearm::python {

/// A dict of everything tonearm_info knows; `info` may be freed afterwards.
nb::dict info_to_dict(const tonearm_info* info);

/// Decoded samples, until they are given away.
class Audio {
 public:
  explicit Audio(AudioHandle handle) : handle_(std::move(handle)) {}

  int sample_type() const { return tonearm_audio_sample_type(handle_.get()); }
  int num_channels() const { return tonearm_audio_num_channels(handle_.get()); }
  std::int64_t num_frames() const { return tonearm_audio_num_frames(handle_.get()); }
  std::int64_t num_non_finite() const { return tonearm_audio_num_non_finite(handle_.get()); }
  int sample_rate() const { return tonearm_audio_sample_rate(handle_.get()); }
  nb::dict info() const { return info_to_dict(tonearm_audio_info(handle_.get())); }
  nb::list warnings() const;
  const tonearm_audio* get() const { return handle_.get(); }
  /// Of the planes, one after the other; 0 where there are none. Good while this object has the samples.
  std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(tonearm_audio_data(handle_.get())); }

  /// Gives the samples away, without a copy, as a DLPack capsule of shape (channels, frames); once. None where there
  /// are none: an empty tensor needs no memory of ours.
  nb::object to_dlpack();

 private:
  AudioHandle handle_;
};

void bind_read(nb::module_& module);

}  // namespace tonearm::python
