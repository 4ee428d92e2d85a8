# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Spectrograms, filter banks, decibels and the cosine transform, as torchaudio names them."""

import math
import warnings
from typing import Any, Optional, Tuple, Union

import torch

from .._dsp import as_table, check_waveform, is_native, plans, refuse_gradient, run_features, wants_gradient
from .._errors import invalid_argument
from .._runtime import native

_PAD_MODES = {"constant": 0, "reflect": 1, "replicate": 2}  # tonearm_pad_mode
_NORMS = {None: 0, "window": 1, "frame_length": 2}  # tonearm_norm


def norm_name(normalized: Union[bool, str]) -> Optional[str]:
    if isinstance(normalized, str):
        if normalized not in ("frame_length", "window"):
            raise ValueError(f"Invalid normalized parameter: {normalized}")
        return normalized
    if not isinstance(normalized, bool):
        raise TypeError("Input type not supported")
    return "window" if normalized else None


def spectrogram(
    waveform: torch.Tensor,
    pad: int,
    window: torch.Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    power: Optional[float],
    normalized: Union[bool, str],
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
    return_complex: Optional[bool] = None,
) -> torch.Tensor:
    """(..., n_fft // 2 + 1, window) of a waveform (..., time); complex where power is None."""
    if return_complex is not None:
        warnings.warn("return_complex has no effect: power=None gives a complex result", stacklevel=2)
    check_waveform(waveform)
    options = (pad, n_fft, hop_length, win_length, power, norm_name(normalized), center, pad_mode)
    fused = try_chain(waveform, options, window) if onesided else None
    if fused is not None:
        return fused
    return stft_spectrogram(waveform, options, window, onesided)


def try_chain(
    waveform: torch.Tensor,
    options: Tuple,
    window: torch.Tensor,
    filters: Optional[torch.Tensor] = None,
    dct: Optional[torch.Tensor] = None,
    log: Tuple = (),
) -> Optional[torch.Tensor]:
    """Spectrum, filter bank, logarithm and cosine transform in one native pass; None where torch has to do it.

    `options` are those of spectrogram() in its order; `log` is ("ln", offset) or ("db", floor, top_db or None).
    """
    pad, n_fft, hop_length, win_length, power, norm, center, pad_mode = options
    if (
        not is_native(waveform)
        or wants_gradient(waveform, window, filters, dct)
        or pad_mode not in _PAD_MODES
        or (power is not None and not power > 0)
        or type(window) not in (torch.Tensor, torch.nn.Parameter)
    ):
        return None

    def make() -> Any:
        tables = [None if t is None else as_table(t) for t in (window, filters, dct)]
        fields = {
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "pad": pad,
            "center": int(center),
            "pad_mode": _PAD_MODES[pad_mode],
            "power": 0.0 if power is None else float(power),
            "norm": _NORMS[norm],
        }
        _check_length("window", tables[0], win_length)
        fields["window"] = tables[0].data_ptr()
        if tables[1] is not None:
            fields.update(num_filters=tables[1].shape[1], filters=tables[1].data_ptr())
        if tables[2] is not None:
            fields.update(num_coefs=tables[2].shape[1], dct=tables[2].data_ptr())
        if log and log[0] == "ln":
            fields.update(log=1, log_offset=float(log[1]))
        elif log:
            fields.update(log=2, log_floor=float(log[1]), top_db=-1.0 if log[2] is None else float(log[2]))
        return native().Features.chain(**fields)

    features = plans.get(("chain", options, log), (window, filters, dct), make)
    # torchaudio's decibels take one maximum over the channels of an item: the dimension before time.
    channels = waveform.shape[-2] if waveform.dim() > 1 else 1
    return run_features(features, waveform, channels_per_item=channels, is_complex=power is None and filters is None)


def _check_length(name: str, table: torch.Tensor, length: int) -> None:
    if table.dim() != 1 or table.shape[0] != length:
        raise invalid_argument(
            f"Invalid argument: {name} must have {length} values.",
            subject=name,
            needed=f"shape ({length},)",
            found=str(tuple(table.shape)),
        )


def stft_spectrogram(
    waveform: torch.Tensor, options: Tuple, window: torch.Tensor, onesided: bool = True
) -> torch.Tensor:
    """spectrogram() by torch.stft: any device, differentiable."""
    pad, n_fft, hop_length, win_length, power, norm, center, pad_mode = options
    if pad > 0:
        waveform = torch.nn.functional.pad(waveform, (pad, pad), "constant")
    shape = waveform.shape
    spectra = torch.stft(
        waveform.reshape(-1, shape[-1]),
        n_fft,
        hop_length,
        win_length,
        window,
        center=center,
        pad_mode=pad_mode,
        normalized=norm == "frame_length",
        onesided=onesided,
        return_complex=True,
    )
    spectra = spectra.reshape(shape[:-1] + spectra.shape[-2:])
    if norm == "window":
        spectra = spectra / window.pow(2.0).sum().sqrt()
    if power is None:
        return spectra
    return spectra.abs() if power == 1.0 else spectra.abs().pow(power)


