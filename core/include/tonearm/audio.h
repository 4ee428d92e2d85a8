// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The C++ face of tonearm: header only, C++17, on top of the C ABI.
// Place in the flow: what C++ programs include; torch.h adds tensors to it. Compiled in the user's translation unit,
// so that no C++ type crosses a library's border.
//
// Glossary: a *frame* is one instant across all channels; a *sample* is one number; *planar* means channel-major,
// shape (num_channels, num_frames); *rate* is frames per second, in Hz.
#pragma once

#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "tonearm/tonearm.h"

namespace tonearm {

/// What one backend said about a request that failed.
struct Candidate {
  std::string backend;
  std::string verdict;  ///< "declined", "absent" or "failed"
  std::string reason;
};

/// Why a library that a request needs cannot be used: the doctor's finding (docs/troubleshooting.md has the codes).
/// Empty strings where unknown; without a finding all of it.
struct Finding {
  std::string code;       ///< "missing-library", "truncated-file", ...
  std::string severity;   ///< "error", "warning" or "note"
  std::string component;  ///< "ffmpeg", "sndfile", ...
  std::string subject;    ///< the file, soname or variable at fault
  std::string needed, found;
  std::string chain;  ///< who needs whom, "tonearm -> libsndfile.so.1"
  std::string evidence;
  std::string next;  ///< a command or an action
  std::string json;  ///< all of it, as in the doctor's report

  explicit operator bool() const { return !json.empty(); }
};

/// The one exception type of tonearm. what() is the whole text: what failed, what was needed, what was found, what to
/// do.
class Error : public std::runtime_error {
 public:
  /// Takes ownership of `error`.
  explicit Error(tonearm_error* error)
      : std::runtime_error(error != nullptr ? tonearm_error_message(error) : "tonearm: out of memory"),
        code_(error != nullptr ? tonearm_error_code(error) : TONEARM_OUT_OF_MEMORY) {
    if (error == nullptr) return;
    stage_ = tonearm_error_stage(error);
    subject_ = tonearm_error_subject(error);
    needed_ = tonearm_error_needed(error);
    found_ = tonearm_error_found(error);
    next_ = tonearm_error_next(error);
    const auto field = [&](const char* name) { return std::string(tonearm_error_finding_field(error, name)); };
    finding_ = {field("code"),  field("severity"), field("component"), field("subject"), field("needed"),
                field("found"), field("chain"),    field("evidence"),  field("next"),    tonearm_error_finding(error)};
    byte_offset_ = tonearm_error_byte_offset(error);
    for (std::size_t i = 0; i < tonearm_error_num_candidates(error); ++i) {
      candidates_.push_back({tonearm_error_candidate_backend(error, i), tonearm_error_candidate_verdict(error, i),
                             tonearm_error_candidate_reason(error, i)});
    }
    tonearm_error_free(error);
  }

  tonearm_code code() const { return code_; }
  const std::string& stage() const { return stage_; }      ///< "source", "probe", "open", "decode", ...
  const std::string& subject() const { return subject_; }  ///< the file, library, argument or symbol at fault
  const std::string& needed() const { return needed_; }
  const std::string& found() const { return found_; }
  const std::string& next() const { return next_; }
  const Finding& finding() const { return finding_; }        ///< where a library is missing or broken
  std::int64_t byte_offset() const { return byte_offset_; }  ///< in the source, or -1
  const std::vector<Candidate>& candidates() const { return candidates_; }

 private:
  tonearm_code code_;
  std::string stage_, subject_, needed_, found_, next_;
  Finding finding_;
  std::int64_t byte_offset_ = -1;
  std::vector<Candidate> candidates_;
};

/// A file's description. Cheap: the header only, unless `exact` was asked for.
struct AudioInfo {
  int sample_rate = 0;  ///< Hz
  int num_channels = 0;
  std::int64_t num_frames = -1;  ///< -1 where unknown
  bool frames_exact = false;     ///< otherwise num_frames is an estimate
  int bits_per_sample = 0;       ///< 0: lossy or unknown
  tonearm_sample_type native_type = TONEARM_FLOAT32;
  std::string encoding;  ///< torchaudio's words: PCM_S, PCM_F, FLAC, MP3, VORBIS, OPUS, AAC, ...
  std::string container;
  std::string backend;
  int stream_index = 0;
  int num_streams = 1;  ///< audio streams in the container
  std::map<std::string, std::string> tags;
};

/// What to read, and as what. Chainable: ReadOptions().with_sample_rate(16000).with_mono().
struct ReadOptions {
  std::string backend = {};       ///< empty: auto; otherwise used or refused
  std::string format = {};        ///< empty, or the container the source must be of
  std::int64_t frame_offset = 0;  ///< at the source's rate, >= 0
  std::int64_t num_frames = -1;   ///< at the source's rate; -1: to the end
  tonearm_sample_type sample_type = TONEARM_FLOAT32;
  int sample_rate = 0;    ///< Hz; 0: as the source
  bool mono = false;      ///< average of all channels
  int stream_index = -1;  ///< among audio streams; -1: the container's default
  bool strict = false;    ///< damaged or truncated audio is an error
  bool verify = false;    ///< compare FLAC's MD5 of the samples; refused where there is none, and for parts
  int threads = 1;        ///< at most so many decode one long FLAC file and resample; the samples are the same
  tonearm_non_finite non_finite = TONEARM_NON_FINITE_UNCHECKED;  ///< samples that are NaN or infinite
  std::int64_t max_frames = 0;                                   ///< 0: default
  int max_channels = 0;                                          ///< 0: default
  double deadline_sec = 0;                                       ///< of each call; 0: none

