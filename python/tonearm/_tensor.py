# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""From decoded samples to a torch.Tensor, without a copy and without numpy. The only place that imports torch."""

from typing import Any

from ._errors import MissingDependencyError
from ._runtime import native


def import_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingDependencyError(
            f"cannot make a tensor: torch cannot be imported ({error})\n  next: pip install torch; "
            "`tonearm doctor torch` shows what is wrong with one that is installed",
            stage="dependency",
            subject="torch",
            needed="torch 1.13 or newer",
            found=str(error),
            next="pip install torch",
        ) from error
    return torch


def to_tensor(audio: Any) -> Any:
    """Takes the samples of a native Audio: shape (channels, frames), contiguous."""
    torch = import_torch()
    if audio.num_frames == 0 or audio.num_channels == 0:
        return torch.empty((audio.num_channels, audio.num_frames), dtype=torch_type(audio.sample_type))
    from torch.utils.dlpack import from_dlpack

    return from_dlpack(audio.to_dlpack())


def torch_type(sample_type: int) -> Any:
    torch, module = import_torch(), native()
    return {
        module.UINT8: torch.uint8,
        module.INT16: torch.int16,
        module.INT32: torch.int32,
        module.FLOAT32: torch.float32,
        module.FLOAT64: torch.float64,
    }[sample_type]
