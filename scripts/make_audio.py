#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""make_audio.py DIRECTORY: writes speech-like audio as WAV and FLAC, and as MP3, Vorbis, Opus and M4A where the ffmpeg
program is there to encode it. Prints one path a line; what could not be made is said on stderr. Standard library only.
"""

import array
import math
import pathlib
import random
import shutil
import subprocess
import sys
import wave

import tiny_flac

RATE = 44100  # Hz
SECONDS = 20
# Formants of five vowels, in Hz.
VOWELS = [(730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240)]
ENCODERS = [("flac", ["-c:a", "flac"]), ("mp3", ["-c:a", "libmp3lame", "-q:a", "2"]),
            ("ogg", ["-c:a", "libvorbis", "-q:a", "5"]), ("opus", ["-c:a", "libopus", "-b:a", "96k"]),
            ("m4a", ["-c:a", "aac", "-b:a", "128k"])]


def syllable(random_source, num_frames):
    """A vowel: a buzz of falling pitch through three resonators, faded in and out; now and then a hiss before it."""
    frames = [0.0] * num_frames
    pitch = random_source.uniform(95, 180)
    phase = 0.0
    hiss = num_frames // 5 if random_source.random() < 0.4 else 0
    source = []
    for i in range(num_frames):
        phase += pitch * (1.15 - 0.3 * i / num_frames) / RATE
        buzz = phase % 1.0 - 0.5
        source.append(random_source.uniform(-0.2, 0.2) if i < hiss else buzz)
    for formant, gain in zip(random_source.choice(VOWELS), (1.0, 0.6, 0.3)):
        radius = math.exp(-math.pi * (60 + formant / 20) / RATE)
        a1, a2 = 2 * radius * math.cos(2 * math.pi * formant / RATE), -radius * radius
        y1 = y2 = 0.0
        for i, x in enumerate(source):
            y = (1 - radius) * x + a1 * y1 + a2 * y2
            y1, y2 = y, y1
            frames[i] += gain * y
    return [x * math.sin(math.pi * i / num_frames) for i, x in enumerate(frames)]


def speech(random_source):
    """One breath of about five seconds, repeated with a little silence: (left, right) would be alike, so mono."""
    out = []
    while len(out) < RATE * 5:
        for _ in range(random_source.randint(3, 6)):
            out += syllable(random_source, int(RATE * random_source.uniform(0.12, 0.28)))
        out += [0.0] * int(RATE * random_source.uniform(0.1, 0.3))
    peak = max(abs(x) for x in out)
    return [0.7 * x / peak for x in out]


def encode_ourselves(original):
    """The FLAC beside the 16-bit WAV `original`."""
    made = original.with_suffix(".flac")
    if not made.exists():
        with wave.open(str(original)) as file:
            samples = array.array("h", file.readframes(file.getnframes()))
            num_channels = file.getnchannels()
        if sys.byteorder == "big":
            samples.byteswap()
        unfinished = made.with_suffix(".part")
        tiny_flac.write_flac(unfinished, [samples[c::num_channels] for c in range(num_channels)], RATE)
        unfinished.replace(made)
    return made


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    original = folder / "speech.wav"
    if not original.exists():
        left = speech(random.Random(1))
        right = speech(random.Random(2))
        n = SECONDS * RATE
        samples = array.array("h", bytes(4 * n))
        for i in range(n):
            a, b = left[i % len(left)], right[i % len(right)]
            samples[2 * i] = round(32767 * (0.8 * a + 0.2 * b))
            samples[2 * i + 1] = round(32767 * (0.2 * a + 0.8 * b))
        if sys.byteorder == "big":
            samples.byteswap()
        unfinished = original.with_suffix(".part")
        with wave.open(str(unfinished), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(samples.tobytes())
        unfinished.replace(original)
    print(original)

    if not shutil.which("ffmpeg"):
        print("no ffmpeg program here, so only WAV and FLAC were made (apt-get install ffmpeg)", file=sys.stderr)
        print(encode_ourselves(original))
        return
    for suffix, arguments in ENCODERS:
        made = folder / f"speech.{suffix}"
        if not made.exists():
            unfinished = folder / f"unfinished.{suffix}"
            done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", original, *arguments, unfinished],
                                  capture_output=True, text=True, timeout=120)
            if done.returncode != 0:
                print(f"ffmpeg could not make {made.name}: {done.stderr.strip()}", file=sys.stderr)
                unfinished.unlink(missing_ok=True)
                continue
            unfinished.replace(made)
        print(made)


if __name__ == "__main__":
    main()
