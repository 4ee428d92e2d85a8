# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""doctor(): the report of the tonearm-doctor program as an object. Needs neither the native module nor torch."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any, Dict, List, NoReturn, Sequence

from . import _preflight
from ._errors import Error, invalid_argument

#: The program's own child processes have 5 s each.
TIMEOUT_SEC = 60


@dataclass
class Report:
    """What was examined, what was found, what to do. The fields are those of `tonearm doctor --json`."""

    verdict: str  #: "ok", "degraded" or "broken"
    components: List[Dict[str, Any]]
    findings: List[Dict[str, Any]]

    @property
    def ok(self) -> bool:
        return self.verdict == "ok"

    def __str__(self) -> str:
        lines = [self.verdict]
        for component in self.components:
            fields = (component.get(key) for key in ("name", "state", "version", "path"))
            lines.append("  " + "  ".join(str(field) for field in fields if field))
        for finding in self.findings:
            lines.append(f"  {finding['severity']}: {finding['component']}: {finding['code']}: {finding['subject']}")
            for key in ("needed", "found", "next"):
                if finding.get(key):
                    lines.append(f"    {key}: {finding[key]}")
        return "\n".join(lines)


def command(arguments: Sequence[str]) -> List[str]:
    """The command line that examines this environment."""
    program = _preflight.find_doctor()
    if program is None:
        raise Error(
            f"the program tonearm-doctor is missing from {_preflight.PACKAGE_DIR}\n"
            "  next: pip install --force-reinstall --no-deps tonearm",
            code="not_found",
            stage="dependency",
            subject="tonearm-doctor",
            next="pip install --force-reinstall --no-deps tonearm",
        )
    wheels = [word for directory in _preflight.wheel_directories() for word in ("--wheels", directory)]
    return [program, *arguments, *wheels, "--python", sys.implementation.cache_tag or ""]


def doctor(*subjects: str) -> Report:
    """Examines `subjects` ("ffmpeg", "sndfile", "torch", a shared object's path, ...; none: all that tonearm can use)."""
    done = subprocess.run(
        command([*map(os.fspath, subjects), "--json"]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_SEC,
    )
    if done.returncode == 2:
        # The report itself says why, on one of the two.
        said = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise invalid_argument(said or "the doctor could not do its work", subject=" ".join(map(str, subjects)))
    if done.returncode not in (0, 1):
        raise Error(f"the doctor itself ended with status {done.returncode}", stage="dependency", subject="tonearm-doctor")
    report = json.loads(done.stdout)
    return Report(report["verdict"], report["components"], report["findings"])


def run_program(arguments: Sequence[str]) -> NoReturn:
    """Becomes the doctor program."""
    line = command(arguments)
    sys.stdout.flush()
    try:
        os.execv(line[0], line)
    except OSError as error:
        raise Error(f"cannot run {line[0]}: {error.strerror}", stage="dependency", subject=line[0]) from error
