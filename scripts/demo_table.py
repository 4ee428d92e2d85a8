#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""demo_table.py CPP_PROGRAM PICTURE FILE...: loads each file in Python and by the C++ program, prints one table, and
draws the first file that loaded. Exits 1 where a WAV among them did not load, or where the two disagree.
"""

import pathlib
import subprocess
import sys
import time

import tonearm


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

    mono = audio.waveform.mean(0)[: 20 * audio.sample_rate]
    seconds = mono.shape[0] / audio.sample_rate
    size = min(1024, max(16, mono.shape[0] // 4))
    spectrum = torch.stft(mono, size, hop_length=size // 4, window=torch.hann_window(size), return_complex=True).abs()
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(11, 6), sharex=True, layout="constrained")
    top.plot(torch.linspace(0, seconds, mono.shape[0]).tolist(), mono.tolist(), linewidth=0.4)
    top.set(title=title, ylabel="amplitude", xlim=(0, seconds), ylim=(-1, 1))
    shown = bottom.imshow((20 * torch.log10(spectrum + 1e-5)).tolist(), origin="lower", aspect="auto", cmap="magma",
                          extent=(0, seconds, 0, audio.sample_rate / 2000), vmin=-80, vmax=40)
    bottom.set(xlabel="seconds", ylabel="kHz", ylim=(0, min(12, audio.sample_rate / 2000)))
    figure.colorbar(shown, ax=bottom, label="dB")
    figure.savefig(picture, dpi=110)


def main():
    program, picture, *paths = sys.argv[1:]
    in_cpp = load_in_cpp(program, paths)
    rows, problems, first = [("file", "face", "backend", "shape", "rate", "audio s / s")], [], None
    for path in paths:
        name = pathlib.Path(path).name
        try:
            audio, speed = load_in_python(path)
        except tonearm.Error as error:
            print(f"{error}\n", file=sys.stderr)
            rows.append((name, "both", "-", "not loaded, see above", "", ""))
            if name.lower().endswith(".wav"):
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
            draw(first[0], first[1], picture)
            print(f"\npicture: {picture}")
        except ImportError:
            print("\nno picture: matplotlib is not here (pip install matplotlib)")
    for problem in problems:
        print(f"FAILED {problem}", file=sys.stderr)
    return 1 if problems or first is None else 0


if __name__ == "__main__":
    sys.exit(main())
