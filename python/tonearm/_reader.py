# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""open(): blocks of a long file, seekable, in constant memory."""

from typing import Any, Iterator, Optional

from ._info import AudioMetaData, from_fields
from ._options import check_count, make_options
from ._read import _sample_type
from ._runtime import native
from ._sources import make_source
from ._tensor import import_torch, to_tensor


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

    def read(self, num_frames: int = -1) -> Any:
        """The next frames, at most `num_frames` (-1: all that follow): shape (channels, frames), 0 frames at the end."""
        count = check_count("num_frames", num_frames, -1, "-1 or more")
        if count >= 0:
            return self._to_tensor(self._reader.read(count))
        parts = list(self.blocks(1 << 20))
        return import_torch().cat(parts, dim=1) if parts else self._to_tensor(self._reader.read(1))

    def blocks(self, num_frames: int) -> Iterator[Any]:
        """Tensors of `num_frames` frames each, the last one shorter, from here to the end."""
        count = check_count("num_frames", num_frames, 1, "greater than 0")
        while True:
            block = self._to_tensor(self._reader.read(count))
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

    def _to_tensor(self, audio: Any) -> Any:
        tensor = to_tensor(audio)
        return tensor if self._final_dtype is None else tensor.to(self._final_dtype)


def open(
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
    allow_special: bool = False,
) -> Reader:
    """A Reader over any source that read() takes; a file-like is read from where it stands, and left where it ends."""
    import_torch()
    sample_type, final_dtype = _sample_type(dtype, resampled=False)
    options = make_options(
        backend=backend,
        format=format,
        frame_offset=frame_offset,
        sample_type=sample_type,
        stream_index=stream_index,
        strict=strict,
        max_bytes=max_bytes,
        max_channels=max_channels,
    )
    native_source, _, close_source = make_source(source, allow_special=allow_special)
    try:
        return Reader(native().Reader(native_source, options), close_source, final_dtype)
    except BaseException:
        if close_source is not None:
            close_source()
        raise
