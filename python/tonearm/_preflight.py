# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Why the native module cannot be imported, in words. Standard library only; nothing here may itself fail."""

import hashlib
import importlib.machinery
import json
import os
import platform
import re
import struct
import subprocess
import sys
import sysconfig
from typing import Any, Dict, List, Optional, Tuple

PACKAGE_DIR = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.join(PACKAGE_DIR, "lib", "libtonearm.so")
#: Written at install time: size and SHA-256 of each file, and the Python that the module was built for.
MANIFEST = os.path.join(PACKAGE_DIR, "lib", "tonearm-manifest.json")
DOCTOR_TIMEOUT_SEC = 10

_EM_NAMES = {62: "x86_64", 183: "aarch64"}


def is_command_line() -> bool:
    """True in `tonearm ...` and `python -m tonearm ...`, where the package is imported on the way to main()."""
    arguments = getattr(sys, "orig_argv", sys.argv)
    for i, argument in enumerate(arguments[1:], 1):
        if argument == "-m":
            return arguments[i + 1 : i + 2] in (["tonearm"], ["tonearm.__main__"])
        if argument == "-c":
            return False
        if not argument.startswith("-"):
            return os.path.basename(argument) == "tonearm"
    return False


def find_doctor() -> Optional[str]:
    """The shipped tonearm-doctor program, or None."""
    for directory in ("bin", ""):
        program = os.path.join(PACKAGE_DIR, directory, "tonearm-doctor")
        if os.access(program, os.X_OK):
            return program
    return None


def wheel_directories() -> List[str]:
    """Where installed packages may carry codec libraries: the directories on sys.path."""
    return [entry for entry in dict.fromkeys(sys.path) if entry and os.path.isdir(entry)]


def check_files() -> None:
    """Raises ImportError for a damaged module or library, before the loader maps it: a truncated one would kill the
    process with SIGBUS instead. And for one that another Python's ABI was built into, which would crash later. Costs
    three short reads and a stat of each; contents are compared by the doctor, and after a failure."""
    for path in (*_usable_modules(), LIBRARY):
        fault = _file_fault(path) if os.path.exists(path) else None
        if fault:
            raise ImportError(fault, path=path)
    for path, entry in _shipped_objects():
        if os.path.exists(path) and os.path.getsize(path) != entry.get("bytes"):
            raise ImportError("not as it was installed", path=path)
    if _built_for_other_python():
        raise ImportError("built for another Python", path=_usable_modules()[0])


def explain(error: ImportError) -> ImportError:
    """An ImportError that names the cause: the file at fault, what was needed, what was found, what to do."""
    headline = f"tonearm cannot load its native module: {_cause(error)}"
    said = _doctor_says()
    if said:
        headline += f"\ndoctor: {said}"
    return ImportError(headline, name="tonearm._native", path=getattr(error, "path", None))


def _cause(error: ImportError) -> str:
    reinstall = "next: pip install --force-reinstall --no-deps tonearm"
    system, machine = platform.system(), platform.machine()
    if system != "Linux" or machine not in ("x86_64", "aarch64", "arm64"):
        return f"it runs on Linux with glibc, x86-64 and aarch64; this is {system} {machine}"
    try:
        built = sorted(n for n in os.listdir(PACKAGE_DIR) if n.startswith("_native.") and n.endswith(".so"))
    except OSError as problem:
        return f"{PACKAGE_DIR} cannot be listed: {problem}"
    usable = _usable_modules()
    wanted = importlib.machinery.EXTENSION_SUFFIXES[0]
    if not built:
        return f"{os.path.join(PACKAGE_DIR, '_native' + wanted)} is missing\n{reinstall}"
    if not usable or _built_for_other_python():
        tags = ", ".join(_readable_tag(n) for n in built) if not usable else _readable_tag(_manifest()["python"])
        return (
            f"it was built for another Python\n"
            f"needed: {_readable_tag('_native' + wanted)} (this is {sys.executable})\nfound: {tags} ({', '.join(built)})\n"
            f"{reinstall}, with this Python's pip"
        )
    module = usable[0]
    fault = _file_fault(module)
    if fault:
        return f"{fault}\n{reinstall}"
    if not os.path.exists(LIBRARY):
        return f"{LIBRARY} is missing\n{reinstall}"
    fault = _file_fault(LIBRARY)
    if fault:
        return f"{fault}\n{reinstall}"
    altered = _altered_file()
    if altered:
        return f"{altered}\n{reinstall}"
    return f"the loader refused {module}\nfound: the loader says: {error}\n{reinstall}"


