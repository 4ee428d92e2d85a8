# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The corpus of real files beside the checkout, where present, and what is true of each file."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).resolve().parent
SHARED = Path(os.environ.get("TONEARM_SHARED", _HERE.parents[2] / "shared"))
AUDIO = SHARED / "audio"


@dataclass(frozen=True)
class Truth:
    """What decoders and standards agree on; None where they do not."""

    file: str
    group: str  # "ok", "odd" or "bad"
    codec: str
    frames: int | None
    md5_f32: frozenset[str]  # of interleaved little-endian float32; empty where nothing is agreed


def _agreed_md5(row: dict[str, str]) -> frozenset[str]:
    columns = {"ff": "md5_f32_ffmpeg", "sf": "md5_f32_sndfile", "sox": "md5_f32_sox", "ref": "md5_f32_ref"}
    agreed = row["pcm_md5_agree"]
    if row["lossless"] != "1" or agreed in ("", "none"):
        return frozenset()
    names = ["sf", "ff"] if agreed == "all" else agreed.split("=")
    return frozenset(row[columns[name]] for name in names if row.get(columns[name]))


def truths() -> list[Truth]:
    """One entry per file with an agreed answer, corrections applied. Empty without the corpus."""
    if not (AUDIO / "truth.tsv").exists():
        return []
    entries: dict[str, Truth] = {}
    with open(AUDIO / "truth.tsv", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            frames = int(row["frames_truth"]) if row["frames_truth"] else None
            entries[row["file"]] = Truth(row["file"], row["class"], row["codec"], frames, _agreed_md5(row))
    with open(AUDIO / "CORRECTIONS.tsv", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            old = entries.get(row["file"])
            entries[row["file"]] = Truth(
                row["file"],
                row["file"].split("/")[0],
                old.codec if old else "",
                int(row["frames"]) if row["frames"] else (old.frames if old else None),
                frozenset([row["md5_f32"]]) if row["md5_f32"] else (old.md5_f32 if old else frozenset()),
            )
    return [entries[name] for name in sorted(entries)]


def files(group: str) -> list[str]:
    """Every file of a group, as "group/origin/name"."""
    root = AUDIO / group
    return sorted(str(path.relative_to(AUDIO)) for path in root.rglob("*") if path.is_file()) if root.exists() else []


def differing() -> set[tuple[str, str]]:
    """(file, "decoder: its frames") where a decoder differs from the agreed number, of the files that are not bad."""
    with open(AUDIO / "truth.tsv", newline="") as table:
        rows = [row for row in csv.DictReader(table, delimiter="\t") if row["class"] != "bad" and row["disputed"]]
    return {(row["file"], said.replace(":", ": ")) for row in rows for said in row["disputed"].split(",")}


def _rows_of_disputed(table: int) -> list[list[str]]:
    """Cells of DISPUTED.md's first (0) or second (1) table."""
    tables: list[list[list[str]]] = []
    for line in (_HERE / "DISPUTED.md").read_text().splitlines():
        if line.startswith("|--"):
            tables.append([])
        elif line.startswith("| `"):
            tables[-1].append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return tables[table]


def disputed() -> dict[str, str]:
    """File -> our rule where it is not the agreed answer."""
    return {cells[0]: cells[1] for cells in _rows_of_disputed(0)}


def named_as_differing() -> set[tuple[str, str]]:
    """What differing() should be."""
    return {(cells[0], cells[2]) for cells in _rows_of_disputed(1)}
