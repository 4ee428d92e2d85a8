# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Puts the corpus helper on the path."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
