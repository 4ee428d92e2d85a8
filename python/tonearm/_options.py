# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that several functions share: judged once, with torchaudio 2.8's words where it had them."""

import operator
from typing import Any, Optional

from ._errors import invalid_argument
from ._runtime import native

_ALIASES = {"sndfile": "soundfile"}
#: tonearm_non_finite by name.
_NON_FINITE = {"keep": 1, "zero": 2, "refuse": 3}
_INT64_MAX = 2**63 - 1
_INT32_MAX = 2**31 - 1


def make_options(
    *,
    backend: Optional[str] = None,
    format: Optional[str] = None,
    frame_offset: int = 0,
    num_frames: int = -1,
    sample_type: Optional[int] = None,
    sample_rate: Optional[int] = None,
    mono: bool = False,
    stream_index: Optional[int] = None,
    strict: bool = False,
    verify: bool = False,
    threads: int = 1,
    max_bytes: Optional[int] = None,
    max_frames: Optional[int] = None,
    max_channels: Optional[int] = None,
    deadline_sec: Optional[float] = None,
    non_finite: Optional[str] = None,
) -> Any:
    """tonearm_options with these values; None leaves the library's default."""
    options = native().Options()
    options.backend = check_backend(backend)
    options.format = format
    options.frame_offset = check_count("frame_offset", frame_offset, 0, "non-negative")
    options.num_frames = check_count("num_frames", num_frames, -1, "-1 or more")
    if sample_type is not None:
        options.sample_type = sample_type
    if sample_rate is not None:
        options.sample_rate = check_count("sample_rate", sample_rate, 1, "greater than 0", _INT32_MAX)
    options.mono = int(bool(mono))
    if stream_index is not None:
        options.stream_index = check_count("stream_index", stream_index, 0, "non-negative", _INT32_MAX)
    options.strict = int(bool(strict))
    options.verify = int(bool(verify))
    options.threads = check_count("threads", threads, 1, "greater than 0", _INT32_MAX)
    if max_bytes is not None:
        options.max_bytes = check_count("max_bytes", max_bytes, 1, "greater than 0")
    if max_frames is not None:
        options.max_frames = check_count("max_frames", max_frames, 1, "greater than 0")
    if max_channels is not None:
        options.max_channels = check_count("max_channels", max_channels, 1, "greater than 0", _INT32_MAX)
    set_deadline(options, deadline_sec)
    set_non_finite(options, non_finite)
    return options


def set_deadline(options: Any, deadline_sec: Optional[float]) -> None:
    """Of Options or SaveOptions; None leaves it without one."""
    if deadline_sec is None:
        return
    if not deadline_sec > 0:
        raise invalid_argument(
            f"Invalid argument: deadline_sec must be greater than 0, not {deadline_sec}.", subject="deadline_sec"
        )
    options.deadline_sec = float(deadline_sec)


def set_non_finite(options: Any, rule: Optional[str]) -> None:
    """Of Options or SaveOptions; None leaves samples that are NaN or infinite unchecked."""
    if rule is None:
        return
    if rule not in _NON_FINITE:
        raise invalid_argument(
            f"Invalid argument: non_finite must be one of {', '.join(_NON_FINITE)}, not {rule!r}.",
            subject="non_finite",
            needed=", ".join(_NON_FINITE),
            found=str(rule),
        )
    options.non_finite = _NON_FINITE[rule]


def check_backend(backend: Optional[str]) -> Optional[str]:
    """The backend's own name; an unknown one is refused with the names that there are."""
    if backend is None:
        return None
    name = _ALIASES.get(backend, backend)
    known = native().backend_names()
    if name not in known:
        gone = " (its formats are read by the others)" if backend == "sox" else ""
        raise invalid_argument(
            f"Unknown backend {backend!r}{gone}; available: {', '.join(known)}.",
            subject="backend",
            needed=", ".join(known),
            found=str(backend),
        )
    return name


def check_count(name: str, value: Any, least: int, needed: str, most: int = _INT64_MAX) -> int:
    """`value` as an int in [least, most]."""
    count = operator.index(value)
    if not least <= count <= most:
        wanted = needed if count < least else f"at most {most}"
        raise invalid_argument(
            f"Invalid argument: {name} must be {wanted}, not {count}.", subject=name, needed=wanted, found=str(count)
        )
    return count
