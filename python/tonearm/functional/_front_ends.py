# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What speech models are fed, as one call each: NeMo's, librosa's and SpeechBrain's log-mels, wav2vec 2.0's samples.

Each is the chain of _spectra.py with the original's tables, and what the original does before and after it. The modules
of the same names keep the tables; here the last few are kept. int16 samples count as fractions of 32768; `dtype` is the
result's, by default the waveform's (float32 of int16).
"""

import functools
from typing import Any, Callable, Optional, Tuple

import torch

from .._dsp import Path, check_range, in_float32, is_half, path_of, take_samples
from ._postprocess import compute_deltas
from ._ragged import Lengths, judge_lengths
from ._spectra import Chain, Log, Spectrum, check_spectrum, compute_chain, mel_bank, mel_edges, spread_bins

# ---- NeMo ----


def nemo_log_mel(
    waveform: torch.Tensor,
    lengths: Optional[Lengths] = None,
    *,
    n_mels: int = 80,
    sample_rate: int = 16000,
    n_fft: int = 512,
    win_length: int = 400,
    hop_length: int = 160,
    preemphasis: float = 0.97,
    normalize: bool = True,
    pad_to: int = 16,
    dtype: Optional[torch.dtype] = None,
) -> Tuple[torch.Tensor, torch.Tensor]:
    """NeMo's AudioToMelSpectrogramPreprocessor (Parakeet, Canary, Conformer) without its dither.

    waveform (..., time) at `sample_rate`; `lengths` (...) are the samples of each that count, all by default. Gives the
    features (..., n_mels, window), and for each signal how many windows count: lengths // hop_length. The others are
    zero, and there are as many as a multiple of pad_to needs (0: no more than there were). normalize: each mel less its
    mean over the windows that count, divided by its deviation (n - 1) + 1e-5.
    """
    chain = _designed(waveform, design_nemo, n_mels, sample_rate, n_fft, win_length, hop_length)
    return compute_nemo(waveform, lengths, chain, preemphasis, normalize, pad_to, dtype)


def design_nemo(n_mels: int, sample_rate: int, n_fft: int, win_length: int, hop_length: int) -> Chain:
    return Chain(
        Spectrum(0, n_fft, hop_length, win_length, 2.0, "none", True, "constant"),
        torch.hann_window(win_length, periodic=False, dtype=torch.float64),
        mel_bank(_bins(n_fft, sample_rate), 0.0, sample_rate / 2, n_mels, "slaney", "slaney"),
        Log("ln", 2.0**-24),
    )


def compute_nemo(
    waveform: torch.Tensor,
    lengths: Optional[Lengths],
    chain: Chain,
    preemphasis: float,
    normalize: bool,
    pad_to: int,
    dtype: Optional[torch.dtype],
) -> Tuple[torch.Tensor, torch.Tensor]:
    waveform = take_samples(waveform, dtype)
    check_spectrum(chain.spectrum)
    counts = _counts(waveform, lengths)
    num_windows = counts // chain.spectrum.hop_length

    def compute(wave: torch.Tensor) -> torch.Tensor:
        if preemphasis:
            wave = torch.cat([wave[..., :1], wave[..., 1:] - preemphasis * wave[..., :-1]], dim=-1)
        if lengths is not None:
            wave = wave.masked_fill(_beyond(counts, wave.shape[-1]), 0.0)
        log_mel = compute_chain(wave, chain)
        beyond = _beyond(num_windows, log_mel.shape[-1])[..., None, :]
        if normalize:
            centred, variance = _centre(log_mel, beyond, num_windows[..., None, None], 1)
            log_mel = centred / (variance.sqrt() + 1e-5)
        else:
            log_mel = log_mel.masked_fill(beyond, 0.0)
        return torch.nn.functional.pad(log_mel, (0, -log_mel.shape[-1] % pad_to)) if pad_to > 0 else log_mel

    return in_float32(compute, waveform, dtype=dtype), num_windows


# ---- wav2vec 2.0 ----


def wav2vec2_normalize(
    waveform: torch.Tensor, lengths: Optional[Lengths] = None, *, dtype: Optional[torch.dtype] = None
) -> torch.Tensor:
    """(..., time) less its mean, divided by sqrt(its variance + 1e-7), each signal on its own, as wav2vec 2.0, HuBERT
    and WavLM are fed. `lengths` (...) are the samples that count; the others become zero."""
    waveform = take_samples(waveform, dtype)
    counts = _counts(waveform, lengths)

    def compute(wave: torch.Tensor) -> torch.Tensor:
        beyond = None if lengths is None else _beyond(counts, wave.shape[-1])
        centred, variance = _centre(wave, beyond, counts[..., None], 0)
        return centred / (variance + 1e-7).sqrt()

    return in_float32(compute, waveform, dtype=dtype)


# ---- librosa ----


def librosa_mel_spectrogram(
    waveform: torch.Tensor,
    *,
    sample_rate: int = 22050,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: Optional[int] = None,
    n_mels: int = 128,
    f_min: float = 0.0,
    f_max: Optional[float] = None,
    power: float = 2.0,
    decibels: bool = False,
    top_db: Optional[float] = 80.0,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """(..., n_mels, window) of (..., time), as librosa.feature.melspectrogram by its defaults: Slaney's mels of unit area,
    zeros beyond the ends. decibels: then librosa.power_to_db, with one maximum per item (channel, time)."""
    chain = _designed(
        waveform, design_librosa, sample_rate, n_fft, hop_length, win_length, n_mels, f_min, f_max, power
    )
    return compute_librosa(waveform, chain, decibels, top_db, dtype)


def design_librosa(
    sample_rate: int,
    n_fft: int,
    hop_length: int,
    win_length: Optional[int],
    n_mels: int,
    f_min: float,
    f_max: Optional[float],
    power: float,
) -> Chain:
    size = n_fft if win_length is None else win_length
    high = sample_rate / 2 if f_max is None else f_max
    return Chain(
        Spectrum(0, n_fft, hop_length, size, power, "none", True, "constant"),
        torch.hann_window(size, dtype=torch.float64),
        mel_bank(_bins(n_fft, sample_rate), f_min, high, n_mels, "slaney", "slaney"),
    )


def compute_librosa(
    waveform: torch.Tensor, chain: Chain, decibels: bool, top_db: Optional[float], dtype: Optional[torch.dtype]
) -> torch.Tensor:
    chain = chain._replace(log=Log("db", 1e-10, top_db) if decibels else Log())
    return compute_chain(take_samples(waveform, dtype), chain, dtype)


# ---- SpeechBrain ----


def speechbrain_fbank(
    waveform: torch.Tensor,
    *,
    sample_rate: int = 16000,
    f_min: float = 0.0,
    f_max: Optional[float] = None,
    n_fft: int = 400,
    n_mels: int = 40,
    win_length: float = 25.0,
    hop_length: float = 10.0,
    deltas: bool = False,
    context: bool = False,
    left_frames: int = 5,
    right_frames: int = 5,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """(..., window, value) of (..., time), as SpeechBrain's Fbank: decibels, at most 80 below each signal's greatest.

    win_length and hop_length are in milliseconds, as there. value: n_mels bands; with deltas their slopes and the slopes
    of these behind them; with context each of all these at the left_frames windows before, at this one and at the
    right_frames after it, neighbours in that order, zero beyond the ends.
    """
    chain = _designed(
        waveform, design_speechbrain, sample_rate, f_min, f_max, n_fft, n_mels, win_length, hop_length
    )
    around = judge_context(context, left_frames, right_frames)
    return compute_speechbrain(waveform, chain, deltas, around, dtype)


def design_speechbrain(
    sample_rate: int,
    f_min: float,
    f_max: Optional[float],
    n_fft: int,
    n_mels: int,
    win_length: float,
    hop_length: float,
) -> Chain:
    check_range("n_fft", n_fft)
    check_range("win_length", win_length, 0)
    bins = spread_bins(n_fft // 2 + 1, sample_rate)
    edges = mel_edges(f_min, sample_rate // 2 if f_max is None else f_max, n_mels, "htk")
    centres = edges[1:-1]
    filters = (1.0 - (bins[:, None] - centres).abs() / (centres - edges[:-2])).clamp(min=0)  # as wide above as below
    window_size, hop = (round(sample_rate / 1000 * ms) for ms in (win_length, hop_length))
    return Chain(
        Spectrum(0, n_fft, hop, window_size, 2.0, "none", True, "constant"),
        torch.hamming_window(window_size, dtype=torch.float64),
        filters,
        Log("db", 1e-10, 80.0),
    )


def judge_context(context: bool, left_frames: int, right_frames: int) -> Optional[Tuple[int, int]]:
    """The windows before and after, where they are wanted."""
    check_range("left_frames", left_frames, 0)
    check_range("right_frames", right_frames, 0)
    return (left_frames, right_frames) if context else None


def compute_speechbrain(
    waveform: torch.Tensor,
    chain: Chain,
    deltas: bool,
    around: Optional[Tuple[int, int]],
    dtype: Optional[torch.dtype],
) -> torch.Tensor:
    def compute(wave: torch.Tensor) -> torch.Tensor:
        # A dimension before time: the maximum is of one signal, not of the channels of an item.
        values = compute_chain(wave.unsqueeze(-2), chain).squeeze(-3)
        if deltas:
            slopes = compute_deltas(values)
            values = torch.cat([values, slopes, compute_deltas(slopes)], dim=-2)
        if around is not None:
            values = torch.nn.functional.pad(values, around).unfold(-1, sum(around) + 1, 1)
            return values.transpose(-2, -3).flatten(-2)
        return values.transpose(-1, -2)

    return in_float32(compute, take_samples(waveform, dtype), dtype=dtype)


# ---- what they share ----


def _bins(n_fft: int, sample_rate: int) -> torch.Tensor:
    check_range("n_fft", n_fft)
    check_range("sample_rate", sample_rate)
    return torch.arange(n_fft // 2 + 1, dtype=torch.float64) * (sample_rate / n_fft)


def _centre(
    values: torch.Tensor, beyond: Optional[torch.Tensor], counts: torch.Tensor, ddof: int
) -> Tuple[torch.Tensor, torch.Tensor]:
    """Values less the mean over time of those that count (zero where `beyond`), and their variance; sums in float64."""

    def masked(x: torch.Tensor) -> torch.Tensor:
        return x if beyond is None else x.masked_fill(beyond, 0.0)

    mean = masked(values).sum(-1, keepdim=True, dtype=torch.float64) / counts.clamp(min=1)
    centred = masked(values - mean.to(values.dtype))
    norm = torch.linalg.vector_norm(centred, dim=-1, keepdim=True, dtype=torch.float64)
    return centred, (norm.square() / (counts - ddof).clamp(min=1)).to(values.dtype)


def _beyond(counts: torch.Tensor, length: int) -> torch.Tensor:
    """(..., length): True from counts on."""
    return torch.arange(length, device=counts.device) >= counts[..., None]


def _counts(waveform: torch.Tensor, lengths: Optional[Lengths]) -> torch.Tensor:
    """How many samples of each signal count."""
    shape, time = waveform.shape[:-1], waveform.shape[-1]
    if lengths is None:
        return torch.full(shape, time, dtype=torch.int64, device=waveform.device)
    # Their values are looked at where that waits for nothing.
    counts = judge_lengths(waveform, lengths, shape, look=path_of(waveform) is Path.NATIVE and waveform.is_cpu)
    return counts.to(waveform.device)


def _designed(waveform: torch.Tensor, design: Callable[..., Chain], *options: Any) -> Chain:
    waveform = take_samples(waveform)
    # Tables that are made while something records the call belong to the recording. float16 is computed in float32.
    computed = waveform.new_empty(0, dtype=torch.float32) if is_half(waveform) else waveform
    if path_of(computed) is Path.NATIVE:
        return _kept(waveform.device, design, *options)
    return _placed(waveform.device, design, *options)


def _placed(device: torch.device, design: Callable[..., Chain], *options: Any) -> Chain:
    chain = design(*options)
    return chain._replace(window=chain.window.to(device), filters=chain.filters.to(device))


_kept = functools.lru_cache(maxsize=32)(_placed)
