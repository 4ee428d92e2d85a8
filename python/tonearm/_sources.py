# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""From what a caller hands over (path, bytes, buffer, tensor, file-like) to a native source."""

import contextlib
import io
import operator
import os
import re
import sys
from typing import Any, Iterator, Optional, Tuple

from ._errors import invalid_argument
from ._runtime import native

#: torchaudio 2.8's default, which stands for "as the library likes".
DEFAULT_BUFFER_SIZE_BYTES = 4096

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def is_direct(uri: Any) -> bool:
    """Whether the native load() takes `uri` as it is: a path that needs no judgement here, or a file's bytes."""
    kind = type(uri)
    return kind is bytes or (kind is str and "\0" not in uri and "://" not in uri)


@contextlib.contextmanager
def opened(uri: Any, *, buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES, allow_special: bool = False) -> Iterator[Any]:
    """A native source for one call. A file-like that can tell and seek is put back where it was."""
    source, restore, close = make_source(uri, buffer_size=buffer_size, allow_special=allow_special)
    try:
        yield source
        if restore is not None:
            restore()
    finally:
        if close is not None:
            close()


def make_source(uri: Any, *, buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES, allow_special: bool = False) -> Tuple:
    """(native source, how to rewind the caller's object, how to close what we opened); the last two may be None."""
    buffer_size = operator.index(buffer_size)
    if buffer_size <= 0:
        raise invalid_argument(
            f"Invalid argument: buffer_size must be greater than 0, not {buffer_size}.", subject="buffer_size"
        )
    if isinstance(uri, str) or (isinstance(uri, os.PathLike) and not _is_file_like(uri)):
        return _from_path(uri, allow_special), None, None
    if isinstance(uri, io.BytesIO) and type(uri) is io.BytesIO:
        return native().Source.from_buffer(uri.getbuffer()[uri.tell() :], "<BytesIO>"), None, None
    if _is_file_like(uri):
        return (*_from_stream(uri, buffer_size), None)
    if _is_tensor(uri):
        return _from_tensor(uri), None, None
    if _is_fsspec_open_file(uri):
        file = uri.open()
        try:
            return (*_from_stream(file, buffer_size), file.close)
        except BaseException:
            file.close()
            raise
    return _from_buffer(uri), None, None


def _is_file_like(uri: Any) -> bool:
    if not callable(getattr(uri, "read", None)) or _is_tensor(uri):
        return False
    # py.path.local is a path whose read() takes a mode; fsspec's local file is a file that also knows its path.
    return not isinstance(uri, os.PathLike) or hasattr(uri, "seek")


def _is_tensor(uri: Any) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(uri, getattr(torch, "Tensor", ()))


def _is_fsspec_open_file(uri: Any) -> bool:
    return hasattr(uri, "fs") and hasattr(uri, "path") and callable(getattr(uri, "open", None))


def path_bytes(uri: Any, mode: str = "wb") -> bytes:
    """A path as the system has it; what only looks like one is refused. `mode`: for the advice about URLs."""
    path = os.fspath(uri)
    raw = os.fsencode(path)
    if b"\0" in raw:
        raise invalid_argument(f"Invalid argument: the path {path!r} holds a null byte.", subject="uri")
    if isinstance(path, str) and _URL.match(path) and not os.path.exists(path):
        raise invalid_argument(
            f'cannot open "{path}": it is a URL, and a path was needed\n  next: give the file object of fsspec.open("{path}", "{mode}")',
            subject=path,
            needed="a path of a file on this machine",
            found="a URL",
            next=f'fsspec.open("{path}", "{mode}")',
        )
    return raw


def _from_path(uri: Any, allow_special: bool) -> Any:
    return native().Source.from_path(path_bytes(uri, "rb"), allow_special)


def _from_buffer(uri: Any) -> Any:
    try:
        view = memoryview(uri)
    except TypeError:
        raise TypeError(
            "audio comes from a path (str or os.PathLike), bytes or another buffer, a uint8 tensor, or an object with "
            f"read(); this is {type(uri).__module__}.{type(uri).__qualname__}"
        ) from None
    if view.itemsize != 1:
        raise TypeError(f"a buffer of bytes is needed; the items of this {type(uri).__name__} have {view.itemsize} bytes")
    if not view.c_contiguous:
        raise TypeError(f"a contiguous buffer is needed; this {type(uri).__name__} has gaps")
    return native().Source.from_buffer(view, f"<{type(uri).__name__}>")


def _from_tensor(tensor: Any) -> Any:
    import torch

    if tensor.dtype != torch.uint8 or tensor.device.type != "cpu":
        raise TypeError(
            "a tensor given as a source holds the bytes of a file: uint8, on the CPU; "
            f"this one is {tensor.dtype} on {tensor.device}"
        )
    tensor = tensor.detach().contiguous()
    return native().Source.from_address(tensor.data_ptr(), tensor.numel(), tensor, "<tensor>")


def _from_stream(file: Any, buffer_size: int) -> Tuple:
    seek = file.seek if _can_seek(file) else None
    base = _tell(file) if seek else None
    size = _size(file, base or 0) if seek else None
    name = getattr(file, "name", None)
    source = native().Source.from_stream(
        file,
        seek,
        base or 0,
        -1 if size is None else size,
        0 if buffer_size == DEFAULT_BUFFER_SIZE_BYTES else buffer_size,
        name if isinstance(name, str) else f"<{type(file).__name__}>",
    )
    return source, (lambda: seek(base)) if base is not None else None


def _can_seek(file: Any) -> bool:
    if not callable(getattr(file, "seek", None)):
        return False
    seekable = getattr(file, "seekable", None)
    return bool(seekable()) if callable(seekable) else True


def _tell(file: Any) -> Optional[int]:
    return file.tell() if callable(getattr(file, "tell", None)) else None


def _size(file: Any, base: int) -> Optional[int]:
    """Bytes from `base` to the end, or None where the object does not tell."""
    end = file.seek(0, os.SEEK_END)
    if not isinstance(end, int):
        end = _tell(file)
    file.seek(base)
    return None if end is None else max(0, end - base)
