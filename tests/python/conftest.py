# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Audio for the tests, made with struct alone, and the helpers that several files use."""

import os
import pathlib
import struct
import subprocess
import sys

import pytest

RATE_HZ = 16000
#: (channels, frames) as 16-bit integers: ends of the range, and a different number in every place.
SAMPLES = ((0, 2, 4, -32768, 17), (1, 3, 5, 32767, -17))


def make_wav(channels=SAMPLES, *, rate_hz=RATE_HZ, tag=1, bits=16, pack="h", data_bytes=None) -> bytes:
    """A plain WAV. `pack` is struct's letter for one sample; `data_bytes` overrides the declared size of the data."""
    frames = list(zip(*channels))
    body = b"".join(struct.pack(f"<{len(frame)}{pack}", *frame) for frame in frames)
    block = len(channels) * bits // 8
    form = struct.pack("<HHIIHH", tag, len(channels), rate_hz, rate_hz * block, block, bits)
    size = len(body) if data_bytes is None else data_bytes
    data = b"data" + struct.pack("<I", size) + body + b"\0" * (len(body) % 2)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


class ReadOnly:
    """A stream as urllib's: read(n) and nothing else; never more than `most` bytes at once."""

    def __init__(self, data, most=7):
        self.data, self.position, self.most, self.requests = data, 0, most, []

    def read(self, n):
        self.requests.append(n)
        chunk = self.data[self.position : self.position + min(n, self.most)]
        self.position += len(chunk)
        return chunk


def run_python(code, *, cwd=None, env=None, timeout=120):
    """A fresh interpreter that runs `code`; the finished process with its text."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture
def wav_bytes() -> bytes:
    return make_wav()


@pytest.fixture
def wav_path(tmp_path, wav_bytes) -> pathlib.Path:
    path = tmp_path / "speech.wav"
    path.write_bytes(wav_bytes)
    return path


@pytest.fixture
def expected():
    torch = pytest.importorskip("torch")
    return torch.tensor(SAMPLES, dtype=torch.float32) / 32768
