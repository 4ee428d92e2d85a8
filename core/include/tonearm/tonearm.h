/* SPDX-FileCopyrightText: 2026 the tonearm authors
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * The C ABI of libtonearm: the only symbols it exports.
 * Place in the flow: under audio.h (C++), torch.h (libtorch) and the Python module.
 *
 * Conventions
 *  - Functions that can fail return a tonearm_code; 0 is success. On failure `*error` (where `error` is not null)
 *    receives an object to be freed with tonearm_error_free; outputs are untouched.
 *  - Option structs begin with their own size: set `size = sizeof(struct)` (the _init functions do), so that programs
 *    compiled against an older header keep working.
 *  - Strings are UTF-8 and NUL-terminated; paths are bytes as the system has them. Returned pointers live as long as
 *    the object that returned them. Queries on null objects return null or 0.
 *  - Every function may be called from any thread; one object belongs to one thread at a time.
 */
#ifndef TONEARM_TONEARM_H_
#define TONEARM_TONEARM_H_

#include <stddef.h>
#include <stdint.h>

#if defined(TONEARM_BUILDING_LIBRARY)
#define TONEARM_API __attribute__((visibility("default")))
#else
#define TONEARM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- results -------------------------------------------------------------------------------------------------- */

typedef enum tonearm_code {
  TONEARM_OK = 0,
  TONEARM_NOT_FOUND = 1,
  TONEARM_UNSUPPORTED_FORMAT = 2,
  TONEARM_CORRUPT_DATA = 3,
  TONEARM_LIMIT_REACHED = 4,
  TONEARM_MISSING_DEPENDENCY = 5,
  TONEARM_INVALID_ARGUMENT = 6,
  TONEARM_IO = 7,
  TONEARM_PERMISSION = 8,
  TONEARM_DEADLINE = 9,
  TONEARM_CANCELLED = 10,
  TONEARM_OUT_OF_MEMORY = 11,
  TONEARM_CUDA = 12,
  TONEARM_INTERNAL = 13
} tonearm_code;

typedef struct tonearm_error tonearm_error;

/* Fields of an error. Empty strings where unknown, never null (except for a null error). */
TONEARM_API tonearm_code tonearm_error_code(const tonearm_error* error);
TONEARM_API const char* tonearm_error_code_name(const tonearm_error* error); /* "not_found", ... */
TONEARM_API const char* tonearm_error_stage(const tonearm_error* error);   /* "source", "probe", "open", "decode" ... */
TONEARM_API const char* tonearm_error_message(const tonearm_error* error); /* the whole text, several lines */
TONEARM_API const char* tonearm_error_what(const tonearm_error* error);    /* its first line */
TONEARM_API const char* tonearm_error_subject(const tonearm_error* error);
TONEARM_API const char* tonearm_error_needed(const tonearm_error* error);
TONEARM_API const char* tonearm_error_found(const tonearm_error* error);
TONEARM_API const char* tonearm_error_next(const tonearm_error* error);
TONEARM_API const char* tonearm_error_finding(const tonearm_error* error); /* the doctor's finding as JSON, or "" */
/* One field of that finding: "code", "severity", "component", "subject", "needed", "found", "chain" (who needs whom,
 * joined by " -> "), "evidence" or "next". "" where unknown. */
TONEARM_API const char* tonearm_error_finding_field(const tonearm_error* error, const char* field);
TONEARM_API int64_t tonearm_error_byte_offset(const tonearm_error* error); /* -1 where unknown */
TONEARM_API size_t tonearm_error_num_candidates(const tonearm_error* error);
TONEARM_API const char* tonearm_error_candidate_backend(const tonearm_error* error, size_t index);
TONEARM_API const char* tonearm_error_candidate_verdict(const tonearm_error* error,
                                                        size_t index); /* declined|absent|failed */
TONEARM_API const char* tonearm_error_candidate_reason(const tonearm_error* error, size_t index);
TONEARM_API void tonearm_error_free(tonearm_error* error);

/* ---- library -------------------------------------------------------------------------------------------------- */

TONEARM_API const char* tonearm_version(void); /* "0.1.0" */

/* Directories of installed Python packages, searched for libsndfile (the soundfile wheel) and FFmpeg (the av wheel)
 * after the system. Takes effect for libraries not opened yet. */
TONEARM_API void tonearm_set_wheel_directories(const char* const* directories, size_t count);

