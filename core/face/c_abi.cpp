// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The C ABI over core/face/read.h. No exception crosses it.
#include <cstdlib>
#include <cstring>

#include "core/batch/batch.h"
#include "core/batch/padded.h"
#include "core/doctor/doctor.h"
#include "core/face/c_abi_read.h"
#include "core/library/library.h"
#include "nlohmann/json.hpp"

namespace core = tonearm::core;
using core::guarded;
using core::null_argument;

struct tonearm_availability {
  core::Availability value;
};
namespace {

const char* text(const std::string& value) { return value.c_str(); }

}  // namespace

struct tonearm_reader {
  core::Reader value;
  std::unique_ptr<core::CallerStop> stop;
  tonearm_info info;
};

struct tonearm_padded {
  core::PaddedSamples value;
};

struct tonearm_batch {
  core::Batch value;

  tonearm_batch(std::vector<core::BatchItem> items, core::BatchOptions options)
      : value(std::move(items), std::move(options)) {}
};

namespace tonearm::core {

Result<ReadRequest> parse_options(const tonearm_options* given) {
  tonearm_options options;
  tonearm_options_init(&options);
  if (given != nullptr) {
    if (given->size < sizeof(given->size)) {
      return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: options.size",
                        "options.size", "sizeof(tonearm_options)", std::to_string(given->size),
                        "call tonearm_options_init first");
    }
    std::memcpy(&options, given, std::min(given->size, sizeof options));
  }
  ReadRequest request;
  ReadOptions& read = request.options;
  read.open.backend = options.backend == nullptr ? "" : options.backend;
  read.open.format = options.format == nullptr ? "" : options.format;
  read.open.options.stream_index = options.stream_index;
  read.open.options.strict = options.strict != 0;
  Limits& limits = read.open.options.limits;
  if (options.max_bytes != 0) limits.max_bytes = options.max_bytes;
  if (options.max_frames != 0) limits.max_frames = options.max_frames;
  if (options.max_channels != 0) limits.max_channels = options.max_channels;
  limits.deadline_sec = options.deadline_sec;
  read.frame_offset = options.frame_offset;
  read.num_frames = options.num_frames;
  read.sample_rate = options.sample_rate;
  read.mono = options.mono != 0;
  read.open.options.verify = options.verify != 0;
  if (options.threads != 0) read.threads = options.threads;
  auto non_finite = to_non_finite(options.non_finite);
  if (!non_finite) return non_finite.error();
  read.non_finite = *non_finite;
  if (options.sample_type < TONEARM_NATIVE || options.sample_type > TONEARM_INT16_OR_FLOAT32) {
    return make_error(ErrorCode::kInvalidArgument, Stage::kArguments, "Invalid argument: sample_type", "sample_type",
                      "a tonearm_sample_type", std::to_string(options.sample_type));
  }
  read.native = options.sample_type == TONEARM_NATIVE;
  read.short_integers = options.sample_type == TONEARM_INT16_OR_FLOAT32;
  if (!read.native && !read.short_integers) read.type = static_cast<SampleType>(options.sample_type);
  if (options.should_stop != nullptr || options.deadline_sec > 0) {
    request.stop = std::make_unique<CallerStop>(options.should_stop, options.stop_context, options.deadline_sec);
    read.open.options.stop = request.stop.get();
  }
  return request;
}

std::map<std::string, std::string> finding_fields(const std::string& json) {
  std::map<std::string, std::string> fields;
  std::string text;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json[at] != '\\' || at + 1 == json.size()) {
      text += json[at];
      continue;
    }
    // A byte of a path that is no UTF-8 stands as a lone \udcNN, which no parser takes: it stays as these words.
    if (json.compare(at + 1, 3, "udc") == 0) text += '\\';
    text += json.substr(at++, 2);
  }
  const auto finding = nlohmann::json::parse(text, nullptr, false);
  if (!finding.is_object()) return fields;
  for (const auto& [name, value] : finding.items()) {
    std::string& field = fields[name];
    if (value.is_string()) field = value.get<std::string>();
    for (const auto& link : value.is_array() ? value : nlohmann::json::array()) {
      if (link.is_string()) field += (field.empty() ? "" : " -> ") + link.get<std::string>();
    }
  }
  return fields;
}

}  // namespace tonearm::core