  ReadOptions& with_backend(std::string value) { return backend = std::move(value), *this; }
  ReadOptions& with_format(std::string value) { return format = std::move(value), *this; }
  ReadOptions& with_range(std::int64_t offset, std::int64_t count) {
    return frame_offset = offset, num_frames = count, *this;
  }
  ReadOptions& with_sample_type(tonearm_sample_type value) { return sample_type = value, *this; }
  ReadOptions& with_sample_rate(int value) { return sample_rate = value, *this; }
  ReadOptions& with_mono(bool value = true) { return mono = value, *this; }
  ReadOptions& with_stream_index(int value) { return stream_index = value, *this; }
  ReadOptions& with_strict(bool value = true) { return strict = value, *this; }
  ReadOptions& with_verify(bool value = true) { return verify = value, *this; }
  ReadOptions& with_threads(int value) { return threads = value, *this; }
  ReadOptions& with_non_finite(tonearm_non_finite value) { return non_finite = value, *this; }
  ReadOptions& with_deadline_sec(double value) { return deadline_sec = value, *this; }

  /// Valid while this object lives and is not changed.
  tonearm_options c_options() const {
    tonearm_options options;
    tonearm_options_init(&options);
    options.backend = backend.empty() ? nullptr : backend.c_str();
    options.format = format.empty() ? nullptr : format.c_str();
    options.frame_offset = frame_offset;
    options.num_frames = num_frames;
    options.sample_type = sample_type;
    options.sample_rate = sample_rate;
    options.mono = mono ? 1 : 0;
    options.stream_index = stream_index;
    options.strict = strict ? 1 : 0;
    options.verify = verify ? 1 : 0;
    options.threads = threads;
    options.non_finite = non_finite;
    options.max_frames = max_frames;
    options.max_channels = max_channels;
    options.deadline_sec = deadline_sec;
    return options;
  }
};

namespace detail {

struct Deleter {
  void operator()(tonearm_source* p) const { tonearm_source_free(p); }
  void operator()(tonearm_info* p) const { tonearm_info_free(p); }
  void operator()(tonearm_audio* p) const { tonearm_audio_free(p); }
  void operator()(tonearm_reader* p) const { tonearm_reader_free(p); }
  void operator()(tonearm_resampler* p) const { tonearm_resampler_free(p); }
  void operator()(tonearm_resample_stream* p) const { tonearm_resample_stream_free(p); }
  void operator()(tonearm_features* p) const { tonearm_features_free(p); }
  void operator()(tonearm_cuda_resampler* p) const { tonearm_cuda_resampler_free(p); }
  void operator()(tonearm_cuda_features* p) const { tonearm_cuda_features_free(p); }
  void operator()(tonearm_sink* p) const { tonearm_sink_free(p); }
  void operator()(tonearm_writer* p) const { tonearm_writer_free(p); }
  void operator()(tonearm_batch* p) const { tonearm_batch_free(p); }
};
template <class T>
using Handle = std::unique_ptr<T, Deleter>;

/// `error` by reference: it is read after the call that fills it, whatever the order in which arguments are evaluated.
inline void check(tonearm_code code, tonearm_error*& error) {
  if (code != TONEARM_OK) throw Error(error);
}

/// A design's tables on CUDA devices, put there at the first use of each. Several threads may ask at once.
template <class Plan, class Twin>
class Twins {
 public:
  using Make = tonearm_code (*)(const Plan*, int, Twin**, tonearm_error**);
  /// Throws Error: the doctor's finding where the device cannot work.
  const Twin* on(int device, const Plan* plan, Make make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Handle<Twin>& kept = twins_[device];
    if (!kept) {
      Twin* twin = nullptr;
      tonearm_error* error = nullptr;
      check(make(plan, device, &twin, &error), error);
      kept.reset(twin);
    }
    return kept.get();
  }

 private:
  std::mutex mutex_;
  std::map<int, Handle<Twin>> twins_;
};

inline AudioInfo copy_info(const tonearm_info* info) {
  AudioInfo copy;
  copy.sample_rate = tonearm_info_sample_rate(info);
  copy.num_channels = tonearm_info_num_channels(info);
  copy.num_frames = tonearm_info_num_frames(info);
  copy.frames_exact = tonearm_info_frames_exact(info) != 0;
  copy.bits_per_sample = tonearm_info_bits_per_sample(info);
  copy.native_type = static_cast<tonearm_sample_type>(tonearm_info_native_type(info));
  copy.encoding = tonearm_info_encoding(info);
  copy.container = tonearm_info_container(info);
  copy.backend = tonearm_info_backend(info);
  copy.stream_index = tonearm_info_stream_index(info);
  copy.num_streams = tonearm_info_num_streams(info);
  for (std::size_t i = 0; i < tonearm_info_num_tags(info); ++i) {
    copy.tags[tonearm_info_tag_key(info, i)] = tonearm_info_tag_value(info, i);
  }
  return copy;
}

}  // namespace detail

/// Where encoded bytes come from. Move only; belongs to one thread at a time.
class Source {
 public:
  /// A regular file. Throws Error (not_found, permission, io; invalid_argument for a directory, FIFO or device).
  static Source file(const std::string& path) {
    tonearm_source* source = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_source_open_file(path.c_str(), 0, &source, &error), error);
    return Source(source);
  }
  /// Borrows `data`, which must outlive the source.
  static Source memory(const void* data, std::size_t size) {
    tonearm_source* source = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_source_open_memory(data, size, nullptr, &source, &error), error);
    return Source(source);
  }
  tonearm_source* get() const& { return source_.get(); }
  tonearm_source* get() && = delete;

 private:
  explicit Source(tonearm_source* source) : source_(source) {}
  detail::Handle<tonearm_source> source_;
};

