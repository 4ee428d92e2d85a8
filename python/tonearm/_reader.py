# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Reader: blocks of a long file, seekable, in constant memory."""

import warnings
from typing import TYPE_CHECKING, Any, Iterator, Optional

from ._errors import AudioWarning
from ._info import AudioMetaData, from_fields
from ._options import check_count, make_options
from ._read import convert, plan_types
from ._runtime import native
from ._sources import make_source
from ._tensor import import_torch, to_tensor

if TYPE_CHECKING:
    import torch

#: Most that one native read makes room for, so that a request for more than the file holds costs no memory.
PIECE_FRAMES = 1 << 20


class Reader:
    """One open file. Use as a context manager; one thread at a time (a second one is refused)."""

    def __init__(self, reader: Any, close_source: Any, final_dtype: Any) -> None:
        self._reader = reader
        self._close_source = close_source
        self._final_dtype = final_dtype
        self._closed = False
        self.metadata: AudioMetaData = from_fields(reader.info)

    @property
    def sample_rate(self) -> int:
        """Hz."""
        return self.metadata.sample_rate

    @property
    def num_channels(self) -> int:
        return self.metadata.num_channels

    @property
    def num_frames(self) -> int:
        """Of the whole file; -1 where its header does not know. See metadata.num_frames_exact."""
        return self.metadata.num_frames

    @property
    def backend(self) -> str:
        return self.metadata.backend

    def read(self, num_frames: int = -1) -> "torch.Tensor":
        """The next frames, at most `num_frames` (-1: all that follow): shape (channels, frames), 0 frames at the end."""
        wanted = check_count("num_frames", num_frames, -1, "-1 or more")
        left = None if wanted < 0 else wanted
        parts = []
        while True:
            count = PIECE_FRAMES if left is None else min(left, PIECE_FRAMES)
            part = self._next(count)
            parts.append(part)
            if left is not None:
                left -= count
            if part.shape[1] < count or left == 0:
                return parts[0] if len(parts) == 1 else import_torch().cat(parts, dim=1)

    def blocks(self, num_frames: int) -> Iterator["torch.Tensor"]:
        """Tensors of `num_frames` frames each, the last one shorter, from here to the end."""
        count = check_count("num_frames", num_frames, 1, "greater than 0")
        while True:
            block = self.read(count)
            if block.shape[1] == 0:
                return
            yield block

    def seek(self, frame: int) -> None:
        """The next read begins at `frame`, counted from the start of the file."""
        self._reader.seek(check_count("frame", frame, 0, "non-negative"))

    def tell(self) -> int:
        """The frame at which the next read begins."""
        return self._reader.tell()

    def close(self) -> None:
        """Frees the decoder; the caller's own file object stays open."""
        if self._closed:
            return
        self._reader.close()
        self._closed = True
        if self._close_source is not None:
            self._close_source()
            self._close_source = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _next(self, num_frames: int) -> Any:
        audio = self._reader.read(num_frames)
        for text in audio.warnings:
            warnings.warn(text, AudioWarning, stacklevel=3)
        return convert(to_tensor(audio), self._final_dtype)


def open_reader(
    source: Any,
    *,
    dtype: Any = "float32",
    frame_offset: int = 0,
    format: Optional[str] = None,
    backend: Optional[str] = None,
    stream_index: Optional[int] = None,
    strict: bool = False,
    max_bytes: Optional[int] = None,
    max_channels: Optional[int] = None,
    deadline_sec: Optional[float] = None,
    non_finite: Optional[str] = None,
    allow_special: bool = False,
) -> Reader:
    """A Reader over any source that read() takes; a file-like is read from where it stands, and left where it ends.

    deadline_sec: of the opening, of each seek and of each piece of at most PIECE_FRAMES. non_finite: as in read(), with
    an AudioWarning that counts.
    """
    import_torch()
    sample_type, final_dtype = plan_types(dtype, resampled=False)
    options = make_options(
        backend=backend,
        format=format,
        frame_offset=frame_offset,
        sample_type=sample_type,
        stream_index=stream_index,
        strict=strict,
        max_bytes=max_bytes,
        max_channels=max_channels,
        deadline_sec=deadline_sec,
        non_finite=non_finite,
    )
    native_source, _, close_source = make_source(source, allow_special=allow_special)
    try:
        return Reader(native().Reader(native_source, options), close_source, final_dtype)
    except BaseException:
        if close_source is not None:
            close_source()
        raise
