# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Errors: the class, and what it knows."""

import copy
import os
import pickle

import pytest
import tonearm
from conftest import run_python
from tonearm import _errors


@pytest.mark.parametrize(
    "code,builtin",
    [(1, FileNotFoundError), (6, ValueError), (7, OSError), (8, PermissionError), (9, TimeoutError), (11, MemoryError)],
)
def test_each_is_also_the_builtin_that_says_the_same(code, builtin):
    error = _errors.from_native(code, "text", "source", "a.wav", "", "", "", [], "", -1)
    assert isinstance(error, builtin) and isinstance(error, tonearm.Error) and isinstance(error, RuntimeError)


@pytest.mark.parametrize("code", range(14))
def test_each_survives_pickle_and_a_bare_message(code):
    candidates = [("pcm", "declined", "not RIFF")]
    error = _errors.from_native(code, "a\nb", "decode", "a.wav", "x", "y", "z", candidates, '{"code": "c"}', 12)
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is type(error) and str(twin) == "a\nb" and vars(twin) == vars(error)
    assert str(type(error)("only text")) == "only text"  # as DataLoader rebuilds it in the parent


def test_missing_file():
    with pytest.raises(FileNotFoundError) as caught:
        tonearm.info("/nonexistent/speech.wav")
    error = caught.value
    assert (error.code, error.stage) == ("not_found", "source")
    assert "/nonexistent/speech.wav" in str(error) and error.filename == error.subject


def test_directory(tmp_path):
    with pytest.raises(tonearm.Error) as caught:
        tonearm.info(tmp_path)
    assert caught.value.stage == "source"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(wav_path):
    wav_path.chmod(0)
    with pytest.raises(PermissionError):
        tonearm.info(wav_path)


def test_every_candidate_gives_its_reason():
    with pytest.raises(tonearm.UnsupportedFormatError) as caught:
        tonearm.info(b"this is no audio at all, whatever its name may be" * 10)
    error = caught.value
    assert (error.code, error.stage) == ("unsupported_format", "probe")


def test_url_is_refused_with_a_hint():
    with pytest.raises(ValueError, match="fsspec") as caught:
        tonearm.info("https://example.org/speech.wav")
    assert isinstance(caught.value, tonearm.Error)


def test_null_byte_in_a_path_is_refused():
    with pytest.raises(ValueError, match="null byte"):
        tonearm.info("a.wav\0b")


@pytest.mark.parametrize("name", ["/tmp/\udcff.wav", "\u97f3.wav"])
def test_names_of_any_kind_are_kept(name):
    with pytest.raises(FileNotFoundError) as caught:
        tonearm.info(name)
    assert name in str(caught.value)


def test_a_missing_library_comes_with_the_doctors_finding(tmp_path):
    path = tmp_path / "talk.m4a"
    path.write_bytes(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42")
    code = (
        "import tonearm\n"
        "try: tonearm.info('talk.m4a')\n"
        "except tonearm.Error as error:\n"
        "    finding = error.finding\n"
        "    print(error.code, finding['code'], finding['component'], finding['subject'], finding['next'], sep='|')\n"
    )
    done = run_python(code, cwd=tmp_path, env={"TONEARM_FFMPEG_DIR": "/nonexistent"})
    assert done.stdout.strip().split("|") == [
        "missing_dependency",
        "bad-setting",
        "ffmpeg",
        "TONEARM_FFMPEG_DIR",
        "correct TONEARM_FFMPEG_DIR or unset it",
    ], done.stderr