def _manifest() -> Dict[str, Any]:
    """The build manifest; empty where it is missing or damaged."""
    try:
        with open(MANIFEST, encoding="utf-8") as file:
            manifest = json.load(file)
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _built_for_other_python() -> bool:
    """True where the module has a name that any Python takes (`_native.so`) and the manifest names another one."""
    usable = _usable_modules()
    if not usable or "cpython-" in os.path.basename(usable[0]):
        return False
    built, running = _manifest().get("python"), sysconfig.get_config_var("SOABI")
    return isinstance(built, str) and isinstance(running, str) and built != running


def _altered_file() -> Optional[str]:
    """The first of our shared objects that is not as the manifest says; None if all are."""
    for path, entry in _shipped_objects():
        wanted = entry.get("sha256")
        try:
            with open(path, "rb") as file:
                found = hashlib.sha256(file.read()).hexdigest()
        except OSError as problem:
            return f"{path} cannot be read: {problem.strerror}"
        if found != wanted:
            return f"{path} is not as it was installed\nneeded: SHA-256 {wanted}\nfound: SHA-256 {found}"
    return None


def _shipped_objects() -> List[Tuple[str, Dict[str, Any]]]:
    """Our shared objects that the manifest lists: path, and what it says of each."""
    files = _manifest().get("files")
    entries = files.items() if isinstance(files, dict) else ()
    directory = os.path.dirname(MANIFEST)
    return [
        (os.path.normpath(os.path.join(directory, name)), entry)
        for name, entry in entries
        if name.endswith(".so") and isinstance(entry, dict)
    ]


def _usable_modules() -> List[str]:
    """Paths of the module under the names that this Python looks for, in its order."""
    names = (f"_native{suffix}" for suffix in importlib.machinery.EXTENSION_SUFFIXES)
    return [path for name in names if os.path.exists(path := os.path.join(PACKAGE_DIR, name))]


def _readable_tag(name: str) -> str:
    match = re.search(r"cpython-(\d)(\d+)(t?)", name)
    if not match:
        return name
    return f"CPython {match[1]}.{match[2]}{' free-threaded' if match[3] else ''}"


def _file_fault(path: str) -> Optional[str]:
    """What is wrong with a shared object that can be seen from its first and last bytes; None if nothing."""
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            header = file.read(64)
    except OSError as problem:
        return f"{path} cannot be read: {problem.strerror}"
    if size == 0:
        return f"{path} is empty"
    if len(header) < 64 or header[:4] != b"\x7fELF":
        return f"{path} is not a shared object"
    (machine,) = struct.unpack_from("<H", header, 18)
    here = "aarch64" if platform.machine() == "arm64" else platform.machine()
    if _EM_NAMES.get(machine, "") != here:
        return f"{path} is for another machine\nneeded: {here}\nfound: {_EM_NAMES.get(machine, f'ELF machine {machine}')}"
    # The section headers are the last thing in the files that our linkers write.
    (sections_at,) = struct.unpack_from("<Q", header, 40)
    entry_bytes, num_entries = struct.unpack_from("<HH", header, 58)
    end = sections_at + entry_bytes * num_entries
    if size < end:
        return f"{path} is truncated\nneeded: {end} bytes\nfound: {size} bytes"
    return None


def _doctor_says() -> str:
    """The first line of the doctor's report, or nothing where the program cannot run."""
    program = find_doctor()
    if program is None:
        return ""
    options = ["--wheels", os.path.dirname(PACKAGE_DIR), "--python", sys.implementation.cache_tag or ""]
    try:
        done = subprocess.run(
            [program, "core", "python", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DOCTOR_TIMEOUT_SEC,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    # 2: it could not do its work; then it has nothing to say about ours.
    return done.stdout.decode(errors="replace").split("\n", 1)[0] if done.returncode in (0, 1) else ""
