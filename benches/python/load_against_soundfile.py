# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CPU time of tonearm.load against python-soundfile into the same contiguous float32 tensor (channels, frames).

Usage: python benches/python/load_against_soundfile.py [FILE...]      without files: WAV of 1 s and 60 s, made here
Both are run in one process, interleaved, after their samples were compared. soundfile is run as its experts would:
sf.read(dtype="float32", always_2d=True), then one transposing copy. Tensors of the last 4 loads are kept alive, as a
DataLoader's prefetch does, so that every load meets fresh pages.
"""

import collections
import statistics
import sys
import tempfile
import time
import wave
from pathlib import Path

import numpy
import soundfile
import torch

import tonearm

ROUNDS = 31


def make_wav(path: Path, rate: int, channels: int, seconds: float) -> Path:
    t = numpy.arange(int(rate * seconds)) / rate
    signal = numpy.stack([0.6 * numpy.sin(440 * (c + 1) * t * (1 + t / 60)) for c in range(channels)], axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((signal * 32767).astype("<i2").tobytes())
    return path


def load_soundfile(path: str) -> torch.Tensor:
    data, _ = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(data).t().contiguous()


def load_tonearm(path: str) -> torch.Tensor:
    return tonearm.load(path)[0]


def compare(path: str) -> None:
    ours, theirs = load_tonearm(path), load_soundfile(path)
    if ours.shape != theirs.shape:
        print(f"{Path(path).name}: lengths differ: tonearm {tuple(ours.shape)}, soundfile {tuple(theirs.shape)}")
        return
    difference = (ours - theirs).abs().max().item() if ours.numel() else 0.0
    times: dict[str, list[float]] = {"tonearm": [], "soundfile": []}
    alive: collections.deque[torch.Tensor] = collections.deque(maxlen=4)
    for _ in range(ROUNDS):
        for name, load in (("tonearm", load_tonearm), ("soundfile", load_soundfile)):
            start = time.thread_time()
            alive.append(load(path))
            times[name].append(time.thread_time() - start)
    medians = {name: statistics.median(values) * 1e3 for name, values in times.items()}
    ratio = medians["tonearm"] / medians["soundfile"]
    print(
        f"{Path(path).name}: tonearm {medians['tonearm']:.3f} ms, soundfile {medians['soundfile']:.3f} ms, "
        f"ratio {ratio:.2f}, largest difference {difference:.1e}"
    )


def main() -> None:
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        for path in sys.argv[1:]:
            compare(path)
        return
    with tempfile.TemporaryDirectory() as directory:
        compare(str(make_wav(Path(directory) / "wav_16k_mono_1s.wav", 16000, 1, 1)))
        compare(str(make_wav(Path(directory) / "wav_44k_stereo_60s.wav", 44100, 2, 60)))


if __name__ == "__main__":
    main()