/// Decoded audio in memory of tonearm's: planar, contiguous, 64-byte aligned. Move only.
class Samples {
 public:
  explicit Samples(tonearm_audio* audio) : audio_(audio) {}

  int num_channels() const { return tonearm_audio_num_channels(audio_.get()); }
  std::int64_t num_frames() const { return tonearm_audio_num_frames(audio_.get()); }
  int sample_rate() const { return tonearm_audio_sample_rate(audio_.get()); }  ///< Hz
  tonearm_sample_type sample_type() const {
    return static_cast<tonearm_sample_type>(tonearm_audio_sample_type(audio_.get()));
  }
  void* data() const { return tonearm_audio_data(audio_.get()); }
  /// Samples of one channel; only for TONEARM_FLOAT32.
  const float* channel(int index) const { return static_cast<const float*>(data()) + index * num_frames(); }
  AudioInfo info() const { return detail::copy_info(tonearm_audio_info(audio_.get())); }
  std::vector<std::string> warnings() const {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < tonearm_audio_num_warnings(audio_.get()); ++i) {
      all.emplace_back(tonearm_audio_warning(audio_.get(), i));
    }
    return all;
  }
  /// Samples that were NaN or infinite, where ReadOptions::non_finite has them counted.
  std::int64_t num_non_finite() const { return tonearm_audio_num_non_finite(audio_.get()); }
  /// Gives the memory away; free it with tonearm_free_samples.
  void* take_data() { return tonearm_audio_take_data(audio_.get()); }

 private:
  detail::Handle<tonearm_audio> audio_;
};

/// Reads audio into plain memory. Throws Error.
inline Samples read_samples(const Source& source, const ReadOptions& options = {}) {
  const tonearm_options c_options = options.c_options();
  tonearm_audio* audio = nullptr;
  tonearm_error* error = nullptr;
  detail::check(tonearm_read(source.get(), &c_options, &audio, &error), error);
  return Samples(audio);
}
inline Samples read_samples(const std::string& path, const ReadOptions& options = {}) {
  return read_samples(Source::file(path), options);
}

/// The samples into memory of CUDA device `device`, copied while they are decoded, in the order of `stream` (a
/// cudaStream_t, null: the default one). allocate(sample_type, num_channels, num_frames) gives a device pointer to so
/// many, contiguous, as void*; it is asked again where another backend starts over. The result says how many frames
/// came, and holds no data. Throws Error, where the device cannot work with the doctor's finding; what `allocate`
/// throws.
template <class Allocate>
Samples read_samples_to_device(const Source& source, const ReadOptions& options, int device, void* stream,
                               const Allocate& allocate) {
  struct Context {
    const Allocate& allocate;
    std::exception_ptr thrown;
  } context{allocate, nullptr};
  const auto give = [](void* self, int sample_type, int num_channels, std::int64_t num_frames) -> void* {
    auto& given = *static_cast<Context*>(self);
    try {
      return given.allocate(static_cast<tonearm_sample_type>(sample_type), num_channels, num_frames);
    } catch (...) {
      given.thrown = std::current_exception();
      return nullptr;
    }
  };
  const tonearm_options c_options = options.c_options();
  tonearm_audio* audio = nullptr;
  tonearm_error* error = nullptr;
  const tonearm_code code = tonearm_cuda_read(source.get(), &c_options, device, stream, give, &context, &audio, &error);
  if (context.thrown != nullptr) {
    tonearm_error_free(error);
    std::rethrow_exception(context.thrown);
  }
  detail::check(code, error);
  return Samples(audio);
}

/// Describes a source; `exact` counts the frames where the header does not know. Throws Error.
inline AudioInfo info(const Source& source, bool exact = false, const ReadOptions& options = {}) {
  const tonearm_options c_options = options.c_options();
  tonearm_info* raw = nullptr;
  tonearm_error* error = nullptr;
  detail::check(tonearm_get_info(source.get(), &c_options, exact ? 1 : 0, &raw, &error), error);
  return detail::copy_info(detail::Handle<tonearm_info>(raw).get());
}
inline AudioInfo info(const std::string& path, bool exact = false, const ReadOptions& options = {}) {
  return info(Source::file(path), exact, options);
}

/// A long file in blocks, with constant memory. Move only; belongs to one thread at a time.
class Reader {
 public:
  explicit Reader(Source source, const ReadOptions& options = {}) : source_(std::move(source)) {
    const tonearm_options c_options = options.c_options();
    tonearm_reader* reader = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_reader_open(source_.get(), &c_options, &reader, &error), error);
    reader_.reset(reader);
  }
  AudioInfo info() const { return detail::copy_info(tonearm_reader_info(reader_.get())); }
  /// The next frames, at most `num_frames`; 0 frames at the end.
  Samples read(std::int64_t num_frames) {
    tonearm_audio* audio = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_reader_read(reader_.get(), num_frames, &audio, &error), error);
    return Samples(audio);
  }
  void seek(std::int64_t frame) {
    tonearm_error* error = nullptr;
    detail::check(tonearm_reader_seek(reader_.get(), frame, &error), error);
  }
  std::int64_t tell() const { return tonearm_reader_tell(reader_.get()); }

 private:
  Source source_;
  detail::Handle<tonearm_reader> reader_;
};

/// Opens a file for reading in blocks. Throws Error.
inline Reader open(const std::string& path, const ReadOptions& options = {}) {
  return Reader(Source::file(path), options);
}

