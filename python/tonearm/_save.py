# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""save() and encode(): torchaudio 2.8's signature, with every argument honoured or refused; Writer, for blocks."""

import numbers
import operator
import os
import warnings
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Tuple

from ._errors import AudioWarning, invalid_argument
from ._options import check_backend, check_count, set_deadline, set_non_finite
from ._runtime import native
from ._sources import DEFAULT_BUFFER_SIZE_BYTES, path_bytes
from ._tensor import import_torch

if TYPE_CHECKING:
    import torch

_INT32_MAX = 2**31 - 1


def save(
    uri: Any,
    src: "torch.Tensor",
    sample_rate: int,
    channels_first: bool = True,
    format: Optional[str] = None,
    encoding: Optional[str] = None,
    bits_per_sample: Optional[int] = None,
    buffer_size: int = DEFAULT_BUFFER_SIZE_BYTES,
    backend: Optional[str] = None,
    compression: Any = None,
    *,
    tags: Optional[Mapping[str, str]] = None,
    non_finite: Optional[str] = None,
    deadline_sec: Optional[float] = None,
) -> None:
    """Saves a tensor of shape (channels, frames), or (frames, channels) on request, or (frames,) for one channel.

    uri: a path, whose file is replaced whole or stays as it was; or an object with write(), which gets the bytes once
    all of them are known, and needs `format`.
    src: uint8, int16, int32, int64, float32 or float64, on any device; integers are full scale, floats in [-1, 1].
    format: "wav", "flac", "ogg", ...; by default the extension of the path.
    encoding, bits_per_sample: of the file; by default those of the tensor's type for WAV and its kin, 16 bits for FLAC.
    compression: FLAC: level 0 to 8; Vorbis: quality 0 to 10; MP3, Opus, AAC: kbit/s; or torchaudio's CodecConfig.
    tags: {"title": ..., "artist": ...}; a tag that the format cannot hold is refused.
    non_finite: samples that are NaN or infinite: "keep" (PCM_F only), "zero" or "refuse", with a warning that counts
    them. None: PCM_F keeps them, the others refuse NaN and clip infinities.
    deadline_sec: the time that it may take.
    Values beyond -1 to 1 are clipped where the file has no place for them, and a warning counts them.
    """
    waveform, options = _prepare(src, sample_rate, channels_first)
    _fill(options, format, encoding, bits_per_sample, backend, compression, tags)
    set_non_finite(options, non_finite)
    set_deadline(options, deadline_sec)
    options.num_frames = waveform.shape[1]
    if not callable(getattr(uri, "write", None)) or isinstance(uri, os.PathLike):
        writer = native().Writer.to_path(path_bytes(uri), options)
    else:
        if format is None:
            raise invalid_argument(
                "'format' is required when saving to file object.",
                subject="format",
                needed="a format such as \"wav\"",
                found="None",
            )
        writer = native().Writer.to_stream(uri.write, None, 0, _most_at_once(buffer_size), _name_of(uri), options)
    _write_all(writer, waveform)


def encode(
    src: "torch.Tensor",
    sample_rate: int,
    format: str,
    channels_first: bool = True,
    encoding: Optional[str] = None,
    bits_per_sample: Optional[int] = None,
    backend: Optional[str] = None,
    compression: Any = None,
    *,
    tags: Optional[Mapping[str, str]] = None,
    non_finite: Optional[str] = None,
    deadline_sec: Optional[float] = None,
) -> bytes:
    """What save() would write, as bytes."""
    waveform, options = _prepare(src, sample_rate, channels_first)
    _fill(options, format, encoding, bits_per_sample, backend, compression, tags)
    set_non_finite(options, non_finite)
    set_deadline(options, deadline_sec)
    options.num_frames = waveform.shape[1]
    writer = native().Writer.to_memory(options)
    _write_all(writer, waveform)
    return writer.contents


