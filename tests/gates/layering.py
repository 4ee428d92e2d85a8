#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Who may include whom.

Each header of a room is compiled in a shadow tree that holds only the rooms it may know; what its sources include is
checked by name. Installed headers compile alone, as the oldest language they promise. Codec, torch and CUDA headers
appear nowhere but in the file that owns them.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

# A room may include itself and these. `include` is core/include/tonearm, the installed headers.
CORE = {
    "core/base": [],
    "core/source": ["core/base"],
    "core/sink": ["core/base"],
    "core/audio": ["core/base"],
    "core/library": ["core/base"],
    "core/registry": ["core/base", "core/source", "core/audio", "core/sink"],
    "core/dsp": ["core/base", "core/audio"],
    "core/doctor": ["core/base", "core/library"],
    "core/batch": ["core/base", "core/source", "core/audio", "core/registry", "core/face"],
    "cuda": ["core/base", "core/library", "core/audio", "core/dsp", "core/doctor", "core/include"],
    "core/face": ["core/base", "core/source", "core/sink", "core/audio", "core/registry", "core/dsp", "core/library", "core/doctor",
                  "core/batch", "core/include", "cuda"],
}
BACKEND = ["core/base", "core/source", "core/sink", "core/audio", "core/registry", "core/library", "core/doctor"]
FORBIDDEN = re.compile(r"^(libav\w+/|libsw\w+/|sndfile\.h|torch/|ATen/|c10/|cuda\w*\.h|cuda/std|Python\.h|nanobind/)")
# The installed headers that speak torch; the probe that measures FFmpeg's structs. (device_api.cu, which alone sees
# CUDA's headers, is no C++ source.)
EXEMPT = re.compile(r"^(core/include/tonearm/torch(_ops)?\.h|backends/ffmpeg/abi/.*)$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def rooms(root):
    table = {room: allowed for room, allowed in CORE.items() if (root / room).is_dir()}
    for folder in sorted((root / "backends").glob("*/")):
        if folder.is_dir():
            table[f"backends/{folder.name}"] = BACKEND
    return table


def run(command, where):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.splitlines() if "error" in line), done.stderr.strip())
    return [f"{where}: {first}"]


def check(root, cxx, cc, third_party):
    problems, commands = [], []
    table = rooms(root)
    with tempfile.TemporaryDirectory(prefix="tonearm-layering-") as shadow_root:
        for room, allowed in table.items():
            shadow = pathlib.Path(shadow_root) / room.replace("/", "_")
            for seen in [room, *allowed]:
                if (root / seen).is_dir():
                    (shadow / seen).parent.mkdir(parents=True, exist_ok=True)
                    (shadow / seen).symlink_to(root / seen)
            includes = [f"-I{shadow}", f"-I{shadow}/core/include", *(f"-I{path}" for path in third_party)]
            for file in sorted((root / room).rglob("*")):
                name = file.relative_to(root).as_posix()
                if file.suffix not in (".h", ".cpp", ".c", ".inc") or EXEMPT.match(name):
                    continue
                for mark, path in INCLUDE.findall(file.read_text(encoding="utf-8")):
                    if FORBIDDEN.match(path):
                        problems.append(f"{name}: includes {path}, which no room may know")
                    owner = next((name for name in table if path.startswith(name + "/")), None)
                    if owner is not None and owner != room and owner not in allowed:
                        problems.append(f"{name}: includes {path}, but {room} may know only {', '.join(allowed)}")
                # `_inl.h` is a body that is compiled once per instruction set, not a header of its own.
                if file.suffix == ".h" and not name.endswith(("-inl.h", "_inl.h")):
                    target = shadow / file.relative_to(root)
                    commands.append(([cxx, "-std=c++20", "-Wall", "-Wno-pragma-once-outside-header", "-fsyntax-only",
                                      "-DFMT_HEADER_ONLY", "-x", "c++", *includes, str(target)], name))
        public = root / "core/include/tonearm"
        strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wno-pragma-once-outside-header", "-fsyntax-only",
                  f"-I{root / 'core/include'}"]
        # Included, not compiled as the main file: gcc warns of `#pragma once` there.
        for header, compiler, language, standard in [("tonearm.h", cc, "c", "c11"), ("tonearm.h", cxx, "c++", "c++17"),
                                                     ("audio.h", cxx, "c++", "c++17"), ("audio.h", cxx, "c++", "c++20")]:
            if (public / header).exists():
                program = pathlib.Path(shadow_root) / f"{header}.{standard}.{'c' if language == 'c' else 'cpp'}"
                program.write_text(f"#include <tonearm/{header}>\nint main(void) {{ return 0; }}\n")
                commands.append(([compiler, f"-std={standard}", *strict, str(program)], f"tonearm/{header} as {standard}"))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for found in pool.map(lambda job: run(*job), commands):
                problems.extend(found)
    return problems, len(commands)


def self_test(cxx, cc):
    """A tree with one offence of each kind: all must be found."""
    with tempfile.TemporaryDirectory(prefix="tonearm-layering-") as name:
        root = pathlib.Path(name)
        for path, text in {
            "core/base/good.h": "#pragma once\ninline int good() { return 1; }\n",
            "core/base/upward.h": '#pragma once\n#include "core/registry/registry.h"\n',
            "core/base/incomplete.h": "#pragma once\ninline std::string incomplete();\n",
            "core/registry/registry.h": '#pragma once\n#include "core/base/good.h"\n',
            "core/audio/mix.cpp": "#include <torch/torch.h>\n",
            "cuda/plan.cpp": "#include <cuda_runtime.h>\n",
            "core/registry/device.cpp": '#include "cuda/plan.h"\n',
            "backends/pcm/peek.cpp": '#include "backends/flac/flac.h"\n',
            "backends/flac/flac.h": "#pragma once\n",
            "core/include/tonearm/audio.h": "#pragma once\n#include <core/base/good.h>\n",
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        problems, _ = check(root, cxx, cc, [])
        missed = [offence for offence in ("core/base/upward.h: includes", "core/base/upward.h: ", "core/base/incomplete.h: ",
                                          "core/audio/mix.cpp: includes torch", "cuda/plan.cpp: includes cuda_runtime",
                                          "core/registry/device.cpp: includes cuda/", "backends/pcm/peek.cpp: includes",
                                          "tonearm/audio.h as c++17: ")
                  if not any(problem.startswith(offence) for problem in problems)]
        clean = [p for p in problems if p.startswith(("core/base/good.h", "core/registry/registry.h", "backends/flac"))]
        return [f"not found: {offence}" for offence in missed] + [f"wrongly found: {p}" for p in clean]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--cc", required=True)
    parser.add_argument("--root", type=pathlib.Path)
    parser.add_argument("--third-party", default="", help="include directories, separated by semicolons")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        problems, compiled = self_test(options.cxx, options.cc), 0
    else:
        third_party = [path for path in options.third_party.split(";") if path]
        problems, compiled = check(options.root.resolve(), options.cxx, options.cc, third_party)
    for problem in problems:
        print(problem)
    if not problems:
        print(f"no offence; {compiled} headers compiled" if compiled else "every planted offence was found")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