/* Backends in order of preference. `available` is examined at the first call (it may open a codec library). */
TONEARM_API size_t tonearm_num_backends(void);
TONEARM_API const char* tonearm_backend_name(size_t index); /* "pcm", "flac", "soundfile", "ffmpeg" */
TONEARM_API const char* tonearm_backend_description(size_t index);
typedef struct tonearm_availability tonearm_availability;
TONEARM_API tonearm_availability* tonearm_backend_examine(size_t index); /* null only when out of memory */
TONEARM_API int tonearm_availability_ok(const tonearm_availability* availability);
TONEARM_API const char* tonearm_availability_version(const tonearm_availability* availability);
TONEARM_API const char* tonearm_availability_path(const tonearm_availability* availability);
TONEARM_API const char* tonearm_availability_reason(const tonearm_availability* availability);
TONEARM_API const char* tonearm_availability_next(const tonearm_availability* availability);
TONEARM_API void tonearm_availability_free(tonearm_availability* availability);

/* ---- sources -------------------------------------------------------------------------------------------------- */

typedef struct tonearm_source tonearm_source;

/* A regular file. Directories, FIFOs, sockets and devices are refused, FIFOs and devices unless `allow_special`. */
TONEARM_API tonearm_code tonearm_source_open_file(const char* path, int allow_special, tonearm_source** source,
                                                  tonearm_error** error);
/* Borrows `data`, which must outlive the source. */
TONEARM_API tonearm_code tonearm_source_open_memory(const void* data, size_t size, const char* name,
                                                    tonearm_source** source, tonearm_error** error);

/* `read` returns bytes read (short reads are normal), 0 at the end, -1 on failure. `seek` is absolute, returns 0 or
 * -1; null for a stream that cannot seek (it is then kept in memory as it is read). `size` returns -1 if unknown; may
 * be null. After a failure the caller knows the reason; the error that comes back has code TONEARM_IO. */
typedef struct tonearm_stream {
  size_t size_of_struct;
  void* context;
  int64_t (*read)(void* context, void* out, size_t size);
  int (*seek)(void* context, uint64_t offset);
  int64_t (*size)(void* context);
} tonearm_stream;
TONEARM_API tonearm_code tonearm_source_open_stream(const tonearm_stream* stream, const char* name,
                                                    tonearm_source** source, tonearm_error** error);
TONEARM_API void tonearm_source_free(tonearm_source* source);

/* ---- options -------------------------------------------------------------------------------------------------- */

typedef enum tonearm_sample_type {
  TONEARM_NATIVE = 0, /* integer PCM and float of uncompressed files as they are (24 bit left-justified in int32);
                         float32 for the rest */
  TONEARM_UINT8 = 1,
  TONEARM_INT16 = 2,
  TONEARM_INT32 = 3,
  TONEARM_FLOAT32 = 4, /* in [-1, 1] */
  TONEARM_FLOAT64 = 5,
  TONEARM_INT16_OR_FLOAT32 = 6 /* asked for: int16 where the samples are 16-bit integers, float32 for the rest */
} tonearm_sample_type;

/* What is done with samples that are NaN or infinite. */
typedef enum tonearm_non_finite {
  TONEARM_NON_FINITE_UNCHECKED = 0, /* reading: they are as they are. Saving: kept in PCM_F, NaN refused elsewhere */
  TONEARM_NON_FINITE_KEEP = 1,      /* as they are, and counted; saving: refused where the encoding is not PCM_F */
  TONEARM_NON_FINITE_ZERO = 2,      /* made 0, and counted */
  TONEARM_NON_FINITE_REFUSE = 3     /* an error, which counts them and names the first */
} tonearm_non_finite;

typedef struct tonearm_options {
  size_t size;          /* sizeof(tonearm_options) */
  const char* backend;  /* null: auto; otherwise used or refused */
  const char* format;   /* null, or a container name such as "wav": the source must be of it, or is refused */
  int64_t frame_offset; /* frames at the source's rate, >= 0 */
  int64_t num_frames;   /* frames at the source's rate; -1: to the end */
  int sample_type;      /* tonearm_sample_type; default TONEARM_FLOAT32 */
  int sample_rate;      /* Hz; 0: as the source. float32 only */
  int mono;             /* 1: average of all channels. float32 only */
  int stream_index;     /* among audio streams; -1: the container's default */
  int strict;           /* 1: truncated or damaged audio is an error */
  uint64_t max_bytes;   /* 0: default */
  int64_t max_frames;   /* 0: default */
  int max_channels;     /* 0: default */
  double deadline_sec;  /* 0: none. Of a call: a reader's calls have it each */
  int (*should_stop)(void* context); /* polled while working; nonzero: TONEARM_CANCELLED. May be null */
  void* stop_context;
  int verify;     /* 1: a full read compares FLAC's MD5 of the samples; refused where there is none */
  int threads;    /* 0: one. At most so many decode one long FLAC file or block of memory, and resample; the samples are
                     the same */
  int non_finite; /* tonearm_non_finite; default TONEARM_NON_FINITE_UNCHECKED */
} tonearm_options;
TONEARM_API void tonearm_options_init(tonearm_options* options);

