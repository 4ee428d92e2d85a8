# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time of tonearm's resampling and features against torchaudio, librosa, kaldi-native-fbank, soxr, scipy and
transformers, and Whisper's own torch operations.

Usage: python benches/python/features_against_others.py [--rounds N] [--json OUT] [ROW...]     ROW: part of a row's title

One process, one torch thread, contenders in turn; answers are compared before anything is timed. Times are CPU time of
the thread, the least of the rounds. Libraries that are absent are listed with the reason.
"""

import argparse
import json
import statistics
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional

import torch

import tonearm.compliance.kaldi
import tonearm.functional as F
import tonearm.transforms as T
from tonearm.bench import describe_machine, time_in_turn

Call = Callable[[], torch.Tensor]


@dataclass
class Rival:
    make: Callable[[], Call]  #: imports the library
    tolerance: float = 1e-4  #: relative L2 to ours


@dataclass
class Row:
    ours: Call
    rivals: Dict[str, Rival] = field(default_factory=dict)


# Of white noise: pass bands differ, and so what is left of it near Nyquist.
SOXR_HQ, SCIPY = 0.01, 0.15


def noise(channels: int, rate_hz: int, seconds: int) -> torch.Tensor:
    return 0.2 * torch.randn(channels, rate_hz * seconds, generator=torch.Generator().manual_seed(1))


# ---- rivals, each as its own documentation runs it; what is prepared once is prepared before the time ----


def torchaudio_transform(name: str, wave: torch.Tensor, **options: Any) -> Rival:
    def make() -> Call:
        import torchaudio.transforms

        transform = getattr(torchaudio.transforms, name)(**options)
        return lambda: transform(wave)

    return Rival(make)


def torchaudio_kaldi(kind: str, wave: torch.Tensor, bins: int) -> Rival:
    def make() -> Call:
        import torchaudio.compliance.kaldi

        compute = getattr(torchaudio.compliance.kaldi, kind)
        return lambda: compute(wave, num_mel_bins=bins)

    return Rival(make, 1e-3)


def kaldi_native(kind: str, wave: torch.Tensor, bins: int) -> Rival:
    def make() -> Call:
        import kaldi_native_fbank

        options = kaldi_native_fbank.FbankOptions() if kind == "fbank" else kaldi_native_fbank.MfccOptions()
        options.frame_opts.dither = 0
        options.mel_opts.num_bins = bins
        if kind == "mfcc":
            options.use_energy = False
        start = kaldi_native_fbank.OnlineFbank if kind == "fbank" else kaldi_native_fbank.OnlineMfcc
        samples = wave[0].numpy()

        def run() -> torch.Tensor:
            online = start(options)
            online.accept_waveform(16000, samples)
            online.input_finished()
            frames = [torch.from_numpy(online.get_frame(i)) for i in range(online.num_frames_ready)]
            return torch.stack(frames)

        return run

    return Rival(make, 1e-3)


def soxr(wave: torch.Tensor, rate_hz: int) -> Rival:
    def make() -> Call:
        import soxr

        interleaved = wave.t().contiguous().numpy()
        return lambda: torch.from_numpy(soxr.resample(interleaved, rate_hz, 16000, "HQ")).t()

    return Rival(make, SOXR_HQ)


def scipy_polyphase(wave: torch.Tensor, up: int, down: int) -> Rival:
    def make() -> Call:
        import scipy.signal

        samples = wave.numpy()
        return lambda: torch.from_numpy(scipy.signal.resample_poly(samples, up, down, axis=-1))

    return Rival(make, SCIPY)


def librosa_resample(wave: torch.Tensor, rate_hz: int) -> Rival:
    def make() -> Call:
        import librosa

        samples = wave.numpy()
        return lambda: torch.from_numpy(librosa.resample(samples, orig_sr=rate_hz, target_sr=16000))

    return Rival(make, SOXR_HQ)


def librosa_mel(wave: torch.Tensor) -> Rival:
    def make() -> Call:
        import librosa

        samples = wave.numpy()
        return lambda: torch.from_numpy(librosa.feature.melspectrogram(y=samples, sr=22050))

    return Rival(make)


def transformers_whisper(wave: torch.Tensor) -> Rival:
    def make() -> Call:
        import transformers

        extractor, samples = transformers.WhisperFeatureExtractor(), wave.numpy()
        return lambda: extractor(samples, sampling_rate=16000, return_tensors="pt")["input_features"][0]

    return Rival(make)


def whisper_operations(wave: torch.Tensor) -> Rival:
    def make() -> Call:
        window = torch.hann_window(400)
        bank = F.melscale_fbanks(201, 0.0, 8000.0, 80, 16000, "slaney", "slaney").T

        def run() -> torch.Tensor:
            stft = torch.stft(wave, 400, 160, window=window, return_complex=True)
            log = torch.clamp(bank @ (stft[..., :-1].abs() ** 2), min=1e-10).log10()
            return (torch.maximum(log, log.max() - 8.0) + 4.0) / 4.0

        return run

    return Rival(make)


# ---- rows ----


def make_rows() -> Dict[str, Callable[[], Row]]:
    """By title; a row's audio is made when it is."""

    def transform(name: str, wave: torch.Tensor, **options: Any) -> Row:
        ours = getattr(T, name)(**options)
        return Row(lambda: ours(wave), {"torchaudio": torchaudio_transform(name, wave, **options)})

    def resample(rate_hz: int, channels: int, seconds: int, up: int, down: int) -> Row:
        wave = noise(channels, rate_hz, seconds)
        row = transform("Resample", wave, orig_freq=rate_hz, new_freq=16000)
        row.rivals["scipy"] = scipy_polyphase(wave, up, down)
        return row

    def hq(rate_hz: int, channels: int) -> Row:
        wave = noise(channels, rate_hz, 60)
        return Row(
            lambda: F.resample(wave, rate_hz, 16000, resampling_method="hq"),
            {"soxr": soxr(wave, rate_hz), "librosa": librosa_resample(wave, rate_hz)},
        )

    def kaldi(kind: str, bins: int) -> Row:
        loud, ours = 3000 * noise(1, 16000, 30), getattr(tonearm.compliance.kaldi, kind)
        return Row(
            lambda: ours(loud, num_mel_bins=bins),
            {"torchaudio": torchaudio_kaldi(kind, loud, bins), "kaldi-native-fbank": kaldi_native(kind, loud, bins)},
        )

    def whisper(seconds: int) -> Row:
        wave = noise(1, 16000, seconds)[0]
        row = Row(lambda: F.whisper_log_mel(wave), {"Whisper's torch operations": whisper_operations(wave)})
        if seconds == 30:  # it pads all to that
            row.rivals["transformers"] = transformers_whisper(wave)
        return row

    def librosa() -> Row:
        wave = noise(1, 22050, 30)[0]
        return Row(lambda: F.librosa_mel_spectrogram(wave), {"librosa": librosa_mel(wave)})

    mel = {"n_fft": 400, "hop_length": 160, "n_mels": 80}
    return {
        "44.1 to 16 kHz, 60 s stereo": lambda: resample(44100, 2, 60, 160, 441),
        "48 to 16 kHz, 60 s mono": lambda: resample(48000, 1, 60, 1, 3),
        "44.1 to 16 kHz, 1 s mono": lambda: resample(44100, 1, 1, 160, 441),
        "44.1 to 16 kHz hq, 60 s stereo": lambda: hq(44100, 2),
        "48 to 16 kHz hq, 60 s mono": lambda: hq(48000, 1),
        "mel 400/160/80, 30 s": lambda: transform("MelSpectrogram", noise(1, 16000, 30), **mel),
        "MFCC 40, 30 s": lambda: transform("MFCC", noise(1, 16000, 30), n_mfcc=40, melkwargs=mel),
        "Kaldi fbank 80, 30 s": lambda: kaldi("fbank", 80),
        "Kaldi MFCC 13, 30 s": lambda: kaldi("mfcc", 23),
        "Whisper log-mel 80, 30 s": lambda: whisper(30),
        "Whisper log-mel 80, 1 s": lambda: whisper(1),
        "librosa mel 2048/512/128, 30 s": librosa,
    }