extern "C" {

tonearm_code tonearm_error_code(const tonearm_error* e) {
  return e == nullptr ? TONEARM_OK : static_cast<tonearm_code>(e->error.code);
}
const char* tonearm_error_code_name(const tonearm_error* e) {
  return e == nullptr ? nullptr : core::error_code_name(e->error.code);
}
const char* tonearm_error_stage(const tonearm_error* e) {
  return e == nullptr ? nullptr : core::stage_name(e->error.stage);
}
const char* tonearm_error_message(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->message); }
const char* tonearm_error_what(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.what); }
const char* tonearm_error_subject(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.subject); }
const char* tonearm_error_needed(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.needed); }
const char* tonearm_error_found(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.found); }
const char* tonearm_error_next(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.next); }
const char* tonearm_error_finding(const tonearm_error* e) { return e == nullptr ? nullptr : text(e->error.finding); }
const char* tonearm_error_finding_field(const tonearm_error* e, const char* field) {
  if (e == nullptr || field == nullptr) return nullptr;
  const auto it = e->finding.find(field);
  return it == e->finding.end() ? "" : it->second.c_str();
}
int64_t tonearm_error_byte_offset(const tonearm_error* e) { return e == nullptr ? -1 : e->error.byte_offset; }
size_t tonearm_error_num_candidates(const tonearm_error* e) { return e == nullptr ? 0 : e->error.candidates.size(); }
const char* tonearm_error_candidate_backend(const tonearm_error* e, size_t i) {
  return i < tonearm_error_num_candidates(e) ? text(e->error.candidates[i].backend) : nullptr;
}
const char* tonearm_error_candidate_verdict(const tonearm_error* e, size_t i) {
  return i < tonearm_error_num_candidates(e) ? text(e->error.candidates[i].verdict) : nullptr;
}
const char* tonearm_error_candidate_reason(const tonearm_error* e, size_t i) {
  return i < tonearm_error_num_candidates(e) ? text(e->error.candidates[i].reason) : nullptr;
}
void tonearm_error_free(tonearm_error* e) { delete e; }

const char* tonearm_version(void) { return TONEARM_VERSION; }

void tonearm_set_wheel_directories(const char* const* directories, size_t count) {
  guarded(nullptr, [&]() -> core::Result<void> {
    core::set_wheel_directories(std::vector<std::string>(directories, directories + count));
    return {};
  });
}

size_t tonearm_num_backends(void) { return core::default_registry().backends().size(); }
const char* tonearm_backend_name(size_t i) {
  return i < tonearm_num_backends() ? core::default_registry().backends()[i]->name() : nullptr;
}
const char* tonearm_backend_description(size_t i) {
  return i < tonearm_num_backends() ? core::default_registry().backends()[i]->description() : nullptr;
}
tonearm_availability* tonearm_backend_examine(size_t i) {
  tonearm_availability* result = nullptr;
  guarded(nullptr, [&]() -> core::Result<void> {
    if (i < tonearm_num_backends()) {
      result = new tonearm_availability{core::default_registry().backends()[i]->available()};
    }
    return {};
  });
  return result;
}
int tonearm_availability_ok(const tonearm_availability* a) { return a != nullptr && a->value.available; }
const char* tonearm_availability_version(const tonearm_availability* a) {
  return a == nullptr ? nullptr : text(a->value.version);
}
const char* tonearm_availability_path(const tonearm_availability* a) {
  return a == nullptr ? nullptr : text(a->value.path);
}
const char* tonearm_availability_reason(const tonearm_availability* a) {
  return a == nullptr ? nullptr : text(a->value.reason);
}
const char* tonearm_availability_next(const tonearm_availability* a) {
  return a == nullptr ? nullptr : text(a->value.next);
}
void tonearm_availability_free(tonearm_availability* a) { delete a; }

