# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Ten hours of audio that exist nowhere: a file-like makes the bytes that are asked for. Blocks, seeks and a writer of
blocks take memory that does not depend on the length.
"""

import sys
from pathlib import Path

import pytest
import tonearm
from conftest import make_wav

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from tiny_flac import _crc8, _crc16  # noqa: E402

RATE_HZ = 8000
HOURS = 10
NUM_FRAMES = HOURS * 3600 * RATE_HZ
#: Room for blocks, buffers and the allocator's habits; the audio as float32 takes 1.1 GB.
MOST_GROWTH_KIB = 24 << 10
BLOCK = 1 << 16
FLAC_BLOCK = 4096
FLAC_FRAMES = NUM_FRAMES // FLAC_BLOCK * FLAC_BLOCK


class Made:
    """A seekable stream of `size` bytes; make(begin, end) gives some of them, from `begin` on."""

    def __init__(self, size, make):
        self.size, self.make, self.position = size, make, 0

    def read(self, n):
        data = self.make(self.position, min(self.position + n, self.size))[:n] if self.position < self.size else b""
        self.position += len(data)
        return data

    def seek(self, offset, whence=0):
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def tell(self):
        return self.position


def long_wav():
    """Sample number n is n modulo 2^15."""
    header = make_wav([()], rate_hz=RATE_HZ, data_bytes=2 * NUM_FRAMES)
    period = b"".join(n.to_bytes(2, "little") for n in range(1 << 15))

    def make(begin, end):
        if begin < len(header):
            return header[begin:end]
        start = (begin - len(header)) % len(period)
        return period[start : start + end - begin]

    return Made(len(header) + 2 * NUM_FRAMES, make)


def value_of(frame):
    return frame // FLAC_BLOCK % (1 << 15)


def long_flac():
    """Each block holds one value. Numbers that UTF-8 codes in four bytes make all frames equally long."""
    first = 1 << 16
    info = FLAC_BLOCK.to_bytes(2, "big") * 2 + bytes(6) + (RATE_HZ << 44 | 15 << 36 | FLAC_FRAMES).to_bytes(8, "big")
    header = b"fLaC" + bytes([0x80, 0, 0, 34]) + info + bytes(16)

    def frame(index):
        head = bytes([0xFF, 0xF8, 12 << 4 | 4, 4 << 1]) + chr(first + index).encode()
        body = head + bytes([_crc8(head), 0]) + value_of(index * FLAC_BLOCK).to_bytes(2, "big")
        return body + _crc16(body).to_bytes(2, "big")

    size = len(frame(0))

    def make(begin, end):
        if begin < len(header):
            return header[begin:end]
        index, skip = divmod(begin - len(header), size)
        last = min(-(-(end - len(header)) // size), index + 4096)
        return b"".join(frame(i) for i in range(index, last))[skip : skip + end - begin]

    return Made(len(header) + FLAC_FRAMES // FLAC_BLOCK * size, make)


def grown_kib(work):
    """By how much the process's peak lies above where it stood."""

    def status(name):
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))

    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # resets the peak (proc(5))
    before = status("VmRSS")
    work()
    return status("VmHWM") - before


@pytest.mark.parametrize("make,expected", [
    (long_wav, lambda frame: frame % (1 << 15)),
    (long_flac, value_of),
], ids=["wav", "flac"])  # fmt: skip
def test_ten_hours_in_blocks_take_the_memory_of_a_block(make, expected):
    whole = NUM_FRAMES if make is long_wav else FLAC_FRAMES

    def work():
        total = 0
        with tonearm.open(make(), dtype="native" if make is long_wav else "int16") as reader:
            assert reader.num_frames == whole and reader.metadata.num_frames_exact
            for block in reader.blocks(BLOCK):
                for at in (0, block.shape[1] - 1):
                    assert block[0, at] == expected(total + at)
                total += block.shape[1]
            for frame in (whole - 1, 5, whole // 2):
                reader.seek(frame)
                assert reader.read(1)[0, 0] == expected(frame)
        assert total == whole

    with tonearm.open(make()) as reader:  # what the first use of everything takes
        reader.read(BLOCK)
    assert grown_kib(work) <= MOST_GROWTH_KIB


def test_a_part_of_ten_hours_reads_a_part():
    for make in (long_wav, long_flac):
        source = make()
        read_bytes = []
        inner = source.read
        source.read = lambda n: read_bytes.append(n) or inner(n)
        audio = tonearm.read(source, offset_sec=9.5 * 3600, length_sec=1)
        assert audio.waveform.shape == (1, RATE_HZ)
        assert sum(read_bytes) < 8 << 20


@pytest.mark.parametrize("format", ["wav", "flac", "ogg"])
def test_ten_hours_are_written_in_the_memory_of_a_block(format):
    class Nowhere:
        """Takes bytes anywhere and keeps none."""

        position = 0

        def write(self, data):
            self.position += len(data)

        def seek(self, offset):
            self.position = offset

        def tell(self):
            return self.position

    hours = HOURS if format == "wav" else 1  # encoders take their time
    block = torch.zeros(1, 1 << 20)

    def work(num_blocks):
        with tonearm.open(Nowhere(), "w", sample_rate=RATE_HZ, num_channels=1, format=format) as writer:
            for _ in range(num_blocks):
                writer.write(block)

    try:
        work(1)
    except tonearm.MissingDependencyError:
        pytest.skip(f"nothing here writes {format}")
    assert grown_kib(lambda: work(hours * 3600 * RATE_HZ // (1 << 20))) <= MOST_GROWTH_KIB
