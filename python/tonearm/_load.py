# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""load(): torchaudio 2.8's signature, with every argument honoured."""

import operator
import warnings
from typing import TYPE_CHECKING, Any, Optional, Tuple

from ._errors import AudioWarning, invalid_argument
from ._options import check_backend, check_count
from ._runtime import native
from ._sources import DEFAULT_BUFFER_SIZE_BYTES, is_direct, opened
from ._tensor import import_torch, to_tensor

if TYPE_CHECKING:
    import torch


def load(
    uri: Any,
    frame_offset: int = 0,
    num_frames: int = -1,
    normalize: bool = True,
    channels_first: bool = True,
    format: Optional[str] = None,
    buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES,
    backend: Optional[str] = None,
) -> Tuple["torch.Tensor", int]:
    """(waveform, sample_rate); the waveform has shape (channels, frames), or (frames, channels) on request.

    normalize=True gives float32 in [-1, 1]. normalize=False gives the samples of uncompressed files as they are
    (24 bits left-justified in int32), and float32 for the rest.
    """
    # A second of WAV is read in 10 us: only what every call needs is done here.
    frame_offset, num_frames = operator.index(frame_offset), operator.index(num_frames)
    if frame_offset != 0 or num_frames != -1:
        _check_range(frame_offset, num_frames)
    import_torch()
    backend, module = check_backend(backend), native()
    sample_type = module.FLOAT32 if normalize else module.NATIVE
    if buffer_size == DEFAULT_BUFFER_SIZE_BYTES and is_direct(uri):
        audio = module.load(uri, frame_offset, num_frames, sample_type, format, backend)
    else:
        with opened(uri, buffer_size=buffer_size) as source:
            audio = module.load(source, frame_offset, num_frames, sample_type, format, backend)
    if frame_offset > 0 and audio.num_frames == 0:
        raise invalid_argument(
            f"Failed to decode audio: frame_offset {frame_offset} is at or past the end.",
            subject="frame_offset",
            needed="less than the number of frames",
            found=str(frame_offset),
        )
    for text in audio.warnings:
        warnings.warn(text, AudioWarning, stacklevel=2)
    waveform = to_tensor(audio)
    return waveform if channels_first else waveform.t(), audio.sample_rate


def _check_range(frame_offset: int, num_frames: int) -> None:
    """torchaudio 2.8's words for numbers below the range, ours for those above it."""
    if frame_offset < 0:
        raise invalid_argument(
            "Invalid argument: frame_offset must be non-negative.", subject="frame_offset", found=str(frame_offset)
        )
    if num_frames == 0 or num_frames < -1:
        raise invalid_argument(
            "Invalid argument: num_frames must be -1 or greater than 0.", subject="num_frames", found=str(num_frames)
        )
    check_count("frame_offset", frame_offset, 0, "non-negative")
    check_count("num_frames", num_frames, -1, "-1 or more")
