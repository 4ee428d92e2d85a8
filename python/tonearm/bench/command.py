# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""`tonearm bench`: its arguments, the files, the order of work."""

import argparse
import ctypes
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from typing import Any, Dict, List

from .contenders import CONTENDERS
from .measure import compare_file, describe_machine, throughput
from .report import as_json, as_text, plot

#: Codec -> arguments of the ffmpeg program; WAV is made without it.
_ENCODERS = {
    "wav": None,
    "flac": ["-c:a", "flac"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "128k"],
    "ogg": ["-c:a", "libvorbis", "-q:a", "5"],
    "opus": ["-c:a", "libopus", "-b:a", "128k"],
    "m4a": ["-c:a", "aac", "-b:a", "128k"],
}
#: CPU time of one repeat of a throughput measurement, about.
_THROUGHPUT_SEC = 1.0
#: Rate in Hz, channels, seconds.
_SHAPES = ((16000, 1, 1), (44100, 2, 60))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="audio files or folders; none: files made here")
    parser.add_argument(
        "--against",
        default="soundfile,torchcodec,torchaudio,librosa,pyav",
        metavar="NAMES",
        help=f"comma-separated, of {', '.join(n for n in CONTENDERS if n != 'tonearm')} (default: %(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=15, help="timed loads per file and contender (default: %(default)s)")
    parser.add_argument("--memory", choices=("fresh", "recycled"), default="fresh", help="whether tensors stay alive")
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="also files per second on N threads")
    parser.add_argument("--batch", action="store_true", help="with --threads: tonearm.read_many as well")
    parser.add_argument("--json", metavar="OUT", help="all figures, and the machine, as JSON")
    parser.add_argument("--plot", metavar="OUT.png", help="a chart (needs matplotlib)")


def run(arguments: argparse.Namespace) -> int:
    import torch

    names = ["tonearm", *(name for name in arguments.against.split(",") if name)]
    unknown = [name for name in names if name not in CONTENDERS]
    if unknown or arguments.rounds < 1 or arguments.threads < 1:
        what = f"unknown contender {unknown[0]!r}" if unknown else "--rounds and --threads must be greater than 0"
        print(f"tonearm bench: {what}", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    loaders, absent = {}, {}
    for name in names:
        loader, reason = CONTENDERS[name].loader()
        if loader is None:
            absent[name] = reason
        else:
            loaders[name] = loader
    with tempfile.TemporaryDirectory(prefix="tonearm-bench-") as folder:
        paths = _collect(arguments.paths) if arguments.paths else _make_files(folder)
        comparisons, throughputs, status = [], [], 0
        for number, path in enumerate(paths):
            progress = _Progress(f"{number + 1} of {len(paths)}: {os.path.basename(path)}", arguments.rounds)
            try:
                comparisons.append(
                    compare_file(
                        path, loaders, rounds=arguments.rounds, memory=arguments.memory, on_round=progress.advance
                    )
                )
            except RuntimeError as error:  # tonearm itself cannot read it
                status = 1
                print(f"tonearm: {path}: {error}", file=sys.stderr)
            finally:
                progress.clear()
        if arguments.threads > 1 or arguments.batch:
            throughputs = _throughputs(comparisons, loaders, arguments)
    print(as_text(comparisons, absent))
    for entry in throughputs:
        print(f"{entry['name']}: {entry['files_per_sec']:.1f} files/s on {entry['threads']} threads")
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(as_json(describe_machine(), comparisons, throughputs, absent), file, indent=1)
    if arguments.plot and comparisons:
        plot(comparisons, arguments.plot)
    return status


def _throughputs(comparisons: List[Any], loaders: Dict[str, Any], arguments: argparse.Namespace) -> List[Dict[str, Any]]:
    """Only over files that each contender reads as tonearm does."""
    entries = []
    for name, load in loaders.items():
        same = [(c.file, m.median_cpu_sec) for c in comparisons for m in c.measurements if m.name == name and m.same]
        if not same:
            continue
        one_pass_sec = sum(cpu_sec for _, cpu_sec in same)
        paths = [file for file, _ in same] * math.ceil(_THROUGHPUT_SEC / one_pass_sec)
        for label, batch in ((name, False), *((("tonearm.read_many", True),) if name == "tonearm" and arguments.batch else ())):
            rate = throughput(paths, load, num_threads=arguments.threads, batch=batch)
            entries.append({"name": label, "threads": arguments.threads, "files_per_sec": rate, "num_files": len(paths)})
    return entries


def _collect(paths: List[str]) -> List[str]:
    found = []
    for path in paths:
        if os.path.isdir(path):
            found += sorted(os.path.join(root, name) for root, _, names in os.walk(path) for name in names)
        else:
            found.append(path)
    return found


def _make_files(folder: str) -> List[str]:
    """One file per shape and codec; only WAV where the ffmpeg program is absent."""
    made = []
    program = shutil.which("ffmpeg")
    for rate, channels, seconds in _SHAPES:
        source = os.path.join(folder, f"{rate}_{channels}ch_{seconds}s.wav")
        write_wav(source, rate, channels, seconds)
        for extension, encoder in _ENCODERS.items():
            path = os.path.splitext(source)[0] + "." + extension
            if encoder is not None:
                if program is None:
                    continue
                command = [program, "-nostdin", "-v", "error", "-i", source, *encoder, path]
                if subprocess.run(command, capture_output=True).returncode != 0:
                    continue
            made.append(path)
    return made


def write_wav(path: str, rate_hz: int, num_channels: int, seconds: int) -> None:
    """Tones with overtones and a slowly moving loudness over soft noise: neither trivial nor incompressible for FLAC."""
    import torch

    generator = torch.Generator().manual_seed(7)
    t = torch.arange(rate_hz * seconds, dtype=torch.float64) / rate_hz
    channels = []
    for c in range(num_channels):
        pitch = 110 * (1 + 0.2 * torch.sin(2 * math.pi * (0.7 + 0.1 * c) * t))
        phase = torch.cumsum(pitch / rate_hz, 0) * 2 * math.pi
        voice = sum(torch.sin(k * phase) / k for k in range(1, 12))
        loudness = 0.15 * (1 + torch.sin(2 * math.pi * 3.1 * t)) / 2
        noise = torch.randn(len(t), generator=generator, dtype=torch.float64) * 0.003
        channels.append(voice * loudness + noise)
    samples = (torch.stack(channels, dim=1).clamp(-1, 1) * 32767).to(torch.int16).contiguous()
    with wave.open(path, "wb") as file:
        file.setnchannels(num_channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(ctypes.string_at(samples.data_ptr(), samples.numel() * 2))


class _Progress:
    """A line on stderr while a person watches."""

    def __init__(self, title: str, rounds: int) -> None:
        self._title, self._rounds, self._done = title, rounds, 0
        self._watched = sys.stderr.isatty()
        self._show()

    def advance(self) -> None:
        self._done += 1
        self._show()

    def clear(self) -> None:
        if self._watched:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _show(self) -> None:
        if self._watched:
            sys.stderr.write(f"\r\x1b[K{self._title}  {self._done} of {self._rounds}")
            sys.stderr.flush()
