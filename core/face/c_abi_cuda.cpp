// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// CUDA devices in the C ABI, over cuda/: reading to them, resampling and features on them.
#include <utility>

#include "core/face/c_abi_dsp.h"
#include "core/face/c_abi_read.h"
#include "cuda/device_features.h"
#include "cuda/device_resampler.h"
#include "cuda/open.h"
#include "cuda/upload.h"

namespace core = tonearm::core;
namespace cuda = tonearm::cuda;
using core::complete;
using core::guarded;
using core::null_argument;
using core::Result;

struct tonearm_cuda_features {
  cuda::DeviceFeatures value;
};
struct tonearm_cuda_resampler {
  cuda::DeviceResampler value;
};

namespace {

/// The twin on `device` of the plan that `name` names.
template <class Plan, class Twin>
tonearm_code make_twin(const char* name, const Plan* plan, int device, Twin** on_device, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (plan == nullptr) return null_argument(name);
    if (on_device == nullptr) return null_argument("on_device");
    const auto api = cuda::open_device(device);
    if (!api) return api.error();
    auto made = decltype(Twin::value)::make(plan->value, **api, device);
    if (!made) return made.error();
    *on_device = new Twin{std::move(*made)};
    return {};
  });
}

/// body(the twin's plan, the whole batch), where there are both.
template <class Twin, class Body>
tonearm_code with_batch(const Twin* on_device, const tonearm_cuda_batch* batch, tonearm_error** error,
                        const Body& body) {
  return guarded(error, [&]() -> Result<void> {
    if (on_device == nullptr) return null_argument("on_device");
    const auto whole = complete(batch, tonearm_cuda_batch_init);
    if (!whole) return whole.error();
    return body(on_device->value, *whole);
  });
}

}  // namespace

extern "C" {

tonearm_code tonearm_cuda_examine(int device, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    const auto api = cuda::open_device(device);
    if (!api) return api.error();
    return {};
  });
}

tonearm_code tonearm_cuda_read(tonearm_source* source, const tonearm_options* options, int device, void* stream,
                               void* (*allocate)(void*, int, int, int64_t), void* context, tonearm_audio** audio,
                               tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (source == nullptr) return null_argument("source");
    if (allocate == nullptr) return null_argument("allocate");
    if (audio == nullptr) return null_argument("audio");
    const auto request = core::parse_options(options);
    if (!request) return request.error();
    const auto api = cuda::open_device(device);
    if (!api) return api.error();
    const auto give = [&](core::SampleType type, int num_channels, std::int64_t num_frames) {
      return allocate(context, static_cast<int>(type), num_channels, num_frames);
    };
    auto upload = cuda::Upload::make(**api, device, stream, give);
    if (!upload) return upload.error();
    auto decoded = core::read(*source->value, request->options, *upload);
    if (!decoded) return decoded.error();
    if (auto finished = upload->finish(); !finished) return finished;
    auto made = std::make_unique<tonearm_audio>(std::move(*decoded));
    made->sample_type = upload->type();
    made->num_channels = upload->num_channels();
    made->num_frames = upload->num_frames();
    *audio = made.release();
    return {};
  });
}

tonearm_code tonearm_cuda_upload(int device, void* stream, const void* from, size_t from_pitch, void* to,
                                 size_t to_pitch, size_t row_bytes, size_t num_rows, tonearm_error** error) {
  return guarded(error, [&]() -> Result<void> {
    if (from == nullptr && row_bytes > 0 && num_rows > 0) return null_argument("from");
    if (to == nullptr && row_bytes > 0 && num_rows > 0) return null_argument("to");
    const auto api = cuda::open_device(device);
    if (!api) return api.error();
    // The rows are only read; Rows has no constant twin.
    auto* const read = static_cast<std::byte*>(const_cast<void*>(from));
    return cuda::upload_rows(**api, device, stream, {read, from_pitch}, {static_cast<std::byte*>(to), to_pitch},
                             row_bytes, num_rows);
  });
}

void tonearm_cuda_batch_init(tonearm_cuda_batch* batch) {
  if (batch == nullptr) return;
  *batch = {};
  batch->size = sizeof *batch;
  batch->in_type = TONEARM_FLOAT32;
  batch->signals_per_item = 1;
}

tonearm_code tonearm_cuda_features_make(const tonearm_features* features, int device, tonearm_cuda_features** on_device,
                                        tonearm_error** error) {
  return make_twin("features", features, device, on_device, error);
}

tonearm_code tonearm_cuda_features_workspace(const tonearm_cuda_features* on_device, const tonearm_cuda_batch* batch,
                                             size_t* bytes, tonearm_error** error) {
  return with_batch(on_device, batch, error, [&](const auto& plan, const auto& whole) -> Result<void> {
    if (bytes == nullptr) return null_argument("bytes");
    const auto needed = plan.workspace_bytes(whole);
    if (!needed) return needed.error();
    *bytes = *needed;
    return {};
  });
}

tonearm_code tonearm_cuda_features_run(const tonearm_cuda_features* on_device, const tonearm_cuda_batch* batch,
                                       void* workspace, size_t workspace_bytes, void* stream, tonearm_error** error) {
  return with_batch(on_device, batch, error, [&](const auto& plan, const auto& whole) {
    return plan.run(whole, workspace, workspace_bytes, stream);
  });
}

void tonearm_cuda_features_free(tonearm_cuda_features* on_device) { delete on_device; }

tonearm_code tonearm_cuda_resampler_make(const tonearm_resampler* resampler, int device,
                                         tonearm_cuda_resampler** on_device, tonearm_error** error) {
  return make_twin("resampler", resampler, device, on_device, error);
}

tonearm_code tonearm_cuda_resample(const tonearm_cuda_resampler* on_device, const tonearm_cuda_batch* batch,
                                   void* stream, tonearm_error** error) {
  return with_batch(on_device, batch, error,
                    [&](const auto& plan, const auto& whole) { return plan.run(whole, stream); });
}

void tonearm_cuda_resampler_free(tonearm_cuda_resampler* on_device) { delete on_device; }

}  // extern "C"
