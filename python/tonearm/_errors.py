# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""The errors that tonearm raises: one class per thing that a caller would do next.

Each is a RuntimeError, as torchaudio 2.8 raised, and also the built-in class that says the same
(FileNotFoundError, ValueError, ...), so that old and new `except` clauses both catch it.
"""

import errno
import json
from typing import Any, NamedTuple, Optional, Sequence


class AudioWarning(UserWarning):
    """The audio that exists was returned, but not all that the file promised."""


class Candidate(NamedTuple):
    """What one backend said about a request."""

    backend: str
    verdict: str  # "declined", "absent" or "failed"
    reason: str


class Error(RuntimeError):
    """What failed, at which stage, on what; what was needed and found; what to do next."""

    default_code = "internal"

    def __init__(
        self,
        text: str = "",
        *,
        code: Optional[str] = None,
        stage: str = "",
        subject: str = "",
        needed: str = "",
        found: str = "",
        next: str = "",
        candidates: Sequence[Candidate] = (),
        finding: Optional[dict] = None,
        byte_offset: int = -1,
    ) -> None:
        super().__init__(text)
        self.text = text
        self.code = code or self.default_code
        self.stage = stage
        self.subject = subject
        self.needed = needed
        self.found = found
        self.next = next
        self.candidates = tuple(candidates)
        self.finding = finding
        self.byte_offset = byte_offset

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> Any:  # errors travel from DataLoader workers by pickle
        return _rebuild, (type(self), self.text, dict(self.__dict__))


def _rebuild(kind: type, text: str, state: dict) -> Error:
    error = kind(text)
    error.__dict__.update(state)
    return error


class _OsMixin:
    """Fills what callers read from an OSError."""

    os_errno = errno.EIO

    def __init__(self, text: str = "", **fields: Any) -> None:
        super().__init__(text, **fields)
        self.errno = self.os_errno
        self.strerror = text
        self.filename = fields.get("subject") or None


class NotFoundError(_OsMixin, Error, FileNotFoundError):
    default_code = "not_found"
    os_errno = errno.ENOENT


class UnsupportedFormatError(Error):
    default_code = "unsupported_format"


class CorruptDataError(Error):
    default_code = "corrupt_data"


class LimitError(Error):
    """A limit on bytes, frames or channels was reached; the limit is an option."""

    default_code = "limit_reached"


class MissingDependencyError(Error):
    default_code = "missing_dependency"


class InvalidArgumentError(Error, ValueError):
    default_code = "invalid_argument"


class IoError(_OsMixin, Error, OSError):
    default_code = "io"


class PermissionDeniedError(_OsMixin, Error, PermissionError):
    default_code = "permission"
    os_errno = errno.EACCES


class DeadlineError(_OsMixin, Error, TimeoutError):
    default_code = "deadline"
    os_errno = errno.ETIMEDOUT


class CancelledError(Error):
    default_code = "cancelled"


class OutOfMemoryError(Error, MemoryError):
    default_code = "out_of_memory"


# By number, as enum tonearm_code in tonearm.h.
_BY_CODE = {
    1: NotFoundError,
    2: UnsupportedFormatError,
    3: CorruptDataError,
    4: LimitError,
    5: MissingDependencyError,
    6: InvalidArgumentError,
    7: IoError,
    8: PermissionDeniedError,
    9: DeadlineError,
    10: CancelledError,
    11: OutOfMemoryError,
}


def from_native(
    code: int,
    text: str,
    stage: str,
    subject: str,
    needed: str,
    found: str,
    next: str,
    candidates: list,
    finding: str,
    byte_offset: int,
) -> Error:
    """The exception for a tonearm_error; called by the native module, which raises it."""
    return _BY_CODE.get(code, Error)(
        text or "tonearm failed without saying why",
        stage=stage,
        subject=subject,
        needed=needed,
        found=found,
        next=next,
        candidates=[Candidate(*c) for c in candidates],
        finding=json.loads(finding) if finding else None,
        byte_offset=byte_offset,
    )


def invalid_argument(text: str, *, subject: str, **fields: str) -> InvalidArgumentError:
    """For arguments judged before anything native runs."""
    return InvalidArgumentError(text, stage="arguments", subject=subject, **fields)
