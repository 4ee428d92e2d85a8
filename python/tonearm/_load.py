# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""load(): torchaudio 2.8's signature, with every argument honoured."""

import operator
import warnings
from typing import Any, Optional, Tuple

from ._errors import AudioWarning, invalid_argument
from ._options import make_options
from ._runtime import native
from ._sources import DEFAULT_BUFFER_SIZE_BYTES, opened
from ._tensor import import_torch, to_tensor


def load(
    uri: Any,
    frame_offset: int = 0,
    num_frames: int = -1,
    normalize: bool = True,
    channels_first: bool = True,
    format: Optional[str] = None,
    buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES,
    backend: Optional[str] = None,
) -> Tuple[Any, int]:
    """(waveform, sample_rate); the waveform has shape (channels, frames), or (frames, channels) on request.

    normalize=True gives float32 in [-1, 1]. normalize=False gives the samples of uncompressed files as they are
    (24 bits left-justified in int32), and float32 for the rest.
    """
    frame_offset, num_frames = operator.index(frame_offset), operator.index(num_frames)
    if frame_offset < 0:
        raise invalid_argument(
            "Invalid argument: frame_offset must be non-negative.", subject="frame_offset", found=str(frame_offset)
        )
    if num_frames == 0 or num_frames < -1:
        raise invalid_argument(
            "Invalid argument: num_frames must be -1 or greater than 0.", subject="num_frames", found=str(num_frames)
        )
    import_torch()  # a missing torch is said before the work, not after it
    module = native()
    options = make_options(
        frame_offset=frame_offset,
        num_frames=num_frames,
        sample_type=module.FLOAT32 if normalize else module.NATIVE,
        format=format,
        backend=backend,
    )
    with opened(uri, buffer_size=buffer_size) as source:
        audio = module.read(source, options)
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
