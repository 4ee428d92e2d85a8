# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Waveforms of different lengths: any function or module of one waveform, over a list or a padded batch."""

import functools
import inspect
from typing import Any, Callable, List, Optional, Sequence, Tuple, TypeVar, Union, overload

import torch

from .. import _cuda
from .._dsp import is_recorded
from .._errors import Error, invalid_argument

Lengths = Union[torch.Tensor, Sequence[int]]
Result = TypeVar("Result")
_PACKAGE = "tonearm."


@overload
def map_ragged(function: Callable[[torch.Tensor], Result], waveforms: Sequence[torch.Tensor]) -> List[Result]: ...


@overload
def map_ragged(
    function: Callable[[torch.Tensor], torch.Tensor],
    waveforms: torch.Tensor,
    lengths: Lengths,
    *,
    time_dim: int = -1,
) -> Tuple[torch.Tensor, torch.Tensor]: ...


def map_ragged(function: Any, waveforms: Any, lengths: Any = None, *, time_dim: int = -1) -> Any:
    """`function` of each waveform as if it were alone: no bit of a result depends on another waveform.

    waveforms: a list of tensors (..., time) gives the list of results; for packed samples pass
    packed.split(lengths, -1). A padded tensor (batch, ..., time) with `lengths` (batch), in samples, gives the results
    padded with zeros to the longest, and how long each is (batch), int64, on the CPU; `time_dim` is where time is in a
    result, from its end (-2 for Kaldi's and SpeechBrain's features).

    On a CUDA device the functions and modules of this package, also behind functools.partial and in a
    torch.nn.Sequential, launch each kernel once for all waveforms; any other function is called for one after the
    other. Nothing waits there unless `lengths` is on it.
    """
    if lengths is None:
        if isinstance(waveforms, torch.Tensor):
            raise invalid_argument(
                "Invalid argument: map_ragged of one tensor without lengths.\n"
                "  next: pass a list of waveforms, or lengths=; call the function itself where all are equally long",
                subject="lengths",
                needed="the number of samples of each item",
                found="None",
            )
        return _map(function, waveforms)
    if time_dim >= 0:
        raise invalid_argument(
            f"Invalid argument: time_dim must count from the end, not {time_dim}.",
            subject="time_dim",
            needed="-1 or less",
            found=str(time_dim),
        )
    counts = judge_lengths(waveforms, lengths, waveforms.shape[:1]).tolist()
    if not counts:
        return function(waveforms), torch.zeros(0, dtype=torch.int64)
    rows: List[torch.Tensor] = []
    results = _map(function, [row[..., :count] for row, count in zip(waveforms, counts)], rows)
    sizes = [result.shape[time_dim] for result in results]
    whole = _rows_of(rows[0], results, time_dim) if len(rows) == 1 else None
    if whole is not None:
        return whole, torch.tensor(sizes)
    before = [0] * (2 * (-1 - time_dim) + 1)  # F.pad begins with the last dimension
    padded = [torch.nn.functional.pad(r, [*before, max(sizes) - size]) for r, size in zip(results, sizes)]
    return torch.stack(padded), torch.tensor(sizes)


def _map(
    function: Any, waveforms: Sequence[torch.Tensor], rows: Optional[List[torch.Tensor]] = None
) -> List[Any]:
    """rows: where it is given, kernels write into rows of one tensor, which is added to it."""

    def compute(index: int) -> Any:
        try:
            return function(waveforms[index])
        except Error as error:
            error.text += f"\n  at waveform {index} of {len(waveforms)}"
            raise

    if len(waveforms) > 1 and _cuda.HAS_KERNELS and not is_recorded() and all(_is_on_cuda(w) for w in waveforms):
        if type(function) is torch.nn.Sequential and not _has_hooks(function):
            stages = list(function)
            for stage in stages[:-1]:
                waveforms = _map(stage, waveforms)
            return _map(stages[-1], waveforms, rows) if stages else list(waveforms)
        if _is_ours(function):
            return _cuda.map_together(compute, [w.shape[-1] if w.dim() > 0 else 0 for w in waveforms], rows)
    return [compute(index) for index in range(len(waveforms))]


def _is_on_cuda(waveform: Any) -> bool:
    return isinstance(waveform, torch.Tensor) and _cuda.is_cuda(waveform)


def _has_hooks(module: torch.nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


def _is_ours(function: Any) -> bool:
    """Whether a second call of it for the same waveform does nothing but give the same result."""
    while type(function) is functools.partial:
        function = function.func
    if isinstance(function, torch.nn.Module):
        return type(function).__module__.startswith(_PACKAGE) and not _has_hooks(function)
    return inspect.isroutine(function) and (function.__module__ or "").startswith(_PACKAGE)


def _rows_of(whole: torch.Tensor, results: Sequence[Any], time_dim: int) -> Optional[torch.Tensor]:
    """All results padded, where they stand in the rows of `whole`, zeros behind them; None where they do not."""
    start = _cuda.start_of(whole)
    if not all(isinstance(r, torch.Tensor) and not r.requires_grad and _cuda.start_of(r) == start for r in results):
        return None  # something was computed of them, or gradients flow through them one by one
    longest = max(results, key=lambda r: r.shape[time_dim])
    first = results[0].storage_offset()
    step = whole.stride(0) * whole.element_size() // longest.element_size()
    shape = list(longest.shape)
    for i, result in enumerate(results):
        shape[time_dim] = result.shape[time_dim]
        if list(result.shape) != shape or result.storage_offset() != first + i * step:
            return None
        if any(size > 1 and a != b for size, a, b in zip(shape, result.stride(), longest.stride())):
            return None
    return longest.as_strided((len(results), *longest.shape), (step, *longest.stride()), first)


def judge_lengths(waveform: torch.Tensor, lengths: Lengths, shape: Sequence[int], *, look: bool = True) -> torch.Tensor:
    """As a tensor of `shape`; `look`: at their values, which waits where they are on another device."""
    counts, time = torch.as_tensor(lengths), waveform.shape[-1]
    if counts.numel() == 0:
        counts = counts.long()  # of an empty list
    found = f"{counts.dtype} of shape {tuple(counts.shape)}"
    if counts.dtype in (torch.int32, torch.int64) and counts.shape == shape:
        if not look or not ((counts < 0) | (counts > time)).any():
            return counts
        found = f"from {int(counts.min())} to {int(counts.max())}"
    needed = f"integers from 0 to {time}, shape {tuple(shape)}"
    raise invalid_argument(
        f"Invalid argument: lengths are {found}.\n  next: give each signal's number of samples, {needed}",
        subject="lengths",
        needed=needed,
        found=found,
    )
