#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""demo_table.py CPP_PROGRAM PICTURE FILE...: loads each file in Python and by the C++ program, prints one table, and
draws the first file that loaded, its samples and log-mel. Exits 1 where a WAV or FLAC did not load, or where the two disagree.
"""

import math
import pathlib
import subprocess
import sys
import time

import tonearm

SHOWN_SEC = 6  # of the picture's file
NUM_MELS = 80


def load_in_python(path):
    audio = tonearm.read(path)  # the first read opens the codec library; it is not timed
    best_sec = float("inf")
    for _ in range(3):
        begin = time.perf_counter()
        audio = tonearm.read(path)
        best_sec = min(best_sec, time.perf_counter() - begin)
    return audio, audio.waveform.shape[1] / audio.sample_rate / best_sec


def load_in_cpp(program, paths):
    """path -> (backend, channels, frames, rate, speed); what failed is absent and told on stderr."""
    done = subprocess.run([program, *paths], stdout=subprocess.PIPE, text=True, timeout=600)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return {path: (backend, int(channels), int(frames), int(rate), float(speed))
            for path, backend, channels, frames, rate, speed in rows}


def draw(audio, title, picture):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import torch

    import tonearm.transforms as T

    rate = audio.sample_rate
    mono = audio.waveform.mean(0)[: SHOWN_SEC * rate]
    seconds = mono.shape[0] / rate
    size = max(16, rate // 40)  # 25 ms: short enough for syllables, long enough for harmonics
    highest = min(8000, rate // 2)
    mel = T.MelSpectrogram(rate, 2 * size, size, size // 5, f_max=highest, n_mels=NUM_MELS, pad_mode="constant")
    level_db = T.AmplitudeToDB(top_db=70)(mel(mono))
    level_db -= level_db.max()
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(11, 6), sharex=True, layout="constrained", height_ratios=(1, 2))
    top.plot(torch.linspace(0, seconds, mono.shape[0]).tolist(), mono.tolist(), linewidth=0.4)
    top.set(title=title, ylabel="amplitude", xlim=(0, seconds))
    top.grid(alpha=0.3)
    image = bottom.imshow(level_db.tolist(), origin="lower", aspect="auto", cmap="magma", interpolation="bilinear",
                          extent=(0, seconds, 0.5, NUM_MELS + 0.5))
    ticks = [hz for hz in (250, 500, 1000, 2000, 4000, 8000) if hz <= highest]
    to_mel = lambda hz: math.log1p(hz / 700)  # noqa: E731  any unit does
    bottom.set_yticks([to_mel(hz) / to_mel(highest) * (NUM_MELS + 1) for hz in ticks], [f"{hz / 1000:g}" for hz in ticks])
    bottom.set(xlabel="time in seconds", ylabel=f"{NUM_MELS} mel bands, kHz", ylim=(0.5, NUM_MELS + 0.5))
    figure.colorbar(image, ax=bottom, label="dB, the loudest is 0")
    figure.savefig(picture, dpi=110)
    plt.close(figure)


def main():
    program, picture, *paths = sys.argv[1:]
    in_cpp = load_in_cpp(program, paths)
    rows, problems, first = [("file", "face", "backend", "shape", "rate", "x real time")], [], None
    for path in paths:
        name = pathlib.Path(path).name
        try:
            audio, speed = load_in_python(path)
        except tonearm.Error as error:
            print(f"{error}\n", file=sys.stderr)
            rows.append((name, "both", "-", "not loaded, see above", "", ""))
            if name.lower().endswith((".wav", ".flac")):  # these need no codec library
                problems.append(name)
            continue
        first = first or (audio, name)
        shape = tuple(audio.waveform.shape)
        rows.append((name, "Python", audio.backend, str(shape), str(audio.sample_rate), f"{speed:.0f}"))
        backend, channels, frames, rate, speed = in_cpp.get(path, ("-", 0, 0, 0, 0.0))
        rows.append((name, "C++", backend, str((channels, frames)), str(rate), f"{speed:.0f}"))
        if (channels, frames, rate) != (*shape, audio.sample_rate):
            problems.append(f"{name}: Python and C++ disagree")
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for index, row in enumerate(rows):
        print("  ".join(cell.rjust(width) if i > 3 else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths))))
        if index == 0:
            print("  ".join("-" * width for width in widths))
    if first:
        try:
            audio, name = first
            channels, frames = audio.waveform.shape
            draw(audio, f"{name}: {channels} x {frames} samples at {audio.sample_rate} Hz, by {audio.backend}", picture)
            print(f"\npicture: {picture}")
        except ImportError:
            print("\nno picture: matplotlib is not here (pip install matplotlib)")
    for problem in problems:
        print(f"FAILED {problem}", file=sys.stderr)
    return 1 if problems or first is None else 0


if __name__ == "__main__":
    sys.exit(main())
