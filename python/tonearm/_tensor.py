# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""From decoded samples to a torch.Tensor, without a copy and without numpy. The only place that imports torch."""

from typing import Any, List

from ._errors import MissingDependencyError
from ._runtime import native


_torch: Any = None
_from_dlpack: Any = None


def import_torch() -> Any:
    """torch; called before the work, so that a missing one is said before it and not after."""
    global _torch, _from_dlpack
    if _torch is not None:
        return _torch
    try:
        import torch
        from torch.utils.dlpack import from_dlpack
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
    _torch, _from_dlpack = torch, from_dlpack
    return torch


def to_tensor(audio: Any) -> Any:
    """Takes the samples of a native Audio: shape (channels, frames), contiguous. After import_torch()."""
    samples = audio.to_dlpack()
    if samples is not None:
        return _from_dlpack(samples)
    return import_torch().empty((audio.num_channels, audio.num_frames), dtype=torch_type(audio.sample_type))


def pad_together(waveforms: List[Any]) -> Any:
    """(waveform, channel, time) of (channel, time) each, zeros behind the shorter ones. There is one at least."""
    longest = max(waveform.shape[1] for waveform in waveforms)
    padded = waveforms[0].new_zeros((len(waveforms), waveforms[0].shape[0], longest))
    for row, waveform in zip(padded, waveforms):
        row[:, : waveform.shape[1]] = waveform
    return padded


def torch_type(sample_type: int) -> Any:
    torch, module = import_torch(), native()
    return {
        module.UINT8: torch.uint8,
        module.INT16: torch.int16,
        module.INT32: torch.int32,
        module.FLOAT32: torch.float32,
        module.FLOAT64: torch.float64,
    }[sample_type]
