# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The command line: words on stdout, errors on stderr without tracebacks, exit statuses 0, 1 and 2."""

import json
import os
import subprocess
import sys

import pytest
import tonearm
from tonearm import _preflight
from tonearm.__main__ import main


def run(*arguments):
    return subprocess.run([sys.executable, "-m", "tonearm", *map(os.fspath, arguments)], capture_output=True, timeout=120)


def test_info_prints_what_a_file_holds(wav_path):
    done = run("info", wav_path)
    out = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    assert str(wav_path) in out and "16000 Hz" in out and "PCM_S, 16 bits" in out


def test_info_json_has_one_object_per_file_even_for_failures(wav_path):
    done = run("info", "--json", wav_path, "/nonexistent.wav")
    good, bad = json.loads(done.stdout)
    assert done.returncode == 1 and b"Traceback" not in done.stderr and b"/nonexistent.wav" in done.stderr
    assert (good["num_frames"], good["encoding"], good["duration_sec"]) == (5, "PCM_S", 5 / 16000)
    assert bad["error"]["code"] == "not_found"


def test_info_of_a_name_that_is_not_utf_8(tmp_path, wav_bytes):
    path = os.fsencode(tmp_path) + b"/\xff.wav"
    with open(path, "wb") as file:
        file.write(wav_bytes)
    done = subprocess.run([sys.executable, "-m", "tonearm", "info", path], capture_output=True, timeout=120)
    assert done.returncode == 0 and path in done.stdout


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["info"], ["info", "--nonsense", "a.wav"]])
def test_wrong_commands_exit_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: tonearm" in capsys.readouterr().err


def test_backends_lists_all_and_json_matches(capfd):
    assert main(["backends"]) == 0
    assert "pcm" in capfd.readouterr().out
    assert main(["backends", "--json"]) == 0
    listed = json.loads(capfd.readouterr().out)
    assert [b["name"] for b in listed if b["available"]] == tonearm.list_audio_backends()


needs_doctor = pytest.mark.skipif(_preflight.find_doctor() is None, reason="no tonearm-doctor in this package")


@needs_doctor
def test_doctor_reports_in_text_and_json():
    text = run("doctor", "core")
    assert text.returncode in (0, 1) and text.stdout
    report = json.loads(run("doctor", "core", "--json").stdout)
    assert report["schema"] == 1 and [c["name"] for c in report["components"]] == ["core"]


@needs_doctor
def test_doctor_refuses_an_unknown_subject():
    done = run("doctor", "nonsense")
    assert done.returncode == 2 and b"nonsense" in done.stderr + done.stdout
    with pytest.raises(ValueError, match="nonsense"):
        tonearm.doctor("nonsense")


@needs_doctor
def test_doctor_as_an_object():
    report = tonearm.doctor("core")
    assert report.verdict in ("ok", "degraded", "broken") and report.ok == (report.verdict == "ok")
    assert str(report).startswith(report.verdict)


def test_missing_doctor_program_is_named(monkeypatch):
    monkeypatch.setattr(_preflight, "find_doctor", lambda: None)
    with pytest.raises(tonearm.Error, match="tonearm-doctor is missing"):
        tonearm.doctor()