/* ---- info ----------------------------------------------------------------------------------------------------- */

typedef struct tonearm_info tonearm_info;
/* `exact` counts where the header does not know, decoding only where the container cannot tell. */
TONEARM_API tonearm_code tonearm_get_info(tonearm_source* source, const tonearm_options* options, int exact,
                                          tonearm_info** info, tonearm_error** error);
TONEARM_API int tonearm_info_sample_rate(const tonearm_info* info); /* Hz */
TONEARM_API int tonearm_info_num_channels(const tonearm_info* info);
TONEARM_API int64_t tonearm_info_num_frames(const tonearm_info* info);   /* -1 where unknown */
TONEARM_API int tonearm_info_frames_exact(const tonearm_info* info);     /* 1 exact, 0 estimated or unknown */
TONEARM_API int tonearm_info_bits_per_sample(const tonearm_info* info);  /* 0: lossy or unknown */
TONEARM_API int tonearm_info_native_type(const tonearm_info* info);      /* tonearm_sample_type */
TONEARM_API const char* tonearm_info_encoding(const tonearm_info* info); /* torchaudio's words: "PCM_S", "FLAC" ... */
TONEARM_API const char* tonearm_info_container(const tonearm_info* info);
TONEARM_API const char* tonearm_info_backend(const tonearm_info* info);
TONEARM_API int tonearm_info_stream_index(const tonearm_info* info);
TONEARM_API int tonearm_info_num_streams(const tonearm_info* info);
TONEARM_API size_t tonearm_info_num_tags(const tonearm_info* info);
TONEARM_API const char* tonearm_info_tag_key(const tonearm_info* info, size_t index);
TONEARM_API const char* tonearm_info_tag_value(const tonearm_info* info, size_t index);
TONEARM_API void tonearm_info_free(tonearm_info* info);

/* ---- read ----------------------------------------------------------------------------------------------------- */

typedef struct tonearm_audio tonearm_audio;
TONEARM_API tonearm_code tonearm_read(tonearm_source* source, const tonearm_options* options, tonearm_audio** audio,
                                      tonearm_error** error);
TONEARM_API int tonearm_audio_sample_type(const tonearm_audio* audio); /* tonearm_sample_type */
TONEARM_API int tonearm_audio_num_channels(const tonearm_audio* audio);
TONEARM_API int64_t tonearm_audio_num_frames(const tonearm_audio* audio);
TONEARM_API int tonearm_audio_sample_rate(const tonearm_audio* audio); /* of the samples returned, Hz */
TONEARM_API void* tonearm_audio_data(const tonearm_audio* audio); /* (channels, frames), contiguous; null if none */
TONEARM_API const tonearm_info* tonearm_audio_info(const tonearm_audio* audio); /* of the source; owned by `audio` */
TONEARM_API size_t tonearm_audio_num_warnings(const tonearm_audio* audio);
TONEARM_API const char* tonearm_audio_warning(const tonearm_audio* audio, size_t index);
/* Samples that were NaN or infinite, where options->non_finite has them counted. */
TONEARM_API int64_t tonearm_audio_num_non_finite(const tonearm_audio* audio);
/* Gives the sample memory away: the caller frees it with tonearm_free_samples. */
TONEARM_API void* tonearm_audio_take_data(tonearm_audio* audio);
TONEARM_API void tonearm_free_samples(void* data);
TONEARM_API void tonearm_audio_free(tonearm_audio* audio);

/* ---- reader: blocks of a long file ------------------------------------------------------------------------------- */

typedef struct tonearm_reader tonearm_reader;
/* Borrows `source`. options->frame_offset is where it starts; sample_rate must be unset. */
TONEARM_API tonearm_code tonearm_reader_open(tonearm_source* source, const tonearm_options* options,
                                             tonearm_reader** reader, tonearm_error** error);
TONEARM_API const tonearm_info* tonearm_reader_info(const tonearm_reader* reader);
/* The next frames, at most `num_frames`; `*audio` has 0 frames at the end. */
TONEARM_API tonearm_code tonearm_reader_read(tonearm_reader* reader, int64_t num_frames, tonearm_audio** audio,
                                             tonearm_error** error);
