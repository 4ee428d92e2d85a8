# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio.transforms: tonearm's own names; any other is that of an installed torchaudio."""

from typing import Any

from ..transforms import *  # noqa: F403
from ..transforms import __all__
from ._installed import find_installed


def __getattr__(name: str) -> Any:
    return find_installed("torchaudio.transforms", name, __all__)
