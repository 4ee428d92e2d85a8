# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The package is typed: the stub of the native module names exactly what the module has."""

import ast
import pathlib

import tonearm
from tonearm import _native

PACKAGE = pathlib.Path(tonearm.__file__).parent


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


def test_package_is_marked_as_typed():
    assert (PACKAGE / "py.typed").exists()


def test_everything_announced_exists():
    for name in tonearm.__all__:
        assert hasattr(tonearm, name), name
