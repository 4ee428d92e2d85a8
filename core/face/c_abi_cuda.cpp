// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Resampling and features on a CUDA device in the C ABI, over the plans of cuda/.
#include <utility>

#include "core/face/c_abi_dsp.h"
#include "cuda/device_features.h"
#include "cuda/device_resampler.h"
#include "cuda/open.h"

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
