# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Wall time of tonearm's resampling and features by one thread and by two.

Usage: python benches/python/features_by_threads.py [--seconds S]     S: for each row

The answers are compared first, bit by bit. Then one and two threads in turn; before and after each pair two threads
hash, and a pair counts only where both hashed as fast as one alone had: elsewhere the machine had no second processor
to give. Times are medians of the pairs that count.
"""

import argparse
import hashlib
import statistics
import threading
import time
from typing import Any, Callable, Dict, List

import torch

import tonearm.compliance.kaldi
import tonearm.functional as F
import tonearm.transforms as T
from tonearm.bench import describe_machine

BLOCK = bytes(3 << 20)
#: Slower than this, relative to one thread alone, are two that share a processor with others.
TOLERATED = 1.2


def rows() -> Dict[str, Callable[[], torch.Tensor]]:
    music, speech = 0.1 * torch.randn(2, 60 * 44100), 0.1 * torch.randn(8, 30 * 16000)
    mono, one = music[:1].contiguous(), speech[:1].contiguous()
    mel = T.MelSpectrogram(hop_length=160, n_mels=80)
    mfcc = T.MFCC(n_mfcc=40, melkwargs={"hop_length": 160, "n_mels": 80})
    return {
        "44.1 to 16 kHz, 60 s stereo": lambda: F.resample(music, 44100, 16000),
        "44.1 to 16 kHz, 60 s mono": lambda: F.resample(mono, 44100, 16000),
        "44.1 to 16 kHz, 60 s stereo, hq": lambda: F.resample(music, 44100, 16000, resampling_method="hq"),
        "44.1 to 16 kHz, 60 s mono, hq": lambda: F.resample(mono, 44100, 16000, resampling_method="hq"),
        "mel 400 / 160 / 80, 8 times 30 s": lambda: mel(speech),
        "mel 400 / 160 / 80, 30 s": lambda: mel(one),
        "MFCC 40, 8 times 30 s": lambda: mfcc(speech),
        "MFCC 40, 30 s": lambda: mfcc(one),
        "Whisper log-mel 80, 8 times 30 s": lambda: F.whisper_log_mel(speech),
        "Whisper log-mel 80, 30 s": lambda: F.whisper_log_mel(one),
        "Kaldi fbank 80, 30 s": lambda: tonearm.compliance.kaldi.fbank(one, num_mel_bins=80),
    }


def seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def hash_by(threads: int) -> None:
    others = [threading.Thread(target=hashlib.sha256, args=(BLOCK,)) for _ in range(threads - 1)]
    for thread in others:
        thread.start()
    hashlib.sha256(BLOCK)
    for thread in others:
        thread.join()


def by_threads(count: int, call: Callable[[], torch.Tensor]) -> torch.Tensor:
    torch.set_num_threads(count)
    return call()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=2.0)
    limit = parser.parse_args().seconds
    print(describe_machine())
    quiet = TOLERATED * min(seconds(lambda: hash_by(1)) for _ in range(50))
    for name, call in rows().items():
        if not torch.equal(by_threads(1, call), by_threads(2, call)):
            raise SystemExit(f"{name}: two threads give other bits than one")
        times: List[List[float]] = [[], []]
        pairs, end = 0, time.monotonic() + limit
        while time.monotonic() < end:
            pairs += 1
            if seconds(lambda: hash_by(2)) > quiet:
                continue
            pair = [seconds(lambda: by_threads(count, call)) for count in (1, 2)]
            if seconds(lambda: hash_by(2)) <= quiet:
                for kept, found in zip(times, pair):
                    kept.append(found)
        if not times[0]:
            print(f"{name:36s} no second processor in {pairs} tries")
            continue
        one, two = map(statistics.median, times)
        print(f"{name:36s} {1e3 * one:6.2f} ms  {1e3 * two:6.2f} ms  x{one / two:.2f}  ({len(times[0])} of {pairs})")


if __name__ == "__main__":
    main()
