# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The native module, told where installed packages are; what the library as a whole knows."""

import os
import sys
from typing import Any, Dict, List

from . import _preflight

#: For CMake: -DCMAKE_PREFIX_PATH=$(python -c "import tonearm; print(tonearm.cmake_prefix_path)")
cmake_prefix_path = os.path.join(_preflight.PACKAGE_DIR, "lib", "cmake")

_module: Any = None
_told: List[str] = []


def native() -> Any:
    """tonearm._native; sys.path may have grown since the last call, so the library is told again if it has."""
    global _module, _told
    if sys.path != _told or _module is None:
        try:
            from . import _native
        except ImportError as error:
            raise _preflight.explain(error) from error
        _native.set_wheel_directories([os.fsencode(d) for d in _preflight.wheel_directories()])
        _module, _told = _native, list(sys.path)
    return _module


def examine_backends() -> List[Dict[str, Any]]:
    """Every backend in order of preference: name, description, available, version, path, reason, next."""
    module = native()
    return [module.examine_backend(i) for i in range(len(module.backend_names()))]


def list_audio_backends() -> List[str]:
    """Names of the backends that work here, in order of preference."""
    return [backend["name"] for backend in examine_backends() if backend["available"]]
