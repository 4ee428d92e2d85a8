# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Tensors and the native plans of core/dsp: who computes a tensor, and the native calls themselves."""

import contextlib
import enum
import math
from typing import Any, Callable, ContextManager, NoReturn, Optional, Sequence, Tuple

import torch

from . import _cuda
from ._errors import invalid_argument
from ._ops import HAS_OPERATORS
from ._plan_cache import PlanCache
from ._runtime import native

_FLOATS = (torch.float32, torch.float64)
_HALVES = (torch.float16, torch.bfloat16)
_PLAIN = (torch.Tensor, torch.nn.Parameter)  # subclasses (fake tensors, wrappers) have no memory to point at
_AUTOCAST_DEVICES = ("cpu", "cuda", "xpu", "mps")
_is_compiling: Callable[[], bool] = getattr(getattr(torch, "compiler", None), "is_compiling", lambda: False)
# Where torch watches each operation: modes (fake tensors, tracers, counters) and the transforms of torch.func.
_num_modes: Callable[[], int] = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 0)
_transform: Callable[[], Any] = getattr(getattr(torch._C, "_functorch", None), "peek_interpreter_stack", lambda: None)


class Path(enum.Enum):
    """Who computes a tensor."""

    NATIVE = enum.auto()  #: the native code, now, by address
    OPERATOR = enum.auto()  #: the native code, through an operator of _ops.py: something records or transforms the call
    TORCH = enum.auto()  #: torch's own operations, on the tensor's device


def path_of(waveform: torch.Tensor) -> Path:
    if _cuda.is_cuda(waveform):
        is_ours = waveform.dtype == torch.float32 and _cuda.HAS_KERNELS
    else:
        is_ours = waveform.is_cpu and waveform.dtype in _FLOATS
    if not is_ours or waveform.layout != torch.strided:
        return Path.TORCH
    if not (
        _is_compiling()
        or type(waveform) not in _PLAIN
        or _num_modes() > 0
        or _transform() is not None
        or torch.jit.is_tracing()
    ):
        return Path.NATIVE
    return Path.OPERATOR if HAS_OPERATORS else Path.TORCH


def is_transformed() -> bool:
    """Whether torch.func is at work, which differentiates torch's operations only."""
    return _transform() is not None


def is_recorded() -> bool:
    """Whether a graph is made of what is computed now: values cannot be looked at."""
    return _is_compiling() or _num_modes() > 0


def wants_gradient(*tensors: Optional[torch.Tensor]) -> bool:
    return torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in tensors)


# For torch's operations on features; TorchScript compiles them, too.


def is_half(values: torch.Tensor) -> bool:
    return values.dtype == torch.float16 or values.dtype == torch.bfloat16


def widened(values: torch.Tensor) -> torch.Tensor:
    """float16 and bfloat16 as float32."""
    return values.float() if is_half(values) else values


