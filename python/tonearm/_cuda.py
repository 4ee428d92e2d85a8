# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA tensors and the kernels: torch's memory and current stream, nothing waits; a device that cannot work is refused.

The first call for a plan and a device builds its tables there and waits for them; later calls only launch, so a warmed-up
call can be captured in a CUDA graph.
"""

import os
from typing import Any, Callable

import torch

from ._plan_cache import PlanCache
from ._runtime import native

#: Whether this build has kernels; where it has none, torch's operations compute CUDA tensors, on their device. A file
#: that was lost is noticed by `import tonearm`, which compares with the manifest.
HAS_KERNELS = os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "libtonearm_cuda.so"))

#: By plan and device: its twin there.
_twins = PlanCache(64)


def is_cuda(tensor: torch.Tensor) -> bool:
    return tensor.is_cuda


def has_kernel_for(n_fft: int) -> bool:
    """Sizes that the kernels transform; torch.stft does the others, on the device."""
    if not 8 <= n_fft <= 8192:
        return False
    for prime in (2, 3, 5, 7):
        while n_fft % prime == 0:
            n_fft //= prime
    return n_fft == 1


def check_device(device: torch.device) -> None:
    """Raises with the doctor's finding where kernels cannot run on this CUDA device."""
    native().cuda_examine(_ordinal(device))


def run_resampler(resampler: Any, flat: torch.Tensor, out: torch.Tensor) -> None:
    """flat (signal, time), float32 or int16, to out (signal, time), float32; int16 is scaled to [-1, 1)."""
    device = _ordinal(flat.device)
    twin = _twin(resampler, device, native().CudaResampler)
    twin.run(
        _sample_type(flat),
        flat.shape[0],
        flat.data_ptr(),
        flat.shape[1],
        out.data_ptr(),
        out.shape[1],
        _stream(flat.device),
    )


def run_features(features: Any, flat: torch.Tensor, out: torch.Tensor, signals_per_item: int) -> None:
    """flat (signal, time), float32, to out (signal, values * windows), float32."""
    device = _ordinal(flat.device)
    twin = _twin(features, device, native().CudaFeatures)
    shape = (_sample_type(flat), flat.shape[0], signals_per_item, flat.data_ptr(), flat.shape[1])
    size = twin.workspace(*shape, out.data_ptr(), out.shape[1])
    # Freed when this returns, to calls on the same stream only: they come after the kernels.
    workspace = torch.empty(size, dtype=torch.uint8, device=flat.device)
    twin.run(
        *shape, out.data_ptr(), out.shape[1], workspace.data_ptr() if size > 0 else 0, size, _stream(flat.device)
    )


def _twin(plan: Any, device: int, make: Callable[[Any, int], Any]) -> Any:
    def examine_and_make() -> Any:
        native().cuda_examine(device)
        return make(plan, device)

    return _twins.get((plan, device), (), examine_and_make)


def _sample_type(flat: torch.Tensor) -> int:
    return native().INT16 if flat.dtype == torch.int16 else native().FLOAT32


def _ordinal(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index


def _stream(device: torch.device) -> int:
    return torch.cuda.current_stream(device).cuda_stream
