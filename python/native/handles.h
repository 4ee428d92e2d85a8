// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Owners of the C ABI's objects. Past this header no tonearm_*_free appears.
#pragma once

#include <memory>

#include <tonearm/tonearm.h>

namespace tonearm::python {

template <auto free_function>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using ErrorHandle = std::unique_ptr<tonearm_error, Deleter<tonearm_error_free>>;
using SourceHandle = std::unique_ptr<tonearm_source, Deleter<tonearm_source_free>>;
using InfoHandle = std::unique_ptr<tonearm_info, Deleter<tonearm_info_free>>;
using AudioHandle = std::unique_ptr<tonearm_audio, Deleter<tonearm_audio_free>>;
using ReaderHandle = std::unique_ptr<tonearm_reader, Deleter<tonearm_reader_free>>;
using BatchHandle = std::unique_ptr<tonearm_batch, Deleter<tonearm_batch_free>>;
using PaddedHandle = std::unique_ptr<tonearm_padded, Deleter<tonearm_padded_free>>;
using SinkHandle = std::unique_ptr<tonearm_sink, Deleter<tonearm_sink_free>>;
using WriterHandle = std::unique_ptr<tonearm_writer, Deleter<tonearm_writer_free>>;
using AvailabilityHandle = std::unique_ptr<tonearm_availability, Deleter<tonearm_availability_free>>;
using StringHandle = std::unique_ptr<char, Deleter<tonearm_string_free>>;

}  // namespace tonearm::python