class Writer:
    """A new file in blocks, in constant memory. Use as a context manager: leaving it without an exception completes the
    file, leaving it with one keeps what was there before.

    A file-like that can seek is written as the blocks come; one that cannot gets its bytes at the end.
    """

    def __init__(self, writer: Any, sample_rate: int, num_channels: int, dtype: Any) -> None:
        self._writer = writer
        self._dtype = dtype
        self._closed = False
        self.sample_rate = sample_rate  #: Hz
        self.num_channels = num_channels

    @property
    def backend(self) -> str:
        return self._writer.backend

    def write(self, block: "torch.Tensor") -> None:
        """The next frames: shape (channels, frames), or (frames,) for one channel, of the announced dtype."""
        torch = import_torch()
        waveform = _planar(torch, block, True)
        if waveform.shape[0] != self.num_channels or block.dtype != self._dtype:
            raise invalid_argument(
                f"this writer takes {self.num_channels} channels of {self._dtype}, not {waveform.shape[0]} of {block.dtype}",
                subject="block",
            )
        self._writer.write(_scaled(torch, waveform).data_ptr(), waveform.shape[1])

    def tell(self) -> int:
        """Frames written so far."""
        return self._writer.num_frames

    def close(self) -> None:
        """Completes the file; only then does it replace an old one."""
        if self._closed:
            return
        self._writer.close()
        self._closed = True
        for text in self._writer.warnings:
            warnings.warn(text, AudioWarning, stacklevel=2)

    def discard(self) -> None:
        """Gives up: what was there before stays."""
        if not self._closed:
            self._writer.discard()
            self._closed = True

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


def open_writer(
    target: Any,
    *,
    sample_rate: int,
    num_channels: int,
    dtype: Any = "float32",
    format: Optional[str] = None,
    encoding: Optional[str] = None,
    bits_per_sample: Optional[int] = None,
    backend: Optional[str] = None,
    compression: Any = None,
    tags: Optional[Mapping[str, str]] = None,
    non_finite: Optional[str] = None,
    deadline_sec: Optional[float] = None,
) -> Writer:
    """A Writer to a path or to an object with write(); the deadline is that of the whole file, up to its closing."""
    torch = import_torch()
    name = dtype if isinstance(dtype, str) else str(dtype).removeprefix("torch.")
    final_dtype = getattr(torch, name, None)
    options = native().SaveOptions()
    options.sample_type = _sample_type(torch, final_dtype, dtype)
    options.sample_rate = check_count("sample_rate", sample_rate, 1, "greater than 0", _INT32_MAX)
    options.num_channels = check_count("num_channels", num_channels, 1, "greater than 0", _INT32_MAX)
    _fill(options, format, encoding, bits_per_sample, backend, compression, tags)
    set_non_finite(options, non_finite)
    set_deadline(options, deadline_sec)
    if callable(getattr(target, "write", None)) and not isinstance(target, os.PathLike):
        if format is None:
            raise invalid_argument("'format' is required when saving to file object.", subject="format")
        seek, base = _seek_of(target)
        writer = native().Writer.to_stream(target.write, seek, base, 0, _name_of(target), options)
    else:
        writer = native().Writer.to_path(path_bytes(target), options)
    return Writer(writer, options.sample_rate, options.num_channels, final_dtype)


def _prepare(src: Any, sample_rate: Any, channels_first: bool) -> Tuple[Any, Any]:
    """(contiguous samples of shape (channels, frames) on the CPU, options that describe them)."""
    torch = import_torch()
    if not isinstance(src, torch.Tensor):
        raise TypeError(f"a torch.Tensor is needed, not {type(src).__module__}.{type(src).__qualname__}")
    options = native().SaveOptions()
    options.sample_type = _sample_type(torch, src.dtype, src.dtype)
    options.sample_rate = check_count("sample_rate", sample_rate, 1, "greater than 0", _INT32_MAX)
    waveform = _scaled(torch, _planar(torch, src, channels_first))
    options.num_channels = waveform.shape[0]
    return waveform, options


def _fill(
    options: Any,
    format: Optional[str],
    encoding: Optional[str],
    bits_per_sample: Optional[int],
    backend: Optional[str],
    compression: Any,
    tags: Optional[Mapping[str, str]],
) -> None:
    options.format = format or ""
    options.encoding = encoding or ""
    if bits_per_sample is not None:
        options.bits_per_sample = check_count("bits_per_sample", bits_per_sample, 1, "greater than 0", _INT32_MAX)
    options.backend = check_backend(backend) or ""
    options.compression = _compression(compression)
    for key, value in (tags or {}).items():
        options.add_tag(key.lower(), value)


