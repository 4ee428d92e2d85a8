#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Writes or checks layouts.inc: where each FFmpeg major keeps the fields listed in fields.inc.

    generate.py write DIR...    one header directory per major; rewrites layouts.inc (majors not given keep their rows)
    generate.py check DIR...    compares the committed rows with these headers; exit 1 on a difference
                                (exit 77: none of the directories holds FFmpeg headers)

A header directory is one that holds libavformat/avformat.h. Needs a C compiler ($CC, else cc). The tables serve
every LP64 platform: FFmpeg's public structs hold no field whose size differs among them.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
INCLUDES = """#include <stddef.h>
#include <stdio.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/frame.h>
#include <libavutil/rational.h>
#include <libavutil/samplefmt.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
"""


def read_names():
    text = (HERE / "fields.inc").read_text()
    fields = re.findall(r"^TONEARM_FFMPEG_FIELD\((\w+), (\w+)\)$", text, re.M)
    constants = re.findall(r"^TONEARM_FFMPEG_CONSTANT\((\w+)\)$", text, re.M)
    return fields, constants


def compile_probe(source, headers, folder, out=None):
    """Compiles C text against the headers. Returns the compiler's exit status and messages."""
    path = Path(folder) / "probe.c"
    path.write_text(source)
    command = [os.environ.get("CC", "cc"), "-w", f"-I{headers}", str(path)]
    command += ["-o", str(out)] if out else ["-fsyntax-only"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stderr


def has_field(struct, field, headers, folder):
    source = INCLUDES + f"char a[sizeof((({struct} *)0)->{field})]; size_t b = offsetof({struct}, {field});\n"
    return compile_probe(source, headers, folder)[0] == 0


def measure(headers):
    """Returns (major, row text) of one header directory."""
    fields, constants = read_names()
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for struct, field in fields:
            if has_field(struct, field, headers, folder):
                lines.append(f'printf("{{%zu, %zu}},  // {struct}.{field}\\n", offsetof({struct}, {field}), '
                             f"sizeof((({struct} *)0)->{field}));")
            else:
                lines.append(f'printf("{{kAbsent, 0}},  // {struct}.{field}\\n");')
        numbers = "\n".join(f'printf("{name} %lld\\n", (long long)({name}));' for name in constants)
        source = (INCLUDES + "int main(void) {\nprintf(\"%d %d %d\\n\", LIBAVUTIL_VERSION_MAJOR, "
                  "LIBAVCODEC_VERSION_MAJOR, LIBAVFORMAT_VERSION_MAJOR);\n"
                  + "\n".join(lines) + '\nprintf("--\\n");\n' + numbers + "\nreturn 0;\n}\n")
        program = Path(folder) / "probe"
        status, messages = compile_probe(source, headers, folder, program)
        if status != 0:
            sys.exit(f"cannot compile the probe against {headers}:\n{messages}")
        output = subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout
    head, rest = output.split("\n", 1)
    avutil, avcodec, avformat = map(int, head.split())
    major = avutil - 52  # FFmpeg 4 has libavutil 56, 5 has 57, and so on
    if (avcodec, avformat) != (major + 54, major + 54):
        sys.exit(f"{headers}: libavutil {avutil}, libavcodec {avcodec}, libavformat {avformat} are not one release")
    table, numbers = rest.split("--\n")
    body = "".join(f"  {line}\n" for line in table.splitlines())
    values = "".join(f"  {value},  // {name}\n" for name, value in (n.split() for n in numbers.splitlines()))
    return major, f"// FFmpeg {major}\n{{{major}, {{{{\n{body}}}}}, {{{{\n{values}}}}}}},\n"


def read_rows(path):
    """The committed rows by major."""
    text = path.read_text() if path.exists() else ""
    parts = re.split(r"^(?=// FFmpeg \d+$)", text, flags=re.M)
    return {int(part.split()[2]): part for part in parts if part.startswith("// FFmpeg ")}


HEADER = """// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Written by generate.py; do not edit. {major, {{offset, size} of each field}, {value of each constant}}, in the
// order of fields.inc; offsets and sizes in bytes.

"""


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("write", "check"):
        sys.exit(__doc__)
    found = [d for d in sys.argv[2:] if (Path(d) / "libavformat" / "avformat.h").exists()]
    target = HERE / "layouts.inc"
    rows = read_rows(target)
    if sys.argv[1] == "write":
        rows.update(measure(d) for d in found)
        target.write_text(HEADER + "\n".join(rows[m].rstrip("\n") + "\n" for m in sorted(rows)))
        print("layouts.inc: FFmpeg " + ", ".join(map(str, sorted(rows))))
        return
    if not found:
        print("no FFmpeg headers in " + ", ".join(sys.argv[2:]))
        sys.exit(77)
    failed = False
    for directory in found:
        major, row = measure(directory)
        same = rows.get(major, "").strip() == row.strip()
        failed |= not same
        print(f"FFmpeg {major} in {directory}: " + ("agrees" if same else "DIFFERS from layouts.inc"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