def inverse_spectrogram(
    spectrogram: torch.Tensor,
    length: Optional[int],
    pad: int,
    window: torch.Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    normalized: Union[bool, str],
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
) -> torch.Tensor:
    """The waveform (..., time) of a complex spectrogram, by torch.istft."""
    norm = norm_name(normalized)
    if not spectrogram.is_complex():
        raise ValueError("Expected `spectrogram` to be complex dtype.")
    if norm == "window":
        spectrogram = spectrogram * window.pow(2.0).sum().sqrt()
    shape = spectrogram.shape
    waveform = torch.istft(
        spectrogram.reshape(-1, shape[-2], shape[-1]),
        n_fft,
        hop_length,
        win_length,
        window,
        center=center,
        normalized=norm == "frame_length",
        onesided=onesided,
        length=None if length is None else length + 2 * pad,
    )
    if length is not None and pad > 0:
        waveform = waveform[:, pad:-pad]
    return waveform.reshape(shape[:-2] + waveform.shape[-1:])


def amplitude_to_DB(
    x: torch.Tensor, multiplier: float, amin: float, db_multiplier: float, top_db: Optional[float] = None
) -> torch.Tensor:
    """multiplier * log10(max(x, amin)) - multiplier * db_multiplier; with top_db, at most that far below the greatest
    value of the item: the last three dimensions, or all of a smaller tensor."""
    decibels = multiplier * torch.log10(torch.clamp(x, min=amin)) - multiplier * db_multiplier
    if top_db is None:
        return decibels
    item = tuple(range(-min(decibels.dim(), 3), 0))
    return torch.maximum(decibels, decibels.amax(dim=item, keepdim=True) - top_db)


def DB_to_amplitude(x: torch.Tensor, ref: float, power: float) -> torch.Tensor:
    return ref * torch.pow(torch.pow(10.0, 0.1 * x), power)


def melscale_fbanks(
    n_freqs: int,
    f_min: float,
    f_max: float,
    n_mels: int,
    sample_rate: int,
    norm: Optional[str] = None,
    mel_scale: str = "htk",
) -> torch.Tensor:
    """(n_freqs, n_mels): triangles in Hz over bins spread evenly from 0 to sample_rate // 2. Designed in float64."""
    if norm is not None and norm != "slaney":
        raise ValueError('norm must be one of None or "slaney"')
    if mel_scale not in ("htk", "slaney"):
        raise ValueError('mel_scale should be one of "htk" or "slaney".')
    bank = torch.empty((n_freqs, n_mels), dtype=torch.float64)
    native().mel_filters(
        n_freqs, f_min, f_max, n_mels, sample_rate, mel_scale == "slaney", norm == "slaney", bank.data_ptr()
    )
    if (bank.amax(dim=0) == 0).any():
        warnings.warn(
            f"At least one mel filterbank has all zero values. The value for `n_mels` ({n_mels}) may be set too high. "
            f"Or, the value for `n_freqs` ({n_freqs}) may be set too low.",
            stacklevel=2,
        )
    return bank.to(torch.get_default_dtype())


def linear_fbanks(n_freqs: int, f_min: float, f_max: float, n_filter: int, sample_rate: int) -> torch.Tensor:
    """(n_freqs, n_filter): triangles of equal width in Hz."""
    bins = torch.linspace(0, sample_rate // 2, n_freqs, dtype=torch.float64)[:, None]
    edges = torch.linspace(f_min, f_max, n_filter + 2, dtype=torch.float64)
    up = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return torch.minimum(up, down).clamp(min=0).to(torch.get_default_dtype())


def create_dct(n_mfcc: int, n_mels: int, norm: Optional[str]) -> torch.Tensor:
    """(n_mels, n_mfcc), DCT-II. Computed in float64."""
    if norm is not None and norm != "ortho":
        raise ValueError('norm must be either "ortho" or None')
    n = torch.arange(n_mels, dtype=torch.float64)[:, None]
    k = torch.arange(n_mfcc, dtype=torch.float64)
    dct = 2 * torch.cos(math.pi / n_mels * (n + 0.5) * k)
    if norm == "ortho":
        dct *= math.sqrt(0.5 / n_mels)
        dct[:, 0] *= math.sqrt(0.5)
    return dct.to(torch.get_default_dtype())


def whisper_log_mel(waveform: torch.Tensor, n_mels: int = 80) -> torch.Tensor:
    """(..., n_mels, frames) of 16 kHz audio (..., time), as Whisper's log_mel_spectrogram; each channel on its own."""
    check_waveform(waveform)
    refuse_gradient("whisper_log_mel", waveform)
    features = plans.get(("whisper", n_mels), (), lambda: native().Features.whisper(n_mels))
    return run_features(features, waveform)
