# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""A process that reads damaged audio: one line of JSON in names a file and a damage, one line out says what came of it.

In: {"path", "kind": "cut" | "flip", "seed"}. Out: {"cpu_sec", "code" (of the error, or ""), "excess_bytes"}: memory at
its peak above the process, less what the rule allows (64 MiB + 8 times the file + the output).
"""

import gc
import json
import random
import sys
import time
import warnings

import tonearm
import torch  # noqa: F401  before gc.freeze(), not at the first read

ALLOWED_BYTES = 64 << 20
TIMES_FILE = 8


def damage(data: bytes, kind: str, seed: int) -> bytes:
    """A cut anywhere, or 1 to 8 bytes with other values; headers, where most is decided, are hit half of the time."""
    rng = random.Random(seed)
    span = min(len(data), 4096) if rng.random() < 0.5 else len(data)
    if kind == "cut":
        return data[: rng.randrange(span)]
    mutated = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        mutated[rng.randrange(span)] = rng.randrange(256)
    return bytes(mutated)


def memory_kib(name: str) -> int:
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name + ":"))


def read(data: bytes) -> dict:
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # resets the peak (proc(5))
    before, code, output = memory_kib("VmRSS"), "", 0
    start = time.process_time()
    try:
        tonearm.info(data)
        waveform = tonearm.read(data).waveform
        output = waveform.numel() * waveform.element_size()
    except tonearm.Error as error:
        code = error.code
    cpu_sec = time.process_time() - start
    excess = (memory_kib("VmHWM") - before) * 1024 - ALLOWED_BYTES - TIMES_FILE * len(data) - output
    return {"cpu_sec": cpu_sec, "code": code, "excess_bytes": excess}


def main() -> None:
    warnings.simplefilter("ignore")
    gc.freeze()  # torch's objects take 0.1 s of each collection
    cached = ("", b"")
    for line in sys.stdin:
        task = json.loads(line)
        if cached[0] != task["path"]:
            with open(task["path"], "rb") as file:
                cached = (task["path"], file.read())
        data = damage(cached[1], task["kind"], task["seed"])
        said = read(data)
        if said["excess_bytes"] > 0:  # the first use of a codec library maps it
            said = read(data)
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