TONEARM_API tonearm_code tonearm_reader_seek(tonearm_reader* reader, int64_t frame, tonearm_error** error);
TONEARM_API int64_t tonearm_reader_tell(const tonearm_reader* reader);
TONEARM_API void tonearm_reader_free(tonearm_reader* reader);

/* ---- batch: many sources, a few threads ---------------------------------------------------------------------------
 */

typedef struct tonearm_batch tonearm_batch;
/* A file, or (path null) memory that must outlive the batch. */
typedef struct tonearm_batch_item {
  const char* path;
  const void* data;
  size_t size;
} tonearm_batch_item;
/* Begins to read all items with `num_threads` threads (0: the processors this process may use). At most `max_ahead`
 * items (0: 4 per thread) are begun and not taken, which bounds the memory. options->deadline_sec counts per item;
 * options->should_stop must be null: tonearm_batch_free cancels what is left. */
TONEARM_API tonearm_code tonearm_batch_open(const tonearm_batch_item* items, size_t count,
                                            const tonearm_options* options, int num_threads, size_t max_ahead,
                                            int in_order, tonearm_batch** batch, tonearm_error** error);
/* Waits for the next result, at most `timeout_sec` (negative: as long as it takes). 1: `*index` is its item and exactly
 * one of `*audio` and `*error` is set; 0: all results were taken; -1: the time is over. Where files take less than 0.1
 * ms each, the caller's thread reads some itself rather than wait, and one of the others rests. */
TONEARM_API int tonearm_batch_next(tonearm_batch* batch, double timeout_sec, size_t* index, tonearm_audio** audio,
                                   tonearm_error** error);
TONEARM_API void tonearm_batch_free(tonearm_batch* batch);

/* Items' samples in one block (item, channel, frame), as long as the longest of them, zeros behind the others. */
typedef struct tonearm_padded tonearm_padded;
TONEARM_API tonearm_code tonearm_padded_new(size_t num_items, tonearm_padded** padded, tonearm_error** error);
/* Copies the samples of `audio`, which stay the caller's; each item at most once. TONEARM_INVALID_ARGUMENT where the
 * index is none of an item, or where rate, channels or sample type are not those of the first item added. */
TONEARM_API tonearm_code tonearm_padded_add(tonearm_padded* padded, size_t index, const tonearm_audio* audio,
                                            tonearm_error** error);
/* The block, as audio of num_items * channels channels; of none where nothing was added. Once, at the end. */
TONEARM_API tonearm_code tonearm_padded_finish(tonearm_padded* padded, tonearm_audio** audio, tonearm_error** error);
TONEARM_API void tonearm_padded_free(tonearm_padded* padded);

/* ---- save ------------------------------------------------------------------------------------------------------- */

/* Where encoded bytes go. Nothing of it is seen before tonearm_writer_close succeeds, whatever fails. */
typedef struct tonearm_sink tonearm_sink;

/* A temporary file beside `path` that replaces it when the writer closes; a file that was there keeps its mode. */
TONEARM_API tonearm_code tonearm_sink_open_file(const char* path, tonearm_sink** sink, tonearm_error** error);
TONEARM_API tonearm_code tonearm_sink_open_memory(tonearm_sink** sink, tonearm_error** error);

/* `write` returns the bytes taken (short writes are normal) or -1. `seek` is absolute, counts from where the stream
 * stood at first, returns 0 or -1; null for a stream that cannot seek (its bytes then come all at once, at the end). */
typedef struct tonearm_output {
  size_t size_of_struct;
  void* context;
  int64_t (*write)(void* context, const void* data, size_t size);
  int (*seek)(void* context, uint64_t offset);
} tonearm_output;
TONEARM_API tonearm_code tonearm_sink_open_stream(const tonearm_output* output, const char* name, tonearm_sink** sink,
                                                  tonearm_error** error);

/* Of a memory sink whose writer was closed; null and 0 for others. Owned by the sink. */
TONEARM_API const void* tonearm_sink_data(const tonearm_sink* sink);
TONEARM_API size_t tonearm_sink_size(const tonearm_sink* sink);
TONEARM_API void tonearm_sink_free(tonearm_sink* sink);

typedef struct tonearm_tag {
  const char* key; /* "title", "artist", ...; which ones a container can hold is in docs/contract.md */
  const char* value;
} tonearm_tag;

