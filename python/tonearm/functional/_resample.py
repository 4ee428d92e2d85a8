# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""resample(): torchaudio's filters, and two better ones."""

import math
import warnings
from typing import Any, NamedTuple, Optional

import torch

from .. import _ops
from .._dsp import (
    Path,
    check_range,
    check_waveform,
    full_precision,
    in_float32,
    is_transformed,
    path_of,
    plans,
    run_resampler,
    wants_gradient,
    without_tf32,
)
from .._errors import invalid_argument
from .._runtime import native

_METHODS = {"sinc_interp_hann": 0, "sinc_interp_kaiser": 1, "hq": 2, "vhq": 3}  # tonearm_resample_method
_OLD_NAMES = {"sinc_interpolation": "sinc_interp_hann", "kaiser_window": "sinc_interp_kaiser"}
_KAISER_BETA = 14.769656459379492
#: Bytes of the dense table that torch's convolution needs; at coprime rates it grows without bound.
_MAX_DENSE_BYTES = 1 << 30


class Design(NamedTuple):
    """One resampler, judged: rates in Hz, and the filter."""

    orig_freq: int
    new_freq: int
    method: str
    lowpass_filter_width: int
    rolloff: float
    beta: Optional[float]

    def swapped(self) -> "Design":
        return self._replace(orig_freq=self.new_freq, new_freq=self.orig_freq)

    def arguments(self) -> "tuple[int, int, int, float, str, Optional[float]]":
        """In the order of resample() and of its operator."""
        return self.orig_freq, self.new_freq, self.lowpass_filter_width, self.rolloff, self.method, self.beta


def make_design(
    orig_freq: Any,
    new_freq: Any,
    lowpass_filter_width: int = 6,
    rolloff: float = 0.99,
    resampling_method: str = "sinc_interp_hann",
    beta: Optional[float] = None,
) -> Design:
    if resampling_method in _OLD_NAMES:
        name = _OLD_NAMES[resampling_method]
        warnings.warn(f'"{resampling_method}" is an old name of "{name}"', DeprecationWarning, stacklevel=3)
        resampling_method = name
    _check_design(orig_freq, new_freq, resampling_method, lowpass_filter_width, rolloff, beta)
    return Design(int(orig_freq), int(new_freq), resampling_method, lowpass_filter_width, float(rolloff), beta)


def _check_design(
    orig_freq: Any, new_freq: Any, method: str, width: int, rolloff: float, beta: Optional[float]
) -> None:
    if not (orig_freq > 0 and new_freq > 0):
        raise invalid_argument(
            "Invalid argument: original frequency and desired frequency should be positive.",
            subject="orig_freq" if not orig_freq > 0 else "new_freq",
            needed="more than 0 Hz",
            found=f"{orig_freq} and {new_freq}",
        )
    if int(orig_freq) != orig_freq or int(new_freq) != new_freq:
        raise invalid_argument(
            "Invalid argument: frequencies must be integers.\n  next: pass integers of the same ratio, "
            "for example 8 and 1 instead of 44100 and 5512.5",
            subject="orig_freq" if int(orig_freq) != orig_freq else "new_freq",
            needed="an integer",
            found=f"{orig_freq} and {new_freq}",
        )
    if method not in _METHODS:
        raise invalid_argument(
            f"Invalid resampling method: {method}",
            subject="resampling_method",
            needed=", ".join(_METHODS),
            found=str(method),
        )
    if not width > 0 or int(width) != width:
        raise invalid_argument(
            f"Invalid argument: low pass filter width should be a positive integer, not {width}.",
            subject="lowpass_filter_width",
            needed="1 or more",
            found=str(width),
        )
    check_range("rolloff", rolloff, 0, 1)
    if beta is not None:
        check_range("beta", beta, 0, 100)


def resample(
    waveform: torch.Tensor,
    orig_freq: int,
    new_freq: int,
    lowpass_filter_width: int = 6,
    rolloff: float = 0.99,
    resampling_method: str = "sinc_interp_hann",
    beta: Optional[float] = None,
) -> torch.Tensor:
    """Resamples (..., time) from orig_freq to new_freq, both in Hz.

    resampling_method: "sinc_interp_hann" or "sinc_interp_kaiser" (torchaudio's, shaped by the arguments before and
    after it), "hq" (flat within 0.01 dB to 0.913 of Nyquist, aliases below -125 dB) or "vhq" (0.911, -170 dB).
    """
    if torch.jit.is_scripting():
        return torch.ops.tonearm.resample(
            waveform, orig_freq, new_freq, lowpass_filter_width, rolloff, resampling_method, beta
        )
    else:
        design = make_design(orig_freq, new_freq, lowpass_filter_width, rolloff, resampling_method, beta)
        return apply(design, waveform)


def apply(design: Design, waveform: torch.Tensor) -> torch.Tensor:
    check_waveform(waveform)
    if design.orig_freq == design.new_freq:
        return waveform
    return in_float32(_apply, waveform, design)


def _apply(waveform: torch.Tensor, design: Design) -> torch.Tensor:
    path = path_of(waveform)
    if path is Path.TORCH or (is_transformed() and wants_gradient(waveform)):
        return convolve(design, waveform, *make_kernel(design))
    if path is Path.OPERATOR:
        return torch.ops.tonearm.resample(waveform, *design.arguments())
    if wants_gradient(waveform):
        return _Resample.apply(waveform, design)
    return run(design, waveform)


