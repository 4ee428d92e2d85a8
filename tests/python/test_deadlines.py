# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every call has a deadline. A user's file-like may block past it: once it returns, nothing more is asked of it. What
counts are its calls, not seconds: the first one takes longer than the deadline.
"""

import os
import threading
import time

import pytest
import tonearm
from conftest import make_wav

torch = pytest.importorskip("torch")

DEADLINE_SEC = 0.05
WAV = make_wav([range(30000)])  # more than one read


class Slow:
    """The first read or write takes longer than the deadline."""

    def __init__(self, data=b"", seekable=True):
        self.data, self.position, self.calls = data, 0, 0
        self.seekable = lambda: seekable
        if seekable:
            self.seek, self.tell = self._seek, lambda: self.position

    def _blocks(self):
        self.calls += 1
        if self.calls == 1:
            time.sleep(2 * DEADLINE_SEC)

    def read(self, n):
        self._blocks()
        chunk = self.data[self.position : self.position + min(n, 1000)]
        self.position += len(chunk)
        return chunk

    def write(self, data):
        self._blocks()
        return min(len(data), 1000)

    def _seek(self, offset, whence=0):
        self.position = offset + (0, self.position, len(self.data))[whence]
        return self.position


def open_in_blocks(source):
    with tonearm.open(source, deadline_sec=DEADLINE_SEC) as reader:
        list(reader.blocks(100))


READERS = {
    "read": lambda source: tonearm.read(source, deadline_sec=DEADLINE_SEC),
    "read_a_part": lambda source: tonearm.read(source, frame_offset=20000, deadline_sec=DEADLINE_SEC),
    "info": lambda source: tonearm.info(source, exact=True, deadline_sec=DEADLINE_SEC),
    "open": open_in_blocks,
}


@pytest.mark.parametrize("seekable", [True, False], ids=["seekable", "pipe"])
@pytest.mark.parametrize("call", READERS)
def test_a_slow_file_like_is_left_alone_after_the_deadline(call, seekable):
    slow = Slow(WAV, seekable)
    with pytest.raises(TimeoutError) as caught:
        READERS[call](slow)
    assert caught.value.code == "deadline"
    assert slow.calls == 1


def test_each_block_of_a_reader_has_the_whole_time():
    slow = Slow(WAV)
    slow.calls = 1  # not the first: opening is quick
    with tonearm.open(slow, deadline_sec=DEADLINE_SEC) as reader:
        reader.read(10)
        time.sleep(2 * DEADLINE_SEC)
        assert reader.read(10).shape == (1, 10)


@pytest.mark.parametrize("seekable", [True, False], ids=["seekable", "pipe"])
def test_writing_to_a_slow_file_like_ends_at_the_deadline(seekable):
    slow = Slow(seekable=seekable)
    wave = torch.zeros(1, 300_000)
    with pytest.raises(TimeoutError):
        if seekable:
            with tonearm.open(
                slow, "w", sample_rate=8000, num_channels=1, format="wav", deadline_sec=DEADLINE_SEC
            ) as writer:
                writer.write(wave)
        else:
            tonearm.save(slow, wave, 8000, format="wav", deadline_sec=DEADLINE_SEC)
    assert slow.calls == 1


def test_a_batch_counts_its_deadline_for_each_item(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    items = list(tonearm.read_many([path] * 3, deadline_sec=1e-9))
    assert [item.error.code for item in items] == ["deadline"] * 3
    assert all(item.error is None for item in tonearm.read_many([path] * 3, deadline_sec=1000))


def test_a_fifo_that_nobody_writes_to_ends_at_the_deadline(tmp_path):
    """Not a file-like of the caller's: it is we who wait."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    done = threading.Event()

    def rescue():  # ends a test that would hang otherwise
        if not done.wait(60):
            path.write_bytes(WAV)

    threading.Thread(target=rescue, daemon=True).start()
    try:
        with pytest.raises(TimeoutError):
            tonearm.read(path, allow_special=True, deadline_sec=DEADLINE_SEC)
    finally:
        done.set()


def test_a_deadline_that_has_passed_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    with pytest.raises(TimeoutError):
        tonearm.save(path, torch.zeros(1, 100), 8000, deadline_sec=1e-9)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["a.wav"]
