# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Rewrites the README's benchmark table, between its two markers, from what load_bars.py measured.

Usage: readme_table.py RESULTS.json README.md
"""

import json
import pathlib
import sys
from typing import Any, Dict

BEGIN, END = "<!-- load_bars -->\n", "<!-- end of load_bars -->\n"


def cells(row: Dict[str, Any]) -> str:
    if "differs" in row:
        return f"{row['differs']} | |"
    if "peak_bytes" in row:
        if row["peak_bytes"] is None:
            return "not told here | |"
        return f"{row['peak_bytes'] / row['output_bytes']:.2f} × | |"
    if "fresh" not in row:
        return f"{row['ratio']:.2f} × | |"
    return f"{row['fresh']['ratio']:.2f} | {row['recycled']['ratio']:.2f} |"


def main() -> None:
    results, readme = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    measured = json.loads(results.read_text())
    machine = measured["machine"]
    table = (
        f"Measured on {machine['processor']}, {machine['cores']} cores, {', '.join(machine['instruction_sets'])}, "
        f"torch {machine['torch']}, soundfile {machine['versions'].get('soundfile', 'absent')}.\n\n"
        "| Row | fresh memory | recycled |\n|---|---|---|\n"
    )
    table += "".join(f"| {row['title']} | {cells(row)}\n" for row in measured["rows"])
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    readme.write_text(before + BEGIN + table + END + rest.split(END)[1])


if __name__ == "__main__":
    main()
