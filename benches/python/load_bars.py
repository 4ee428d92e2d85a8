# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The load benchmark of the README: one row per way to load, tonearm against python-soundfile.

Usage: python benches/python/load_bars.py [--rounds N] [--json OUT] [ROW...]     ROW: part of a row's title

Both sides give the same contiguous float32 torch tensor (channels, frames); their samples are compared first. CPU time
of one thread, interleaved in one process, medians; "fresh" keeps the last tensors alive, as a DataLoader's prefetch
does, "recycled" drops each before the next. Files are made here, by the ffmpeg program where not WAV.
"""

import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

import soundfile
import torch

import tonearm
from tonearm.bench import describe_machine, peak_bytes, throughput, time_in_turn, write_wav

#: One lossy codec decoded by two libraries; another resampler is another signal, and only its length is compared.
TOLERANCE = 1e-4
NUM_SHORT_FILES = 2000


@dataclass
class Row:
    bar: float  #: ours over theirs, at most; for throughput, at least
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    same_samples: bool = True
    rounds: Optional[int] = None


def read_soundfile(file: Any, **options: Any) -> torch.Tensor:
    """As its experts would: float32, then one transposing copy."""
    return torch.from_numpy(soundfile.read(file, dtype="float32", always_2d=True, **options)[0]).t().contiguous()


def load(file: Any, **options: Any) -> torch.Tensor:
    return tonearm.load(file, **options)[0]


class Files:
    """Audio by what it is, made when first asked for."""

    ENCODERS = {
        "s16.wav": ["-c:a", "pcm_s16le"],
        "s24.wav": ["-c:a", "pcm_s24le"],
        "f32.wav": ["-c:a", "pcm_f32le"],
        "flac": ["-c:a", "flac", "-sample_fmt", "s16"],
        "s24.flac": ["-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24"],
        "cbr.mp3": ["-c:a", "libmp3lame", "-b:a", "128k"],
        "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "2"],
        "ogg": ["-c:a", "libvorbis", "-q:a", "5"],
        "opus": ["-c:a", "libopus", "-b:a", "128k"],
        "aac.m4a": ["-c:a", "aac", "-b:a", "128k"],
        "alac.m4a": ["-c:a", "alac"],
    }

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def path(self, kind: str, rate_hz: int = 44100, num_channels: int = 2, seconds: int = 60) -> str:
        stem = os.path.join(self._folder, f"{rate_hz}_{num_channels}ch_{seconds}s")
        path = f"{stem}.{kind}"
        if os.path.exists(path):
            return path
        source = f"{stem}.made.wav"
        if not os.path.exists(source):
            write_wav(source, rate_hz, num_channels, seconds)
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", source, *self.ENCODERS[kind], path], check=True)
        return path

    def short_ones(self, kind: str) -> List[str]:
        folder = os.path.join(self._folder, f"short.{kind}")
        if not os.path.isdir(folder):
            os.mkdir(folder)
            for i in range(NUM_SHORT_FILES):
                shutil.copyfile(self.path(kind, 16000, 1, 1), os.path.join(folder, f"{i}.{kind}"))
        return sorted(os.path.join(folder, name) for name in os.listdir(folder))


def make_rows(files: Files) -> Dict[str, Callable[[], Row]]:
    """By title; a row's files are made when it is."""

    def whole(bar: float, path: str) -> Row:
        return Row(bar, lambda: load(path), lambda: read_soundfile(path))

    def bytes_of(bar: float, path: str) -> Row:
        with open(path, "rb") as file:
            data = file.read()
        return Row(bar, lambda: load(data), lambda: read_soundfile(io.BytesIO(data)))

    def middle(bar: float, path: str) -> Row:
        part = {"frame_offset": 900 * 44100, "num_frames": 44100}
        return Row(
            bar, lambda: load(path, **part), lambda: read_soundfile(path, start=part["frame_offset"], frames=part["num_frames"])
        )

    def to_model(bar: float, path: str) -> Row:
        ours = lambda: tonearm.read(path, sample_rate=16000, mono=True).waveform  # noqa: E731
        return Row(bar, ours, lambda: read_soundfile(path), same_samples=False)

    def every(bar: float, paths: List[str]) -> Row:
        def run(read: Callable[[str], torch.Tensor]) -> torch.Tensor:
            for path in paths[:-1]:
                read(path)
            return read(paths[-1])

        return Row(bar, lambda: run(load), lambda: run(read_soundfile), rounds=5)

    def to_flac(bar: float, path: str, same_samples: bool) -> Row:
        flac = files.path("flac")
        return Row(bar, lambda: load(path), lambda: read_soundfile(flac), same_samples)

    path = files.path
    return {
        "WAV s16, path": lambda: whole(0.18, path("s16.wav")),
        "WAV s16, bytes": lambda: bytes_of(0.12, path("s16.wav")),
        "WAV s24": lambda: whole(0.25, path("s24.wav")),
        "WAV f32": lambda: whole(0.30, path("f32.wav")),
        "WAV 1 s 16 kHz mono, path": lambda: whole(0.30, path("s16.wav", 16000, 1, 1)),
        "WAV 1 s 16 kHz mono, bytes": lambda: bytes_of(0.14, path("s16.wav", 16000, 1, 1)),
        "FLAC s16": lambda: whole(0.50, path("flac")),
        "FLAC s24": lambda: whole(0.50, path("s24.flac")),
        "FLAC 1 s 16 kHz mono": lambda: whole(0.38, path("flac", 16000, 1, 1)),
        "MP3 CBR": lambda: whole(0.70, path("cbr.mp3")),
        "MP3 VBR": lambda: whole(0.70, path("vbr.mp3")),
        "Vorbis": lambda: whole(0.38, path("ogg")),
        "Opus": lambda: whole(0.37, path("opus")),
        "AAC, to FLAC": lambda: to_flac(0.45, path("aac.m4a"), same_samples=False),
        "ALAC, to FLAC": lambda: to_flac(2.5, path("alac.m4a"), same_samples=True),
        "WAV, 1 s out of the middle of 30 min": lambda: middle(0.20, path("s16.wav", seconds=1800)),
        "FLAC, 1 s out of the middle of 30 min": lambda: middle(0.45, path("flac", seconds=1800)),
        "WAV to 16 kHz mono, to loading alone": lambda: to_model(0.70, path("s16.wav")),
        "FLAC to 16 kHz mono, to loading alone": lambda: to_model(0.75, path("flac")),
        "MP3 to 16 kHz mono, to loading alone": lambda: to_model(0.85, path("cbr.mp3")),
        "WAV, 2000 files of 1 s": lambda: every(0.35, files.short_ones("s16.wav")),
        "FLAC, 2000 files of 1 s": lambda: every(0.40, files.short_ones("flac")),
    }


