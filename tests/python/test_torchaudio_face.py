# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm.torchaudio: 2.8's names are ours, others come from a torchaudio that works, or say why not."""

import importlib.util
import sys
import types

import pytest
import tonearm
import tonearm.torchaudio as torchaudio
from conftest import run_python


@pytest.fixture
def installed(monkeypatch):
    """A stand-in for an installed torchaudio."""
    module = types.ModuleType("torchaudio")
    module.models = object()
    monkeypatch.setitem(sys.modules, "torchaudio", module)
    return module


def test_load_and_info_are_the_same_functions():
    assert torchaudio.load is tonearm.load and torchaudio.info is tonearm.info
    assert torchaudio.AudioMetaData is tonearm.AudioMetaData
    assert torchaudio.list_audio_backends is tonearm.list_audio_backends


def test_backend_setters_do_nothing_and_warn():
    with pytest.warns(UserWarning):
        assert torchaudio.set_audio_backend("sox_io") is None
    with pytest.warns(UserWarning):
        assert torchaudio.get_audio_backend() is None


def test_other_names_come_from_a_working_torchaudio(installed):
    assert torchaudio.models is installed.models


def test_name_that_torchaudio_lacks(installed):
    with pytest.raises(AttributeError, match="no such name"):
        torchaudio.nonsense


def test_absent_torchaudio_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchaudio", None)  # import raises ModuleNotFoundError
    with pytest.raises(AttributeError, match="pip install torchaudio"):
        torchaudio.models


def test_broken_torchaudio_is_named_with_its_own_words(tmp_path, monkeypatch):
    (tmp_path / "torchaudio.py").write_text("raise RuntimeError('compiled with different CUDA versions')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "torchaudio", raising=False)
    with pytest.raises(AttributeError, match="different CUDA versions.*\n.*tonearm doctor torchaudio"):
        torchaudio.models


def test_an_installed_torchaudio_that_cannot_be_imported_is_no_matter(wav_path):
    if importlib.util.find_spec("torchaudio") is None:
        pytest.skip("no torchaudio is installed")
    pytest.importorskip("torch")
    code = f"""
try:
    import torchaudio
except Exception:
    import tonearm.torchaudio as torchaudio
    print(tuple(torchaudio.load({str(wav_path)!r})[0].shape), torchaudio.functional.resample.__module__)
    try: torchaudio.models
    except AttributeError as error: print(error)
"""
    done = run_python(code)
    assert done.returncode == 0, done.stderr
    if not done.stdout:
        pytest.skip("the installed torchaudio can be imported")
    assert done.stdout.startswith("(2, 5) tonearm.functional")
    assert "the installed torchaudio cannot be imported" in done.stdout and "tonearm doctor torchaudio" in done.stdout


def test_features_are_tonearms_own_in_every_way_of_importing():
    pytest.importorskip("torch")
    from tonearm.torchaudio import transforms
    from tonearm.torchaudio.compliance.kaldi import fbank
    from tonearm.torchaudio.functional import resample

    assert fbank is tonearm.compliance.kaldi.fbank is torchaudio.compliance.kaldi.fbank
    assert resample is tonearm.functional.resample is torchaudio.functional.resample
    assert transforms.MelSpectrogram is tonearm.transforms.MelSpectrogram
    assert {"compliance", "functional", "transforms"} <= set(dir(torchaudio))


def test_features_that_tonearm_lacks_come_from_a_working_torchaudio(installed, monkeypatch):
    pytest.importorskip("torch")
    functional = types.ModuleType("torchaudio.functional")
    functional.lfilter = object()
    monkeypatch.setitem(sys.modules, "torchaudio.functional", functional)
    from tonearm.torchaudio.functional import lfilter

    assert lfilter is functional.lfilter
    with pytest.raises(AttributeError, match="tonearm.torchaudio.functional has no 'nonsense'.*\n.*resample"):
        torchaudio.functional.nonsense


def test_features_that_nobody_has_name_the_remedy(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(AttributeError, match="no torchaudio is installed\nnext: pip install torchaudio"):
        torchaudio.transforms.nonsense


def test_hasattr_on_private_names_does_not_import_torchaudio(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    assert not hasattr(torchaudio, "__wrapped__")
