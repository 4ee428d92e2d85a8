# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Threads, signals and processes: the GIL is free, Ctrl-C works, DataLoader works with fork and spawn."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import tonearm
from conftest import SAMPLES, make_wav, run_python

torch = pytest.importorskip("torch")


def test_other_threads_run_during_native_work():
    """The native read ends only when another Python thread has written and closed: with the GIL held, never."""
    code = f"""
import os, threading, tonearm
read_end, write_end = os.pipe()
os.write(write_end, {make_wav([()], data_bytes=0xFFFFFFFF)!r})

def write():
    for _ in range(20):
        os.write(write_end, bytes(1 << 12))
    os.close(write_end)

threading.Timer(0.2, write).start()
print(tonearm.read(f"/proc/self/fd/{{read_end}}", allow_special=True).waveform.shape[1])
"""
    assert run_python(code, timeout=60).stdout.strip() == str(20 * (1 << 12) // 2)


class Dribble:
    """A pipe whose writer sends audio until it is told to stop: the reader is in native code all the while."""

    MOST_PIECES = 1000  # ends a test that would hang otherwise

    def __enter__(self):
        self.stop = threading.Event()
        self.read_end, self.write_end = os.pipe()
        self.path = f"/proc/self/fd/{self.read_end}"
        os.write(self.write_end, make_wav([()], data_bytes=0xFFFFFFFF))
        self.thread = threading.Thread(target=self._write)
        self.thread.start()
        return self

    def _write(self):
        for _ in range(self.MOST_PIECES):
            if self.stop.is_set():
                break
            os.write(self.write_end, b"\0" * (1 << 12))
            time.sleep(0.01)
        os.close(self.write_end)

    def __exit__(self, *_):
        self.stop.set()
        while os.read(self.read_end, 1 << 16):  # frees a writer that waits for room
            pass
        self.thread.join()
        os.close(self.read_end)


@pytest.fixture
def alarm():
    """Calls a handler every 50 ms."""
    before = signal.getsignal(signal.SIGALRM)

    def start(handler):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)

    yield start
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_signals_are_seen_during_native_work(alarm):
    calls = []
    with Dribble() as dribble:

        def handler(*_):
            calls.append(1)
            if len(calls) == 3:
                dribble.stop.set()

        alarm(handler)
        tonearm.read(dribble.path, allow_special=True)
    assert len(calls) >= 3  # without polling the writer would have gone on to its end, with one call after it


def test_ctrl_c_interrupts_native_work(alarm):
    with Dribble() as dribble:

        def handler(*_):
            raise KeyboardInterrupt

        alarm(handler)
        with pytest.raises(KeyboardInterrupt):
            tonearm.read(dribble.path, allow_special=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
        assert dribble.thread.is_alive()  # it was the signal that ended the reading, not the end of the audio


def test_no_thread_is_started_by_the_import():
    done = run_python("import os, tonearm; print(len(os.listdir('/proc/self/task')))")
    assert done.stdout.strip() == "1", done.stderr


class Dataset(torch.utils.data.Dataset):
    def __init__(self, path, count=8):
        self.path, self.count = str(path), count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return tonearm.load(self.path)[0] + index


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("used_before", [False, True], ids=["first_use", "after_use"])
def test_data_loader(tmp_path, method, used_before):
    """In a fresh interpreter, so that "first use" is one."""
    path = tmp_path / "speech.wav"
    path.write_bytes(make_wav())
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import sys, torch, tonearm
sys.path.insert(0, {os.path.dirname(__file__)!r})
from test_processes import Dataset

if __name__ == "__main__":
    if {used_before}:
        tonearm.list_audio_backends(), tonearm.load({str(path)!r})
    loader = torch.utils.data.DataLoader(
        Dataset({str(path)!r}), batch_size=2, num_workers=2, multiprocessing_context={method!r})
    print(sum(len(batch) for batch in loader), [tuple(batch.shape) for batch in loader][0])
"""
    )
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == f"8 (2, 2, {len(SAMPLES[0])})", done.stderr


def test_errors_come_back_from_workers(tmp_path):
    loader = torch.utils.data.DataLoader(Dataset(tmp_path / "none.wav"), num_workers=1)
    with pytest.raises(tonearm.NotFoundError, match="none.wav"):
        next(iter(loader))
