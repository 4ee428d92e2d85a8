# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is done to features afterwards: deltas, and means over a sliding window."""

import math

import torch

from .._dsp import check_features, narrowed, widened


def compute_deltas(specgram: torch.Tensor, win_length: int = 5, mode: str = "replicate") -> torch.Tensor:
    """Regression slopes over time of (..., freq, time), each over win_length windows."""
    if win_length < 3:
        raise ValueError(f"Window length should be greater than or equal to 3. Found win_length {win_length}")
    n = (win_length - 1) // 2
    length = specgram.shape[-1]
    padded = torch.nn.functional.pad(widened(specgram).reshape(-1, 1, length), (n, n), mode=mode)
    # Sums, not a convolution: autocast and TF32 would take digits from that.
    slopes = torch.zeros_like(padded[..., :length])
    for k in range(1, n + 1):
        slopes = slopes + k * (padded[..., n + k : n + k + length] - padded[..., n - k : n - k + length])
    return narrowed((slopes / (n * (n + 1) * (2 * n + 1) / 3)).reshape(specgram.shape), specgram)


def sliding_window_cmn(
    specgram: torch.Tensor,
    cmn_window: int = 600,
    min_cmn_window: int = 100,
    center: bool = False,
    norm_vars: bool = False,
) -> torch.Tensor:
    """(..., time, freq) less its mean over a sliding window; divided by its deviation where norm_vars. In float64."""
    check_features(specgram)
    frames = specgram.shape[-2]
    if frames == 0:
        return specgram.clone()
    t = torch.arange(frames, device=specgram.device)
    start = t - (cmn_window // 2 if center else cmn_window)
    end = start + cmn_window if center else t + 1
    end = torch.where(start < 0, end - start, end)
    start = start.clamp(min=0)
    if not center:
        end = torch.where(end > t, (t + 1).clamp(min=min_cmn_window), end)
    start = (start - (end - frames).clamp(min=0)).clamp(min=0)
    end = end.clamp(max=frames)
    wide = specgram.double()
    average = _means(wide, start, end)
    out = wide - average
    if norm_vars:
        deviation = (_means(wide**2, start, end) - average**2).sqrt()
        out = torch.where((end - start)[:, None] == 1, torch.zeros_like(out), out / deviation)
    return out.to(specgram.dtype)


def _means(values: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Row t of (..., time, freq) is the mean of rows [start[t], end[t])."""
    # What is not finite would stay in a running sum for ever: such values are counted instead.
    sums = _sums(torch.nan_to_num(values, 0.0, 0.0, 0.0), start, end)
    sums = sums + _where_any(values == math.inf, math.inf, start, end)
    sums = sums + _where_any(values == -math.inf, -math.inf, start, end)
    sums = sums + _where_any(values.isnan(), math.nan, start, end)
    return sums / (end - start)[:, None]


def _where_any(marks: torch.Tensor, value: float, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """`value` where one of the rows [start[t], end[t]) is marked, else 0."""
    counts = _sums(marks.double(), start, end)
    return torch.zeros_like(counts).masked_fill(counts > 0, value)


def _sums(values: torch.Tensor, start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """Of the rows [start[t], end[t]), by running sums."""
    running = torch.nn.functional.pad(values.cumsum(dim=-2), (0, 0, 1, 0))
    return running.index_select(-2, end) - running.index_select(-2, start)
