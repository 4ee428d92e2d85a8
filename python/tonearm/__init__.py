# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Loads audio into tensors, natively; says exactly what is wrong when it cannot.

    wave, rate = tonearm.load("talk.flac")
    audio = tonearm.read("talk.m4a", sample_rate=16000, mono=True)
    for block in tonearm.open("long.flac").blocks(65536): ...
    tonearm.save("talk.wav", wave, rate)

torch is imported at the first tensor, not before: `info`, `doctor` and the command line work without it.
"""

from . import _preflight

try:
    _preflight.check_files()
    from . import _native
except ImportError as error:
    # The command line lives on without the module: its doctor is there to say what is wrong with it.
    if not _preflight.is_command_line():
        raise _preflight.explain(error) from error
    __version__ = "unknown"
else:
    __version__ = _native.version()
    del _native

from ._batch import BatchItem, PaddedBatch, read_batch, read_many
from ._doctor import Report, doctor
from ._errors import (
    AudioWarning,
    CancelledError,
    CorruptDataError,
    DeadlineError,
    Error,
    InvalidArgumentError,
    IoError,
    LimitError,
    MissingDependencyError,
    NotFoundError,
    OutOfMemoryError,
    PermissionDeniedError,
    UnsupportedFormatError,
)
from ._info import AudioMetaData, info
from ._load import load
from ._open import open
from ._read import Audio, read
from ._reader import Reader
from ._runtime import cmake_prefix_path, list_audio_backends
from ._save import Writer, encode, save

__all__ = [
    "Audio",
    "AudioMetaData",
    "AudioWarning",
    "BatchItem",
    "CancelledError",
    "CorruptDataError",
    "DeadlineError",
    "Error",
    "InvalidArgumentError",
    "IoError",
    "LimitError",
    "MissingDependencyError",
    "NotFoundError",
    "OutOfMemoryError",
    "PaddedBatch",
    "PermissionDeniedError",
    "Reader",
    "Report",
    "UnsupportedFormatError",
    "Writer",
    "cmake_prefix_path",
    "doctor",
    "encode",
    "info",
    "list_audio_backends",
    "load",
    "open",
    "read",
    "read_batch",
    "read_many",
    "save",
]
