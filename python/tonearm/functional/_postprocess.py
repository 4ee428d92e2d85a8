# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is done to features afterwards: deltas, and means over a sliding window."""

import torch


def compute_deltas(specgram: torch.Tensor, win_length: int = 5, mode: str = "replicate") -> torch.Tensor:
    """Regression slopes over time of (..., freq, time), each over win_length windows."""
    if win_length < 3:
        raise ValueError(f"Window length should be greater than or equal to 3. Found win_length {win_length}")
    n = (win_length - 1) // 2
    rows = specgram.reshape(-1, 1, specgram.shape[-1])
    kernel = torch.arange(-n, n + 1, device=specgram.device, dtype=specgram.dtype).reshape(1, 1, -1)
    slopes = torch.nn.functional.conv1d(torch.nn.functional.pad(rows, (n, n), mode=mode), kernel)
    return (slopes / (n * (n + 1) * (2 * n + 1) / 3)).reshape(specgram.shape)


def sliding_window_cmn(
    specgram: torch.Tensor,
    cmn_window: int = 600,
    min_cmn_window: int = 100,
    center: bool = False,
    norm_vars: bool = False,
) -> torch.Tensor:
    """(..., time, freq) less its mean over a sliding window; divided by its deviation where norm_vars. In float64."""
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
    sums = torch.nn.functional.pad(values.cumsum(dim=-2), (0, 0, 1, 0))
    return (sums.index_select(-2, end) - sums.index_select(-2, start)) / (end - start)[:, None]
