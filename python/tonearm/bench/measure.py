# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is measured: equality first, then time, interleaved, and the peak of memory.

Two memory modes: "fresh" keeps the last tensors alive, as a DataLoader's prefetch does, so that every load meets
memory that the kernel has to provide; "recycled" drops each tensor before the next load.
"""

import collections
import ctypes
import os
import platform
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from .contenders import CONTENDERS, Loader

#: Two decoders of one lossy codec differ by rounding; more than this is another signal.
LOSSY_TOLERANCE = 1e-4
#: Tensors kept alive in the mode "fresh".
NUM_ALIVE = 4


@dataclass
class Measurement:
    """One contender on one file. Times are of one thread, in seconds."""

    name: str
    error: str = ""  #: why it could not be measured; all else is empty then
    num_frames: int = 0
    frames_differ: int = 0  #: its frames minus tonearm's
    largest_difference: float = 0.0  #: over the frames both have
    cpu_sec: List[float] = field(default_factory=list)
    wall_sec: List[float] = field(default_factory=list)
    peak_bytes: Optional[int] = None  #: above the process before the load; None where the system does not tell

    @property
    def same(self) -> bool:
        return not self.error and self.frames_differ == 0 and self.largest_difference <= LOSSY_TOLERANCE

    @property
    def median_cpu_sec(self) -> float:
        return statistics.median(self.cpu_sec)

    def wall_percentile_sec(self, percent: float) -> float:
        ordered = sorted(self.wall_sec)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


@dataclass
class Comparison:
    """All contenders on one file; tonearm's comes first."""

    file: str
    encoding: str
    container: str
    sample_rate: int  #: Hz
    num_channels: int
    duration_sec: float
    size_bytes: int
    memory: str  #: "fresh" or "recycled"
    measurements: List[Measurement]


def compare_file(
    path: str,
    loaders: Dict[str, Loader],
    *,
    rounds: int = 15,
    memory: str = "fresh",
    on_round: Callable[[], None] = lambda: None,
) -> Comparison:
    """Compares and times `loaders` (the first is tonearm's) on one file. Raises tonearm.Error if tonearm cannot read it."""
    import tonearm

    about = tonearm.info(path, exact=True)
    reference = loaders["tonearm"](path)
    measurements = [_check(name, load, path, reference) for name, load in loaders.items()]
    frames = reference.shape[1]
    del reference
    for measurement in measurements:
        if not measurement.error:
            measurement.peak_bytes = peak_bytes(lambda name=measurement.name: loaders[name](path))
    sound = [measurement for measurement in measurements if not measurement.error]
    runs = {m.name: lambda load=loaders[m.name]: load(path) for m in sound}
    times = time_in_turn(runs, rounds=rounds, memory=memory, on_round=on_round)
    for measurement in sound:
        measurement.cpu_sec, measurement.wall_sec = times[measurement.name]
    return Comparison(
        file=path,
        encoding=about.encoding,
        container=about.container,
        sample_rate=about.sample_rate,
        num_channels=about.num_channels,
        duration_sec=frames / about.sample_rate,
        size_bytes=os.path.getsize(path),
        memory=memory,
        measurements=measurements,
    )


def time_in_turn(
    runs: Dict[str, Callable[[], Any]], *, rounds: int, memory: str, on_round: Callable[[], None] = lambda: None
) -> Dict[str, Tuple[List[float], List[float]]]:
    """Runs each of `runs` once a round; per name the CPU times of this thread and the wall times, in seconds."""
    alive: Any = collections.deque(maxlen=NUM_ALIVE if memory == "fresh" else 1)
    times: Dict[str, Tuple[List[float], List[float]]] = {name: ([], []) for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            if memory == "recycled":
                alive.clear()
            wall, cpu = time.perf_counter(), time.thread_time()
            alive.append(run())
            times[name][0].append(time.thread_time() - cpu)
            times[name][1].append(time.perf_counter() - wall)
        on_round()
    return times


def _check(name: str, load: Loader, path: str, reference: Any) -> Measurement:
    measurement = Measurement(name)
    try:
        samples = load(path)
    except Exception as error:  # a rival may fail in any way; it is shown, not hidden
        measurement.error = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120]
        return measurement
    if samples.ndim != 2 or samples.shape[0] != reference.shape[0]:
        measurement.error = f"gives {tuple(samples.shape)} where tonearm gives {tuple(reference.shape)}"
        return measurement
    common = min(samples.shape[1], reference.shape[1])
    measurement.num_frames = samples.shape[1]
    measurement.frames_differ = samples.shape[1] - reference.shape[1]
    if common:
        measurement.largest_difference = (samples[:, :common] - reference[:, :common]).abs().max().item()
    return measurement


def throughput(
    paths: Sequence[str], load: Optional[Loader], *, num_threads: int, batch: bool = False, repeats: int = 3
) -> float:
    """Files per second, the median of `repeats`: `load` on a pool of threads, or tonearm.read_many (`batch`)."""
    import tonearm

    rates = []
    for _ in range(repeats):
        start = time.perf_counter()
        if batch:
            for item in tonearm.read_many(paths, num_threads=num_threads):
                if item.error is not None:
                    raise item.error
        elif num_threads == 1:
            for path in paths:
                load(path)
        else:
            with ThreadPoolExecutor(num_threads) as pool:
                for _ in pool.map(load, paths):
                    pass
        rates.append(len(paths) / (time.perf_counter() - start))
    return statistics.median(rates)


def peak_bytes(load: Callable[[], Any]) -> Optional[int]:
    """Highest resident memory during one load above what was resident before it."""
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what earlier loads left in the heap would hide this one
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # resets the peak (proc(5))
        before = _status_kib("VmRSS")
        kept = load()
        peak = _status_kib("VmHWM")
        del kept
    except (OSError, AttributeError):
        return None
    return max(0, peak - before) * 1024


def _status_kib(name: str) -> int:
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name + ":"):
                return int(line.split()[1])
    raise OSError(f"/proc/self/status has no {name}")


def describe_machine() -> Dict[str, Any]:
    """What the figures depend on."""
    import torch

    import tonearm

    def first_line(path: str) -> str:
        try:
            with open(path) as file:
                return file.readline().strip()
        except OSError:
            return "unknown"

    model = "unknown"
    flags: List[str] = []
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                if line.startswith("flags"):
                    flags = [flag for flag in ("avx2", "avx512f", "avx512bw") if flag in line.split()]
    except OSError:
        pass
    versions = {}
    for contender in CONTENDERS.values():
        try:
            versions[contender.name] = contender.version()
        except Exception:  # not installed
            continue
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "instruction_sets": flags,
        "page_bytes": os.sysconf("SC_PAGE_SIZE"),
        "transparent_huge_pages": first_line("/sys/kernel/mm/transparent_hugepage/enabled"),
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "load_average": os.getloadavg()[0],
        "backends": {b["name"]: b["version"] for b in tonearm._runtime.examine_backends() if b["available"]},
        "versions": versions,
    }
