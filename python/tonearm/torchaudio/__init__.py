# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio 2.8's I/O and features, for the one-line migration:  import tonearm.torchaudio as torchaudio

Needs no torchaudio. Any name that tonearm does not have comes from an installed torchaudio that works, or raises
AttributeError with the remedy. `from tonearm.torchaudio.functional import resample` works too.
"""

import importlib
import warnings
from typing import Any, List, Optional

from .. import AudioMetaData, info, list_audio_backends, load, save

__all__ = ["AudioMetaData", "get_audio_backend", "info", "list_audio_backends", "load", "save", "set_audio_backend"]


_SUBMODULES = ("compliance", "functional", "transforms")  # imported at their first use: they need torch


def get_audio_backend() -> Optional[str]:
    """None, as in 2.8: each call chooses."""
    warnings.warn("get_audio_backend has no effect: pass backend= to each call", stacklevel=2)
    return None


def set_audio_backend(backend: Optional[str]) -> None:
    """Nothing, as in 2.8: each call chooses."""
    warnings.warn("set_audio_backend has no effect: pass backend= to each call", stacklevel=2)


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    from ._installed import find_installed

    return find_installed("torchaudio", name, [*__all__, *_SUBMODULES])


def __dir__() -> List[str]:
    return sorted([*__all__, *_SUBMODULES])
