# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm bench: it compares before it times, hides no failure, and its JSON holds what its table shows."""

import importlib.util
import json
import pathlib
import subprocess
import sys

import pytest
from conftest import make_wav

torch = pytest.importorskip("torch")
from tonearm.bench import CONTENDERS, as_text, compare_file, throughput  # noqa: E402


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(make_wav(tuple(tuple(range(-200, 200)) for _ in range(2))))
    return str(path)


@pytest.fixture
def ours():
    loader, reason = CONTENDERS["tonearm"].loader()
    assert loader is not None, reason
    return loader


def test_another_answer_is_shown_and_not_called_the_same(wav, ours):
    def fails(path):
        raise ValueError("no")

    loaders = {
        "tonearm": ours,
        "louder": lambda path: ours(path) * 2,
        "shorter": lambda path: ours(path)[:, :-3],
        "mono": lambda path: ours(path)[:1],
        "fails": fails,
    }
    comparison = compare_file(wav, loaders, rounds=3)
    first, louder, shorter, mono, failed = comparison.measurements
    assert first.same and len(first.cpu_sec) == len(first.wall_sec) == 3
    assert not louder.same and louder.largest_difference == pytest.approx(200 / 32768)
    assert not shorter.same and shorter.frames_differ == -3
    assert not mono.same and "(1, 400)" in mono.error and mono.cpu_sec == []
    assert failed.error == "ValueError: no"
    how_for_all = {name: CONTENDERS["tonearm"] for name in loaders}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tonearm.bench.report.CONTENDERS", how_for_all)
        text = as_text([comparison], {"absent": "not installed"})
    assert "-3 frames" in text and "ValueError: no" in text and "not measured: absent (not installed)" in text


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("num_threads", [1, 2])
def test_throughput_counts_files(wav, ours, num_threads, batch):
    assert throughput([wav] * 3, ours, num_threads=num_threads, batch=batch, repeats=1) > 0


def test_command_writes_json(wav, tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "tonearm", "bench", wav, "--against", "soundfile", "--rounds", "2", "--json", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "" and "a.wav" in done.stdout
    report = json.loads(out.read_text())
    assert report["schema"] == 1 and report["machine"]["cores"] >= 1
    assert report["files"][0]["measurements"][0]["name"] == "tonearm"


def test_command_refuses_unknown_contenders(wav):
    command = [sys.executable, "-m", "tonearm", "bench", wav, "--against", "nobody"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and "nobody" in done.stderr


def test_command_names_a_file_it_cannot_read(tmp_path):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"not audio")
    command = [sys.executable, "-m", "tonearm", "bench", str(bad), "--against", "soundfile", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "bad.wav" in done.stderr


BENCHES = pathlib.Path(__file__).parents[2] / "benches/python"


def import_bench(stem):
    spec = importlib.util.spec_from_file_location(stem, BENCHES / f"{stem}.py")
    bench = importlib.util.module_from_spec(spec)
    sys.modules[stem] = bench  # dataclasses look there
    spec.loader.exec_module(bench)
    return bench


def test_without_a_device_nothing_is_measured(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("a CUDA device is here")
    folder = tmp_path / "results"
    done = subprocess.run([sys.executable, BENCHES / "features_on_gpu.py", folder], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and not folder.exists()
    assert "nothing was measured" in done.stderr and "CUDA device 0" in done.stderr and "next:" in done.stderr


def test_rows_on_a_device_are_figures_or_reasons():
    bench = import_bench("features_on_gpu")
    x = torch.ones(2, 3)
    assert bench.check(x, x, 0) == 0

    def compared(got, tolerance=1e-3):
        return bench.measure("t", "ms", "<= 1", lambda: {"difference": bench.check(got, x, tolerance), "ms": 0.5})

    assert compared(x)["ms"] == 0.5
    for other in (x[:1], x * 1.01, x * float("nan")):
        assert set(compared(other)) == {"title", "key", "bar", "differs"}

    def absent():
        raise bench.Absent("no torchaudio")

    assert bench.measure("t", "ratio", ">= 6", absent)["absent"] == "no torchaudio"


def test_features_are_compared_before_they_are_timed():
    bench = import_bench("features_against_others")

    def absent_one():
        raise ModuleNotFoundError("No module named 'other'")

    ones = torch.ones(100)
    rivals = {
        "same": bench.Rival(lambda: lambda: ones + 1e-6),
        "louder": bench.Rival(lambda: lambda: 2 * ones),
        "shorter": bench.Rival(lambda: lambda: ones[1:]),
        "absent": bench.Rival(absent_one),
    }
    absent = {}
    entries = bench.measure(bench.Row(lambda: ones, rivals), 3, absent)
    assert absent == {"absent": "ModuleNotFoundError: No module named 'other'"} and "absent" not in entries
    timed = [name for name, entry in entries.items() if "least_cpu_sec" in entry]
    assert timed == ["tonearm", "same"] and entries["same"]["difference"] < 1e-5
    text = "\n".join(bench.as_lines("row", entries))
    assert "answers differ by 5.0e-01" in text and "shapes differ: (100,) and (99,)" in text
