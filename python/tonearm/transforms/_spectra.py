# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Spectrograms and what is built on them. Nested modules are one native pass where nothing observes them."""

import math
import warnings
from typing import Any, Callable, Dict, Optional, Tuple, Union

import torch

from .. import functional as F
from .._dsp import check_waveform, in_float32
from .._errors import invalid_argument
from ..functional._spectra import Chain, Log, Spectrum, across, compute_chain, norm_name, stft, try_chain


class Spectrogram(torch.nn.Module):
    """(..., n_fft // 2 + 1, window) of (..., time); complex where power is None."""

    # For TorchScript, which sees no Spectrum.
    _operator: Tuple[int, int, int, Optional[float], str, bool, str]
    _has_operator: bool

    def __init__(
        self,
        n_fft: int = 400,
        win_length: Optional[int] = None,
        hop_length: Optional[int] = None,
        pad: int = 0,
        window_fn: Callable[..., torch.Tensor] = torch.hann_window,
        power: Optional[float] = 2.0,
        normalized: Union[bool, str] = False,
        wkwargs: Optional[Dict[str, Any]] = None,
        center: bool = True,
        pad_mode: str = "reflect",
        onesided: bool = True,
        return_complex: Optional[bool] = None,
    ) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.win_length = n_fft if win_length is None else win_length
        self.hop_length = self.win_length // 2 if hop_length is None else hop_length
        self.register_buffer("window", window_fn(self.win_length, **(wkwargs or {})))
        self.pad = pad
        self.power = power
        self.normalized = normalized
        self.center = center
        self.pad_mode = pad_mode
        self.onesided = onesided
        if return_complex is not None:
            warnings.warn("return_complex has no effect: power=None gives a complex result", stacklevel=2)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_scripting():
            n_fft, hop_length, pad, power, norm, center, pad_mode = self._operator
            if not self._has_operator:
                return stft(
                    waveform, self.window, self.onesided, n_fft, hop_length, pad, power, norm, center, pad_mode
                )
            return torch.ops.tonearm.spectral_features(
                waveform, self.window, None, None, n_fft, hop_length, pad, power, norm, center, pad_mode, "none", 0.0, None
            )
        else:
            return self._compute(waveform)

    def _compute(self, waveform: torch.Tensor) -> torch.Tensor:
        check_waveform(waveform)
        return compute_chain(waveform, self.chain())

    def __prepare_scriptable__(self) -> "Spectrogram":
        spectrum = self.chain().spectrum
        self._operator, self._has_operator = spectrum.as_operator(), spectrum.has_operator
        return self

    def chain(self) -> Chain:
        spectrum = Spectrum(
            self.pad,
            self.n_fft,
            self.hop_length,
            self.win_length,
            self.power,
            norm_name(self.normalized),
            self.center,
            self.pad_mode,
            self.onesided,
        )
        return Chain(spectrum, self.window)


class InverseSpectrogram(torch.nn.Module):
    """The waveform (..., time) of a complex spectrogram."""

    def __init__(
        self,
        n_fft: int = 400,
        win_length: Optional[int] = None,
        hop_length: Optional[int] = None,
        pad: int = 0,
        window_fn: Callable[..., torch.Tensor] = torch.hann_window,
        normalized: Union[bool, str] = False,
        wkwargs: Optional[Dict[str, Any]] = None,
        center: bool = True,
        pad_mode: str = "reflect",
        onesided: bool = True,
    ) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.win_length = n_fft if win_length is None else win_length
        self.hop_length = self.win_length // 2 if hop_length is None else hop_length
        self.register_buffer("window", window_fn(self.win_length, **(wkwargs or {})))
        self.pad = pad
        self.normalized = normalized
        self.center = center
        self.pad_mode = pad_mode
        self.onesided = onesided

    def forward(self, spectrogram: torch.Tensor, length: Optional[int] = None) -> torch.Tensor:
        return F.inverse_spectrogram(
            spectrogram,
            length,
            self.pad,
            self.window,
            self.n_fft,
            self.hop_length,
            self.win_length,
            self.normalized,
            self.center,
            self.pad_mode,
            self.onesided,
        )


class AmplitudeToDB(torch.nn.Module):
    """Decibels of power (stype="power") or magnitude."""

    def __init__(self, stype: str = "power", top_db: Optional[float] = None) -> None:
        super().__init__()
        self.stype = stype
        if top_db is not None and top_db < 0:
            raise ValueError("top_db must be positive value")
        self.top_db = top_db
        self.multiplier = 10.0 if stype == "power" else 20.0
        self.amin = 1e-10
        self.ref_value = 1.0
        self.db_multiplier = math.log10(max(self.amin, self.ref_value))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.amplitude_to_DB(x, self.multiplier, self.amin, self.db_multiplier, self.top_db)


