# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Features as other toolkits define them, with torchaudio's names."""

from . import kaldi

__all__ = ["kaldi"]
