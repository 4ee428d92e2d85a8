# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What a load and an import cost, in counts that do not depend on the machine's speed."""

import shutil
import subprocess
import sys

import pytest
from conftest import make_wav, run_python

#: One second of mono speech: open, fstat, two reads of the header, one of the samples, close.
MOST_CALLS_PER_LOAD = 6
#: The allocator's, which depend on what was freed before.
MEMORY_CALLS = ("brk(", "mmap(", "munmap(", "madvise(")

TRACED = """
import os, sys, torch, tonearm
path = sys.argv[1]
source = path if sys.argv[2] == "path" else open(path, "rb").read()
for _ in range(3): tonearm.load(source)
os.access("/first mark", 0)
tonearm.load(source)
os.access("/second mark", 0)
"""


@pytest.mark.parametrize("kind,most", [("path", MOST_CALLS_PER_LOAD), ("bytes", 0)])
def test_a_load_makes_few_system_calls(tmp_path, kind, most):
    pytest.importorskip("torch")
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    path, log = tmp_path / "second.wav", tmp_path / "strace.log"
    path.write_bytes(make_wav([range(-8000, 8000)]))
    command = ["strace", "-o", str(log), sys.executable, "-c", TRACED, str(path), kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if "PTRACE" in done.stderr:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr

    lines = log.read_text().splitlines()
    first, second = (next(i for i, line in enumerate(lines) if mark in line) for mark in ("/first mark", "/second mark"))
    calls = [line for line in lines[first + 1 : second] if not line.startswith(MEMORY_CALLS)]
    assert len(calls) <= most, "\n".join(calls)


def test_import_starts_no_thread():
    code = "import os\nimport tonearm\nprint(len(os.listdir('/proc/self/task')))"
    done = run_python(code)
    assert done.stdout == "1\n", done.stderr