def measure(row: Row, memory: str, rounds: int) -> Dict[str, Any]:
    runs = {"ours": row.ours, "theirs": row.theirs}
    in_turn = time_in_turn(runs, rounds=row.rounds or rounds, memory=memory)
    times = {side: cpu_sec for side, (cpu_sec, _) in in_turn.items()}
    ours, theirs = (statistics.median(times[side]) for side in ("ours", "theirs"))
    return {"ours_cpu_sec": ours, "theirs_cpu_sec": theirs, "ratio": ours / theirs, "times": times}


def check(row: Row) -> str:
    """What differs, or ""."""
    ours, theirs = row.ours(), row.theirs()
    if not row.same_samples:
        return ""
    if ours.shape != theirs.shape:
        return f"shapes differ: {tuple(ours.shape)} and {tuple(theirs.shape)}"
    difference = (ours - theirs).abs().max().item()
    return "" if difference <= TOLERANCE else f"samples differ by {difference:.1e}"


def measure_throughput(files: Files, kind: str) -> Dict[str, Any]:
    """Files per second of read_many() on two threads over those of a loop of load()."""
    paths = files.short_ones(kind)
    once = lambda threads: throughput(paths, load, num_threads=threads, batch=threads > 1, repeats=1)  # noqa: E731
    rates = [[once(1), once(2)] for _ in range(9)]
    return {"ratio": statistics.median(two / one for one, two in rates), "rates": rates}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", metavar="OUT")
    parser.add_argument("rows", nargs="*", metavar="ROW")
    options = parser.parse_args()
    torch.set_num_threads(1)
    wanted = lambda title: not options.rows or any(part in title for part in options.rows)  # noqa: E731
    results: List[Dict[str, Any]] = []

    def report(title: str, bar: str, entry: Dict[str, Any], text: str) -> None:
        results.append({"title": title, "bar": bar, **entry})
        print(f"{title:<42}{text:<34}bar {bar}", flush=True)

    with tempfile.TemporaryDirectory(prefix="tonearm-bench-") as folder:
        files = Files(folder)
        for title, make in make_rows(files).items():
            if not wanted(title):
                continue
            row = make()
            if differs := check(row):
                report(title, f"<= {row.bar}", {"differs": differs}, differs)
                continue
            modes = {memory: measure(row, memory, options.rounds) for memory in ("fresh", "recycled")}
            text = "   ".join(f"{memory} {mode['ratio']:.3f}" for memory, mode in modes.items())
            report(title, f"<= {row.bar}", modes, text)
        for kind, name in (("s16.wav", "WAV"), ("flac", "FLAC")):
            if wanted(title := f"{name}, two threads over one"):
                entry = measure_throughput(files, kind)
                report(title, ">= 1.7", entry, f"{entry['ratio']:.2f} x")
            if wanted(title := f"{name}, peak memory of 30 min over the output"):
                path = files.path(kind, 44100, 2, 1800)
                output = load(path).nbytes
                peak = peak_bytes(lambda path=path: load(path))
                text = "not told here" if peak is None else f"{peak / output:.3f} x + {max(0, peak - output) / 2**20:.1f} MiB"
                report(title, "<= 1.05 x + 16 MiB", {"peak_bytes": peak, "output_bytes": output}, text)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"schema": 1, "machine": describe_machine(), "rows": results}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