typedef struct tonearm_save_options {
  size_t size;          /* sizeof(tonearm_save_options) */
  int sample_rate;      /* Hz, > 0; must be set */
  int num_channels;     /* > 0; must be set */
  int sample_type;      /* of the samples that will be written; default TONEARM_FLOAT32 */
  int64_t num_frames;   /* that will be written, where known; -1: unknown, and headers are completed at the end */
  const char* backend;  /* null: auto; otherwise used or refused */
  const char* format;   /* "wav", "flac", ...; null: by the extension of the path */
  const char* encoding; /* PCM_S, PCM_U, PCM_F, ULAW, ALAW, or a codec's name; null: by the sample type */
  int bits_per_sample;  /* of the file; 0: by the sample type */
  int has_compression;  /* 1: `compression` is set */
  double compression;   /* FLAC: level 0 to 8; Vorbis: quality 0 to 10; MP3, Opus, AAC: kbit/s */
  const tonearm_tag* tags;
  size_t num_tags;
  double deadline_sec;               /* 0: none. From opening to closing */
  int (*should_stop)(void* context); /* polled while working; nonzero: TONEARM_CANCELLED. May be null */
  void* stop_context;
  int non_finite; /* tonearm_non_finite; default TONEARM_NON_FINITE_UNCHECKED */
} tonearm_save_options;
TONEARM_API void tonearm_save_options_init(tonearm_save_options* options);

typedef struct tonearm_writer tonearm_writer;
/* Borrows `sink`, which is used up by one writer. */
TONEARM_API tonearm_code tonearm_writer_open(tonearm_sink* sink, const tonearm_save_options* options,
                                             tonearm_writer** writer, tonearm_error** error);
/* Channel c begins at sample c * channel_stride of `data`. */
TONEARM_API tonearm_code tonearm_writer_write(tonearm_writer* writer, const void* data, int64_t num_frames,
                                              int64_t channel_stride, tonearm_error** error);
/* Completes the file. Without it, or after any error, the old file is as it was. */
TONEARM_API tonearm_code tonearm_writer_close(tonearm_writer* writer, tonearm_error** error);
TONEARM_API const char* tonearm_writer_backend(const tonearm_writer* writer);
TONEARM_API int64_t tonearm_writer_num_frames(const tonearm_writer* writer); /* written so far */
TONEARM_API size_t tonearm_writer_num_warnings(const tonearm_writer* writer);
TONEARM_API const char* tonearm_writer_warning(const tonearm_writer* writer, size_t index);
/* Samples that were NaN or infinite so far, where options->non_finite has them counted. */
TONEARM_API int64_t tonearm_writer_num_non_finite(const tonearm_writer* writer);
TONEARM_API void tonearm_writer_free(tonearm_writer* writer);

/* ---- doctor ---------------------------------------------------------------------------------------------------- */

/* Examines `subjects` (none: everything tonearm can use). `*report` is JSON (free with tonearm_string_free), its
 * schema is in docs/troubleshooting.md. */
TONEARM_API tonearm_code tonearm_diagnose(const char* const* subjects, size_t count, char** report,
                                          tonearm_error** error);
TONEARM_API void tonearm_string_free(char* string);

/* ---- resampling ------------------------------------------------------------------------------------------------- */

typedef enum tonearm_resample_method {
  TONEARM_SINC_HANN = 0,   /* torchaudio's "sinc_interp_hann" */
  TONEARM_SINC_KAISER = 1, /* torchaudio's "sinc_interp_kaiser" */
  TONEARM_HQ = 2,          /* flat within 0.01 dB to 0.913 of the lower Nyquist rate, aliases below -125 dB */
  TONEARM_VHQ = 3          /* to 0.911, below -170 dB, computed in double */
} tonearm_resample_method;

typedef struct tonearm_resample_options {
  size_t size;
  int64_t source_rate;      /* Hz; must be set */
  int64_t target_rate;      /* Hz; must be set */
  int method;               /* tonearm_resample_method */
  int lowpass_filter_width; /* zero crossings on each side; not for HQ and VHQ */
  double rolloff;           /* cutoff over the lower Nyquist rate; not for HQ and VHQ */
  double beta;              /* of the Kaiser window; NaN: default */
} tonearm_resample_options;
TONEARM_API void tonearm_resample_options_init(tonearm_resample_options* options);

/* A designed filter: immutable, may be used by several threads at once. */
typedef struct tonearm_resampler tonearm_resampler;
TONEARM_API tonearm_code tonearm_resampler_make(const tonearm_resample_options* options, tonearm_resampler** resampler,
                                                tonearm_error** error);
