// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// libtonearm_cuda.so: the kernels, and the functions of device_api.h over the CUDA runtime, which is linked statically.
#include "cuda/device_api.h"

#include <cuda_runtime.h>

#include <type_traits>
#include <utility>

#include "core/dsp/noise.h"

#define TONEARM_SHARED_FLOATS(name) extern __shared__ __align__(16) float name[]

namespace tonearm::cuda {
#include "cuda/kernels_inl.h"

namespace {

Status status_of(cudaError_t error) {
  if (error != cudaSuccess) (void)cudaGetLastError();  // this runtime's memory of it: the next call starts afresh
  return {static_cast<int>(error), cudaGetErrorName(error), cudaGetErrorString(error)};
}

/// Makes a device's primary context current, the one that torch works in, and puts back what was current before: no
/// context at all, too, for which the runtime has no call.
class DeviceScope {
 public:
  explicit DeviceScope(int device) {
    static const GetCurrent get = entry_point<GetCurrent>("cuCtxGetCurrent");
    if (get == nullptr || entry_of_set() == nullptr || get(&before_) != 0) {
      error_ = cudaErrorInitializationError;
      return;
    }
    entered_ = true;
    error_ = cudaSetDevice(device);
  }
  ~DeviceScope() {
    if (entered_) entry_of_set()(before_);
  }
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;
  cudaError_t error() const { return error_; }

 private:
  using GetCurrent = int (*)(void**);
  using SetCurrent = int (*)(void*);
  template <class Function>
  static Function entry_point(const char* name) {
    void* address = nullptr;
    cudaDriverEntryPointQueryResult found{};
    const cudaError_t error = cudaGetDriverEntryPointByVersion(name, &address, 12000, cudaEnableDefault, &found);
    return error == cudaSuccess && found == cudaDriverEntryPointSuccess ? reinterpret_cast<Function>(address) : nullptr;
  }
  static SetCurrent entry_of_set() {
    static const SetCurrent set = entry_point<SetCurrent>("cuCtxSetCurrent");
    return set;
  }

  void* before_ = nullptr;
  bool entered_ = false;
  cudaError_t error_ = cudaSuccess;
};

/// What a block has without asking for more.
constexpr std::size_t kDefaultShared = 48 * 1024;

template <class Job>
Status launch(int device, void* stream, void (*kernel)(Job), const LaunchShape& shape, const Job& job) {
  const DeviceScope scope(device);
  if (scope.error() != cudaSuccess) return status_of(scope.error());
  const auto* entry = reinterpret_cast<const void*>(kernel);
  if (shape.shared_bytes > kDefaultShared) {
    const cudaError_t error =
        cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shape.shared_bytes));
    if (error != cudaSuccess) return status_of(error);
  }
  void* parameters[] = {const_cast<Job*>(&job)};
  return status_of(cudaLaunchKernel(entry, dim3(static_cast<unsigned>(shape.num_blocks)),
                                    dim3(static_cast<unsigned>(shape.num_threads)), parameters, shape.shared_bytes,
                                    static_cast<cudaStream_t>(stream)));
}

