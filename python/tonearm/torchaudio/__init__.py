# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio 2.8's I/O, for the one-line migration:  import tonearm.torchaudio as torchaudio

Needs no torchaudio. Any other name comes from an installed torchaudio that works, or raises AttributeError with the
remedy.
"""

import importlib
import warnings
from typing import Any, List, Optional

import tonearm

from .. import AudioMetaData, info, list_audio_backends, load

__all__ = ["AudioMetaData", "get_audio_backend", "info", "list_audio_backends", "load", "set_audio_backend"]

if hasattr(tonearm, "save"):
    save = tonearm.save
    __all__.append("save")


def get_audio_backend() -> Optional[str]:
    """None, as in 2.8: each call chooses."""
    warnings.warn("get_audio_backend has no effect: pass backend= to each call", stacklevel=2)
    return None


def set_audio_backend(backend: Optional[str]) -> None:
    """Nothing, as in 2.8: each call chooses."""
    warnings.warn("set_audio_backend has no effect: pass backend= to each call", stacklevel=2)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        installed = importlib.import_module("torchaudio")
        if hasattr(installed, name):
            return getattr(installed, name)
        return importlib.import_module(f"torchaudio.{name}")
    except ModuleNotFoundError as error:
        if error.name == "torchaudio":
            reason, remedy = "no torchaudio is installed", "pip install torchaudio, in the version that fits your torch"
        else:
            reason, remedy = "the installed torchaudio has no such name", "tonearm itself offers " + ", ".join(__all__)
        cause: Exception = error
    except Exception as error:  # a broken torchaudio raises whatever it likes: OSError, RuntimeError, AttributeError
        reason = f"the installed torchaudio cannot be imported ({type(error).__name__}: {error})"
        remedy = "tonearm doctor torchaudio"
        cause = error
    raise AttributeError(f"tonearm.torchaudio has no {name!r} of its own, and {reason}\nnext: {remedy}") from cause


def __dir__() -> List[str]:
    return sorted(__all__)