tonearm_code tonearm_source_open_file(const char* path, int allow_special, tonearm_source** source,
                                      tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (path == nullptr) return null_argument("path");
    if (source == nullptr) return null_argument("source");
    auto opened = core::open_file(path, allow_special != 0);
    if (!opened) return opened.error();
    *source = new tonearm_source{std::move(*opened)};
    return {};
  });
}

tonearm_code tonearm_source_open_memory(const void* data, size_t size, const char* name, tonearm_source** source,
                                        tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (data == nullptr && size > 0) return null_argument("data");
    if (source == nullptr) return null_argument("source");
    *source = new tonearm_source{
        core::make_memory_source({static_cast<const std::byte*>(data), size}, name == nullptr ? "<bytes>" : name)};
    return {};
  });
}

tonearm_code tonearm_source_open_stream(const tonearm_stream* stream, const char* name, tonearm_source** source,
                                        tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (stream == nullptr || stream->size_of_struct < sizeof(tonearm_stream)) return null_argument("stream");
    if (stream->read == nullptr) return null_argument("stream.read");
    if (source == nullptr) return null_argument("source");
    const core::StreamCallbacks callbacks{stream->context, stream->read, stream->seek, stream->size};
    *source = new tonearm_source{core::make_callback_source(callbacks, name == nullptr ? "<stream>" : name)};
    return {};
  });
}
void tonearm_source_free(tonearm_source* source) { delete source; }

void tonearm_options_init(tonearm_options* options) {
  *options = tonearm_options{};
  options->size = sizeof(tonearm_options);
  options->num_frames = -1;
  options->sample_type = TONEARM_FLOAT32;
  options->stream_index = -1;
}

tonearm_code tonearm_get_info(tonearm_source* source, const tonearm_options* options, int exact, tonearm_info** info,
                              tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (source == nullptr) return null_argument("source");
    if (info == nullptr) return null_argument("info");
    auto request = core::parse_options(options);
    if (!request) return request.error();
    auto description = core::describe(*source->value, request->options, exact != 0);
    if (!description) return description.error();
    *info = new tonearm_info(std::move(*description));
    return {};
  });
}
int tonearm_info_sample_rate(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.sample_rate; }
int tonearm_info_num_channels(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.num_channels; }
int64_t tonearm_info_num_frames(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.num_frames; }
int tonearm_info_frames_exact(const tonearm_info* i) {
  return i != nullptr && i->value.stream.frames_kind == core::FramesKind::kExact;
}
int tonearm_info_bits_per_sample(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.bits_per_sample; }
int tonearm_info_native_type(const tonearm_info* i) {
  return i == nullptr ? 0 : static_cast<int>(i->value.stream.native_type);
}
const char* tonearm_info_encoding(const tonearm_info* i) {
  return i == nullptr ? nullptr : text(i->value.stream.encoding);
}
const char* tonearm_info_container(const tonearm_info* i) {
  return i == nullptr ? nullptr : text(i->value.stream.container);
}
const char* tonearm_info_backend(const tonearm_info* i) { return i == nullptr ? nullptr : text(i->value.backend); }
int tonearm_info_stream_index(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.stream_index; }
int tonearm_info_num_streams(const tonearm_info* i) { return i == nullptr ? 0 : i->value.stream.num_streams; }
size_t tonearm_info_num_tags(const tonearm_info* i) { return i == nullptr ? 0 : i->tags.size(); }
const char* tonearm_info_tag_key(const tonearm_info* i, size_t index) {
  return index < tonearm_info_num_tags(i) ? text(i->tags[index].first) : nullptr;
}
const char* tonearm_info_tag_value(const tonearm_info* i, size_t index) {
  return index < tonearm_info_num_tags(i) ? text(i->tags[index].second) : nullptr;
}
void tonearm_info_free(tonearm_info* info) { delete info; }

