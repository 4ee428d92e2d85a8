// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// The border between libtonearm and libtonearm_cuda.so: a table of functions that move bytes and launch kernels.
// Place in the flow: below the plans of this room; behind it stands a device, or in tests an emulated one.
#pragma once

#include <cstddef>

#include "cuda/jobs.h"

namespace tonearm::cuda {

/// Goes up with every change of this file or of jobs.h.
inline constexpr int kDeviceApiVersion = 3;
/// The one function that libtonearm_cuda.so exports: const DeviceApi* (*)().
inline constexpr const char* kDeviceApiSymbol = "tonearm_cuda_device_api";

/// A result of the CUDA runtime; code 0 is success.
struct Status {
  int code;
  const char* name;  ///< "cudaErrorInvalidValue"
  const char* text;
};

/// Transforms with their own kernel.
enum class FftKind : int { kGeneric, k400, k512, k1024 };

struct LaunchShape {
  int num_blocks;
  int num_threads;
  std::size_t shared_bytes;
};

/// Every function takes the device's ordinal and leaves the thread's current context as it was.
struct DeviceApi {
  int version;
  /// Shared memory that one block can have.
  Status (*get_shared_bytes)(int device, std::size_t* bytes);
  /// Copies to new device memory, and waits for that.
  Status (*upload)(int device, const void* data, std::size_t num_bytes, void** address);
  void (*release)(int device, void* address);

  /// A stream that the default one does not wait for.
  Status (*make_stream)(int device, void** stream);
  void (*destroy_stream)(int device, void* stream);
  Status (*make_event)(int device, void** event);
  void (*destroy_event)(int device, void* event);
  /// `event` stands for all that `stream` has been given so far.
  Status (*record)(int device, void* event, void* stream);
  /// What `stream` is given from now on waits for what `event` stands for.
  Status (*stream_wait)(int device, void* stream, void* event);
  /// Returns when that is done; at once where the event stands for nothing yet.
  Status (*host_wait)(int device, void* event);
  /// Page-locked host memory.
  Status (*pin)(int device, std::size_t num_bytes, void** memory);
  void (*unpin)(int device, void* memory);
  /// Begins to copy rows of page-locked memory, `*_pitch` bytes apart, to device memory, on `stream`.
  Status (*copy_rows)(int device, void* stream, void* to, std::size_t to_pitch, const void* from,
                      std::size_t from_pitch, std::size_t row_bytes, std::size_t num_rows);

  // These only launch, on `stream`.
  Status (*features)(int device, void* stream, FftKind kind, bool kaldi, LaunchShape shape, const FeatureJob& job);
  Status (*finish_peak)(int device, void* stream, LaunchShape shape, const FinishJob& job);
  Status (*finish_mean)(int device, void* stream, LaunchShape shape, const FinishJob& job);
  Status (*resample_banded)(int device, void* stream, bool wide, LaunchShape shape, const ResampleJob& job);
  Status (*resample_interpolated)(int device, void* stream, bool wide, LaunchShape shape, const ResampleJob& job);
  Status (*resample_direct)(int device, void* stream, LaunchShape shape, const ResampleJob& job);
};

}  // namespace tonearm::cuda
