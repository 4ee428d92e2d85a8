// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Opens libtonearm_cuda.so, at the first use of a device and never before.
// Place in the flow: before the plans of this room; asks core/doctor about driver and device first.
#pragma once

#include "core/base/result.h"
#include "cuda/device_api.h"

namespace tonearm::cuda {

/// The kernels, once the driver and `device` were found able. The library stays open for the life of the process.
/// Threads: any. Errors: kInvalidArgument (a negative number), kMissingDependency: the doctor's finding about the
/// driver or the device; or no libtonearm_cuda.so beside libtonearm.so, or one of another build.
core::Result<const DeviceApi*> open_device(int device);

}  // namespace tonearm::cuda