/* ceil(target * num_frames / source); -1 for a negative number, or a result above 2^63 - 1. */
TONEARM_API int64_t tonearm_resampler_length(const tonearm_resampler* resampler, int64_t num_frames);
/* Each channel on its own. `sample_type` is TONEARM_FLOAT32 or TONEARM_FLOAT64, of both. Channel c begins at sample
 * c * stride. `out_frames` is tonearm_resampler_length(in_frames). `num_threads` (0: one) at most work, as many as the
 * signal is long enough for; the result is the same. */
TONEARM_API tonearm_code tonearm_resample(const tonearm_resampler* resampler, int sample_type, int num_channels,
                                          const void* in, int64_t in_frames, int64_t in_stride, void* out,
                                          int64_t out_frames, int64_t out_stride, int num_threads,
                                          tonearm_error** error);
TONEARM_API void tonearm_resampler_free(tonearm_resampler* resampler);

/* A signal that arrives in chunks: all output together has the bits of tonearm_resample of the whole. Output comes as
 * soon as its input has; with TONEARM_HQ of float32 a block at a time, up to 4096 frames later. */
typedef struct tonearm_resample_stream tonearm_resample_stream;
/* Keeps what it needs of `resampler`. */
TONEARM_API tonearm_code tonearm_resample_stream_make(const tonearm_resampler* resampler, int sample_type,
                                                      int num_channels, tonearm_resample_stream** stream,
                                                      tonearm_error** error);
/* Frames that a push of the next `in_frames` writes; -1 for a negative number, or a signal above 2^63 - 1 frames. */
TONEARM_API int64_t tonearm_resample_stream_length(const tonearm_resample_stream* stream, int64_t in_frames, int last);
/* Takes all of `in` and writes what it completes, `out_frames` as tonearm_resample_stream_length says. `last`: the
 * signal ends here, all that is left is written, and the next push begins anew. After an error the stream is as it
 * was. */
TONEARM_API tonearm_code tonearm_resample_stream_push(tonearm_resample_stream* stream, int last, const void* in,
                                                      int64_t in_frames, int64_t in_stride, void* out,
                                                      int64_t out_frames, int64_t out_stride, tonearm_error** error);
TONEARM_API void tonearm_resample_stream_free(tonearm_resample_stream* stream);

/* ---- features --------------------------------------------------------------------------------------------------- */

typedef enum tonearm_pad_mode {
  TONEARM_PAD_CONSTANT = 0,
  TONEARM_PAD_REFLECT = 1,
  TONEARM_PAD_REPLICATE = 2
} tonearm_pad_mode;
typedef enum tonearm_norm {
  TONEARM_NORM_NONE = 0,
  TONEARM_NORM_WINDOW = 1,      /* divide by sqrt(sum of window^2) */
  TONEARM_NORM_FRAME_LENGTH = 2 /* divide by sqrt(n_fft) */
} tonearm_norm;
typedef enum tonearm_log {
  TONEARM_LOG_NONE = 0,
  TONEARM_LOG_LN = 1, /* ln(x + log_offset) */
  TONEARM_LOG_DB = 2  /* 10 log10(max(x, log_floor)), clamped to top_db below the item's greatest */
} tonearm_log;

/* Spectrum, filter bank, logarithm, cosine transform: torchaudio's Spectrogram, MelSpectrogram, MFCC, LFCC. Tables are
 * copied. */
typedef struct tonearm_feature_options {
  size_t size;
  int n_fft;      /* 1 to 65536, default 400. Products of 2, 3, 5 and 7 by mixed radix; other sizes by Bluestein's
                     algorithm in double, exact to the same bound and several times slower */
  int win_length; /* 0: n_fft */
  int hop_length; /* 0: win_length / 2 */
  int pad;        /* zeros on both sides, before centring */
  int center;
  int pad_mode;          /* tonearm_pad_mode */
  double power;          /* of the magnitude; 0: complex, re and im interleaved */
  int norm;              /* tonearm_norm */
  const double* window;  /* [win_length]; null: periodic Hann */
  int num_filters;       /* 0: the spectrum is the result */
  const double* filters; /* [n_fft / 2 + 1][num_filters], see tonearm_mel_filters */
  int log;               /* tonearm_log */
  double log_offset;
  double log_floor;
  double top_db;     /* < 0: no clamp */
  int num_coefs;     /* 0: no cosine transform */
  const double* dct; /* [num_filters][num_coefs] */
} tonearm_feature_options;
TONEARM_API void tonearm_feature_options_init(tonearm_feature_options* options);

