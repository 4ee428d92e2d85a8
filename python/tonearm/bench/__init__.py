# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""`tonearm bench`: decoding compared with other libraries, on the user's own files or on files made here.

For each file and contender: first the samples are compared with tonearm's, then both are timed, interleaved.
contenders.py says how each library is run, measure.py what is measured, report.py how it is shown.
"""

from .command import write_wav
from .contenders import CONTENDERS, Contender
from .measure import Comparison, Measurement, compare_file, describe_machine, peak_bytes, throughput, time_in_turn
from .report import as_json, as_text, plot

__all__ = [
    "CONTENDERS",
    "Comparison",
    "Contender",
    "Measurement",
    "as_json",
    "as_text",
    "compare_file",
    "describe_machine",
    "peak_bytes",
    "plot",
    "throughput",
    "time_in_turn",
    "write_wav",
]