/// What became of one item of a batch: exactly one of `samples` and `error` is set.
struct BatchResult {
  std::size_t index = 0;  ///< of the item
  std::optional<Samples> samples;
  std::optional<Error> error;
};

/// How a batch is read; the read options hold for every item, their deadline for each.
struct BatchOptions {
  ReadOptions read = {};
  int num_threads = 0;        ///< 0: the processors that this process may use
  std::size_t max_ahead = 0;  ///< most items begun and not taken; 0: 4 per thread
  bool in_order = true;       ///< otherwise as they complete
};

/// Many sources read by a few threads, with bounded memory. Move only; belongs to one thread at a time. The destructor
/// cancels what is left.
class Batch {
 public:
  /// Memory of items that have no path must outlive the batch.
  explicit Batch(const std::vector<tonearm_batch_item>& items, const BatchOptions& options = {}) {
    const tonearm_options c_options = options.read.c_options();
    tonearm_batch* batch = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_batch_open(items.data(), items.size(), &c_options, options.num_threads, options.max_ahead,
                                     options.in_order ? 1 : 0, &batch, &error),
                  error);
    batch_.reset(batch);
  }
  explicit Batch(const std::vector<std::string>& paths, const BatchOptions& options = {})
      : Batch(items_of(paths), options) {}

  /// Waits for the next result; nothing at the end.
  std::optional<BatchResult> next() {
    BatchResult result;
    tonearm_audio* audio = nullptr;
    tonearm_error* error = nullptr;
    constexpr double kAsLongAsItTakes = -1;
    if (tonearm_batch_next(batch_.get(), kAsLongAsItTakes, &result.index, &audio, &error) != 1) return std::nullopt;
    if (audio != nullptr) {
      result.samples.emplace(audio);
    } else {
      result.error.emplace(error);
    }
    return result;
  }

 private:
  static std::vector<tonearm_batch_item> items_of(const std::vector<std::string>& paths) {
    std::vector<tonearm_batch_item> items;
    items.reserve(paths.size());
    for (const std::string& path : paths) items.push_back({path.c_str(), nullptr, 0});
    return items;
  }
  detail::Handle<tonearm_batch> batch_;
};

/// What to write, and as what. Chainable: SaveOptions().with_encoding("PCM_S").with_bits_per_sample(24).
struct SaveOptions {
  std::string format = {};    ///< "wav", "flac", ...; empty: by the extension of the path
  std::string encoding = {};  ///< PCM_S, PCM_U, PCM_F, ULAW, ALAW, or a codec's name; empty: by the sample type
  int bits_per_sample = 0;    ///< of the file; 0: by the sample type
  std::string backend = {};   ///< empty: auto; otherwise used or refused
  bool has_compression = false;
  double compression = 0;  ///< FLAC: level 0 to 8; Vorbis: quality 0 to 10; MP3, Opus, AAC: kbit/s
  std::map<std::string, std::string> tags = {};
  tonearm_non_finite non_finite = TONEARM_NON_FINITE_UNCHECKED;  ///< samples that are NaN or infinite
  double deadline_sec = 0;                                       ///< from opening to closing; 0: none

  SaveOptions& with_format(std::string value) { return format = std::move(value), *this; }
  SaveOptions& with_encoding(std::string value) { return encoding = std::move(value), *this; }
  SaveOptions& with_bits_per_sample(int value) { return bits_per_sample = value, *this; }
  SaveOptions& with_backend(std::string value) { return backend = std::move(value), *this; }
  SaveOptions& with_compression(double value) { return has_compression = true, compression = value, *this; }
  SaveOptions& with_tag(const std::string& key, std::string value) { return tags[key] = std::move(value), *this; }
  SaveOptions& with_non_finite(tonearm_non_finite value) { return non_finite = value, *this; }
  SaveOptions& with_deadline_sec(double value) { return deadline_sec = value, *this; }
};

/// Planar samples of the caller's: channel c begins at sample c * channel_stride. Borrowed for one call.
struct SampleView {
  const void* data = nullptr;
  tonearm_sample_type sample_type = TONEARM_FLOAT32;  ///< integers are full scale, floats in [-1, 1]
  int num_channels = 0;
  std::int64_t num_frames = 0;
  std::int64_t channel_stride = 0;  ///< in samples, >= num_frames
};

/// What was written, and what was not as it was given.
struct SaveReport {
  std::string backend;
  std::vector<std::string> warnings;  ///< clipped samples, counted
  std::int64_t num_non_finite = 0;    ///< where SaveOptions::non_finite has them counted
};

