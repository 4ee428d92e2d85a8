// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// A device made of host code: the functions of cuda/device_api.h over emulated kernels. "Device memory" is the heap.
#pragma once

#include "cuda/device_api.h"

namespace tonearm::cuda {

/// Gives blocks as much shared memory as compute capability 7.5 does, the least of those that are built for.
const DeviceApi& emulated_device();

}  // namespace tonearm::cuda
