# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""`tonearm convert`: one file to another, in blocks. Needs no torch."""

import ctypes
import os
from typing import Any, Callable, Dict, List, Optional, Tuple

from ._options import check_backend, make_options
from ._runtime import native
from ._sources import make_source, path_bytes

_BLOCK_FRAMES = 1 << 18
_HQ = 2  # tonearm_resample_method
#: Formats that hold integers of a depth to choose, and the depths.
_DEPTHS = {
    **dict.fromkeys(["wav", "wave", "rf64", "w64", "aiff", "aif", "aifc", "au", "snd", "caf"], [8, 16, 24, 32]),
    "flac": [8, 16, 24],
    "alac": [16, 24],
}


def convert(
    source: str,
    target: str,
    *,
    rate_hz: Optional[int] = None,
    mono: bool = False,
    format: Optional[str] = None,
    encoding: Optional[str] = None,
    bits_per_sample: Optional[int] = None,
    compression: Optional[float] = None,
    backend: Optional[str] = None,
    progress: Callable[[float], None] = lambda _: None,
) -> List[str]:
    """Returns the warnings. Without encoding and bits the depth is the source's, 16 bits where that is lossy.

    Blocks pass in constant memory. `progress` is told the part that is done, 0 to 1.
    """
    module = native()
    processed = rate_hz is not None or mono
    make_options(sample_rate=rate_hz)  # judges the rate, which is not the reader's
    options = make_options(mono=mono, sample_type=module.FLOAT32 if processed else module.NATIVE)
    native_source, _, _ = make_source(source)
    reader = module.Reader(native_source, options)
    block = reader.read(_BLOCK_FRAMES)
    about = block.info

    save = module.SaveOptions()
    save.format, save.encoding, save.backend = format or "", encoding or "", check_backend(backend) or ""
    save.compression = compression
    save.sample_rate, save.num_channels, save.sample_type = block.sample_rate, block.num_channels, block.sample_type
    resampled = None
    if rate_hz is not None and rate_hz != block.sample_rate:
        save.sample_rate, resampled = rate_hz, _Resampled(block, rate_hz)
    if encoding is None and bits_per_sample is None:
        _keep_depth(save, about, (format or os.path.splitext(target)[1][1:]).lower())
    elif bits_per_sample is not None:
        save.bits_per_sample = bits_per_sample
    writer = module.Writer.to_path(path_bytes(target), save)
    warnings = []
    num_read = 0
    while True:
        warnings += block.warnings
        num_read += block.num_frames
        if resampled is None:
            writer.write_audio(block)
        else:
            writer.write(*resampled.push(block))
        if about["num_frames"] > 0:
            progress(min(num_read / about["num_frames"], 1.0))
        if block.num_frames == 0:
            break
        block = reader.read(_BLOCK_FRAMES)
    writer.close()
    return warnings + writer.warnings


class _Resampled:
    """Blocks at another rate, with the samples that read() gives of the whole."""

    def __init__(self, block: Any, rate_hz: int) -> None:
        module = native()
        plan = module.Resampler(source_rate=block.sample_rate, target_rate=rate_hz, method=_HQ)
        self._stream = module.ResampleStream(plan, module.FLOAT32, block.num_channels)
        self._samples: Any = None

    def push(self, block: Any) -> Tuple[int, int]:
        """(address, frames) of what the next block completes, until the next push; one without frames is the last."""
        is_last = block.num_frames == 0
        frames = self._stream.length(block.num_frames, is_last)
        self._samples = (ctypes.c_float * (frames * block.num_channels))()
        address = ctypes.addressof(self._samples)
        self._stream.push(is_last, block.address, block.num_frames, address, frames)
        return address, frames


def _keep_depth(save: Any, about: Dict[str, Any], format: str) -> None:
    """The source's encoding where the target can have it, else the next deeper one."""
    depths = _DEPTHS.get(format)
    if depths is None or about["encoding"] == "PCM_F":
        return
    if about["encoding"] in ("ULAW", "ALAW") and 32 in depths:
        save.encoding = about["encoding"]
        return
    exact = about["encoding"] in ("PCM_S", "PCM_U", "FLAC", "ALAC")  # for others, such as ADPCM, bits are not a depth
    wanted = (about["bits_per_sample"] if exact else 0) or 16
    save.bits_per_sample = next((depth for depth in depths if depth >= wanted), depths[-1])