/// A new file in blocks. It replaces an old one when close() succeeds; without that the old one stays. Move only;
/// belongs to one thread at a time. Throws Error.
class Writer {
 public:
  /// `num_frames`: in all, where known (headers are then right from the start), or -1.
  Writer(const std::string& path, int sample_rate, int num_channels, tonearm_sample_type sample_type,
         const SaveOptions& options = {}, std::int64_t num_frames = -1)
      : num_channels_(num_channels), sample_type_(sample_type) {
    tonearm_sink* sink = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_sink_open_file(path.c_str(), &sink, &error), error);
    sink_.reset(sink);
    tonearm_save_options native;
    tonearm_save_options_init(&native);
    native.sample_rate = sample_rate;
    native.num_channels = num_channels;
    native.sample_type = sample_type;
    native.num_frames = num_frames;
    native.backend = options.backend.empty() ? nullptr : options.backend.c_str();
    native.format = options.format.empty() ? nullptr : options.format.c_str();
    native.encoding = options.encoding.empty() ? nullptr : options.encoding.c_str();
    native.bits_per_sample = options.bits_per_sample;
    native.has_compression = options.has_compression ? 1 : 0;
    native.compression = options.compression;
    native.non_finite = options.non_finite;
    native.deadline_sec = options.deadline_sec;
    std::vector<tonearm_tag> tags;
    for (const auto& tag : options.tags) tags.push_back({tag.first.c_str(), tag.second.c_str()});
    native.tags = tags.data();
    native.num_tags = tags.size();
    tonearm_writer* writer = nullptr;
    detail::check(tonearm_writer_open(sink_.get(), &native, &writer, &error), error);
    writer_.reset(writer);
  }

  void write(const SampleView& samples) {
    if (samples.num_channels != num_channels_ || samples.sample_type != sample_type_) {
      throw std::invalid_argument("tonearm::Writer::write: the samples are not of the announced shape and type");
    }
    tonearm_error* error = nullptr;
    detail::check(tonearm_writer_write(writer_.get(), samples.data, samples.num_frames, samples.channel_stride, &error),
                  error);
  }

  /// Completes the file.
  SaveReport close() {
    tonearm_error* error = nullptr;
    detail::check(tonearm_writer_close(writer_.get(), &error), error);
    SaveReport report;
    report.backend = tonearm_writer_backend(writer_.get());
    report.num_non_finite = tonearm_writer_num_non_finite(writer_.get());
    for (std::size_t i = 0; i < tonearm_writer_num_warnings(writer_.get()); ++i) {
      report.warnings.emplace_back(tonearm_writer_warning(writer_.get(), i));
    }
    return report;
  }

 private:
  int num_channels_;
  tonearm_sample_type sample_type_;
  detail::Handle<tonearm_sink> sink_;  // before the writer that borrows it
  detail::Handle<tonearm_writer> writer_;
};

/// Saves planar samples. A file that was there is replaced whole, or stays as it was. Throws Error.
inline SaveReport save(const std::string& path, const SampleView& samples, int sample_rate,
                       const SaveOptions& options = {}) {
  Writer writer(path, sample_rate, samples.num_channels, samples.sample_type, options, samples.num_frames);
  writer.write(samples);
  return writer.close();
}

/// Shape of a resampling filter; the defaults are torchaudio's.
struct ResampleOptions {
  tonearm_resample_method method = TONEARM_SINC_HANN;
  int lowpass_filter_width = 6;                            ///< zero crossings on each side; not for HQ and VHQ
  double rolloff = 0.99;                                   ///< cutoff over the lower Nyquist rate; not for HQ and VHQ
  double beta = std::numeric_limits<double>::quiet_NaN();  ///< of the Kaiser window; NaN: default
};

/// A designed resampling filter. Move only; may be used by several threads at once.
class Resampler {
 public:
  /// Rates in Hz. Throws Error.
  Resampler(std::int64_t source_rate, std::int64_t target_rate, const ResampleOptions& options = {}) {
    tonearm_resample_options c_options;
    tonearm_resample_options_init(&c_options);
    c_options.source_rate = source_rate;
    c_options.target_rate = target_rate;
    c_options.method = options.method;
    c_options.lowpass_filter_width = options.lowpass_filter_width;
    c_options.rolloff = options.rolloff;
    c_options.beta = options.beta;
    tonearm_resampler* resampler = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_resampler_make(&c_options, &resampler, &error), error);
    resampler_.reset(resampler);
  }
  /// ceil(target * num_frames / source).
  std::int64_t length(std::int64_t num_frames) const { return tonearm_resampler_length(resampler_.get(), num_frames); }
  /// Contiguous planes: `in` (num_channels, in_frames), `out` (num_channels, length(in_frames)). At most `num_threads`
  /// threads work; the result is the same. Throws Error.
  void run(const float* in, std::int64_t in_frames, float* out, int num_channels = 1, int num_threads = 1) const {
    run_as(TONEARM_FLOAT32, in, in_frames, out, num_channels, num_threads);
  }
  void run(const double* in, std::int64_t in_frames, double* out, int num_channels = 1, int num_threads = 1) const {
    run_as(TONEARM_FLOAT64, in, in_frames, out, num_channels, num_threads);
  }
  /// On a CUDA device, in memory of its own: launches on `stream`, a cudaStream_t (null: the default one), and returns.
  /// The first call for a device puts the filter there and waits. Throws Error: the doctor's finding where the device
  /// cannot work.
  void run_on_device(int device, const tonearm_cuda_batch& batch, void* stream) const {
    tonearm_error* error = nullptr;
    detail::check(tonearm_cuda_resample(twins_->on(device, resampler_.get(), tonearm_cuda_resampler_make), &batch,
                                        stream, &error),
                  error);
  }

 private:
  void run_as(int type, const void* in, std::int64_t in_frames, void* out, int num_channels, int num_threads) const {
    const std::int64_t out_frames = length(in_frames);
    tonearm_error* error = nullptr;
    detail::check(tonearm_resample(resampler_.get(), type, num_channels, in, in_frames, in_frames, out, out_frames,
                                   out_frames, num_threads, &error),
                  error);
  }
  template <class T>
  friend class ResampleStream;
  using Twins = detail::Twins<tonearm_resampler, tonearm_cuda_resampler>;
  detail::Handle<tonearm_resampler> resampler_;
  std::unique_ptr<Twins> twins_ = std::make_unique<Twins>();
};

/// Resamples channels of float or double: `in` (num_channels, in_frames), the result (num_channels, length), planes
/// close together. Rates in Hz. A filter is designed once while it is among the last used. Throws Error.
template <class T>
std::vector<T> resample(const T* in, std::int64_t in_frames, int num_channels, std::int64_t source_rate,
                        std::int64_t target_rate, const ResampleOptions& options = {}) {
  const Resampler resampler(source_rate, target_rate, options);
  const std::int64_t length = resampler.length(in_frames);
  std::vector<T> out;
  if (length > 0 && num_channels > 0) {
    out.resize(static_cast<std::size_t>(length) * static_cast<std::size_t>(num_channels));
  }
  resampler.run(in, in_frames, out.data(), num_channels);
  return out;
}

