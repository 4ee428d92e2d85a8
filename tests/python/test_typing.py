# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The package is typed: its stub names exactly what the native module has, and what users call has types."""

import ast
import importlib.util
import pathlib
import re
import subprocess
import sys

import pytest
import tonearm
from tonearm import _native

PACKAGE = pathlib.Path(tonearm.__file__).parent


#: What users call, and the type that a checker has to see.
TYPES = {
    'tonearm.load("a.wav", frame_offset=1, backend="pcm")': "tuple[torch._tensor.Tensor, int]",
    'tonearm.read("a.wav", sample_rate=16000).waveform': "torch._tensor.Tensor",
    'tonearm.open("a.wav").blocks(1000)': "typing.Iterator[torch._tensor.Tensor]",
    'tonearm.info("a.wav").sample_rate': "int",
    "tonearm.list_audio_backends()": "list[str]",
}


def stub_names():
    """{name: names inside it, for classes}."""
    tree = ast.parse((PACKAGE / "_native.pyi").read_text())
    names = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            inner = (getattr(n, "name", None) or n.target.id for n in node.body)
            names[node.name] = {n for n in inner if not n.startswith("__")}
        elif isinstance(node, ast.FunctionDef):
            names[node.name] = set()
        elif isinstance(node, ast.AnnAssign):
            names[node.target.id] = set()
    return names


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def test_stub_matches_the_module():
    names = stub_names()
    assert public(_native) == set(names)
    for name, inner in names.items():
        if inner:
            assert public(getattr(_native, name)) == inner, name


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_what_users_call_has_types(tmp_path):
    pytest.importorskip("torch")
    lines = [f"reveal_type({call})" for call in TYPES]
    (tmp_path / "user.py").write_text("\n".join(["import tonearm", *lines]))
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "user.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    revealed = re.findall(r'Revealed type is "(.*)"', done.stdout)
    assert [text.replace("builtins.", "") for text in revealed] == list(TYPES.values()), done.stdout + done.stderr


def test_package_is_marked_as_typed():
    assert (PACKAGE / "py.typed").exists()


def test_everything_announced_exists():
    for name in tonearm.__all__:
        assert hasattr(tonearm, name), name
