# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Kaldi's features: compute-fbank-feats, compute-mfcc-feats, compute-spectrogram-feats, options by Kaldi's names.

Waveforms have shape (channel, time); the result (window, value) is of one channel. Dither is Gaussian noise whose seed
comes from torch's generator, so torch.manual_seed() repeats it.
"""

from typing import Any

import torch

from .._dsp import check_waveform, plans, refuse_gradient, run_features
from .._errors import invalid_argument
from .._runtime import native

__all__ = ["fbank", "mfcc", "spectrogram"]

_KINDS = {"fbank": 0, "mfcc": 1, "spectrogram": 2}  # tonearm_kaldi_kind
_WINDOWS = {"hanning": 0, "hamming": 1, "blackman": 2, "povey": 3, "rectangular": 4}  # tonearm_window


def fbank(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
) -> torch.Tensor:
    """(window, num_mel_bins + use_energy): logarithms of mel bands. The energy is first, or last with htk_compat."""
    return _compute("fbank", **locals())


def mfcc(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_ceps: int = 13,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
) -> torch.Tensor:
    """(window, num_ceps). With use_energy the first coefficient is the energy; with htk_compat it is last."""
    return _compute("mfcc", **locals())


def spectrogram(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    min_duration: float = 0.0,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    window_type: str = "povey",
) -> torch.Tensor:
    """(window, bin): logarithms of power, and the energy in place of bin 0."""
    return _compute("spectrogram", **locals())


def _compute(
    kind: str, waveform: torch.Tensor, channel: int, min_duration: float, window_type: str, **options: Any
) -> torch.Tensor:
    check_waveform(waveform)
    refuse_gradient(f"compliance.kaldi.{kind}", waveform)
    if waveform.dim() != 2 or max(channel, 0) >= waveform.shape[0]:
        raise invalid_argument(
            f"Invalid argument: channel {channel} of a waveform of shape {tuple(waveform.shape)}.",
            subject="channel",
            needed="shape (channel, time) with that channel",
            found=str(tuple(waveform.shape)),
        )
    if window_type not in _WINDOWS:
        raise invalid_argument(
            f"Invalid argument: window type {window_type!r}.", subject="window_type", needed=", ".join(_WINDOWS)
        )
    waveform = waveform[max(channel, 0)]
    if len(waveform) < min_duration * options["sample_frequency"]:
        return torch.empty(0, dtype=waveform.dtype)
    window_size = int(options["sample_frequency"] * options["frame_length"] * 0.001)
    if not 2 <= window_size <= len(waveform):
        raise invalid_argument(
            f"Invalid argument: choose a window size {window_size} that is [2, {len(waveform)}]",
            subject="frame_length",
            needed=f"2 to {len(waveform)} samples",
            found=f"{window_size} samples",
        )
    numbers = {name: int(value) if isinstance(value, bool) else value for name, value in options.items()}
    numbers.update(kind=_KINDS[kind], window=_WINDOWS[window_type])
    key = ("kaldi", tuple(sorted(numbers.items())))
    if options["dither"] != 0.0:
        numbers["dither_seed"] = int(torch.randint(0, 2**62, ()))
        features = native().Features.kaldi(**numbers)
    else:
        features = plans.get(key, (), lambda: native().Features.kaldi(**numbers))
    return run_features(features, waveform, window_major=True)
