# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""read_many(), read_batch(): many files by a few native threads, without the GIL."""

import ctypes
import io
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, List, Optional

from ._errors import Error
from ._options import check_count, make_options
from ._read import INT16_OR_FLOAT32, Audio, audio_from_native, convert, plan_types
from ._runtime import native
from ._tensor import import_torch, pad_together, to_tensor
from ._upload import cuda_device, finish_batch_on_device, upload

if TYPE_CHECKING:
    import torch


@dataclass
class BatchItem:
    """What became of one source: exactly one of `audio` and `error` is set."""

    index: int  #: of the source
    audio: Optional[Audio]
    error: Optional[Error]


@dataclass
class PaddedBatch:
    """What read_batch() returns."""

    waveforms: Any  #: (batch, channels, frames) padded with zeros; with pad=False a list of (channels, frames)
    lengths: "torch.Tensor"  #: int64, shape (batch,): frames of each item before padding; 0 for a failed one
    sample_rate: int  #: Hz, of all waveforms; 0 where none could be read
    errors: Dict[int, Error]  #: by index of the source
    #: By index of the source: what was not as the file promised.
    warnings: Dict[int, List[str]] = field(default_factory=dict)


def read_many(
    sources: Iterable[Any],
    *,
    num_threads: Optional[int] = None,
    max_ahead: Optional[int] = None,
    in_order: bool = True,
    sample_rate: Optional[int] = None,
    mono: bool = False,
    frame_offset: int = 0,
    num_frames: int = -1,
    dtype: Any = "float32",
    format: Optional[str] = None,
    backend: Optional[str] = None,
    stream_index: Optional[int] = None,
    strict: bool = False,
    max_frames: Optional[int] = None,
    max_channels: Optional[int] = None,
    deadline_sec: Optional[float] = None,
    non_finite: Optional[str] = None,
) -> "_Results":
    """Reads paths, buffers and file objects (whose bytes are read first); a file that cannot be read is an item with
    its error. Everything else is as in read(); the deadline counts per item.

    num_threads: None for the processors that this process may use. Where files take less than 0.1 ms each, the thread
    that iterates reads some itself rather than wait, and one of the others rests.
    max_ahead: most items begun and not taken, which bounds the memory; None for 4 per thread.
    in_order: in the order of `sources`, otherwise as they complete.
    Leaving the loop cancels what is left.
    """
    import_torch()
    module = native()
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
        max_frames=max_frames,
        max_channels=max_channels,
        deadline_sec=deadline_sec,
        non_finite=non_finite,
    )
    threads = 0 if num_threads is None else check_count("num_threads", num_threads, 1, "greater than 0", 1024)
    ahead = 0 if max_ahead is None else check_count("max_ahead", max_ahead, 1, "greater than 0")
    batch = module.Batch([_to_item(source) for source in sources], options, threads, ahead, in_order)
    return _Results(batch, final_dtype)


