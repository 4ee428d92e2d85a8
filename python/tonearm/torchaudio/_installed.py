# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Names that tonearm does not have, from an installed torchaudio that works; or why not, and the remedy."""

import importlib
from typing import Any, Sequence


def find_installed(module: str, name: str, own: Sequence[str]) -> Any:
    """`name` of `module`, which is torchaudio or a module in it; `own` is what tonearm has in its place."""
    if name.startswith("__"):
        raise AttributeError(f"module 'tonearm.{module}' has no attribute {name!r}")
    try:
        importlib.import_module("torchaudio")  # by itself, so that its absence is told from a name's
        installed = importlib.import_module(module)
        if hasattr(installed, name):
            return getattr(installed, name)
        return importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError as error:
        if error.name == "torchaudio":
            reason, remedy = "no torchaudio is installed", "pip install torchaudio, in the version that fits your torch"
        elif error.name == f"{module}.{name}":
            reason, remedy = "the installed torchaudio has no such name", "tonearm itself offers " + ", ".join(own)
        else:
            reason, remedy = _cannot_import(error)
        cause: Exception = error
    except Exception as error:  # a broken torchaudio raises whatever it likes: OSError, RuntimeError, AttributeError
        reason, remedy = _cannot_import(error)
        cause = error
    raise AttributeError(f"tonearm.{module} has no {name!r} of its own, and {reason}\nnext: {remedy}") from cause


def _cannot_import(error: Exception) -> tuple[str, str]:
    return f"the installed torchaudio cannot be imported ({type(error).__name__}: {error})", "tonearm doctor torchaudio"
