# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Two builds of the same benchmark programs, run in turn: medians of CPU time and their ratio, row by row.

Usage: compare_revisions.py OURS THEIRS       folders with the *_bench programs of either build
"""

import json
import pathlib
import statistics
import subprocess
import sys
from collections import defaultdict

ROUNDS = 5
#: Ratios within this are noise on a machine that others use too.
NOISE = 0.05


def run(program: pathlib.Path) -> dict[str, float]:
    """Row -> CPU nanoseconds."""
    command = [program, "--benchmark_format=json", "--benchmark_min_time=0.1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{program}: {done.stderr.strip()}")
    rows = json.loads(done.stdout)["benchmarks"]
    to_ns = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
    return {row["name"]: row["cpu_time"] * to_ns[row["time_unit"]] for row in rows if not row.get("error_occurred")}


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    ours, theirs = (pathlib.Path(folder) for folder in sys.argv[1:])
    for program in sorted(ours.glob("*_bench")):
        if not (theirs / program.name).exists():
            print(f"{program.name}: only in this tree")
            continue
        times: tuple[dict[str, list[float]], ...] = (defaultdict(list), defaultdict(list))
        for _ in range(ROUNDS):
            for kept, folder in zip(times, (ours, theirs)):
                for name, ns in run(folder / program.name).items():
                    kept[name].append(ns)
        for name, measured in times[0].items():
            if name not in times[1]:
                print(f"{name}: only in this tree")
                continue
            now, before = statistics.median(measured), statistics.median(times[1][name])
            verdict = "" if abs(now / before - 1) <= NOISE else "  slower" if now > before else "  faster"
            print(f"{name:<64}{before / 1e3:>12.1f} us{now / 1e3:>12.1f} us{now / before:>8.3f}{verdict}")


if __name__ == "__main__":
    main()
