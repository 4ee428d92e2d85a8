# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio.compliance.kaldi: tonearm's own names; any other is that of an installed torchaudio."""

from typing import Any

from ...compliance.kaldi import *  # noqa: F403
from ...compliance.kaldi import __all__
from .._installed import find_installed


def __getattr__(name: str) -> Any:
    return find_installed("torchaudio.compliance.kaldi", name, __all__)
