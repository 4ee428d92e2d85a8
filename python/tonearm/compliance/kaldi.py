# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Kaldi's features: compute-fbank-feats, compute-mfcc-feats, compute-spectrogram-feats, options by Kaldi's names; and
its resampler.

Waveforms have shape (channel, time); the result (window, value) is of one channel, by default the first. channel=None is
of all signals of a waveform (..., time): (..., window, value). int16 samples are taken as they are, as Kaldi does. `dtype`
is the result's, by default the waveform's (float32 of int16).

Dither is Gaussian noise whose seed comes from torch's generator, so torch.manual_seed() repeats it; it is keyed by that
seed, the signal, the window and the place in it, so that a signal's noise does not depend on the others'.
"""

from typing import Any, Callable, Dict, Optional, Union

import torch

from .. import _ops
from .._dsp import (
    Path,
    check_range,
    in_float32,
    path_of,
    plans,
    refuse_gradient,
    refuse_path,
    run_features,
    take_samples,
)
from .._errors import invalid_argument
from .._runtime import native
from ..functional import resample

__all__ = ["fbank", "mfcc", "resample_waveform", "spectrogram"]

_KINDS = {"fbank": 0, "mfcc": 1, "spectrogram": 2}  # tonearm_kaldi_kind
#: What each option is where a kind of feature does not have it; in the order of the operator.
_DEFAULTS: Dict[str, Union[bool, int, float]] = {
    "blackman_coeff": 0.42,
    "cepstral_lifter": 22.0,
    "dither": 0.0,
    "energy_floor": 1.0,
    "frame_length": 25.0,
    "frame_shift": 10.0,
    "high_freq": 0.0,
    "htk_compat": False,
    "low_freq": 20.0,
    "num_ceps": 13,
    "num_mel_bins": 23,
    "preemphasis_coefficient": 0.97,
    "raw_energy": True,
    "remove_dc_offset": True,
    "round_to_power_of_two": True,
    "sample_frequency": 16000.0,
    "snip_edges": True,
    "subtract_mean": False,
    "use_energy": False,
    "use_log_fbank": True,
    "use_power": True,
    "vtln_high": -500.0,
    "vtln_low": 100.0,
    "vtln_warp": 1.0,
}
_WINDOWS = {"hanning": 0, "hamming": 1, "blackman": 2, "povey": 3, "rectangular": 4}  # tonearm_window


def fbank(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    channel: Optional[int] = -1,
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
    *,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """(window, num_mel_bins + use_energy): logarithms of mel bands. The energy is first, or last with htk_compat."""
    return _compute("fbank", **locals())


def mfcc(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    channel: Optional[int] = -1,
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
    *,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """(window, num_ceps). With use_energy the first coefficient is the energy; with htk_compat it is last."""
    return _compute("mfcc", **locals())


def spectrogram(
    waveform: torch.Tensor,
    blackman_coeff: float = 0.42,
    channel: Optional[int] = -1,
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
    *,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """(window, bin): logarithms of power, and the energy in place of bin 0."""
    return _compute("spectrogram", **locals())


def resample_waveform(
    waveform: torch.Tensor, orig_freq: int, new_freq: int, lowpass_filter_width: int = 6
) -> torch.Tensor:
    """Kaldi's ResampleWaveform: LinearResample with its cutoff at 0.99 of the lower Nyquist rate and
    `lowpass_filter_width` zero crossings on each side. Shapes, types and gradients are those of functional.resample.
    """
    return resample(waveform, orig_freq, new_freq, lowpass_filter_width)


def _compute(
    kind: str,
    waveform: torch.Tensor,
    channel: Optional[int],
    min_duration: float,
    window_type: str,
    dtype: Optional[torch.dtype],
    **options: Any,
) -> torch.Tensor:
    waveform = take_samples(waveform, dtype, int16_scale=1.0)
    refuse_gradient(f"compliance.kaldi.{kind}", waveform)
    if channel is not None:
        waveform = _one_channel(waveform, channel)
    if window_type not in _WINDOWS:
        raise invalid_argument(
            f"Invalid argument: window type {window_type!r}.", subject="window_type", needed=", ".join(_WINDOWS)
        )
    num_samples = waveform.shape[-1]
    if num_samples < min_duration * options["sample_frequency"]:
        shape = (0,) if channel is not None else waveform.shape[:-1] + (0, _num_values(kind, options))
        return waveform.new_empty(shape, dtype=dtype)
    if not options["sample_frequency"] > 0:
        raise invalid_argument(
            f"Invalid argument: sample_frequency must be positive, not {options['sample_frequency']}.",
            subject="sample_frequency",
            needed="more than 0 Hz",
            found=str(options["sample_frequency"]),
        )
    window_size = _samples(options, "frame_length")
    if not 2 <= window_size <= num_samples:
        raise invalid_argument(
            f"Invalid argument: choose a window size {window_size} that is [2, {num_samples}]",
            subject="frame_length",
            needed=f"2 to {num_samples} samples",
            found=f"{window_size} samples",
        )
    check_range("energy_floor", options["energy_floor"], 0)
    dithers = options["dither"] != 0.0
    given = [type(default)(options.get(name, default)) for name, default in _DEFAULTS.items()]

    def compute(wave: torch.Tensor) -> torch.Tensor:
        path = path_of(wave)
        if path is Path.NATIVE:
            return _run_with(_draw_seed if dithers else None, wave, kind, window_type, *given)
        if path is Path.OPERATOR:
            seed = torch.randint(0, 2**62, ()) if dithers else None
            return torch.ops.tonearm.kaldi_features(wave, kind, window_type, seed, *given)
        refuse_path(f"compliance.kaldi.{kind}", wave)

    return in_float32(compute, waveform, dtype=dtype)


def _one_channel(waveform: torch.Tensor, channel: int) -> torch.Tensor:
    if waveform.dim() != 2 or max(channel, 0) >= waveform.shape[0]:
        raise invalid_argument(
            f"Invalid argument: channel {channel} of a waveform of shape {tuple(waveform.shape)}.\n"
            "  next: pass channel=None for all signals of a waveform (..., time)",
            subject="channel",
            needed="shape (channel, time) with that channel",
            found=str(tuple(waveform.shape)),
            next="pass channel=None for all signals of a waveform (..., time)",
        )
    return waveform[max(channel, 0)]


def _samples(options: Dict[str, Any], name: str) -> int:
    return int(options["sample_frequency"] * options[name] * 0.001)


def _draw_seed() -> int:
    return int(torch.randint(0, 2**62, (), device="cpu"))


def _run(
    waveform: torch.Tensor, kind: str, window_type: str, dither_seed: Optional[torch.Tensor], *given: Any
) -> torch.Tensor:
    draw_seed = None if dither_seed is None else lambda: int(dither_seed)
    return _run_with(draw_seed, waveform, kind, window_type, *given)


def _run_with(
    draw_seed: Optional[Callable[[], int]], waveform: torch.Tensor, kind: str, window_type: str, *given: Any
) -> torch.Tensor:
    numbers = {name: int(value) if isinstance(value, bool) else value for name, value in zip(_DEFAULTS, given)}
    numbers.update(kind=_KINDS[kind], window=_WINDOWS[window_type])
    key = ("kaldi", tuple(numbers.values()))
    features = plans.get(key, (), lambda: native().Features.kaldi(**numbers))
    return run_features(features, waveform, window_major=True, draw_seed=draw_seed)


def _describe(waveform: torch.Tensor, kind: str, window_type: str, dither_seed: Any, *given: Any) -> torch.Tensor:
    options = dict(zip(_DEFAULTS, given))
    size, shift = _samples(options, "frame_length"), _samples(options, "frame_shift")
    if options["snip_edges"]:
        windows = 1 + (waveform.shape[-1] - size) // shift
    else:
        windows = (waveform.shape[-1] + shift // 2) // shift
    return waveform.new_empty(waveform.shape[:-1] + (windows, _num_values(kind, options)))


def _num_values(kind: str, options: Dict[str, Any]) -> int:
    if kind == "spectrogram":
        size = _samples(options, "frame_length")
        return (1 << (size - 1).bit_length() if options["round_to_power_of_two"] else size) // 2 + 1
    return options["num_ceps"] if kind == "mfcc" else options["num_mel_bins"] + options["use_energy"]


_ops.register("kaldi_features", _run, _describe)
