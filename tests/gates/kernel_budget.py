#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""kernel_budget.py REPORT BUDGET | --self-test: what ptxas reported of every kernel, for every architecture, against the budget.

Spills must be 0; registers and static shared memory stay within the kernel's line in BUDGET (kernel_budget.txt). A kernel without a
line, and a line without a kernel, are offences, too.
"""

import pathlib
import re
import subprocess
import sys

ENTRY = re.compile(r"Compiling entry function '(\S+)' for 'sm_(\d+)\w?'")
SPILL = re.compile(r"(\d+) bytes spill stores, (\d+) bytes spill loads")
USED = re.compile(r"Used (\d+) registers(.*)")
SHARED = re.compile(r"(\d+) bytes smem")
WORDS = re.compile(r"tonearm::cuda::|\(anonymous namespace\)::|\(.*\)$|^void ")


def read_report(text):
    """(kernel, architecture) -> (registers, shared bytes, spilled bytes)."""
    mangled = sorted(set(ENTRY.findall(text)))
    names = subprocess.run(["c++filt"], input="\n".join(name for name, _ in mangled), capture_output=True, text=True, check=True)
    readable = {name: WORDS.sub("", WORDS.sub("", line)) for (name, _), line in zip(mangled, names.stdout.splitlines())}
    kernels, at, spilled = {}, None, 0
    for line in text.splitlines():
        if entry := ENTRY.search(line):
            at, spilled = (readable[entry[1]], int(entry[2])), 0
        elif at and (spill := SPILL.search(line)):
            spilled = max(spilled, int(spill[1]) + int(spill[2]))
        elif at and (used := USED.search(line)):
            shared = SHARED.search(used[2])
            kernels[at] = (int(used[1]), int(shared[1]) if shared else 0, spilled)
            at = None
    return kernels


def read_budget(text):
    """kernel -> (registers, shared bytes)."""
    budget = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            registers, shared, kernel = line.split(None, 2)
            budget[kernel] = (int(registers), int(shared))
    return budget


def offences(kernels, budget):
    found = []
    for (kernel, architecture), (registers, shared, spilled) in sorted(kernels.items()):
        where = f"{kernel} for sm_{architecture}"
        if kernel not in budget:
            found.append(f"{where}: no budget; add a line")
            continue
        if spilled:
            found.append(f"{where}: spills {spilled} bytes")
        if registers > budget[kernel][0]:
            found.append(f"{where}: {registers} registers, budget {budget[kernel][0]}")
        if shared > budget[kernel][1]:
            found.append(f"{where}: {shared} bytes of static shared memory, budget {budget[kernel][1]}")
    found += [f"{kernel}: in the budget, not in the report" for kernel in sorted(budget.keys() - {name for name, _ in kernels})]
    return found


def self_test():
    """One offence of each kind in a report as ptxas writes it."""
    report = """ptxas info    : Compiling entry function '_Z4goodi' for 'sm_90'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 40 registers, used 1 barriers
ptxas info    : Compiling entry function '_Z4goodi' for 'sm_75'
    8 bytes stack frame, 4 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 41 registers, used 1 barriers, 64 bytes smem
ptxas info    : Compiling entry function '_Z3newi' for 'sm_90'
    0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Used 1 registers
"""
    found = offences(read_report(report), read_budget("# comment\n40 32 good\n9 0 old\n"))
    wanted = ["good for sm_75: spills 4", "good for sm_75: 41 registers", "good for sm_75: 64 bytes", "new for sm_90: no budget",
              "old: in the budget"]
    return [f"not found: {w}" for w in wanted if not any(f.startswith(w) for f in found)] + found[len(wanted):]


def main():
    if sys.argv[1:] == ["--self-test"]:
        found, kernels = self_test(), {}
    else:
        kernels = read_report(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
        found = offences(kernels, read_budget(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")))
    for line in found:
        print(line)
    if not found:
        print(f"{len(kernels)} kernels within their budget, no spills" if kernels else "every planted offence was found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
