#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Packs a fuzzer's minimised corpus into the one file that ctest replays.

    versions_fuzz -merge=1 SMALL CORPUS && pack_corpus.py SMALL tests/fuzz/corpus/versions_fuzz.bin

Each input is its length (4 bytes, little-endian) and its bytes; the shortest first, so that the file is the same for
the same inputs.
"""

import pathlib
import struct
import sys


def main() -> None:
    folder, target = map(pathlib.Path, sys.argv[1:])
    inputs = sorted({file.read_bytes() for file in folder.iterdir()}, key=lambda data: (len(data), data))
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(b"".join(struct.pack("<I", len(data)) + data for data in inputs))


if __name__ == "__main__":
    main()