/// Resampling of a signal that arrives in chunks of float or double: all output together has the bits of Resampler::run
/// over the whole. Output comes as soon as its input has; with HQ of float a block at a time, up to 4096 frames later.
/// Move only; one thread at a time.
template <class T = float>
class ResampleStream {
  static_assert(std::is_same<T, float>::value || std::is_same<T, double>::value, "samples are float or double");

 public:
  /// Keeps what it needs of `resampler`. Throws Error.
  explicit ResampleStream(const Resampler& resampler, int num_channels = 1) : num_channels_(num_channels) {
    tonearm_resample_stream* stream = nullptr;
    tonearm_error* error = nullptr;
    detail::check(tonearm_resample_stream_make(resampler.resampler_.get(),
                                               std::is_same<T, float>::value ? TONEARM_FLOAT32 : TONEARM_FLOAT64,
                                               num_channels, &stream, &error),
                  error);
    stream_.reset(stream);
  }

  int num_channels() const { return num_channels_; }
  /// Frames that a push of the next `in_frames` writes.
  std::int64_t length(std::int64_t in_frames, bool last = false) const {
    return tonearm_resample_stream_length(stream_.get(), in_frames, last ? 1 : 0);
  }
  /// Takes the next frames, `in` (num_channels, in_frames), and writes what they complete, `out` (num_channels,
  /// length(in_frames, last)). `last`: the signal ends here, and the next push begins anew. Throws Error; the stream is
  /// then as it was.
  void push(const T* in, std::int64_t in_frames, T* out, bool last = false) {
    const std::int64_t out_frames = length(in_frames, last);
    tonearm_error* error = nullptr;
    detail::check(tonearm_resample_stream_push(stream_.get(), last ? 1 : 0, in, in_frames, in_frames, out, out_frames,
                                               out_frames, &error),
                  error);
  }

 private:
  int num_channels_;
  detail::Handle<tonearm_resample_stream> stream_;
};

/// A designed feature: any chain that the C ABI describes; the classes below are the usual ones. Samples are float or
/// double, results of the same type; each channel is a signal of its own. Move only; may be used by several threads at
/// once. Constructors throw Error, which names the option (code TONEARM_INVALID_ARGUMENT).
class Features {
 public:
  explicit Features(const tonearm_feature_options& options) { make(tonearm_features_make, &options); }
  explicit Features(const tonearm_kaldi_options& options) { make(tonearm_features_make_kaldi, &options); }

  int num_values() const { return tonearm_features_num_values(features_.get()); }  ///< per window
  /// True: a channel's result is [window][value]; false: [value][window].
  bool window_major() const { return tonearm_features_window_major(features_.get()) != 0; }
  /// Throws Error for a signal that is too short for its padding.
  std::int64_t num_windows(std::int64_t num_samples) const {
    std::int64_t count = 0;
    tonearm_error* error = nullptr;
    detail::check(tonearm_features_num_windows(features_.get(), num_samples, &count, &error), error);
    return count;
  }
  /// Contiguous planes: `in` (num_channels, num_samples), `out` num_channels times num_values * num_windows values.
  /// `channels_per_item` neighbours share the maximum that decibels are clamped below. At most `num_threads` threads
  /// work; the result is the same. Kaldi's dither is drawn by `dither_seed`, channel, window and place. Throws Error.
  void run(const float* in, std::int64_t num_samples, float* out, int num_channels = 1, int channels_per_item = 1,
           int num_threads = 1, std::uint64_t dither_seed = 0) const {
    run_as(TONEARM_FLOAT32, in, num_samples, out, num_channels, channels_per_item, num_threads, dither_seed);
  }
  void run(const double* in, std::int64_t num_samples, double* out, int num_channels = 1, int channels_per_item = 1,
           int num_threads = 1, std::uint64_t dither_seed = 0) const {
    run_as(TONEARM_FLOAT64, in, num_samples, out, num_channels, channels_per_item, num_threads, dither_seed);
  }
  /// Bytes of device memory, aligned to 16, that run_on_device() wants beside the batch. Throws Error.
  std::size_t workspace_on_device(int device, const tonearm_cuda_batch& batch) const {
    std::size_t bytes = 0;
    tonearm_error* error = nullptr;
    detail::check(tonearm_cuda_features_workspace(twin(device), &batch, &bytes, &error), error);
    return bytes;
  }
  /// As Resampler::run_on_device().
  void run_on_device(int device, const tonearm_cuda_batch& batch, void* workspace, std::size_t workspace_bytes,
                     void* stream) const {
    tonearm_error* error = nullptr;
    detail::check(tonearm_cuda_features_run(twin(device), &batch, workspace, workspace_bytes, stream, &error), error);
  }

 protected:
  Features() = default;
  template <class Make, class Options>
  void make(Make function, Options options) {
    tonearm_features* features = nullptr;
    tonearm_error* error = nullptr;
    detail::check(function(options, &features, &error), error);
    features_.reset(features);
  }