class MelScale(torch.nn.Module):
    """(..., n_mels, window) of (..., n_stft, window)."""

    def __init__(
        self,
        n_mels: int = 128,
        sample_rate: int = 16000,
        f_min: float = 0.0,
        f_max: Optional[float] = None,
        n_stft: int = 201,
        norm: Optional[str] = None,
        mel_scale: str = "htk",
    ) -> None:
        super().__init__()
        self.n_mels = n_mels
        self.sample_rate = sample_rate
        self.f_max = float(sample_rate // 2) if f_max is None else f_max
        self.f_min = f_min
        self.n_stft = n_stft
        self.norm = norm
        self.mel_scale = mel_scale
        if f_min > self.f_max:
            raise ValueError(f"Require f_min: {f_min} <= f_max: {self.f_max}")
        self.register_buffer(
            "fb", F.melscale_fbanks(n_stft, self.f_min, self.f_max, n_mels, sample_rate, norm, mel_scale)
        )

    def forward(self, specgram: torch.Tensor) -> torch.Tensor:
        if not torch.jit.is_scripting():
            self._check(specgram)
        return across(specgram, self.fb)

    def _check(self, specgram: torch.Tensor) -> None:
        bins = self.fb.shape[0]
        if specgram.dim() < 2 or specgram.shape[-2] != bins:
            raise invalid_argument(
                f"Invalid argument: MelScale of a spectrogram of shape {tuple(specgram.shape)}.\n"
                "  next: pass n_stft=n_fft // 2 + 1 of that spectrogram to MelScale",
                subject="specgram",
                needed=f"shape (..., {bins}, window)",
                found=str(tuple(specgram.shape)),
                next="pass n_stft=n_fft // 2 + 1 of that spectrogram to MelScale",
            )


class _Chain(torch.nn.Module):
    """One native pass where nothing observes the parts; else, and in TorchScript, the parts one after the other."""

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_scripting():
            return self._by_parts(waveform)
        else:
            check_waveform(waveform)
            return in_float32(self._compute, waveform)

    def _compute(self, waveform: torch.Tensor) -> torch.Tensor:
        fused = self._in_one_pass(waveform)
        return self._by_parts(waveform) if fused is None else fused

    def _in_one_pass(self, waveform: torch.Tensor) -> Optional[torch.Tensor]:
        """None where torch or a submodule of the user's has to do it."""
        raise NotImplementedError

    def _by_parts(self, waveform: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class MelSpectrogram(_Chain):
    """(..., n_mels, window) of (..., time)."""

    def __init__(
        self,
        sample_rate: int = 16000,
        n_fft: int = 400,
        win_length: Optional[int] = None,
        hop_length: Optional[int] = None,
        f_min: float = 0.0,
        f_max: Optional[float] = None,
        pad: int = 0,
        n_mels: int = 128,
        window_fn: Callable[..., torch.Tensor] = torch.hann_window,
        power: float = 2.0,
        normalized: Union[bool, str] = False,
        wkwargs: Optional[Dict[str, Any]] = None,
        center: bool = True,
        pad_mode: str = "reflect",
        onesided: Optional[bool] = None,
        norm: Optional[str] = None,
        mel_scale: str = "htk",
    ) -> None:
        super().__init__()
        if onesided is not None:
            warnings.warn("onesided has no effect: a mel spectrogram is one-sided", stacklevel=2)
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.win_length = n_fft if win_length is None else win_length
        self.hop_length = self.win_length // 2 if hop_length is None else hop_length
        self.pad = pad
        self.power = power
        self.normalized = normalized
        self.n_mels = n_mels
        self.f_max = f_max
        self.f_min = f_min
        self.spectrogram = Spectrogram(
            n_fft,
            self.win_length,
            self.hop_length,
            pad,
            window_fn,
            power,
            normalized,
            wkwargs,
            center,
            pad_mode,
        )
        self.mel_scale = MelScale(n_mels, sample_rate, f_min, f_max, n_fft // 2 + 1, norm, mel_scale)

    def _in_one_pass(self, waveform: torch.Tensor) -> Optional[torch.Tensor]:
        return self.fused(waveform)

    def _by_parts(self, waveform: torch.Tensor) -> torch.Tensor:
        return self.mel_scale(self.spectrogram(waveform))

    def fused(
        self, waveform: torch.Tensor, log: Log = Log(), dct: Optional[torch.Tensor] = None
    ) -> Optional[torch.Tensor]:
        """In one pass, with what follows; None where torch or a submodule of the user's has to do it."""
        if not (_is_plain(self.spectrogram, Spectrogram) and _is_plain(self.mel_scale, MelScale)):
            return None
        return try_chain(waveform, self.spectrogram.chain()._replace(filters=self.mel_scale.fb, log=log, dct=dct))


class MFCC(_Chain):
    """(..., n_mfcc, window) of (..., time)."""

    def __init__(
        self,
        sample_rate: int = 16000,
        n_mfcc: int = 40,
        dct_type: int = 2,
        norm: Optional[str] = "ortho",
        log_mels: bool = False,
        melkwargs: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__()
        if dct_type != 2:
            raise ValueError(f"DCT type not supported: {dct_type}")
        self.sample_rate = sample_rate
        self.n_mfcc = n_mfcc
        self.dct_type = dct_type
        self.norm = norm
        self.top_db = 80.0
        self.amplitude_to_DB = AmplitudeToDB("power", self.top_db)
        self.MelSpectrogram = MelSpectrogram(sample_rate=sample_rate, **(melkwargs or {}))
        if n_mfcc > self.MelSpectrogram.n_mels:
            raise ValueError("Cannot select more MFCC coefficients than # mel bins")
        self.register_buffer("dct_mat", F.create_dct(n_mfcc, self.MelSpectrogram.n_mels, norm))
        self.log_mels = log_mels

    def _in_one_pass(self, waveform: torch.Tensor) -> Optional[torch.Tensor]:
        if not (_is_plain(self.MelSpectrogram, MelSpectrogram) and _is_plain(self.amplitude_to_DB, AmplitudeToDB)):
            return None
        return self.MelSpectrogram.fused(waveform, _log_of(self.log_mels, self.amplitude_to_DB), self.dct_mat)

    def _by_parts(self, waveform: torch.Tensor) -> torch.Tensor:
        mel = self.MelSpectrogram(waveform)
        mel = torch.log(mel + 1e-6) if self.log_mels else self.amplitude_to_DB(mel)
        return across(mel, self.dct_mat)


class LFCC(_Chain):
    """(..., n_lfcc, window) of (..., time)."""

    def __init__(
        self,
        sample_rate: int = 16000,
        n_filter: int = 128,
        f_min: float = 0.0,
        f_max: Optional[float] = None,
        n_lfcc: int = 40,
        dct_type: int = 2,
        norm: Optional[str] = "ortho",
        log_lf: bool = False,
        speckwargs: Optional[Dict[str, Any]] = None,
    ) -> None:
        super().__init__()
        if dct_type != 2:
            raise ValueError(f"DCT type not supported: {dct_type}")
        self.sample_rate = sample_rate
        self.f_min = f_min
        self.f_max = float(sample_rate // 2) if f_max is None else f_max
        self.n_filter = n_filter
        self.n_lfcc = n_lfcc
        self.dct_type = dct_type
        self.norm = norm
        self.top_db = 80.0
        self.amplitude_to_DB = AmplitudeToDB("power", self.top_db)
        self.Spectrogram = Spectrogram(**(speckwargs or {}))
        if n_lfcc > self.Spectrogram.n_fft:
            raise ValueError("Cannot select more LFCC coefficients than # fft bins")
        self.register_buffer(
            "filter_mat",
            F.linear_fbanks(self.Spectrogram.n_fft // 2 + 1, self.f_min, self.f_max, n_filter, sample_rate),
        )
        self.register_buffer("dct_mat", F.create_dct(n_lfcc, n_filter, norm))
        self.log_lf = log_lf

    def _in_one_pass(self, waveform: torch.Tensor) -> Optional[torch.Tensor]:
        spectra = self.Spectrogram
        if not (_is_plain(spectra, Spectrogram) and _is_plain(self.amplitude_to_DB, AmplitudeToDB)):
            return None
        log = _log_of(self.log_lf, self.amplitude_to_DB)
        return try_chain(waveform, spectra.chain()._replace(filters=self.filter_mat, log=log, dct=self.dct_mat))

    def _by_parts(self, waveform: torch.Tensor) -> torch.Tensor:
        bands = across(self.Spectrogram(waveform), self.filter_mat)
        bands = torch.log(bands + 1e-6) if self.log_lf else self.amplitude_to_DB(bands)
        return across(bands, self.dct_mat)


class ComputeDeltas(torch.nn.Module):
    """Regression slopes over time of (..., freq, time)."""

    def __init__(self, win_length: int = 5, mode: str = "replicate") -> None:
        super().__init__()
        self.win_length = win_length
        self.mode = mode

    def forward(self, specgram: torch.Tensor) -> torch.Tensor:
        return F.compute_deltas(specgram, self.win_length, self.mode)


class SlidingWindowCmn(torch.nn.Module):
    """(..., time, freq) less its mean over a sliding window."""

    def __init__(
        self, cmn_window: int = 600, min_cmn_window: int = 100, center: bool = False, norm_vars: bool = False
    ) -> None:
        super().__init__()
        self.cmn_window = cmn_window
        self.min_cmn_window = min_cmn_window
        self.center = center
        self.norm_vars = norm_vars

    def forward(self, specgram: torch.Tensor) -> torch.Tensor:
        return F.sliding_window_cmn(specgram, self.cmn_window, self.min_cmn_window, self.center, self.norm_vars)


def _is_plain(module: torch.nn.Module, kind: type) -> bool:
    """Ours as made, and nobody looks at what passes through it."""
    return type(module) is kind and not module._forward_hooks and not module._forward_pre_hooks


def _log_of(natural: bool, decibels: AmplitudeToDB) -> Log:
    return Log("ln", 1e-6) if natural else Log("db", decibels.amin, decibels.top_db)