class _Results(Iterator[BatchItem]):
    """What read_many() returns. Dropping it cancels what is left."""

    def __init__(self, batch: Any, final_dtype: Any) -> None:
        self._batch = batch
        self.final_dtype = final_dtype

    def __next__(self) -> BatchItem:
        result = self._batch.next()
        if result is None:
            self.close()
            raise StopIteration
        index, audio, error = result
        return BatchItem(index, None if audio is None else audio_from_native(audio, self.final_dtype), error)

    def close(self) -> None:
        """Cancels what is left and waits for the threads."""
        self._batch.close()

    def read_padded(self, num_items: int) -> PaddedBatch:
        """All of them in one tensor; each item's samples are copied as they come, and nothing else is kept."""
        try:
            audio, lengths, errors, warnings = self._batch.read_padded()
        finally:
            self.close()
        torch = import_torch()
        if audio.num_channels == 0:
            waveforms = torch.zeros((num_items, 1, 0), dtype=self.final_dtype)
        else:
            waveforms = to_tensor(audio).view(num_items, audio.num_channels // num_items, audio.num_frames)
        lengths = torch.tensor(lengths, dtype=torch.int64)
        return PaddedBatch(convert(waveforms, self.final_dtype), lengths, audio.sample_rate, errors, warnings)


def read_batch(
    sources: Iterable[Any],
    *,
    sample_rate: Optional[int] = None,
    mono: bool = True,
    pad: bool = True,
    device: Any = None,
    **options: Any,
) -> PaddedBatch:
    """Reads all sources as one batch; `options` are those of read_many().

    Without `sample_rate` all sources must share one rate, without `mono` one number of channels: ValueError otherwise.
    device: where the waveforms are wanted, the CPU or a CUDA device. They are decoded by the CPU's threads, uploaded,
    16-bit audio as it is, and mixed, resampled and converted on the device's current stream; `lengths` stay on the CPU.
    """
    torch = import_torch()
    target = cuda_device(device)
    sources = list(sources)
    how: Dict[str, Any] = {"sample_rate": sample_rate, "mono": mono, **options}
    sample_type, final_dtype = plan_types(options.get("dtype", "float32"), resampled=sample_rate is not None or mono)
    is_finished = target is None or sample_type != native().FLOAT32
    if not is_finished:
        how.update(sample_rate=None, mono=False, dtype=INT16_OR_FLOAT32)  # the rest is the device's part
    results = read_many(sources, **how)
    if target is None and pad and final_dtype != torch.float64:  # which begins with each file's own type
        return results.read_padded(len(sources))
    items = sorted(results, key=lambda item: item.index)
    read = [item.audio for item in items if item.audio is not None]
    for name, is_made_one, values in (
        ("sample_rate", sample_rate is not None, {audio.sample_rate for audio in read}),
        ("mono", mono, {audio.waveform.shape[0] for audio in read}),
        ("dtype", not (pad and is_finished), {str(audio.waveform.dtype) for audio in read}),
    ):
        if len(values) > 1 and not is_made_one:
            raise ValueError(f"the sources differ ({sorted(values)}): give {name} to make them one batch")
    channels = read[0].waveform.shape[0] if read else 1
    dtype = read[0].waveform.dtype if read else torch.float32
    waveforms: List[Any] = [
        torch.empty((channels, 0), dtype=dtype) if item.audio is None else item.audio.waveform for item in items
    ]
    rate_hz = read[0].sample_rate if read else 0
    errors = {item.index: item.error for item in items if item.error is not None}
    warnings = {item.index: item.audio.warnings for item in items if item.audio is not None and item.audio.warnings}
    sizes = [waveform.shape[1] for waveform in waveforms]
    if not is_finished and read:
        rates_hz = [rate_hz if item.audio is None else item.audio.sample_rate for item in items]
        batch, sizes = finish_batch_on_device(waveforms, rates_hz, sample_rate, mono, pad, target)
        batch = convert(batch, final_dtype) if pad else [convert(waveform, final_dtype) for waveform in batch]
        rate_hz = rate_hz if sample_rate is None else sample_rate
    elif target is not None and items:
        batch = upload(waveforms, target, pad)
    elif pad and items:
        batch = pad_together(waveforms)
    elif pad:
        batch = torch.zeros((0, channels, 0), dtype=dtype, device=target)
    else:
        batch = waveforms
    return PaddedBatch(batch, torch.tensor(sizes, dtype=torch.int64), rate_hz, errors, warnings)


def _to_item(source: Any) -> Any:
    """A path as bytes, or a tuple that begins with a buffer."""
    if isinstance(source, (str, os.PathLike)):
        return os.fsencode(os.fspath(source))
    if isinstance(source, io.BytesIO):
        return (source.getbuffer()[source.tell() :],)
    if callable(getattr(source, "read", None)):
        return (source.read(),)
    torch = import_torch()
    if isinstance(source, torch.Tensor):
        tensor = source.detach().cpu().contiguous()
        size_bytes = tensor.numel() * tensor.element_size()
        return ((ctypes.c_ubyte * size_bytes).from_address(tensor.data_ptr()) if size_bytes else b"", tensor)
    return (memoryview(source).cast("B"),)
