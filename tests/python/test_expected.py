# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""TONEARM_EXPECT=ffmpeg,sndfile,torch,cuda: what this machine promises to have. Tests skip without it; these fail."""

import importlib
import os

import pytest
import tonearm

EXPECTED = {name for name in os.environ.get("TONEARM_EXPECT", "").split(",") if name}


def test_only_known_components_are_expected():
    assert EXPECTED <= {"ffmpeg", "sndfile", "torch", "cuda"}


@pytest.mark.parametrize("component,backend", [("ffmpeg", "ffmpeg"), ("sndfile", "soundfile")])
def test_a_promised_library_works(component, backend):
    if component in EXPECTED:
        assert backend in tonearm.list_audio_backends()


def test_promised_torch_imports():
    if "torch" in EXPECTED:
        importlib.import_module("torch")


def test_a_promised_device_works():
    if "cuda" in EXPECTED:
        from tonearm import _cuda

        _cuda.check_device(importlib.import_module("torch").device("cuda", 0))
        assert _cuda.HAS_KERNELS and importlib.import_module("torch").cuda.is_available()
