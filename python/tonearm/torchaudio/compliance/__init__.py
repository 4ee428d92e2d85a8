# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio.compliance."""

from . import kaldi

__all__ = ["kaldi"]