def run(design: Design, waveform: torch.Tensor) -> torch.Tensor:
    """By the native code, or a CUDA device's kernel, which also takes int16."""
    return run_resampler(plan_of(design), waveform)


def plan_of(design: Design) -> Any:
    return plans.get(("resample", design), (), lambda: _make_plan(design))


def _make_plan(design: Design) -> Any:
    options = {
        "source_rate": design.orig_freq,
        "target_rate": design.new_freq,
        "method": _METHODS[design.method],
        "lowpass_filter_width": design.lowpass_filter_width,
        "rolloff": design.rolloff,
    }
    if design.beta is not None:
        options["beta"] = design.beta
    return native().Resampler(**options)


def adjoint(design: Design, gradient: torch.Tensor, length: int) -> torch.Tensor:
    """The adjoint of a symmetric filter is the same filter between the rates exchanged, times new / orig."""
    back = apply(design.swapped(), gradient)[..., :length]
    return back * (design.new_freq / design.orig_freq)


class _Resample(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, waveform: torch.Tensor, design: Design) -> torch.Tensor:
        ctx.design, ctx.length = design, waveform.shape[-1]
        return run(design, waveform)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        return adjoint(ctx.design, gradient, ctx.length), None


def _describe(waveform: torch.Tensor, *arguments: Any) -> torch.Tensor:
    o, n = _lowest_terms(make_design(*arguments))
    return waveform.new_empty(waveform.shape[:-1] + (-(-n * waveform.shape[-1] // o),))


def _setup_context(ctx: Any, inputs: Any, output: torch.Tensor) -> None:
    ctx.length, ctx.arguments = inputs[0].shape[-1], inputs[1:]


def _backward(ctx: Any, gradient: torch.Tensor) -> Any:
    design = make_design(*ctx.arguments)
    return (adjoint(design, gradient, ctx.length), *(None for _ in ctx.arguments))


_ops.register(
    "resample",
    lambda waveform, *arguments: run(make_design(*arguments), waveform),
    _describe,
    setup_context=_setup_context,
    backward=_backward,
)


def _shape(design: Design) -> "tuple[float, float, Optional[float]]":
    """(zero crossings on each side, rolloff, beta); those of hq and vhq are in core/dsp/resample_design.cpp."""
    if design.method in ("hq", "vhq"):
        edge, attenuation = (0.913, 136) if design.method == "hq" else (0.911, 180)
        rolloff = (1 + edge) / 2
        width = math.ceil((attenuation - 7.95) / (14.36 * (1 - edge)) * rolloff)
        return width, rolloff, 0.1102 * (attenuation - 8.7)
    if design.method == "sinc_interp_hann":
        return design.lowpass_filter_width, design.rolloff, None
    return design.lowpass_filter_width, design.rolloff, _KAISER_BETA if design.beta is None else design.beta


def kernel_bytes(design: Design) -> int:
    """Size in float32 of what make_kernel() gives."""
    o, n = _lowest_terms(design)
    crossings, rolloff, _ = _shape(design)
    return 4 * n * (2 * math.ceil(crossings * o / (min(o, n) * rolloff)) + o)


def make_kernel(design: Design) -> "tuple[torch.Tensor, int]":
    """torchaudio's dense table of shape (new, 1, 2 * width + orig) in float64, and its width in frames."""
    if kernel_bytes(design) > _MAX_DENSE_BYTES:
        raise invalid_argument(
            f"Invalid argument: {design.orig_freq} to {design.new_freq} Hz needs a table of "
            f"{kernel_bytes(design) >> 20} MiB where torch computes it.\n"
            "  next: resample on the CPU in float32, which needs at most 1 MiB",
            subject="orig_freq",
            next="resample on the CPU in float32",
        )
    o, n = _lowest_terms(design)
    crossings, rolloff, beta = _shape(design)
    base = min(o, n) * rolloff
    width = math.ceil(crossings * o / base)
    taps = torch.arange(-width, width + o, dtype=torch.float64)[None, None] / o
    t = (torch.arange(0, -n, -1, dtype=torch.float64)[:, None, None] / n + taps) * base
    t = t.clamp(-crossings, crossings)
    if beta is None:
        window = torch.cos(t * math.pi / crossings / 2) ** 2
    else:
        shape = torch.tensor(beta, dtype=torch.float64)
        window = torch.i0(shape * torch.sqrt(1 - (t / crossings) ** 2)) / torch.i0(shape)
    return torch.sinc(t) * window * (base / o), width


def convolve(design: Design, waveform: torch.Tensor, kernel: torch.Tensor, width: int) -> torch.Tensor:
    """The resampling that `kernel` says, by torch's convolution: any device, differentiable."""
    o, n = _lowest_terms(design)
    flat = waveform.reshape(-1, waveform.shape[-1])
    length = -(-n * flat.shape[-1] // o)
    padded = torch.nn.functional.pad(flat, (width, width + o))
    with full_precision(waveform), without_tf32(waveform):
        out = torch.nn.functional.conv1d(padded[:, None], kernel.to(padded), stride=o)
    out = out.transpose(1, 2).reshape(flat.shape[0], -1)[..., :length]
    return out.reshape(waveform.shape[:-1] + out.shape[-1:])


def _lowest_terms(design: Design) -> "tuple[int, int]":
    divisor = math.gcd(design.orig_freq, design.new_freq)
    return design.orig_freq // divisor, design.new_freq // divisor
