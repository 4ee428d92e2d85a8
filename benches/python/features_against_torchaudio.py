# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time of tonearm's resampling and features against torchaudio and soxr, and Whisper's own torch operations.

Usage: python benches/python/features_against_torchaudio.py
Rows of absent packages are left out, with the reason.
One process, one torch thread, contenders in turn; each row's answers are compared before they are timed. Figures are
the least thread time of the rounds, in milliseconds.
"""

import time
from typing import Callable, List, Tuple

import torch

import tonearm.compliance.kaldi
import tonearm.functional as F
import tonearm.transforms as T

torch.set_num_threads(1)
ROUNDS = 25
Row = Tuple[str, Callable[[], torch.Tensor], Callable[[], torch.Tensor], float]


def noise(channels: int, rate_hz: int, seconds: int) -> torch.Tensor:
    return 0.2 * torch.randn(channels, rate_hz * seconds, generator=torch.Generator().manual_seed(1))


def torchaudio_rows() -> List[Row]:
    import torchaudio.compliance.kaldi
    import torchaudio.transforms as A

    rows: List[Row] = []

    def transform(label: str, name: str, wave: torch.Tensor, tolerance: float, **options: object) -> None:
        ours, theirs = getattr(T, name)(**options), getattr(A, name)(**options)
        rows.append((label, lambda: ours(wave), lambda: theirs(wave), tolerance))

    transform("44.1 to 16 kHz, 60 s stereo", "Resample", noise(2, 44100, 60), 1e-4, orig_freq=44100, new_freq=16000)
    transform("48 to 16 kHz, 60 s mono", "Resample", noise(1, 48000, 60), 1e-4, orig_freq=48000, new_freq=16000)
    transform("44.1 to 16 kHz, 1 s mono", "Resample", noise(1, 44100, 1), 1e-4, orig_freq=44100, new_freq=16000)
    speech = noise(1, 16000, 30)
    mel = {"n_fft": 400, "hop_length": 160, "n_mels": 80}
    transform("mel 400/160/80, 30 s", "MelSpectrogram", speech, 1e-4, **mel)
    transform("MFCC 40, 30 s", "MFCC", speech, 1e-4, n_mfcc=40, melkwargs=mel)
    loud = speech * 3000
    for label, kind, bins in [("Kaldi fbank 80, 30 s", "fbank", 80), ("Kaldi MFCC 13, 30 s", "mfcc", 23)]:
        ours, theirs = getattr(tonearm.compliance.kaldi, kind), getattr(torchaudio.compliance.kaldi, kind)
        rows.append(
            (
                label,
                lambda ours=ours, bins=bins: ours(loud, num_mel_bins=bins),
                lambda theirs=theirs, bins=bins: theirs(loud, num_mel_bins=bins),
                1e-3,
            )
        )
    return rows


def soxr_rows() -> List[Row]:
    import soxr

    rows: List[Row] = []
    cases = [("44.1 to 16 kHz hq, 60 s stereo", 44100, 2), ("48 to 16 kHz hq, 60 s mono", 48000, 1)]
    for label, rate_hz, channels in cases:
        wave = noise(channels, rate_hz, 60)
        interleaved = wave.t().contiguous().numpy()
        rows.append(
            (
                label,
                lambda wave=wave, rate_hz=rate_hz: F.resample(wave, rate_hz, 16000, resampling_method="hq"),
                lambda x=interleaved, rate_hz=rate_hz: torch.from_numpy(soxr.resample(x, rate_hz, 16000, "HQ")).t(),
                0.05,  # another filter: their transition bands differ
            )
        )
    return rows


def whisper_rows() -> List[Row]:
    window, bank = torch.hann_window(400), F.melscale_fbanks(201, 0.0, 8000.0, 80, 16000, "slaney", "slaney").T

    def whisper(audio: torch.Tensor) -> torch.Tensor:
        stft = torch.stft(audio, 400, 160, window=window, return_complex=True)
        log = torch.clamp(bank @ (stft[..., :-1].abs() ** 2), min=1e-10).log10()
        return (torch.maximum(log, log.max() - 8.0) + 4.0) / 4.0

    rows: List[Row] = []
    for seconds in (30, 1):
        wave = noise(1, 16000, seconds)[0]
        label = f"Whisper log-mel 80, {seconds} s"
        rows.append((label, lambda w=wave: F.whisper_log_mel(w), lambda w=wave: whisper(w), 1e-4))
    return rows


def least(work: Callable[[], torch.Tensor]) -> float:
    start = time.thread_time()
    work()
    return (time.thread_time() - start) * 1e3


def run(row: Row) -> None:
    label, ours, theirs, tolerance = row
    got, want = ours(), theirs()
    error = float((got - want).norm() / want.norm())
    if got.shape != want.shape or not error <= tolerance:
        print(f"{label:32} answers differ: {tuple(got.shape)}, {tuple(want.shape)}, {error:.1e}")
        return
    times = [(least(ours), least(theirs)) for _ in range(ROUNDS)]
    mine, other = min(t[0] for t in times), min(t[1] for t in times)
    print(f"{label:32} {mine:8.3f} ms {other:8.3f} ms   {other / mine:5.1f} x   difference {error:.0e}")


def main() -> None:
    print(f"{'':32} {'tonearm':>11} {'other':>11}   faster")
    for rows in (torchaudio_rows, soxr_rows, whisper_rows):
        try:
            found = rows()
        except Exception as error:  # a torchaudio that does not fit its torch raises whatever it likes
            print(f"left out {rows.__name__}: {type(error).__name__}: {error}")
            continue
        for row in found:
            run(row)


if __name__ == "__main__":
    main()