typedef enum tonearm_kaldi_kind {
  TONEARM_KALDI_FBANK = 0,
  TONEARM_KALDI_MFCC = 1,
  TONEARM_KALDI_SPECTROGRAM = 2
} tonearm_kaldi_kind;
typedef enum tonearm_window {
  TONEARM_WINDOW_HANN = 0,
  TONEARM_WINDOW_HAMMING = 1,
  TONEARM_WINDOW_BLACKMAN = 2,
  TONEARM_WINDOW_POVEY = 3,
  TONEARM_WINDOW_RECTANGULAR = 4
} tonearm_window;

/* Kaldi's options by their names. */
typedef struct tonearm_kaldi_options {
  size_t size;
  int kind; /* tonearm_kaldi_kind */
  double sample_frequency;
  double frame_length_ms;
  double frame_shift_ms;
  double dither; /* deviation of the noise added to each sample of each window; default 0. Its seed is a call's */
  double preemphasis;
  int remove_dc_offset;
  int window; /* tonearm_window */
  double blackman_coeff;
  int round_to_power_of_two;
  int snip_edges;
  double energy_floor;
  int raw_energy;
  int use_energy;
  int htk_compat;
  int subtract_mean;
  int num_mel_bins;
  double low_freq;
  double high_freq; /* <= 0: counts from Nyquist */
  double vtln_low;
  double vtln_high; /* < 0: counts from Nyquist */
  double vtln_warp;
  int use_log_fbank;
  int use_power;
  int num_ceps; /* MFCC only */
  double cepstral_lifter;
} tonearm_kaldi_options;
TONEARM_API void tonearm_kaldi_options_init(tonearm_kaldi_options* options);

/* A designed feature: immutable, may be used by several threads at once. */
typedef struct tonearm_features tonearm_features;
TONEARM_API tonearm_code tonearm_features_make(const tonearm_feature_options* options, tonearm_features** features,
                                               tonearm_error** error);
TONEARM_API tonearm_code tonearm_features_make_kaldi(const tonearm_kaldi_options* options, tonearm_features** features,
                                                     tonearm_error** error);
/* Whisper's log-mel of 80 or 128 bands, of audio at 16 kHz. */
TONEARM_API tonearm_code tonearm_features_make_whisper(int n_mels, tonearm_features** features, tonearm_error** error);
TONEARM_API int tonearm_features_num_values(const tonearm_features* features); /* per window */
/* 1: a channel's result is [window][value]; 0: [value][window]. */
TONEARM_API int tonearm_features_window_major(const tonearm_features* features);
TONEARM_API tonearm_code tonearm_features_num_windows(const tonearm_features* features, int64_t num_samples,
                                                      int64_t* num_windows, tonearm_error** error);
/* `sample_type` is TONEARM_FLOAT32 or TONEARM_FLOAT64, of both. Channel c begins at value c * stride. Neighbouring
 * `channels_per_item` channels share the maximum that top_db counts from. `num_threads` (0: one) at most work, as
 * many as the signals are long enough for; the result is the same. Kaldi's dither is drawn by `dither_seed`, the
 * channel's number, the window and the place in it. */
TONEARM_API tonearm_code tonearm_features_compute(const tonearm_features* features, int sample_type, int num_channels,
                                                  int channels_per_item, const void* in, int64_t num_samples,
                                                  int64_t in_stride, void* out, int64_t num_windows, int64_t out_stride,
                                                  int num_threads, uint64_t dither_seed, tonearm_error** error);
TONEARM_API void tonearm_features_free(tonearm_features* features);
/* torchaudio's melscale_fbanks in double: out[num_bins][num_mels]. */
TONEARM_API tonearm_code tonearm_mel_filters(int num_bins, double f_min, double f_max, int num_mels, int sample_rate,
                                             int slaney_scale, int slaney_norm, double* out, tonearm_error** error);

/* ---- on a CUDA device ------------------------------------------------------------------------------------------- */

/* Can CUDA device `device` compute? Opens the driver and libtonearm_cuda.so at the first call, nothing before. Where it
 * cannot: TONEARM_MISSING_DEPENDENCY, with the doctor's finding where the driver or the device is at fault. */
TONEARM_API tonearm_code tonearm_cuda_examine(int device, tonearm_error** error);

/* tonearm_read into device memory, through a few blocks of page-locked memory, which are copied while the next are
 * decoded. `allocate` gives memory on `device` for (num_channels, num_frames) samples of a tonearm_sample_type,
 * contiguous, that work on `stream` may use, or null: TONEARM_OUT_OF_MEMORY. It is asked again where another backend
 * starts over; what it gave before is then not used any more. `*audio` has everything but the samples, which work that
 * `stream` is given from then on finds there; nothing waits for the device. Where the source ended early it has fewer
 * frames than `allocate` was asked for, and channels still begin that many apart. After an error, too, the memory may
 * go back to work on `stream`. */
