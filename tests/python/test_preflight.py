# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""A package whose native module is damaged says exactly how."""

import json
import os
import pathlib
import re
import shutil
import sys

import pytest
import tonearm
from conftest import run_python
from tonearm import _preflight

PACKAGE = pathlib.Path(tonearm.__file__).parent


@pytest.fixture
def package(tmp_path):
    """A copy to damage."""
    shutil.copytree(PACKAGE, tmp_path / "tonearm", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "tonearm"


def native_file(package):
    (file,) = package.glob("_native.*.so")
    return file


def import_error(package):
    code = "try:\n import tonearm\nexcept ImportError as error:\n print(error)"
    done = run_python(code, cwd=package.parent, env={"PYTHONPATH": str(package.parent)})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_copy_is_sound(package):
    assert import_error(package) == ""


def test_missing_module(package):
    file = native_file(package)
    file.unlink()
    assert f"{file} is missing" in import_error(package)


def test_built_for_another_python(package):
    file = native_file(package)
    file.rename(package / "_native.cpython-39-x86_64-linux-gnu.so")
    text = import_error(package)
    assert "built for another Python" in text and "found: CPython 3.9" in text
    assert f"needed: CPython {sys.version_info.major}.{sys.version_info.minor}" in text


def test_plain_name_built_for_another_python(package):
    native_file(package).rename(package / "_native.so")
    assert import_error(package) == ""
    manifest = package / "lib" / "tonearm-manifest.json"
    manifest.write_text(re.sub(r"cpython-3\d+", "cpython-39", manifest.read_text(), count=1))
    text = import_error(package)
    assert "built for another Python" in text and "found: CPython 3.9" in text
    (finding,) = doctor_findings(package, "python")
    assert (finding["code"], finding["subject"]) == ("built-for-other-python", str(package / "_native.so"))


def doctor_findings(package, *subjects):
    code = f"import json, tonearm._doctor as d; print(json.dumps(d.doctor(*{subjects!r}).findings))"
    # As the command line: the package is imported although its module cannot be.
    code = f"import sys; sys.orig_argv = ['python', '-m', 'tonearm']; {code}"
    done = run_python(code, cwd=package.parent, env={"PYTHONPATH": str(package.parent)})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_doctor_compares_the_files_with_the_manifest(package):
    assert doctor_findings(package, "core") == []
    header = package / "include" / "tonearm" / "tonearm.h"
    header.unlink()
    library = package / "lib" / "libtonearm.so"
    data = bytearray(library.read_bytes())
    data[len(data) // 2] ^= 1
    library.write_bytes(data)
    found = {(finding["code"], finding["subject"]) for finding in doctor_findings(package, "core")}
    assert found == {("file-missing", str(header)), ("file-altered", str(library))}


def test_missing_library(package):
    library = package / "lib" / "libtonearm.so"
    library.unlink()
    assert f"{library} is missing" in import_error(package)


@pytest.mark.parametrize("name", ["module", "library"])
@pytest.mark.parametrize("kept_bytes", [0, 20, 8192])
def test_damaged_file(package, name, kept_bytes):
    file = native_file(package) if name == "module" else package / "lib" / "libtonearm.so"
    size = file.stat().st_size
    os.truncate(file, kept_bytes)
    text = import_error(package)
    assert str(file) in text
    assert {0: "is empty", 20: "not a shared object"}.get(kept_bytes, f"needed: {size} bytes") in text


def test_file_of_another_length_than_the_manifest_says(package):
    file = package / "lib" / "libtonearm.so"
    with file.open("ab") as out:
        out.write(b"x")
    text = import_error(package)
    assert f"{file} is not as it was installed" in text and "needed: SHA-256" in text


@pytest.mark.parametrize("system, machine", [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "riscv64")])
def test_platform_that_it_does_not_run_on(monkeypatch, system, machine):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    text = str(_preflight.explain(ImportError("whatever the loader says")))
    assert f"it runs on Linux with glibc, x86-64 and aarch64; this is {system} {machine}" in text


def run_doctor(package, *arguments):
    code = f"import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-m', 'tonearm', 'doctor', *{arguments!r}]).returncode)"
    return run_python(code, cwd=package.parent, env={"PYTHONPATH": str(package.parent)})


def test_doctor_survives_a_missing_module(package):
    native_file(package).unlink()
    done = run_doctor(package, "core", "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["code"]) == (1, "file-missing")
    assert finding["subject"].endswith(".so") and "_native" in finding["subject"]


def test_doctor_survives_a_module_for_another_python(package):
    file = native_file(package)
    other = file.rename(package / "_native.cpython-39-x86_64-linux-gnu.so")
    done = run_doctor(package, "python", "--json")
    (finding,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, finding["code"], finding["subject"]) == (1, "built-for-other-python", str(other))


def test_doctor_survives_half_a_torch(package):
    (package.parent / "torch").mkdir()
    (package.parent / "torch" / "__init__.py").write_text("raise OSError('libtorch_cpu.so: file too short')\n")
    done = run_doctor(package, "core", "python", "--json")
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (0, []), done.stderr


def test_other_machine(package):
    file = native_file(package)
    data = bytearray(file.read_bytes())
    data[18:20] = (8).to_bytes(2, "little")  # EM_MIPS
    file.write_bytes(data)
    assert "for another machine" in import_error(package)


def test_command_line_survives_a_missing_module(package):
    native_file(package).unlink()
    code = "import subprocess, sys; subprocess.run([sys.executable, '-m', 'tonearm', 'info', 'a.wav'])"
    done = run_python(code, cwd=package.parent, env={"PYTHONPATH": str(package.parent)})
    assert "is missing" in done.stderr and "Traceback" not in done.stderr