 private:
  void run_as(int type, const void* in, std::int64_t num_samples, void* out, int num_channels, int channels_per_item,
              int num_threads, std::uint64_t dither_seed) const {
    const std::int64_t windows = num_windows(num_samples);
    tonearm_error* error = nullptr;
    detail::check(
        tonearm_features_compute(features_.get(), type, num_channels, channels_per_item, in, num_samples, num_samples,
                                 out, windows, windows * num_values(), num_threads, dither_seed, &error),
        error);
  }
  const tonearm_cuda_features* twin(int device) const {
    return twins_->on(device, features_.get(), tonearm_cuda_features_make);
  }
  using Twins = detail::Twins<tonearm_features, tonearm_cuda_features>;
  detail::Handle<tonearm_features> features_;
  std::unique_ptr<Twins> twins_ = std::make_unique<Twins>();
};

/// torchaudio's names and defaults.
struct SpectrogramOptions {
  int n_fft = 400;     ///< 1 to 65536; a size with a prime factor above 7 is computed in double, several times slower
  int win_length = 0;  ///< samples, at most n_fft, in whose middle a shorter window stands; 0: n_fft
  int hop_length = 0;  ///< samples; 0: win_length / 2
  int pad = 0;         ///< zeros on both sides, before centring
  bool center = true;  ///< window t has its middle at sample t * hop_length
  tonearm_pad_mode pad_mode = TONEARM_PAD_REFLECT;  ///< of what centring adds
  std::optional<double> power = 2;                  ///< of the magnitude, at most 16; nullopt: complex
  tonearm_norm normalized = TONEARM_NORM_NONE;
  std::vector<double> window;  ///< win_length weights; empty: periodic Hann
};

/// The same, and a bank of triangles over the spectrum.
struct MelOptions : SpectrogramOptions {
  int sample_rate = 16000;  ///< Hz
  double f_min = 0;         ///< Hz
  double f_max = 0;         ///< Hz; 0: sample_rate / 2
  int n_mels = 128;
  bool slaney_scale = false;  ///< otherwise HTK's
  bool slaney_norm = false;   ///< triangles of unit area
};

namespace detail {

/// `given` must outlive the result, which points at its window.
inline tonearm_feature_options to_native(const SpectrogramOptions& given) {
  tonearm_feature_options options;
  tonearm_feature_options_init(&options);
  options.n_fft = given.n_fft;
  options.win_length = given.win_length;
  options.hop_length = given.hop_length;
  options.pad = given.pad;
  options.center = given.center ? 1 : 0;
  options.pad_mode = given.pad_mode;
  options.power = given.power.value_or(0);
  options.norm = given.normalized;
  if (given.window.empty()) return options;
  const int win_length = given.win_length != 0 ? given.win_length : given.n_fft;
  if (static_cast<int>(given.window.size()) != win_length) {
    throw std::invalid_argument("tonearm: a window of win_length = " + std::to_string(win_length) +
                                " weights is needed, not of " + std::to_string(given.window.size()));
  }
  options.window = given.window.data();
  return options;
}

/// `options` with everything up to the mel bank; `bank` holds what they point at.
inline tonearm_feature_options mel_options(const MelOptions& mel, std::vector<double>& bank) {
  tonearm_feature_options options = to_native(mel);
  options.num_filters = mel.n_mels;
  const int num_bins = (mel.n_fft > 0 ? mel.n_fft : 0) / 2 + 1;
  bank.resize(static_cast<std::size_t>(num_bins) * static_cast<std::size_t>(mel.n_mels > 0 ? mel.n_mels : 0));
  const double f_max = mel.f_max == 0 ? std::floor(mel.sample_rate / 2.0) : mel.f_max;
  tonearm_error* error = nullptr;
  check(tonearm_mel_filters(num_bins, mel.f_min, f_max, mel.n_mels, mel.sample_rate, mel.slaney_scale ? 1 : 0,
                            mel.slaney_norm ? 1 : 0, bank.data(), &error),
        error);
  options.filters = bank.data();
  return options;
}

}  // namespace detail

/// [bin][window], n_fft / 2 + 1 bins: torchaudio's Spectrogram, onesided.
class Spectrogram : public Features {
 public:
  /// Throws Error; std::invalid_argument for a window of another length.
  explicit Spectrogram(const SpectrogramOptions& given = {}) : is_complex_(given.power.value_or(0) == 0) {
    const tonearm_feature_options options = detail::to_native(given);
    make(tonearm_features_make, &options);
  }
  /// Then num_values() is twice num_bins(): real and imaginary part of each window lie side by side, [bin][window][2].
  bool is_complex() const { return is_complex_; }
  int num_bins() const { return is_complex_ ? num_values() / 2 : num_values(); }

  using Features::run;
  /// The same for the complex spectrum: `out` num_channels times num_bins * num_windows values.
  template <class T>
  void run(const T* in, std::int64_t num_samples, std::complex<T>* out, int num_channels = 1) const {
    if (!is_complex_) throw std::invalid_argument("tonearm::Spectrogram::run: its power is set, so that it is real");
    run(in, num_samples, reinterpret_cast<T*>(out), num_channels);
  }

 private:
  bool is_complex_;
};

/// [mel][window].
class MelSpectrogram : public Features {
 public:
  /// Throws Error; std::invalid_argument for a window of another length.
  explicit MelSpectrogram(const MelOptions& mel = {}) {
    std::vector<double> bank;
    const tonearm_feature_options options = detail::mel_options(mel, bank);
    make(tonearm_features_make, &options);
  }
};

