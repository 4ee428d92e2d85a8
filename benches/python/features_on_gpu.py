# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Resampling and features on a CUDA device: time per hour of audio, against torchaudio on the same device, against PCIe.

Usage: python benches/python/features_on_gpu.py FOLDER     scripts/bench-gpu runs it after the tests

Answers are compared first, with the CPU path and between contenders; a row whose answers differ is not timed. Kernel
times are medians of CUDA events around one call, everything else medians of the wall clock until the device is done;
contenders take turns, and the device's L2 cache is overwritten before each call. Writes FOLDER/<device's name>.json.
Where no device can work: the doctor's finding, exit status 1, and no file.
"""

import argparse
import importlib.metadata
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
from typing import Any, Callable, Dict, List

import torch

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from tonearm._upload import cuda_device
from tonearm.bench import describe_machine, time_in_turn, write_wav

ROUNDS = 50
#: Relative L2: of two float32 evaluations of one definition, and of torchaudio's whose filters are rounded.
SAME, SIMILAR = 1e-5, 1e-4
Call = Callable[[], torch.Tensor]


class Differ(Exception):
    """Answers that should be the same are not."""


class Absent(Exception):
    """A rival cannot be had here."""


def check(got: torch.Tensor, want: torch.Tensor, tolerance: float) -> float:
    """The relative L2 distance of two answers. Raises Differ where it is above `tolerance`, or the shapes differ."""
    if got.shape != want.shape:
        raise Differ(f"shapes {tuple(got.shape)} and {tuple(want.shape)}")
    difference = float((got.cpu().double() - want.cpu().double()).norm() / want.double().norm())
    if not difference <= tolerance:
        raise Differ(f"they differ by {difference:.1e}")
    return difference


def overwrite_cache() -> None:
    torch.empty(1 << 30, dtype=torch.uint8, device="cuda").zero_()


def event_ms(calls: Dict[str, Call]) -> Dict[str, List[float]]:
    """Milliseconds on the device, per call; what the host does meanwhile is hidden behind the cache's overwriting."""
    times: Dict[str, List[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            overwrite_cache()
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            call()
            end.record()
            end.synchronize()
            times[name].append(begin.elapsed_time(end))
    return times


def wall_ms(calls: Dict[str, Call]) -> Dict[str, List[float]]:
    """Milliseconds until the device is done, the host's part of the call with it."""

    def until_done(call: Call) -> Call:
        def run() -> torch.Tensor:
            out = call()
            torch.cuda.synchronize()
            return out

        return run

    runs = {name: until_done(call) for name, call in calls.items()}
    for run in runs.values():
        run()
    times = time_in_turn(runs, rounds=ROUNDS, memory="recycled", on_round=overwrite_cache)
    return {name: [1e3 * wall for wall in walls] for name, (_, walls) in times.items()}


def kernels_of(call: Call) -> Dict[str, Any]:
    """The names of what one call launches, and the median of the time in it, by CUPTI."""
    call()
    names: List[str] = []
    microseconds = []
    for _ in range(ROUNDS):
        overwrite_cache()
        torch.cuda.synchronize()
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            call()
            torch.cuda.synchronize()
        launched = [e for e in profile.events() if e.device_type == torch.autograd.DeviceType.CUDA]
        names = [event.name for event in launched]
        microseconds.append(sum(event.time_range.elapsed_us() for event in launched))
    return {"launches": len(names), "names": names, "us": statistics.median(microseconds), "times_us": microseconds}


def noise(signals: int, rate_hz: int, seconds: int) -> torch.Tensor:
    return 0.2 * torch.randn(signals, rate_hz * seconds, generator=torch.Generator().manual_seed(1))


def per_hour(call: Callable[[torch.Tensor], torch.Tensor], wave: torch.Tensor) -> Dict[str, Any]:
    """One hour of audio in all: kernel time, after the first signal was compared with the CPU path's."""
    there = wave.cuda()
    difference = check(call(there)[:1], call(wave[:1]), SAME)
    times = event_ms({"ours": lambda: call(there)})
    return {"difference": difference, "ms": statistics.median(times["ours"]), "times_ms": times}


def one_clip() -> Dict[str, Any]:
    wave = noise(1, 16000, 30)
    there = wave.cuda()
    difference = check(F.whisper_log_mel(there), F.whisper_log_mel(wave), SAME)
    return {"difference": difference, **kernels_of(lambda: F.whisper_log_mel(there))}


def against_torchaudio(
    name: str, wave: torch.Tensor, measure: Callable[[Dict[str, Call]], Dict[str, List[float]]], **options: Any
) -> Dict[str, Any]:
    there, ours = wave.cuda(), getattr(T, name)(**options).cuda()
    difference = check(ours(there)[:1], getattr(T, name)(**options)(wave[:1]), SAME)
    try:
        import torchaudio.transforms

        theirs = getattr(torchaudio.transforms, name)(**options).cuda()
        other_answer = theirs(there)
    except Exception as error:  # a torchaudio that does not fit its torch raises whatever it likes
        raise Absent(f"{type(error).__name__}: {error}") from error
    check(ours(there), other_answer, SIMILAR)
    times = measure({"ours": lambda: ours(there), "theirs": lambda: theirs(there)})
    mine, other = (statistics.median(times[side]) for side in ("ours", "theirs"))
    return {"difference": difference, "ours_ms": mine, "theirs_ms": other, "ratio": other / mine, "times_ms": times}


def against_pcie() -> Dict[str, Any]:
    """Half an hour of a 16-bit WAV's bytes to its log-mel, over a bare copy of as many bytes from page-locked memory."""
    with tempfile.TemporaryDirectory(prefix="tonearm-bench-") as folder:
        path = f"{folder}/speech.wav"
        write_wav(path, 16000, 1, 1800)
        data = pathlib.Path(path).read_bytes()
    pinned = torch.empty(len(data), dtype=torch.uint8, pin_memory=True)
    landing = torch.empty(len(data), dtype=torch.uint8, device="cuda")

    def ours() -> torch.Tensor:
        return F.whisper_log_mel(tonearm.read(data, device="cuda").waveform)

    difference = check(ours(), F.whisper_log_mel(tonearm.read(data).waveform), SAME)
    times = wall_ms({"ours": ours, "copy": lambda: landing.copy_(pinned, non_blocking=True)})
    rates = {name: len(data) / statistics.median(ms) * 1e3 for name, ms in times.items()}
    return {
        "difference": difference,
        "bytes": len(data),
        "ours_bytes_per_sec": rates["ours"],
        "pcie_bytes_per_sec": rates["copy"],
        "ratio": rates["ours"] / rates["copy"],
        "times_ms": times,
    }


LOG_MEL = {"n_fft": 400, "hop_length": 160, "n_mels": 80}
RATES = {"orig_freq": 44100, "new_freq": 16000}
#: Title, the key of the figure and what it should be (on an H200), the measurement.
ROWS = [
    ("44.1 to 16 kHz, an hour", "ms", "<= 0.25", lambda: per_hour(T.Resample(**RATES), noise(1, 44100, 3600))),
    ("log-mel 80, an hour in clips of 30 s", "ms", "<= 0.2", lambda: per_hour(F.whisper_log_mel, noise(120, 16000, 30))),
    ("log-mel 80, one clip of 30 s: kernels", "us", "<= 12", one_clip),
    (
        "44.1 to 16 kHz, 120 clips of 30 s, over torchaudio",
        "ratio",
        ">= 6",
        lambda: against_torchaudio("Resample", noise(120, 44100, 30), event_ms, **RATES),
    ),
    (
        "mel 80, 120 clips of 30 s, over torchaudio",
        "ratio",
        ">= 6",
        lambda: against_torchaudio("MelSpectrogram", noise(120, 16000, 30), event_ms, **LOG_MEL),
    ),
    (
        "44.1 to 16 kHz, one clip of 1 s, over torchaudio",
        "ratio",
        ">= 20",
        lambda: against_torchaudio("Resample", noise(1, 44100, 1), wall_ms, **RATES),
    ),
    (
        "mel 80, one clip of 1 s, over torchaudio",
        "ratio",
        ">= 20",
        lambda: against_torchaudio("MelSpectrogram", noise(1, 16000, 1), wall_ms, **LOG_MEL),
    ),
    ("bytes of a WAV to log-mel 80, over PCIe's rate", "ratio", ">= 0.9", against_pcie),
]


def measure(title: str, key: str, bar: str, run: Callable[[], Dict[str, Any]]) -> Dict[str, Any]:
    """The row's figures; or why there are none: "differs", or "absent" where a rival is not to be had."""
    try:
        row = run()
        text = f"{row[key]:.3g}" + (f" in {row['launches']} launches (<= 2)" if "launches" in row else "")
    except Differ as error:
        row, text = {"differs": str(error)}, f"the answers differ: {error}"
    except Absent as error:
        row, text = {"absent": str(error)}, f"not measured: {error}"
    print(f"{title:<54}{key:>6} {bar:<8}{text}", flush=True)
    return {"title": title, "key": key, "bar": bar, **row}


def describe_device() -> Dict[str, Any]:
    """What the figures depend on, beside the machine."""
    properties = torch.cuda.get_device_properties(0)
    fields = ("driver_version", "clocks.sm", "clocks.max.sm", "clocks.mem", "power.limit", "pcie.link.gen.max")
    query = ["nvidia-smi", "-i", "0", f"--query-gpu={','.join(fields)}", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, check=True, timeout=60).stdout.strip().split(", ")
    except (OSError, subprocess.SubprocessError):
        said = ["unknown"] * len(fields)
    try:
        torchaudio = importlib.metadata.version("torchaudio")
    except importlib.metadata.PackageNotFoundError:
        torchaudio = "absent"
    return {
        "name": properties.name,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "memory_bytes": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
        "cuda_of_torch": torch.version.cuda,
        "cuda_of_driver": tonearm.doctor("cuda").components[0].get("version"),
        "torchaudio": torchaudio,
        **dict(zip(fields, said)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    try:
        cuda_device("cuda:0")
    except tonearm.Error as error:
        print(f"nothing was measured: {error}", file=sys.stderr)
        return 1
    device = describe_device()
    rows = [measure(*row) for row in ROWS]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (re.sub(r"[^a-z0-9]+", "-", device["name"].lower()).strip("-") + ".json")
    path.write_text(json.dumps({"schema": 1, "machine": describe_machine(), "device": device, "rows": rows}, indent=1))
    print(path)
    return 1 if any("differs" in row for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