def _write_all(writer: Any, waveform: Any) -> None:
    writer.write(waveform.data_ptr(), waveform.shape[1])
    writer.close()
    for text in writer.warnings:
        warnings.warn(text, AudioWarning, stacklevel=3)


def _sample_types(torch: Any) -> Dict[Any, int]:
    module = native()
    return {
        torch.uint8: module.UINT8,
        torch.int16: module.INT16,
        torch.int32: module.INT32,
        torch.int64: module.INT32,  # its upper half
        torch.float32: module.FLOAT32,
        torch.float64: module.FLOAT64,
    }


def _sample_type(torch: Any, dtype: Any, given: Any) -> int:
    types = _sample_types(torch)
    if dtype not in types:
        names = [str(name) for name in types]
        raise invalid_argument(
            f"No format found for dtype {given}; dtype must be one of [{', '.join(names)}].",
            subject="dtype",
            needed=", ".join(names),
            found=str(given),
        )
    return types[dtype]


def _planar(torch: Any, src: Any, channels_first: bool) -> Any:
    """Contiguous, on the CPU, without its history: shape (channels, frames)."""
    if src.ndim not in (1, 2):
        raise invalid_argument(
            f"Expected 2D Tensor, got {src.ndim}D.", subject="src", needed="(channels, frames) or (frames,)"
        )
    if src.ndim == 1:
        src = src.unsqueeze(0)
    elif not channels_first:
        src = src.t()
    return src.detach().cpu().resolve_neg().contiguous()


def _scaled(torch: Any, waveform: Any) -> Any:
    """int64, which is full scale as every integer is, as int32: its upper half, rounded half to even."""
    if waveform.dtype != torch.int64:
        return waveform
    upper, lower = waveform >> 32, waveform & 0xFFFFFFFF
    up = (lower > 2**31) | ((lower == 2**31) & (upper % 2 == 1))
    result = (upper + up).clamp(max=_INT32_MAX).to(torch.int32)
    if waveform.numel() > 0 and bool(waveform.any()) and not bool(result.any()):
        warnings.warn(
            "int64 samples are taken as full scale, up to 2**63; all of these round to silence", AudioWarning, stacklevel=4
        )
    return result


def _compression(value: Any) -> Optional[float]:
    if value is None:
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    # torchaudio.io.CodecConfig, where -1 and None stand for "not set".
    given = {name: getattr(value, name, None) for name in ("bit_rate", "compression_level", "qscale")}
    known = {name: number for name, number in given.items() if number is not None and number >= 0}
    if not any(hasattr(value, name) for name in given) or len(known) > 1:
        raise invalid_argument(
            f"Invalid argument: compression must be a number, or a CodecConfig with one setting, not {value!r}.",
            subject="compression",
            found=repr(value),
        )
    for name, number in known.items():
        return number / 1000 if name == "bit_rate" else float(number)
    return None


def _most_at_once(buffer_size: int) -> int:
    """Bytes that one write() is given; 0: as the library likes, which torchaudio's default stands for."""
    buffer_size = operator.index(buffer_size)
    if buffer_size <= 0:
        raise invalid_argument(
            f"Invalid argument: buffer_size must be greater than 0, not {buffer_size}.", subject="buffer_size"
        )
    return 0 if buffer_size == DEFAULT_BUFFER_SIZE_BYTES else buffer_size


def _seek_of(file: Any) -> Tuple[Any, int]:
    """(bound seek, where the object stands), or (None, 0) where it cannot go back."""
    seekable = getattr(file, "seekable", None)
    if not callable(getattr(file, "seek", None)) or not callable(getattr(file, "tell", None)):
        return None, 0
    if (callable(seekable) and not seekable()) or "a" in str(getattr(file, "mode", "")):
        return None, 0  # a file opened for appending writes at its end wherever it is asked to
    return file.seek, file.tell()


def _name_of(file: Any) -> str:
    name = getattr(file, "name", None)
    return name if isinstance(name, str) else f"<{type(file).__name__}>"
