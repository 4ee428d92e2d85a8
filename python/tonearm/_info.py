# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""info(): what a file says of itself, without decoding where its header knows."""

from typing import Any, Dict, Optional

from ._options import make_options
from ._runtime import native
from ._sources import DEFAULT_BUFFER_SIZE_BYTES, opened


class AudioMetaData:
    """torchaudio 2.8's five fields, and what else we know.

    num_frames counts samples per channel; num_frames_exact says whether it is a count or the header's estimate.
    bits_per_sample is 0 for lossy and unknown encodings.
    """

    def __init__(
        self,
        sample_rate: int,
        num_frames: int,
        num_channels: int,
        bits_per_sample: int,
        encoding: str,
        *,
        num_frames_exact: bool = True,
        container: str = "",
        backend: str = "",
        stream_index: int = 0,
        num_streams: int = 1,
        tags: Optional[Dict[str, str]] = None,
    ) -> None:
        self.sample_rate = sample_rate
        self.num_frames = num_frames
        self.num_channels = num_channels
        self.bits_per_sample = bits_per_sample
        self.encoding = encoding
        self.num_frames_exact = num_frames_exact
        self.container = container
        self.backend = backend
        self.stream_index = stream_index
        self.num_streams = num_streams
        self.tags = {} if tags is None else tags

    @property
    def duration_sec(self) -> float:
        return self.num_frames / self.sample_rate if self.sample_rate > 0 else 0.0

    def __str__(self) -> str:
        return (
            f"AudioMetaData(sample_rate={self.sample_rate}, num_frames={self.num_frames}, "
            f"num_channels={self.num_channels}, bits_per_sample={self.bits_per_sample}, encoding={self.encoding})"
        )

    __repr__ = __str__


def from_fields(fields: Dict[str, Any]) -> AudioMetaData:
    """Takes the native module's dict, whose keys are the attributes. A tag that occurs twice keeps both values."""
    tags: Dict[str, str] = {}
    for key, value in fields["tags"]:
        tags[key] = f"{tags[key]}; {value}" if key in tags else value
    fields["tags"] = tags
    metadata = AudioMetaData.__new__(AudioMetaData)
    metadata.__dict__ = fields  # __init__ would take as long as making the dict did
    return metadata


def info(
    uri: Any,
    format: Optional[str] = None,
    buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES,
    backend: Optional[str] = None,
    *,
    exact: bool = False,
    stream_index: Optional[int] = None,
    max_bytes: Optional[int] = None,
    max_frames: Optional[int] = None,
    max_channels: Optional[int] = None,
    deadline_sec: Optional[float] = None,
) -> AudioMetaData:
    """Rate, frames, channels, bits, encoding, container and tags; needs no torch.

    exact=True counts the frames where the header has only an estimate. Where it has not even that, they are counted
    in any case, as torchaudio 2.8 did. The limits are those of read().
    """
    options = make_options(
        format=format,
        backend=backend,
        stream_index=stream_index,
        max_bytes=max_bytes,
        max_frames=max_frames,
        max_channels=max_channels,
        deadline_sec=deadline_sec,
    )
    with opened(uri, buffer_size=buffer_size) as source:
        fields = native().get_info(source, options, bool(exact))
        if fields["num_frames"] < 0 and not exact:
            fields = native().get_info(source, options, True)
    return from_fields(fields)