/// [coefficient][window]: the orthonormal cosine transform of mel decibels, clamped to 80 below their greatest.
class Mfcc : public Features {
 public:
  /// Throws Error; std::invalid_argument for a window of another length.
  explicit Mfcc(int n_mfcc = 40, const MelOptions& mel = {}) {
    std::vector<double> bank, dct;
    tonearm_feature_options options = detail::mel_options(mel, bank);
    const double pi = std::acos(-1.0);
    for (int m = 0; m < mel.n_mels; ++m) {
      for (int k = 0; k < n_mfcc; ++k) {
        dct.push_back(std::sqrt((k == 0 ? 1.0 : 2.0) / mel.n_mels) * std::cos(pi / mel.n_mels * (m + 0.5) * k));
      }
    }
    options.log = TONEARM_LOG_DB;
    options.num_coefs = n_mfcc;
    options.dct = dct.data();
    make(tonearm_features_make, &options);
  }
};

/// Kaldi's options by their names, with torchaudio's defaults: Kaldi's own, and no dither. Kaldi's programs read
/// samples from -32768 to 32767; energy_floor and dither count in those of the samples given.
struct KaldiOptions {
  double sample_frequency = 16000;  ///< Hz
  double frame_length = 25;         ///< milliseconds
  double frame_shift = 10;          ///< milliseconds
  double dither = 0;                ///< deviation of the Gaussian noise added to each sample of each window
  double preemphasis_coefficient = 0.97;
  bool remove_dc_offset = true;
  tonearm_window window_type = TONEARM_WINDOW_POVEY;
  double blackman_coeff = 0.42;
  bool round_to_power_of_two = true;
  bool snip_edges = true;  ///< windows that fit; false: one per shift, the signal mirrored at its ends
  double energy_floor = 1;
  bool raw_energy = true;   ///< of the samples before pre-emphasis and window
  bool use_energy = false;  ///< the log energy is another value (fbank), or the first coefficient (mfcc)
  bool htk_compat = false;  ///< the energy is the last value
  bool subtract_mean = false;
  int num_mel_bins = 23;
  double low_freq = 20;         ///< Hz
  double high_freq = 0;         ///< Hz; 0 or below: counts from Nyquist
  double vtln_low = 100;        ///< Hz
  double vtln_high = -500;      ///< Hz; below 0: counts from Nyquist
  double vtln_warp = 1;         ///< 1: no warp
  bool use_log_fbank = true;    ///< fbank only
  bool use_power = true;        ///< fbank only; false: magnitudes
  int num_ceps = 13;            ///< mfcc only
  double cepstral_lifter = 22;  ///< mfcc only
};

namespace detail {

inline tonearm_kaldi_options to_native(const KaldiOptions& given, tonearm_kaldi_kind kind) {
  tonearm_kaldi_options options;
  tonearm_kaldi_options_init(&options);
  options.kind = kind;
  options.sample_frequency = given.sample_frequency;
  options.frame_length_ms = given.frame_length;
  options.frame_shift_ms = given.frame_shift;
  options.dither = given.dither;
  options.preemphasis = given.preemphasis_coefficient;
  options.remove_dc_offset = given.remove_dc_offset ? 1 : 0;
  options.window = given.window_type;
  options.blackman_coeff = given.blackman_coeff;
  options.round_to_power_of_two = given.round_to_power_of_two ? 1 : 0;
  options.snip_edges = given.snip_edges ? 1 : 0;
  options.energy_floor = given.energy_floor;
  options.raw_energy = given.raw_energy ? 1 : 0;
  options.use_energy = given.use_energy ? 1 : 0;
  options.htk_compat = given.htk_compat ? 1 : 0;
  options.subtract_mean = given.subtract_mean ? 1 : 0;
  options.num_mel_bins = given.num_mel_bins;
  options.low_freq = given.low_freq;
  options.high_freq = given.high_freq;
  options.vtln_low = given.vtln_low;
  options.vtln_high = given.vtln_high;
  options.vtln_warp = given.vtln_warp;
  options.use_log_fbank = given.use_log_fbank ? 1 : 0;
  options.use_power = given.use_power ? 1 : 0;
  options.num_ceps = given.num_ceps;
  options.cepstral_lifter = given.cepstral_lifter;
  return options;
}

}  // namespace detail

/// [window][value]: logarithms of num_mel_bins mel bands, and with use_energy one value more, as compute-fbank-feats.
class KaldiFbank : public Features {
 public:
  explicit KaldiFbank(const KaldiOptions& options = {}) : Features(detail::to_native(options, TONEARM_KALDI_FBANK)) {}
};

/// [window][coefficient]: num_ceps liftered cepstra, as compute-mfcc-feats.
class KaldiMfcc : public Features {
 public:
  explicit KaldiMfcc(const KaldiOptions& options = {}) : Features(detail::to_native(options, TONEARM_KALDI_MFCC)) {}
};

/// [window][bin]: logarithms of power, and the log energy in place of bin 0, as compute-spectrogram-feats.
class KaldiSpectrogram : public Features {
 public:
  explicit KaldiSpectrogram(const KaldiOptions& options = {})
      : Features(detail::to_native(options, TONEARM_KALDI_SPECTROGRAM)) {}
};

/// Whisper's log-mel of audio at 16 kHz: [mel][window].
class WhisperFeatures : public Features {
 public:
  explicit WhisperFeatures(int n_mels = 80) { make(tonearm_features_make_whisper, n_mels); }
};

/// The doctor's report as JSON (docs/troubleshooting.md). No subjects: everything tonearm can use.
inline std::string diagnose(const std::vector<std::string>& subjects = {}) {
  std::vector<const char*> names;
  names.reserve(subjects.size());
  for (const std::string& subject : subjects) names.push_back(subject.c_str());
  char* report = nullptr;
  tonearm_error* error = nullptr;
  detail::check(tonearm_diagnose(names.data(), names.size(), &report, &error), error);
  std::string text = report;
  tonearm_string_free(report);
  return text;
}

}  // namespace tonearm