def narrowed(result: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """What was computed of widened(values), rounded to their type where that is float16 or bfloat16."""
    return result.to(values.dtype) if is_half(values) else result


def check_features(values: torch.Tensor) -> None:
    if not values.is_floating_point():
        raise TypeError(f"Expected floating point type for the features, but received {values.dtype}.")


def in_float32(
    compute: Callable[..., torch.Tensor],
    waveform: torch.Tensor,
    *arguments: Any,
    dtype: Optional[torch.dtype] = None,
) -> torch.Tensor:
    """compute(waveform, ...), its real result rounded once to `dtype`, by default the waveform's: computed in float64
    where one of the two is that, else in float32."""
    dtype = dtype or waveform.dtype
    if dtype == waveform.dtype and not is_half(waveform):
        return compute(waveform, *arguments)
    if dtype == torch.float64:
        wide = waveform.double()
    else:
        wide = waveform.float() if is_half(waveform) else waveform
    out = compute(wide, *arguments)
    return out if out.is_complex() else out.to(dtype)


def full_precision(waveform: torch.Tensor) -> ContextManager[Any]:
    """For torch's operations: autocast must not take digits from a filter or a transform."""
    if waveform.device.type not in _AUTOCAST_DEVICES:
        return contextlib.nullcontext()
    return torch.autocast(waveform.device.type, enabled=False)


def without_tf32(waveform: torch.Tensor) -> ContextManager[Any]:
    """For convolutions on a GPU, where TF32 is cuDNN's default and leaves 71 dB of a filter's 139."""
    if waveform.device.type != "cuda" or _is_compiling():
        return contextlib.nullcontext()
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


def take_samples(
    waveform: torch.Tensor, dtype: Optional[torch.dtype] = None, *, int16_scale: float = 1 / 32768
) -> torch.Tensor:
    """The waveform, judged, int16 as scaled float32; `dtype` is judged too: that of a result."""
    check_waveform(waveform, (torch.int16,))
    if dtype is not None and dtype not in _FLOATS + _HALVES:
        raise invalid_argument(
            f"Invalid argument: a result of dtype {dtype}.",
            subject="dtype",
            needed="torch.float16, bfloat16, float32, float64, or None for the waveform's",
            found=str(dtype),
        )
    return waveform.float() * int16_scale if waveform.dtype == torch.int16 else waveform


def check_waveform(waveform: Any, integers: Tuple[torch.dtype, ...] = ()) -> None:
    """A strided tensor of floating point numbers, or of a type in `integers`, with a time dimension."""
    if not isinstance(waveform, torch.Tensor):
        raise TypeError(f"Expected a torch.Tensor for waveform, but received {type(waveform).__name__}.")
    if not waveform.is_floating_point() and waveform.dtype not in integers:
        needed = " or ".join(["floating point", *(str(dtype) for dtype in integers)])
        raise TypeError(f"Expected {needed} type for waveform tensor, but received {waveform.dtype}.")
    if waveform.layout != torch.strided:
        raise TypeError(f"Expected a dense layout for waveform tensor, but received {waveform.layout}.")
    if waveform.dim() == 0:
        raise invalid_argument(
            "Invalid argument: waveform must have a time dimension.",
            subject="waveform",
            needed="shape (..., time)",
            found="a scalar",
        )


def check_range(name: str, value: float, low: float = 1, high: float = math.inf) -> None:
    """`value` is in [low, high], and no NaN."""
    if not low <= value <= high:
        needed = f"{low} or more" if high == math.inf else f"from {low} to {high}"
        raise invalid_argument(
            f"Invalid argument: {name} must be {'positive' if low == 1 else needed}, not {value}.",
            subject=name,
            needed=needed,
            found=str(value),
        )


def refuse_gradient(what: str, waveform: torch.Tensor) -> None:
    """For features whose native form is the only one."""
    if wants_gradient(waveform):
        raise invalid_argument(
            f"Invalid argument: {what} has no gradient, and waveform requires one.\n"
            "  next: pass waveform.detach(), or call it under torch.no_grad()",
            subject="waveform",
            needed="requires_grad=False",
            found="requires_grad=True",
            next="pass waveform.detach()",
        )


def refuse_path(what: str, waveform: torch.Tensor) -> NoReturn:
    """For a tensor whose path_of() is TORCH, where torch's operations have no such feature."""
    raise invalid_argument(
        f"Invalid argument: {what} is computed on the CPU in float32 or float64, on CUDA devices in float32.\n"
        "  next: pass waveform.float(), or waveform.cpu()",
        subject="waveform",
        needed="a float32 tensor on the CPU or a CUDA device, or a float64 tensor on the CPU"
        + ("" if HAS_OPERATORS else ", outside graphs before torch 2.4"),
        found=f"{waveform.dtype} on {waveform.device}",
        next="pass waveform.float(), or waveform.cpu()",
    )


plans = PlanCache()


def as_table(tensor: torch.Tensor) -> torch.Tensor:
    """`tensor` as the native side reads it: float64, contiguous, on the CPU."""
    return tensor.detach().to(device="cpu", dtype=torch.float64).contiguous()


def _sample_type(waveform: torch.Tensor) -> int:
    if waveform.dtype not in _FLOATS:
        raise TypeError(f"Expected float32 or float64 for waveform tensor, but received {waveform.dtype}.")
    return native().FLOAT32 if waveform.dtype == torch.float32 else native().FLOAT64


def _flat(waveform: torch.Tensor) -> torch.Tensor:
    """(signal, time); on the CPU contiguous, for kernels each signal is."""
    # The count in full: -1 is ambiguous for an empty tensor.
    flat = waveform.detach().reshape(math.prod(waveform.shape[:-1]), waveform.shape[-1])
    return flat if _cuda.is_cuda(flat) and flat.stride(1) == 1 else flat.contiguous()


def run_resampler(resampler: Any, waveform: torch.Tensor) -> torch.Tensor:
    signals, frames = waveform.shape[:-1], waveform.shape[-1]
    length = resampler.length(frames)
    if _cuda.is_cuda(waveform) and math.prod(signals) * length > 0:
        return _cuda.run_resampler(resampler, _flat(waveform), length).reshape(signals + (length,))
    # int16, which kernels read, becomes float32.
    dtype = torch.float32 if waveform.dtype == torch.int16 else waveform.dtype
    out = torch.empty(signals + (length,), dtype=dtype, device=waveform.device)
    if out.numel() > 0:
        samples = waveform.detach().contiguous()
        resampler.run(
            _sample_type(samples),
            math.prod(signals),
            samples.data_ptr(),
            frames,
            out.data_ptr(),
            length,
            torch.get_num_threads(),
        )
    return out


def make_resample_stream(resampler: Any, chunk: torch.Tensor) -> Any:
    """For chunks of this one's type and channels."""
    return native().ResampleStream(resampler, _sample_type(chunk), math.prod(chunk.shape[:-1]))


def push_chunk(stream: Any, chunk: torch.Tensor, last: bool) -> torch.Tensor:
    flat = _flat(chunk)
    length = stream.length(flat.shape[1], last)
    out = torch.empty((flat.shape[0], length), dtype=flat.dtype)
    stream.push(last, flat.data_ptr(), flat.shape[1], out.data_ptr(), length)
    return out.reshape(chunk.shape[:-1] + (length,))


def run_features(
    features: Any,
    waveform: torch.Tensor,
    *,
    channels_per_item: int = 1,
    window_major: bool = False,
    is_complex: bool = False,
    draw_seed: Optional[Callable[[], int]] = None,
) -> torch.Tensor:
    """(..., value, window) or (..., window, value) of a waveform (..., time). draw_seed: that of Kaldi's dither."""
    signals, frames = waveform.shape[:-1], waveform.shape[-1]
    windows, values = features.num_windows(frames), features.num_values
    shape = (windows, values) if window_major else (values // 2, windows, 2) if is_complex else (values, windows)
    if _cuda.is_cuda(waveform) and math.prod(signals) * math.prod(shape) > 0:
        time_dim = 0 if window_major else 1
        out = _cuda.run_features(
            features, _flat(waveform), shape, time_dim, max(channels_per_item, 1), draw_seed
        ).reshape(signals + shape)
        return torch.view_as_complex(out) if is_complex else out
    out = torch.empty(signals + shape, dtype=waveform.dtype, device=waveform.device)
    if out.numel() > 0:
        samples = waveform.detach().contiguous()
        features.run(
            _sample_type(samples),
            math.prod(signals),
            max(channels_per_item, 1),
            samples.data_ptr(),
            frames,
            out.data_ptr(),
            windows,
            torch.get_num_threads(),
            0 if draw_seed is None else draw_seed(),
        )
    return torch.view_as_complex(out) if is_complex else out