tonearm_code tonearm_read(tonearm_source* source, const tonearm_options* options, tonearm_audio** audio,
                          tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (source == nullptr) return null_argument("source");
    if (audio == nullptr) return null_argument("audio");
    auto request = core::parse_options(options);
    if (!request) return request.error();
    auto decoded = core::read(*source->value, request->options);
    if (!decoded) return decoded.error();
    *audio = new tonearm_audio(std::move(*decoded));
    return {};
  });
}
int tonearm_audio_sample_type(const tonearm_audio* a) { return a == nullptr ? 0 : static_cast<int>(a->sample_type); }
int tonearm_audio_num_channels(const tonearm_audio* a) { return a == nullptr ? 0 : a->num_channels; }
int64_t tonearm_audio_num_frames(const tonearm_audio* a) { return a == nullptr ? 0 : a->num_frames; }
int tonearm_audio_sample_rate(const tonearm_audio* a) { return a == nullptr ? 0 : a->sample_rate; }
void* tonearm_audio_data(const tonearm_audio* a) { return a == nullptr ? nullptr : a->samples.view().data; }
const tonearm_info* tonearm_audio_info(const tonearm_audio* a) { return a == nullptr ? nullptr : &a->info; }
size_t tonearm_audio_num_warnings(const tonearm_audio* a) { return a == nullptr ? 0 : a->warnings.size(); }
const char* tonearm_audio_warning(const tonearm_audio* a, size_t i) {
  return i < tonearm_audio_num_warnings(a) ? text(a->warnings[i]) : nullptr;
}
int64_t tonearm_audio_num_non_finite(const tonearm_audio* a) { return a == nullptr ? 0 : a->num_non_finite; }
void* tonearm_audio_take_data(tonearm_audio* a) { return a == nullptr ? nullptr : a->samples.release(); }
void tonearm_free_samples(void* data) { core::PlanarBuffer::free_block(static_cast<std::byte*>(data)); }
void tonearm_audio_free(tonearm_audio* audio) { delete audio; }

tonearm_code tonearm_reader_open(tonearm_source* source, const tonearm_options* options, tonearm_reader** reader,
                                 tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (source == nullptr) return null_argument("source");
    if (reader == nullptr) return null_argument("reader");
    auto request = core::parse_options(options);
    if (!request) return request.error();
    auto opened = core::Reader::open(*source->value, request->options);
    if (!opened) return opened.error();
    core::Description description = opened->description();
    *reader = new tonearm_reader{std::move(*opened), std::move(request->stop), tonearm_info(std::move(description))};
    return {};
  });
}
const tonearm_info* tonearm_reader_info(const tonearm_reader* r) { return r == nullptr ? nullptr : &r->info; }
tonearm_code tonearm_reader_read(tonearm_reader* reader, int64_t num_frames, tonearm_audio** audio,
                                 tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (reader == nullptr) return null_argument("reader");
    if (audio == nullptr) return null_argument("audio");
    if (reader->stop) reader->stop->restart();
    auto block = reader->value.read(num_frames);
    if (!block) return block.error();
    *audio = new tonearm_audio(std::move(*block));
    return {};
  });
}
tonearm_code tonearm_reader_seek(tonearm_reader* reader, int64_t frame, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (reader == nullptr) return null_argument("reader");
    if (reader->stop) reader->stop->restart();
    return reader->value.seek(frame);
  });
}
int64_t tonearm_reader_tell(const tonearm_reader* r) { return r == nullptr ? 0 : r->value.tell(); }
void tonearm_reader_free(tonearm_reader* reader) { delete reader; }

