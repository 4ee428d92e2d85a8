# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""read(): one step from a file to what a model wants."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from ._errors import invalid_argument
from ._info import AudioMetaData, from_fields
from ._options import check_count, make_options
from ._runtime import native
from ._sources import opened
from ._tensor import import_torch, to_tensor
from ._upload import cuda_device, finish_on_device, read_to_device

if TYPE_CHECKING:
    import torch


@dataclass
class Audio:
    """What read() returns."""

    waveform: "torch.Tensor"  #: shape (channels, frames)
    sample_rate: int  #: Hz, of the waveform
    backend: str  #: who decoded it
    warnings: List[str]  #: what was not as the file promised; empty if all was well
    metadata: AudioMetaData  #: of the file, before any resampling
    num_non_finite: int = 0  #: samples that were NaN or infinite, where `non_finite` has them counted


def read(
    source: Any,
    *,
    sample_rate: Optional[int] = None,
    mono: bool = False,
    frame_offset: int = 0,
    num_frames: int = -1,
    offset_sec: Optional[float] = None,
    length_sec: Optional[float] = None,
    dtype: Any = "float32",
    format: Optional[str] = None,
    backend: Optional[str] = None,
    stream_index: Optional[int] = None,
    strict: bool = False,
    verify: bool = False,
    threads: int = 1,
    max_bytes: Optional[int] = None,
    max_frames: Optional[int] = None,
    max_channels: Optional[int] = None,
    deadline_sec: Optional[float] = None,
    non_finite: Optional[str] = None,
    allow_special: bool = False,
    device: Any = None,
) -> Audio:
    """Decodes, and on request cuts, mixes to one channel, resamples and converts.

    sample_rate: Hz of the result. mono: the average of all channels.
    frame_offset, num_frames: the part to read, in frames at the file's own rate (-1: to the end); or
    offset_sec, length_sec: the same in seconds, rounded to the nearest frame.
    dtype: a torch.dtype or its name; integers come unscaled only from files of that type, "native" as the file has it.
    strict: damaged or truncated audio raises, instead of a note in `warnings`.
    verify: the samples are compared with the MD5 that a FLAC file carries; refused where there is none, and for a part.
    threads: at most so many decode one long FLAC file, from a path or bytes, and resample; the samples are the same for
    any number.
    max_bytes, max_frames, max_channels, deadline_sec: limits on the input and the time.
    non_finite: samples that are NaN or infinite: "keep", "zero" or "refuse"; counted in `num_non_finite` and told of in
    `warnings`. None: they stay, and nobody looks.
    allow_special: read from a FIFO or a device too.
    device: where the waveform is wanted, the CPU or a CUDA device; 16-bit audio is uploaded as it is, while it is
    decoded, and mixed, resampled and converted on the device's current stream.
    """
    import_torch()
    module = native()
    target = cuda_device(device)
    sample_type, final_dtype = plan_types(dtype, resampled=sample_rate is not None or mono)
    options = make_options(
        backend=backend,
        format=format,
        frame_offset=frame_offset,
        num_frames=num_frames,
        sample_type=sample_type,
        sample_rate=sample_rate,
        mono=mono,
        stream_index=stream_index,
        strict=strict,
        verify=verify,
        threads=threads,
        max_bytes=max_bytes,
        max_frames=max_frames,
        max_channels=max_channels,
        deadline_sec=deadline_sec,
        non_finite=non_finite,
    )
    _check_one_unit("offset", frame_offset != 0, offset_sec)
    _check_one_unit("length", num_frames != -1, length_sec)
    if target is not None and sample_type == module.FLOAT32:
        # What is uploaded is as short as it can be; the rest is the device's part.
        options.sample_type, options.sample_rate, options.mono = module.INT16_OR_FLOAT32, 0, False
    with opened(source, allow_special=allow_special) as native_source:
        if offset_sec is not None or length_sec is not None:
            rate_hz = module.get_info(native_source, options, False)["sample_rate"]
            if offset_sec is not None:
                options.frame_offset = _to_frames("offset_sec", offset_sec, rate_hz)
            if length_sec is not None:
                options.num_frames = _to_frames("length_sec", length_sec, rate_hz)
        if target is None:
            return audio_from_native(module.read(native_source, options), final_dtype)
        audio, waveform = read_to_device(native_source, options, target)
    if sample_type == module.FLOAT32:
        waveform = finish_on_device(waveform, audio.sample_rate, sample_rate, mono)
    metadata = from_fields(audio.info)
    rate_hz = audio.sample_rate if sample_rate is None else sample_rate
    waveform = convert(waveform, final_dtype)
    return Audio(waveform, rate_hz, metadata.backend, audio.warnings, metadata, audio.num_non_finite)


def audio_from_native(audio: Any, final_dtype: Any) -> Audio:
    """Takes the samples of a native Audio; `final_dtype` is plan_types()'s second answer."""
    metadata = from_fields(audio.info)
    waveform = convert(to_tensor(audio), final_dtype)
    return Audio(waveform, audio.sample_rate, metadata.backend, audio.warnings, metadata, audio.num_non_finite)


#: As a dtype: int16 where the samples are 16-bit integers, else float32. What is uploaded.
INT16_OR_FLOAT32 = object()


def plan_types(dtype: Any, resampled: bool) -> Tuple[int, Any]:
    """(what the native side is asked for, what convert() makes of it or None)."""
    torch, module = import_torch(), native()
    if dtype is INT16_OR_FLOAT32:
        return module.INT16_OR_FLOAT32, None
    if dtype == "native":
        return module.NATIVE, None
    name = dtype if isinstance(dtype, str) else str(dtype).removeprefix("torch.")
    floats = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
    if name in floats:
        # float32 cannot hold 32-bit integers: float64 starts from the file's own samples.
        wide = name == "float64" and not resampled
        return (module.NATIVE if wide else module.FLOAT32), floats[name]
    integers = {"uint8": module.UINT8, "int16": module.INT16, "int32": module.INT32}
    if name in integers:
        return integers[name], None
    raise invalid_argument(
        f"Invalid argument: dtype {dtype!r} is not one that audio is read as.",
        subject="dtype",
        needed=", ".join([*floats, *integers, "native"]),
        found=str(dtype),
    )


def convert(waveform: Any, dtype: Any) -> Any:
    """`waveform` as the floating type `dtype` (None: as it is); integers are scaled to [-1, 1)."""
    if dtype is None or waveform.dtype == dtype:
        return waveform
    torch = import_torch()
    if waveform.dtype == torch.uint8:
        return (waveform.to(dtype) - 128) / 128
    if not waveform.dtype.is_floating_point:
        return waveform.to(dtype) / 2 ** (torch.iinfo(waveform.dtype).bits - 1)
    return waveform.to(dtype)


def _check_one_unit(name: str, in_frames: bool, seconds: Optional[float]) -> None:
    if in_frames and seconds is not None:
        raise invalid_argument(f"Invalid argument: {name} was given in frames and in seconds.", subject=f"{name}_sec")


def _to_frames(name: str, seconds: float, rate_hz: int) -> int:
    if not 0 <= seconds < float("inf"):
        raise invalid_argument(f"Invalid argument: {name} must be non-negative, not {seconds}.", subject=name)
    return check_count(name, round(seconds * rate_hz), 0, "non-negative")
