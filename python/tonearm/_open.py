# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""open(): blocks of a long file, read or written."""

from typing import Any, Literal, overload

from ._errors import invalid_argument
from ._reader import Reader, open_reader
from ._save import Writer, open_writer


@overload
def open(source: Any, mode: Literal["r"] = "r", **options: Any) -> Reader: ...
@overload
def open(source: Any, mode: Literal["w"], **options: Any) -> Writer: ...
def open(source: Any, mode: str = "r", **options: Any) -> Any:
    """mode "r": a Reader; options: dtype, frame_offset, format, backend, stream_index, strict, max_bytes, max_channels,
    deadline_sec, non_finite, allow_special. mode "w": a Writer; options: sample_rate and num_channels (both needed),
    dtype, format, encoding, bits_per_sample, backend, compression, tags, non_finite, deadline_sec.
    """
    if mode == "r":
        return open_reader(source, **options)
    if mode == "w":
        return open_writer(source, **options)
    raise invalid_argument(f"Invalid argument: mode must be 'r' or 'w', not {mode!r}.", subject="mode", found=str(mode))
