# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Waveforms of different lengths: any function or module of one waveform, over a list or a padded batch."""

from typing import Any, Callable, List, Sequence, Tuple, TypeVar, Union, overload

import torch

from .._errors import Error, invalid_argument

Lengths = Union[torch.Tensor, Sequence[int]]
Result = TypeVar("Result")


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
    result, from its end (-2 for Kaldi's and SpeechBrain's features). Each waveform is a call, on a CUDA device a
    launch; nothing waits there unless `lengths` is on it.
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
    results = _map(function, [row[..., :count] for row, count in zip(waveforms, counts)])
    sizes = [result.shape[time_dim] for result in results]
    before = [0] * (2 * (-1 - time_dim) + 1)  # F.pad begins with the last dimension
    padded = [torch.nn.functional.pad(r, [*before, max(sizes) - size]) for r, size in zip(results, sizes)]
    return torch.stack(padded), torch.tensor(sizes)


def _map(function: Callable[[torch.Tensor], Result], waveforms: Sequence[torch.Tensor]) -> List[Result]:
    results = []
    for index, waveform in enumerate(waveforms):
        try:
            results.append(function(waveform))
        except Error as error:
            error.text += f"\n  at waveform {index} of {len(waveforms)}"
            raise
    return results


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
