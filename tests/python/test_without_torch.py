# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What needs no tensor works where torch and numpy are not; what needs one says so."""

import pytest
from conftest import run_python

BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
"""


def run_without(blocked, code):
    done = run_python(BLOCKER.format(blocked=blocked) + code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_and_info_do_not_import_torch(wav_path):
    out = run_without((), f"import tonearm\nprint(tonearm.info({str(wav_path)!r}).num_frames, 'torch' in sys.modules)")
    assert out.strip() == "5 False"


def test_info_and_backends_without_torch(wav_path):
    code = f"import tonearm\nprint(tonearm.info({str(wav_path)!r}).num_frames, 'pcm' in tonearm.list_audio_backends())"
    assert run_without(("torch", "numpy"), code).strip() == "5 True"


def test_load_names_the_missing_torch(wav_path):
    code = f"""
import tonearm
try:
    tonearm.load({str(wav_path)!r})
except tonearm.MissingDependencyError as error:
    print(error.subject, error.next)
"""
    assert run_without(("torch",), code).strip() == "torch pip install torch"


def test_load_without_numpy(wav_path):
    pytest.importorskip("torch")
    code = f"""
import warnings
warnings.simplefilter("ignore")
import tonearm
print(tuple(tonearm.load({str(wav_path)!r})[0].shape), tonearm.load({str(wav_path)!r})[0].sum().item())
"""
    assert run_without(("numpy",), code).startswith("(2, 5) ")


def test_doctor_module_stands_alone():
    run_without(("torch", "numpy"), "import tonearm._doctor")
