// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The saving half of the C ABI, over core/face/save.h.
#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "core/face/c_abi.h"
#include "core/face/caller_stop.h"
#include "core/face/save.h"

namespace core = tonearm::core;
using core::guarded;
using core::null_argument;

struct tonearm_sink {
  std::unique_ptr<core::ByteSink> value;
  core::MemorySink* memory = nullptr;  ///< `value`, where it is one
  bool used = false;
};

struct tonearm_writer {
  std::optional<core::CallerStop> stop;  // before the writer that borrows it
  std::optional<core::Writer> value;
  std::vector<std::string> warnings;
};

namespace {

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

/// Options of an older, shorter struct are completed by the defaults.
core::Result<tonearm_save_options> complete(const tonearm_save_options& given) {
  tonearm_save_options options;
  tonearm_save_options_init(&options);
  if (given.size < sizeof(given.size)) {
    return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                            "Invalid argument: options.size", "options.size", "sizeof(tonearm_save_options)",
                            std::to_string(given.size), "call tonearm_save_options_init first");
  }
  std::memcpy(&options, &given, std::min(given.size, sizeof options));
  if (options.sample_type < TONEARM_UINT8 || options.sample_type > TONEARM_FLOAT64) {
    return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments, "Invalid argument: sample_type",
                            "sample_type", "TONEARM_UINT8 to TONEARM_FLOAT64", std::to_string(options.sample_type));
  }
  if (options.tags == nullptr && options.num_tags > 0) return null_argument("options.tags");
  return options;
}

core::Result<core::EncodeRequest> to_request(const tonearm_save_options& options) {
  core::EncodeRequest request;
  request.backend = text_or_empty(options.backend);
  request.format = text_or_empty(options.format);
  request.encoding = text_or_empty(options.encoding);
  request.bits_per_sample = options.bits_per_sample;
  if (options.has_compression != 0) request.compression = options.compression;
  request.sample_rate = options.sample_rate;
  request.num_channels = options.num_channels;
  request.type = static_cast<core::SampleType>(options.sample_type);
  request.num_frames = std::max<std::int64_t>(options.num_frames, -1);
  auto non_finite = core::to_non_finite(options.non_finite);
  if (!non_finite) return non_finite.error();
  request.non_finite = *non_finite;
  for (std::size_t i = 0; i < options.num_tags; ++i) {
    const tonearm_tag& tag = options.tags[i];
    if (tag.key == nullptr || tag.value == nullptr) return null_argument("options.tags");
    request.tags[tag.key] = tag.value;
  }
  return request;
}

}  // namespace

extern "C" {

tonearm_code tonearm_sink_open_file(const char* path, tonearm_sink** sink, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (path == nullptr) return null_argument("path");
    if (sink == nullptr) return null_argument("sink");
    auto created = core::create_file(path);
    if (!created) return created.error();
    *sink = new tonearm_sink{std::move(*created)};
    return {};
  });
}

tonearm_code tonearm_sink_open_memory(tonearm_sink** sink, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (sink == nullptr) return null_argument("sink");
    auto memory = std::make_unique<core::MemorySink>();
    core::MemorySink* borrowed = memory.get();
    *sink = new tonearm_sink{std::move(memory), borrowed};
    return {};
  });
}

tonearm_code tonearm_sink_open_stream(const tonearm_output* output, const char* name, tonearm_sink** sink,
                                      tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (output == nullptr || output->size_of_struct < sizeof(tonearm_output)) return null_argument("output");
    if (output->write == nullptr) return null_argument("output.write");
    if (sink == nullptr) return null_argument("sink");
    const core::OutputCallbacks callbacks{output->context, output->write, output->seek};
    *sink = new tonearm_sink{core::make_callback_sink(callbacks, name == nullptr ? "<stream>" : name)};
    return {};
  });
}

const void* tonearm_sink_data(const tonearm_sink* s) {
  return s == nullptr || s->memory == nullptr ? nullptr : s->memory->contents().data();
}
size_t tonearm_sink_size(const tonearm_sink* s) {
  return s == nullptr || s->memory == nullptr ? 0 : s->memory->contents().size();
}
void tonearm_sink_free(tonearm_sink* sink) { delete sink; }

void tonearm_save_options_init(tonearm_save_options* options) {
  *options = tonearm_save_options{};
  options->size = sizeof(tonearm_save_options);
  options->sample_type = TONEARM_FLOAT32;
  options->num_frames = -1;
}

tonearm_code tonearm_writer_open(tonearm_sink* sink, const tonearm_save_options* options, tonearm_writer** writer,
                                 tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (sink == nullptr) return null_argument("sink");
    if (options == nullptr) return null_argument("options");
    if (writer == nullptr) return null_argument("writer");
    if (sink->used) {
      return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                              "this sink was given to a writer before", "sink", "a new sink");
    }
    auto complete_options = complete(*options);
    if (!complete_options) return complete_options.error();
    auto request = to_request(*complete_options);
    if (!request) return request.error();
    auto opened = std::make_unique<tonearm_writer>();
    if (complete_options->should_stop != nullptr || complete_options->deadline_sec > 0) {
      opened->stop.emplace(complete_options->should_stop, complete_options->stop_context,
                           complete_options->deadline_sec);
    }
    sink->used = true;
    auto value = core::Writer::open(*sink->value, *request, opened->stop ? &*opened->stop : nullptr);
    if (!value) return value.error();
    opened->value.emplace(std::move(*value));
    *writer = opened.release();
    return {};
  });
}

tonearm_code tonearm_writer_write(tonearm_writer* writer, const void* data, int64_t num_frames, int64_t channel_stride,
                                  tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (writer == nullptr) return null_argument("writer");
    if (data == nullptr && num_frames > 0) return null_argument("data");
    const core::EncodeRequest& request = writer->value->target().request;
    if (num_frames < 0 || channel_stride < 0) {
      return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                              "Invalid argument: num_frames", "num_frames", "a number of frames, >= 0",
                              std::to_string(num_frames));
    }
    // The view's type is shared with decoders, which write; encoders only read.
    auto* bytes = const_cast<std::byte*>(static_cast<const std::byte*>(data));
    return writer->value->write({bytes, request.type, request.num_channels, num_frames, channel_stride});
  });
}

tonearm_code tonearm_writer_close(tonearm_writer* writer, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (writer == nullptr) return null_argument("writer");
    auto closed = writer->value->close();
    writer->warnings = writer->value->warnings();
    return closed;
  });
}

const char* tonearm_writer_backend(const tonearm_writer* w) {
  return w == nullptr ? nullptr : w->value->backend().c_str();
}
int64_t tonearm_writer_num_frames(const tonearm_writer* w) { return w == nullptr ? 0 : w->value->num_frames(); }
size_t tonearm_writer_num_warnings(const tonearm_writer* w) { return w == nullptr ? 0 : w->warnings.size(); }
const char* tonearm_writer_warning(const tonearm_writer* w, size_t i) {
  return i < tonearm_writer_num_warnings(w) ? w->warnings[i].c_str() : nullptr;
}
int64_t tonearm_writer_num_non_finite(const tonearm_writer* w) { return w == nullptr ? 0 : w->value->num_non_finite(); }
void tonearm_writer_free(tonearm_writer* writer) { delete writer; }

}  // extern "C"
