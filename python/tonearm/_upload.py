# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""From decoded samples to a CUDA device: 16-bit audio goes up as 16 bits, and becomes float where it is resampled."""

from typing import Any, Optional

from ._errors import MissingDependencyError, invalid_argument
from ._runtime import native
from ._tensor import import_torch

#: Encodings that are decoded to integers exactly, where they have 16 bits.
_INTEGER_ENCODINGS = ("PCM_S", "FLAC")


def cuda_device(device: Any) -> Any:
    """The torch.device to upload to, None for the CPU. Raises with the finding where a CUDA device cannot work."""
    torch = import_torch()
    wanted = torch.device("cpu" if device is None else device)
    if wanted.type == "cpu":
        return None
    if wanted.type != "cuda":
        raise invalid_argument(
            f"Invalid argument: device {str(wanted)!r} is not one that audio is read to.\n"
            "  next: read to the CPU and move the tensor with .to()",
            subject="device",
            needed="cpu or cuda",
            found=str(wanted),
            next="read to the CPU and move the tensor with .to()",
        )
    native().cuda_examine(0 if wanted.index is None else wanted.index)
    if not torch.cuda.is_available():
        raise MissingDependencyError(
            f"cannot read to {str(wanted)!r}: the device works, but this torch does not see it\n"
            "  next: install a torch with CUDA; `tonearm doctor torch cuda` shows what is here",
            stage="dependency",
            subject="torch",
            needed="a torch with CUDA",
            found=f"torch {torch.__version__} without a CUDA device",
            next="install a torch with CUDA",
        )
    return torch.device("cuda", torch.cuda.current_device() if wanted.index is None else wanted.index)


def is_16_bit(info: dict) -> bool:
    """Whether the samples of this file are 16-bit integers: half the bytes of float32, and the same values."""
    return info["bits_per_sample"] == 16 and info["encoding"] in _INTEGER_ENCODINGS


def to_device(waveform: Any, device: Any) -> Any:
    """A copy on the device, through page-locked memory; the current stream waits for it, the caller does not."""
    torch = import_torch()
    pinned = torch.empty(waveform.shape, dtype=waveform.dtype, pin_memory=True)
    pinned.copy_(waveform)
    return upload(pinned, device)


def upload(pinned: Any, device: Any) -> Any:
    """The same of page-locked memory; torch keeps that until the copy is done."""
    return pinned.to(device, non_blocking=True)


def finish_on_device(waveform: Any, rate_hz: int, sample_rate: Optional[int], mono: bool) -> Any:
    """What the native line does after decoding: mix, resample by "hq"; float32 of int16 in [-1, 1)."""
    if mono and waveform.shape[0] > 1:
        waveform = _to_float(waveform).mean(dim=0, keepdim=True)
    if sample_rate is not None and sample_rate != rate_hz:
        from .functional import _resample  # needs torch, which the rest of this package does not

        design = _resample.make_design(rate_hz, sample_rate, resampling_method="hq")
        return _resample.run(design, waveform)
    return _to_float(waveform)


def _to_float(waveform: Any) -> Any:
    torch = import_torch()
    return waveform.to(torch.float32).mul_(1 / 32768) if waveform.dtype == torch.int16 else waveform