TONEARM_API tonearm_code tonearm_cuda_read(tonearm_source* source, const tonearm_options* options, int device,
                                           void* stream,
                                           void* (*allocate)(void* context, int sample_type, int num_channels,
                                                             int64_t num_frames),
                                           void* context, tonearm_audio** audio, tonearm_error** error);
/* Copies `num_rows` rows of `row_bytes` bytes, `*_pitch` bytes apart, to device memory in the order of `stream`,
 * through the same blocks. Returns when `from` may be written to, not when the copy is done. */
TONEARM_API tonearm_code tonearm_cuda_upload(int device, void* stream, const void* from, size_t from_pitch, void* to,
                                             size_t to_pitch, size_t row_bytes, size_t num_rows, tonearm_error** error);

/* Signals in device memory, one channel each, and where their results go. Arrays of offsets and lengths are the
 * host's. */
typedef struct tonearm_cuda_batch {
  size_t size;
  int in_type;     /* TONEARM_FLOAT32 or TONEARM_INT16 */
  double in_scale; /* every sample is multiplied by it; 0: by 1, int16 by 1/32768 (Kaldi's features want 1 there) */
  int64_t num_signals;
  int signals_per_item; /* features: that many neighbours share the maximum that top_db counts from; default 1 */
  const void* in;
  const int64_t* in_offsets; /* [num_signals], samples from `in`; null: signal i begins at i * in_stride */
  int64_t in_stride;
  const int64_t* lengths; /* [num_signals], samples; null: `num_samples` each */
  int64_t num_samples;
  float* out;
  const int64_t* out_offsets; /* [num_signals], values from `out`; null: result i begins at i * out_stride */
  int64_t out_stride;
  int64_t out_row_stride; /* features that are [value][window]: floats from one value's row to the next, for batches
                             that are padded to their longest; 0: a result's rows lie close. Padding is not written */
  uint64_t dither_seed;   /* features with dither: signal i has the noise of channel i of this seed */
  const uint64_t* dither_seeds; /* [num_signals], or null; then signal i has that of channel i % signals_per_item of
                                   dither_seeds[i]: the item's, were it alone */
} tonearm_cuda_batch;
TONEARM_API void tonearm_cuda_batch_init(tonearm_cuda_batch* batch);

/* A feature's tables on one device: immutable, may be used by several threads at once. Making one allocates there and
 * waits. n_fft must be a product of 2, 3, 5 and 7 from 8 to 8192. */
typedef struct tonearm_cuda_features tonearm_cuda_features;
TONEARM_API tonearm_code tonearm_cuda_features_make(const tonearm_features* features, int device,
                                                    tonearm_cuda_features** on_device, tonearm_error** error);
/* Bytes of device memory, aligned to 16, that a run wants beside the batch; 0 where no maximum is asked for. */
TONEARM_API tonearm_code tonearm_cuda_features_workspace(const tonearm_cuda_features* on_device,
                                                         const tonearm_cuda_batch* batch, size_t* bytes,
                                                         tonearm_error** error);
/* Launches on `stream` (a cudaStream_t of that device, null: the default one) and returns: no allocation, no
 * synchronisation, so it can be captured in a graph. Shapes are those of tonearm_features_num_windows, num_values and
 * window_major. The current context stays as it was. */
TONEARM_API tonearm_code tonearm_cuda_features_run(const tonearm_cuda_features* on_device,
                                                   const tonearm_cuda_batch* batch, void* workspace,
                                                   size_t workspace_bytes, void* stream, tonearm_error** error);
TONEARM_API void tonearm_cuda_features_free(tonearm_cuda_features* on_device); /* waits for the device */

/* The same for a filter; results have tonearm_resampler_length frames. */
typedef struct tonearm_cuda_resampler tonearm_cuda_resampler;
TONEARM_API tonearm_code tonearm_cuda_resampler_make(const tonearm_resampler* resampler, int device,
                                                     tonearm_cuda_resampler** on_device, tonearm_error** error);
TONEARM_API tonearm_code tonearm_cuda_resample(const tonearm_cuda_resampler* on_device, const tonearm_cuda_batch* batch,
                                               void* stream, tonearm_error** error);
TONEARM_API void tonearm_cuda_resampler_free(tonearm_cuda_resampler* on_device);

#ifdef __cplusplus
}
#endif

#endif /* TONEARM_TONEARM_H_ */
