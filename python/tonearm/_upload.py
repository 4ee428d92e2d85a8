# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""From decoded samples to a CUDA device: 16-bit audio goes up as 16 bits, and becomes float where it is resampled."""

import functools
from typing import Any, Callable, Dict, List, Optional, Tuple

from ._errors import MissingDependencyError, invalid_argument
from ._runtime import native
from ._tensor import import_torch, pad_together, torch_type


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


def read_to_device(source: Any, options: Any, device: Any) -> Tuple[Any, Any]:
    """(native Audio without samples, their tensor on the device), uploaded as they are decoded; the current stream waits
    for them, the caller does not."""
    torch = import_torch()
    from . import _cuda  # needs torch, which the rest of this package does not

    waveform: Any = None

    def allocate(sample_type: int, num_channels: int, num_frames: int) -> int:
        nonlocal waveform
        waveform = torch.empty((num_channels, num_frames), dtype=torch_type(sample_type), device=device)
        return waveform.data_ptr()

    audio = native().cuda_read(source, options, _cuda.ordinal_of(device), _cuda.stream_of(device), allocate)
    return audio, waveform[:, : audio.num_frames].contiguous()  # a copy where the file ended early


def upload(waveforms: List[Any], device: Any, pad: bool) -> Any:
    """(channel, time) each, on the CPU and of one type and number of channels: copies on the device, a list, or with
    `pad` one tensor (waveform, channel, time) with zeros behind them. Through the same page-locked memory."""
    torch = import_torch()
    if not pad:
        targets = [torch.empty(waveform.shape, dtype=waveform.dtype, device=device) for waveform in waveforms]
    else:
        longest = max(waveform.shape[1] for waveform in waveforms)
        shape = (len(waveforms), waveforms[0].shape[0], longest)
        targets = torch.zeros(shape, dtype=waveforms[0].dtype, device=device)
    from . import _cuda

    for waveform, target in zip(waveforms, targets):
        rows = waveform.contiguous()
        size = rows.element_size()
        native().cuda_upload(
            _cuda.ordinal_of(device),
            _cuda.stream_of(device),
            rows.data_ptr(),
            rows.shape[1] * size,
            target.data_ptr(),
            target.stride(0) * size,
            rows.shape[1] * size,
            rows.shape[0],
        )
    return targets


def finish_on_device(waveform: Any, rate_hz: int, sample_rate: Optional[int], mono: bool) -> Any:
    """What the native line does after decoding: mix, resample by "hq"; float32 of int16 in [-1, 1)."""
    waveform = _mix(waveform, mono)
    if sample_rate is not None and sample_rate != rate_hz:
        return _resampler(rate_hz, sample_rate)(waveform)
    return _to_float(waveform)


def finish_batch_on_device(
    waveforms: List[Any], rates_hz: List[int], sample_rate: Optional[int], mono: bool, pad: bool, device: Any
) -> Tuple[Any, List[int]]:
    """The same of many, (channel, time) on the CPU, and their lengths. A list, or with `pad` one tensor (waveform,
    channel, time). Those of one type, rate and number of channels go together."""
    groups: Dict[Any, List[int]] = {}
    for i, (waveform, rate_hz) in enumerate(zip(waveforms, rates_hz)):
        groups.setdefault((waveform.dtype, waveform.shape[0], rate_hz), []).append(i)
    finished: List[Any] = [None] * len(waveforms)
    sizes = [waveform.shape[1] for waveform in waveforms]
    for (_, _, rate_hz), members in groups.items():
        resampler = None if sample_rate in (None, rate_hz) else _resampler(rate_hz, sample_rate)
        group = upload([waveforms[i] for i in members], device, pad)
        if pad:
            group, lengths = _finish_padded(_mix(group, mono), [sizes[i] for i in members], resampler)
            if len(groups) == 1:
                return group, lengths
        else:
            group = [_mix(waveform, mono) for waveform in group]
            group = [_to_float(w) for w in group] if resampler is None else _map_ragged()(resampler, group)
            lengths = [waveform.shape[1] for waveform in group]
        for i, waveform, length in zip(members, group, lengths):
            finished[i], sizes[i] = waveform, length
    if not pad:
        return finished, sizes
    return pad_together([waveform[:, :size] for waveform, size in zip(finished, sizes)]), sizes


def _finish_padded(batch: Any, lengths: List[int], resampler: Optional[Callable[[Any], Any]]) -> Tuple[Any, List[int]]:
    if resampler is None:
        return _to_float(batch), lengths
    resampled, sizes = _map_ragged()(resampler, batch, lengths)
    return resampled, sizes.tolist()


def _map_ragged() -> Callable[..., Any]:
    from .functional import map_ragged

    return map_ragged


def _resampler(rate_hz: int, sample_rate: int) -> Callable[[Any], Any]:
    from .functional import _resample

    return functools.partial(_resample.run, _resample.make_design(rate_hz, sample_rate, resampling_method="hq"))


def _mix(waveform: Any, mono: bool) -> Any:
    return _to_float(waveform).mean(dim=-2, keepdim=True) if mono and waveform.shape[-2] > 1 else waveform


def _to_float(waveform: Any) -> Any:
    torch = import_torch()
    return waveform.to(torch.float32).mul_(1 / 32768) if waveform.dtype == torch.int16 else waveform