Status get_shared_bytes(int device, std::size_t* bytes) {
  int value = 0;
  const cudaError_t error = cudaDeviceGetAttribute(&value, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  *bytes = static_cast<std::size_t>(value);
  return status_of(error);
}

Status upload(int device, const void* data, std::size_t num_bytes, void** address) {
  const DeviceScope scope(device);
  if (scope.error() != cudaSuccess) return status_of(scope.error());
  cudaError_t error = cudaMalloc(address, num_bytes > 0 ? num_bytes : 1);
  if (error != cudaSuccess) return status_of(error);
  error = cudaMemcpy(*address, data, num_bytes, cudaMemcpyHostToDevice);
  // From pageable memory the call may return before the bytes have arrived.
  if (error == cudaSuccess) error = cudaStreamSynchronize(nullptr);
  if (error != cudaSuccess) (void)cudaFree(*address);
  return status_of(error);
}

void release(int device, void* address) {
  const DeviceScope scope(device);
  if (scope.error() == cudaSuccess) (void)cudaFree(address);  // a driver that shut down has freed it already
}

/// call() in the device's context.
template <class Call>
Status in_context(int device, const Call& call) {
  const DeviceScope scope(device);
  return status_of(scope.error() != cudaSuccess ? scope.error() : call());
}

Status make_stream(int device, void** stream) {
  return in_context(device, [&] {
    return cudaStreamCreateWithFlags(reinterpret_cast<cudaStream_t*>(stream), cudaStreamNonBlocking);
  });
}

void destroy_stream(int device, void* stream) {
  (void)in_context(device, [&] { return cudaStreamDestroy(static_cast<cudaStream_t>(stream)); });
}

Status make_event(int device, void** event) {
  return in_context(
      device, [&] { return cudaEventCreateWithFlags(reinterpret_cast<cudaEvent_t*>(event), cudaEventDisableTiming); });
}

void destroy_event(int device, void* event) {
  (void)in_context(device, [&] { return cudaEventDestroy(static_cast<cudaEvent_t>(event)); });
}

Status record(int device, void* event, void* stream) {
  return in_context(
      device, [&] { return cudaEventRecord(static_cast<cudaEvent_t>(event), static_cast<cudaStream_t>(stream)); });
}

Status stream_wait(int device, void* stream, void* event) {
  return in_context(device, [&] {
    return cudaStreamWaitEvent(static_cast<cudaStream_t>(stream), static_cast<cudaEvent_t>(event), 0);
  });
}

Status host_wait(int device, void* event) {
  return in_context(device, [&] { return cudaEventSynchronize(static_cast<cudaEvent_t>(event)); });
}

Status pin(int device, std::size_t num_bytes, void** memory) {
  return in_context(device, [&] { return cudaHostAlloc(memory, num_bytes, cudaHostAllocPortable); });
}

void unpin(int device, void* memory) {
  (void)in_context(device, [&] { return cudaFreeHost(memory); });
}

Status copy_rows(int device, void* stream, void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch,
                 std::size_t row_bytes, std::size_t num_rows) {
  return in_context(device, [&] {
    const auto on = static_cast<cudaStream_t>(stream);
    // What cudaDevAttrMaxPitch says on every device; channels of a few hours lie farther apart.
    constexpr std::size_t kMaxPitch = 0x7fffffff;
    if (num_rows > 1 && to_pitch <= kMaxPitch && from_pitch <= kMaxPitch)
      return cudaMemcpy2DAsync(to, to_pitch, from, from_pitch, row_bytes, num_rows, cudaMemcpyHostToDevice, on);
    cudaError_t error = cudaSuccess;
    for (std::size_t r = 0; r < num_rows && error == cudaSuccess; ++r)
      error = cudaMemcpyAsync(static_cast<char*>(to) + r * to_pitch, static_cast<const char*>(from) + r * from_pitch,
                              row_bytes, cudaMemcpyHostToDevice, on);
    return error;
  });
}

template <class Fft>
Status run_features(int device, void* stream, bool kaldi, const LaunchShape& shape, const FeatureJob& job) {
  return launch(device, stream, kaldi ? features<Fft, true> : features<Fft, false>, shape, job);
}

Status run_features_kind(int device, void* stream, FftKind kind, bool kaldi, LaunchShape shape, const FeatureJob& job) {
  switch (kind) {
    case FftKind::k400: return run_features<Fft400>(device, stream, kaldi, shape, job);
    case FftKind::k512: return run_features<Fft512>(device, stream, kaldi, shape, job);
    case FftKind::k1024: return run_features<Fft1024>(device, stream, kaldi, shape, job);
    default: return run_features<GenericFft>(device, stream, kaldi, shape, job);
  }
}

Status run_finish_peak(int device, void* stream, LaunchShape shape, const FinishJob& job) {
  return launch(device, stream, finish_peak, shape, job);
}

Status run_finish_mean(int device, void* stream, LaunchShape shape, const FinishJob& job) {
  return launch(device, stream, finish_mean, shape, job);
}

Status run_resample_banded(int device, void* stream, bool wide, LaunchShape shape, const ResampleJob& job) {
  return launch(device, stream, wide ? resample_banded<double> : resample_banded<float>, shape, job);
}

Status run_resample_interpolated(int device, void* stream, bool wide, LaunchShape shape, const ResampleJob& job) {
  return launch(device, stream, wide ? resample_interpolated<double> : resample_interpolated<float>, shape, job);
}

Status run_resample_direct(int device, void* stream, LaunchShape shape, const ResampleJob& job) {
  return launch(device, stream, resample_direct, shape, job);
}

constexpr DeviceApi kApi = {.version = kDeviceApiVersion,
                            .get_shared_bytes = get_shared_bytes,
                            .upload = upload,
                            .release = release,
                            .make_stream = make_stream,
                            .destroy_stream = destroy_stream,
                            .make_event = make_event,
                            .destroy_event = destroy_event,
                            .record = record,
                            .stream_wait = stream_wait,
                            .host_wait = host_wait,
                            .pin = pin,
                            .unpin = unpin,
                            .copy_rows = copy_rows,
                            .features = run_features_kind,
                            .finish_peak = run_finish_peak,
                            .finish_mean = run_finish_mean,
                            .resample_banded = run_resample_banded,
                            .resample_interpolated = run_resample_interpolated,
                            .resample_direct = run_resample_direct};

}  // namespace
}  // namespace tonearm::cuda

extern "C" __attribute__((visibility("default"))) const tonearm::cuda::DeviceApi* tonearm_cuda_device_api() {
  return &tonearm::cuda::kApi;
}
