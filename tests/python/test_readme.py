# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The README's Python lines run as they stand. (Its C++ lines: tests/consumer.)"""

import pathlib
import re

import pytest
from conftest import make_wav

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def test_the_readmes_python_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    (example,) = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    channel = tuple(i % 2000 - 1000 for i in range(30000))
    for name in ("talk.flac", "talk.wav", "long.wav"):  # WAV inside: names are not believed
        pathlib.Path(name).write_bytes(make_wav((channel, channel)))
    exec(compile(example, "README.md", "exec"), {"paths": ["talk.wav", "long.wav"]})
    assert "sample_rate=16000" in capsys.readouterr().out
