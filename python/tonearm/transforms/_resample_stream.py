# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""ResampleStream: resampling of a signal that arrives in chunks."""

from typing import Any, Optional

import torch

from .._dsp import Path, check_waveform, make_resample_stream, path_of, push_chunk, refuse_gradient
from .._errors import invalid_argument
from ..functional import _resample as design_of


class ResampleStream:
    """Resamples a signal chunk by chunk, from orig_freq to new_freq in Hz; methods as in functional.resample.

    All output together has the bits of functional.resample of the whole signal. Output comes as soon as its input has;
    with "hq" of float32 a block at a time, up to 4096 frames later. Not a module, and of one thread at a time.

        stream = ResampleStream(44100, 16000)
        for chunk in chunks:
            send(stream.push(chunk))
        send(stream.push(chunk[..., :0], last=True))
    """

    def __init__(
        self,
        orig_freq: int,
        new_freq: int,
        resampling_method: str = "sinc_interp_hann",
        lowpass_filter_width: int = 6,
        rolloff: float = 0.99,
        beta: Optional[float] = None,
    ) -> None:
        self._design = design_of.make_design(
            orig_freq, new_freq, lowpass_filter_width, rolloff, resampling_method, beta
        )
        self._stream: Any = None
        self._first: Any = None  # shape and type of the signal's chunks

    def push(self, chunk: torch.Tensor, last: bool = False) -> torch.Tensor:
        """The output (..., time) that `chunk` (..., time) completes: float32 or float64 on the CPU, any length.

        A signal's chunks agree in type and in all dimensions but time. `last` ends the signal: all that is left of it
        is returned, and the next chunk begins another one.
        """
        check_waveform(chunk)
        refuse_gradient("ResampleStream", chunk)
        if path_of(chunk) is not Path.NATIVE or not chunk.is_cpu:
            raise invalid_argument(
                "Invalid argument: ResampleStream works on the CPU in float32 or float64, outside graphs.\n"
                "  next: pass chunk.float(), or chunk.cpu()",
                subject="chunk",
                needed="a float32 or float64 tensor on the CPU",
                found=f"{chunk.dtype} on {chunk.device}",
                next="pass chunk.float(), or chunk.cpu()",
            )
        first = (chunk.dtype, chunk.shape[:-1])
        if self._stream is None:
            self._stream = make_resample_stream(design_of.plan_of(self._design), chunk)
            self._first = first
        elif self._first != first:
            raise invalid_argument(
                f"Invalid argument: a chunk of shape {tuple(chunk.shape)} and {chunk.dtype}, of a signal that began "
                f"with {self._first[0]} and {tuple(self._first[1])} channels.\n"
                "  next: end a signal with last=True before the next one begins",
                subject="chunk",
                needed=f"{self._first[0]}, shape {tuple(self._first[1])} before time",
                found=f"{chunk.dtype}, shape {tuple(chunk.shape[:-1])} before time",
                next="end a signal with last=True before the next one begins",
            )
        out = push_chunk(self._stream, chunk, last)
        if last:
            self._stream = None
        return out
