# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""How the figures are shown: a table, JSON, a chart."""

import os
from dataclasses import asdict
from typing import Any, Dict, List, Sequence

from .contenders import CONTENDERS
from .measure import Comparison, Measurement


def _against(measurement: Measurement, ours: Measurement) -> str:
    if measurement is ours:
        return ""
    ratio = measurement.median_cpu_sec / ours.median_cpu_sec
    return f"{ratio:.2f}x ours" if ratio >= 1 else f"{ratio:.2f}x ours  tonearm loses"


def as_text(comparisons: Sequence[Comparison], absent: Dict[str, str]) -> str:
    """One block per file, contenders in rows; times are CPU time of one thread, medians."""
    lines: List[str] = []
    for comparison in comparisons:
        lines.append(
            f"{os.path.basename(comparison.file)}: {comparison.encoding} in {comparison.container}, "
            f"{comparison.sample_rate} Hz, {comparison.num_channels} ch, {comparison.duration_sec:.2f} s, "
            f"{comparison.memory} memory"
        )
        lines.append(
            f"  {'':<11}{'audio s/s':>10}{'files/s':>10}{'MB/s':>8}{'p50 ms':>9}{'p99 ms':>9}{'peak MiB':>9}  samples"
        )
        ours = comparison.measurements[0]
        for m in comparison.measurements:
            if m.error:
                lines.append(f"  {m.name:<11}{m.error}")
                continue
            cpu = m.median_cpu_sec
            samples = f"{m.largest_difference:.1e}" if m.frames_differ == 0 else f"{m.frames_differ:+d} frames"
            samples = "as tonearm" if m.same and m.largest_difference == 0 else samples
            peak = "" if m.peak_bytes is None else f"{m.peak_bytes / 2**20:.1f}"
            lines.append(
                f"  {m.name:<11}{comparison.duration_sec / cpu:>10.0f}{1 / cpu:>10.1f}"
                f"{comparison.size_bytes / cpu / 1e6:>8.0f}{m.wall_percentile_sec(50) * 1e3:>9.3f}"
                f"{m.wall_percentile_sec(99) * 1e3:>9.3f}{peak:>9}  {samples if m is not ours else '':<15}"
                f"{_against(m, ours)}".rstrip()
            )
        lines.append("")
    lines += [f"not measured: {name} ({reason})" for name, reason in absent.items()]
    lines += [
        f"{name} is run as: {CONTENDERS[name].how}"
        for name in dict.fromkeys(m.name for comparison in comparisons for m in comparison.measurements)
    ]
    return "\n".join(lines)


def as_json(
    machine: Dict[str, Any], comparisons: Sequence[Comparison], throughputs: Sequence[Dict[str, Any]], absent: Dict[str, str]
) -> Dict[str, Any]:
    """Everything, times in seconds."""
    return {
        "schema": 1,
        "machine": machine,
        "files": [asdict(comparison) for comparison in comparisons],
        "throughput": list(throughputs),
        "absent": dict(absent),
        "how": {name: contender.how for name, contender in CONTENDERS.items()},
    }


def plot(comparisons: Sequence[Comparison], path: str) -> None:
    """Bars of seconds of audio per second of CPU time, one group per file, as a PNG. Needs matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = list(dict.fromkeys(m.name for comparison in comparisons for m in comparison.measurements))
    figure, axes = pyplot.subplots(figsize=(max(7, 1.6 * len(comparisons) + 3), 4.5), layout="constrained")
    width = 0.8 / len(names)
    for i, name in enumerate(names):
        places, heights = [], []
        for group, comparison in enumerate(comparisons):
            for m in comparison.measurements:
                if m.name == name and not m.error:
                    places.append(group + (i - (len(names) - 1) / 2) * width)
                    heights.append(comparison.duration_sec / m.median_cpu_sec)
        axes.bar(places, heights, width * 0.92, label=name, color=None if name != "tonearm" else "#111111")
    axes.set_yscale("log")
    axes.set_ylabel("seconds of audio per second of CPU time")
    axes.set_xticks(range(len(comparisons)))
    axes.set_xticklabels(
        [f"{c.encoding}\n{c.sample_rate / 1000:g} kHz, {c.num_channels} ch\n{c.duration_sec:.0f} s" for c in comparisons]
    )
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    axes.legend(frameon=False, ncols=len(names), loc="lower left", bbox_to_anchor=(0, 1))
    figure.savefig(path, dpi=140)
    pyplot.close(figure)