def check(ours: torch.Tensor, theirs: torch.Tensor, tolerance: float) -> "tuple[float, str]":
    """(relative L2 between the two, what is wrong with it or "")."""
    if ours.shape != theirs.shape:
        return float("nan"), f"shapes differ: {tuple(ours.shape)} and {tuple(theirs.shape)}"
    difference = float((ours - theirs).norm() / theirs.norm())
    return difference, "" if difference <= tolerance else f"answers differ by {difference:.1e}"


def measure(row: Row, rounds: int, absent: Dict[str, str]) -> Dict[str, Any]:
    """Entries by contender; those that failed or gave another answer have no times. Fills `absent`."""
    entries: Dict[str, Any] = {"tonearm": {}}
    runs: Dict[str, Call] = {"tonearm": row.ours}
    answer = row.ours()
    for name, rival in row.rivals.items():
        try:
            run = rival.make()
        except Exception as error:  # one that does not fit its torch raises whatever it likes
            absent[name] = f"{type(error).__name__}: {error}".splitlines()[0]
            continue
        try:
            difference, wrong = check(answer, run(), rival.tolerance)
        except Exception as error:
            difference, wrong = float("nan"), f"{type(error).__name__}: {error}".splitlines()[0]
        entries[name] = {"wrong": wrong} if wrong else {"difference": difference}
        if not wrong:
            runs[name] = run
    for name, (cpu_sec, _) in time_in_turn(runs, rounds=rounds, memory="recycled").items():
        entries[name].update(
            least_cpu_sec=min(cpu_sec), median_cpu_sec=statistics.median(cpu_sec), most_cpu_sec=max(cpu_sec)
        )
    return entries


def as_lines(title: str, entries: Dict[str, Any]) -> List[str]:
    ours = entries["tonearm"]["least_cpu_sec"]
    lines = [f"{title:<34}{'tonearm':<28}{ours * 1e3:>9.3f} ms"]
    for name, entry in entries.items():
        if name == "tonearm":
            continue
        if entry.get("wrong"):
            lines.append(f"{'':<34}{name:<28}not timed: {entry['wrong']}")
            continue
        theirs = entry["least_cpu_sec"]
        lines.append(
            f"{'':<34}{name:<28}{theirs * 1e3:>9.3f} ms{theirs / ours:>7.1f} x   difference {entry['difference']:.0e}"
        )
    return lines


def main(arguments: Optional[List[str]] = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    results, absent = {}, {}
    for title, make in make_rows().items():
        if options.rows and not any(part in title for part in options.rows):
            continue
        results[title] = measure(make(), options.rounds, absent)
        print("\n".join(as_lines(title, results[title])), flush=True)
    for name, reason in absent.items():
        print(f"absent: {name} ({reason})")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": describe_machine(), "rows": results, "absent": absent}, file, indent=1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