tonearm_code tonearm_batch_open(const tonearm_batch_item* items, size_t count, const tonearm_options* options,
                                int num_threads, size_t max_ahead, int in_order, tonearm_batch** batch,
                                tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (items == nullptr && count > 0) return null_argument("items");
    if (batch == nullptr) return null_argument("batch");
    if (options != nullptr && options->should_stop != nullptr) {
      return core::make_error(core::ErrorCode::kInvalidArgument, core::Stage::kArguments,
                              "Invalid argument: should_stop", "should_stop", "null for a batch", "a callback",
                              "call tonearm_batch_free to stop a batch");
    }
    auto request = core::parse_options(options);
    if (!request) return request.error();
    std::vector<core::BatchItem> list(count);
    for (size_t i = 0; i < count; ++i) {
      list[i].in_memory = items[i].path == nullptr;
      if (items[i].path != nullptr) list[i].path = items[i].path;
      list[i].data = {static_cast<const std::byte*>(items[i].data), list[i].in_memory ? items[i].size : 0};
    }
    core::BatchOptions batch_options;
    batch_options.read = request->options;
    batch_options.num_threads = num_threads;
    batch_options.max_ahead = max_ahead;
    batch_options.in_order = in_order != 0;
    *batch = new tonearm_batch(std::move(list), std::move(batch_options));
    return {};
  });
}
int tonearm_batch_next(tonearm_batch* batch, double timeout_sec, size_t* index, tonearm_audio** audio,
                       tonearm_error** error) {
  if (batch == nullptr || index == nullptr || audio == nullptr || error == nullptr) return 0;
  *audio = nullptr;
  *error = nullptr;
  constexpr double kForeverSec = 1e8;
  int state = 0;
  guarded(error, [&]() -> core::Result<void> {
    auto result = batch->value.next(std::chrono::duration<double>(timeout_sec < 0 ? kForeverSec : timeout_sec));
    state = result ? 1 : batch->value.finished() ? 0 : -1;
    if (!result) return {};
    *index = result->index;
    if (!result->audio) return result->audio.error();
    *audio = new tonearm_audio(std::move(*result->audio));
    return {};
  });
  return state;
}
void tonearm_batch_free(tonearm_batch* batch) { delete batch; }

tonearm_code tonearm_padded_new(size_t num_items, tonearm_padded** padded, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (padded == nullptr) return null_argument("padded");
    *padded = new tonearm_padded{core::PaddedSamples(num_items)};
    return {};
  });
}
tonearm_code tonearm_padded_add(tonearm_padded* padded, size_t index, const tonearm_audio* audio,
                                tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (padded == nullptr) return null_argument("padded");
    if (audio == nullptr) return null_argument("audio");
    return padded->value.add(index, audio->samples, audio->sample_rate);
  });
}
tonearm_code tonearm_padded_finish(tonearm_padded* padded, tonearm_audio** audio, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (padded == nullptr) return null_argument("padded");
    if (audio == nullptr) return null_argument("audio");
    *audio = new tonearm_audio(padded->value.finish());
    return {};
  });
}
void tonearm_padded_free(tonearm_padded* padded) { delete padded; }

tonearm_code tonearm_diagnose(const char* const* subjects, size_t count, char** report, tonearm_error** error) {
  return guarded(error, [&]() -> core::Result<void> {
    if (report == nullptr) return null_argument("report");
    if (subjects == nullptr && count > 0) return null_argument("subjects");
    const std::vector<std::string> names(subjects, subjects + count);
    auto examine = tonearm::doctor::DiagnoseOptions::of_process();
    examine.open_in_child = false;  // a library does not fork its caller's process; tonearm-doctor does open
    const std::string json = tonearm::doctor::diagnose(names, examine).json();
    *report = strdup(json.c_str());
    if (*report == nullptr)
      return core::make_error(core::ErrorCode::kOutOfMemory, core::Stage::kDependency, "out of memory");
    return {};
  });
}
void tonearm_string_free(char* string) { std::free(string); }

}  // extern "C"
