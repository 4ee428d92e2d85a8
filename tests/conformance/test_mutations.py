# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every real file cut at seeded places and with seeded bytes flipped: audio or one of our errors, never a crash, a hang,
a byte on stderr or memory that the file cannot justify.

TONEARM_MUTATIONS sets how many cuts and how many flips there are per file (100 is the whole, 5 the rule in CI).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import corpus
import pytest

NUM_MUTATIONS = int(os.environ.get("TONEARM_MUTATIONS", "5"))
#: CPU time that is a hang and no slow machine.
HANG_SEC = 2.0
WORKER = Path(__file__).with_name("hostile_worker.py")
FILES = corpus.files("ok")

pytestmark = pytest.mark.skipif(not FILES, reason=f"no real files in {corpus.AUDIO}")


class Worker:
    """One process for many files: what dies says where."""

    def __init__(self, stderr: Path) -> None:
        self.errors = stderr
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(stderr, "wb"),
            text=True,
        )

    def ask(self, **task) -> dict:
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the process ended with {self.process.wait()} at {task}: {self.errors.read_text()[-2000:]}"
        return json.loads(answer)


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    worker = Worker(tmp_path_factory.mktemp("hostile") / "stderr")
    yield worker
    worker.process.stdin.close()
    assert worker.process.wait(60) == 0


@pytest.mark.parametrize("name", FILES)
def test_damage_is_survived(worker, name):
    printed = worker.errors.stat().st_size
    for kind in ("cut", "flip"):
        for seed in range(NUM_MUTATIONS):
            said = worker.ask(path=str(corpus.AUDIO / name), kind=kind, seed=seed)
            assert said["cpu_sec"] < HANG_SEC, (kind, seed)
            assert said["excess_bytes"] <= 0, (kind, seed)
            assert said["code"] != "internal", (kind, seed)
            assert worker.errors.read_bytes()[printed:] == b"", (kind, seed)
