# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA tensors and the kernels: torch's memory and current stream, nothing waits; a device that cannot work is refused.

The first call for a plan and a device builds its tables there and waits for them; later calls only launch, so a warmed-up
call can be captured in a CUDA graph. Signals of many waveforms can go in one launch: map_together().
"""

import contextlib
import math
import os
import threading
from dataclasses import dataclass
from typing import Any, Callable, ContextManager, Dict, Iterator, List, Optional, Sequence, Tuple

import torch

from ._plan_cache import PlanCache
from ._runtime import native

#: Whether this build has kernels; where it has none, torch's operations compute CUDA tensors, on their device. A file
#: that was lost is noticed by `import tonearm`, which compares with the manifest.
HAS_KERNELS = os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "libtonearm_cuda.so"))

#: By plan and device: its twin there.
_twins = PlanCache(64)


def is_cuda(tensor: torch.Tensor) -> bool:
    return tensor.is_cuda


def has_kernel_for(n_fft: int) -> bool:
    """Sizes that the kernels transform; torch.stft does the others, on the device."""
    if not 8 <= n_fft <= 8192:
        return False
    for prime in (2, 3, 5, 7):
        while n_fft % prime == 0:
            n_fft //= prime
    return n_fft == 1


def check_device(device: torch.device) -> None:
    """Raises with the doctor's finding where kernels cannot run on this CUDA device."""
    native().cuda_examine(ordinal_of(device))


@dataclass(frozen=True)
class _Call:
    """What kernels are to compute: of each row of `signals` a result."""

    launch: Callable[[Any, Any, torch.device], None]  #: launch(twin, batch, device)
    twin: Any  #: of the plan, on the device
    signals: torch.Tensor  #: (signal, time), float32 or int16; the samples of a signal lie close
    shape: Tuple[int, ...]  #: of a signal's result, float32
    time_dim: int  #: where time is in `shape`
    signals_per_item: int = 1
    draw_seed: Optional[Callable[[], int]] = None  #: of Kaldi's dither


def run_resampler(resampler: Any, signals: torch.Tensor, length: int) -> torch.Tensor:
    """(signal, length), float32, of (signal, time), float32 or int16, which is scaled to [-1, 1)."""
    twin = _twin(resampler, signals.device, native().CudaResampler)
    return _run(_Call(_launch_resampler, twin, signals, (length,), 0))


def run_features(
    features: Any,
    signals: torch.Tensor,
    shape: Tuple[int, ...],
    time_dim: int,
    signals_per_item: int,
    draw_seed: Optional[Callable[[], int]],
) -> torch.Tensor:
    """(signal, *shape), float32, of (signal, time), float32; time_dim is that of `shape`."""
    twin = _twin(features, signals.device, native().CudaFeatures)
    return _run(_Call(_launch_features, twin, signals, shape, time_dim, signals_per_item, draw_seed))


def _run(call: _Call) -> torch.Tensor:
    held = getattr(_hold, "now", None)
    if held is not None:
        return held.pass_on(call)
    return _run_alone(call)


def _run_alone(call: _Call) -> torch.Tensor:
    signals = call.signals
    out = torch.empty((signals.shape[0], *call.shape), dtype=torch.float32, device=signals.device)
    fields = {
        "in_type": _sample_type(signals),
        "num_signals": signals.shape[0],
        "signals_per_item": call.signals_per_item,
        "input": signals.data_ptr(),
        "in_stride": signals.stride(0),
        "num_samples": signals.shape[1],
        "output": out.data_ptr(),
        "out_stride": math.prod(call.shape),
    }
    if call.draw_seed is not None:
        fields["dither_seed"] = call.draw_seed()
    call.launch(call.twin, native().CudaBatch(**fields), signals.device)
    return out


def _launch_resampler(twin: Any, batch: Any, device: torch.device) -> None:
    twin.run(batch, stream_of(device))


def _launch_features(twin: Any, batch: Any, device: torch.device) -> None:
    size = twin.workspace(batch)
    # Freed when this returns, to calls on the same stream only: they come after the kernels.
    workspace = torch.empty(size, dtype=torch.uint8, device=device)
    twin.run(batch, workspace.data_ptr() if size > 0 else 0, size, stream_of(device))


# ---- many waveforms at once ----

_hold = threading.local()


class _Asked(BaseException):
    """Leaves a function at its kernels' call, which is then made for all waveforms together."""

    def __init__(self, call: _Call, seed: Optional[int]) -> None:
        self.call, self.seed = call, seed


class _Asking:
    def pass_on(self, call: _Call) -> torch.Tensor:
        raise _Asked(call, None if call.draw_seed is None else call.draw_seed())


class _Answering:
    def __init__(self, out: torch.Tensor) -> None:
        self._out: Optional[torch.Tensor] = out

    def pass_on(self, call: _Call) -> torch.Tensor:
        out, self._out = self._out, None
        return _run_alone(call) if out is None else out


@contextlib.contextmanager
def _held(by: Any) -> Iterator[None]:
    before, _hold.now = getattr(_hold, "now", None), by
    try:
        yield
    finally:
        _hold.now = before


def map_together(
    function: Callable[[torch.Tensor], Any],
    waveforms: Sequence[torch.Tensor],
    told_of: Callable[[int], ContextManager[None]],
    rows: Optional[List[torch.Tensor]],
) -> List[Any]:
    """function(waveform) of each, its kernels launched once for all.

    `function` is computed up to its kernels' call, and then once more with their answer: it must be one without side
    effects. told_of(i) is a context of the computation of waveform i. rows: where it is given, the kernels' results lie
    in rows of one tensor (waveform, ...), as long as the longest, zeros behind them, which is added to it.
    """
    results: List[Any] = [None] * len(waveforms)
    asked: Dict[int, _Asked] = {}
    for i, waveform in enumerate(waveforms):
        with told_of(i), _held(_Asking()):
            try:
                results[i] = function(waveform)
            except _Asked as stopped:
                asked[i] = stopped.with_traceback(None)
    for i, out in _run_all(asked, rows).items():
        with told_of(i), _held(_Answering(out)):
            results[i] = function(waveforms[i])
    return results


def _run_all(asked: Dict[int, _Asked], rows: Optional[List[torch.Tensor]]) -> Dict[int, torch.Tensor]:
    groups: Dict[Any, Dict[int, _Asked]] = {}
    for i, one in asked.items():
        call = one.call
        alike = (id(call.twin), call.signals.device, call.signals.dtype, call.signals.shape[0], call.signals_per_item)
        groups.setdefault(alike, {})[i] = one
    outs: Dict[int, torch.Tensor] = {}
    for group in groups.values():
        outs.update(zip(group, _run_ragged(list(group.values()), rows)))
    return outs


def _run_ragged(asked: Sequence[_Asked], rows: Optional[List[torch.Tensor]]) -> List[torch.Tensor]:
    """The results of calls that differ in their lengths and seeds only, by one launch of each kernel."""
    calls = [one.call for one in asked]
    first = calls[0]
    num_signals, device, time_dim = first.signals.shape[0], first.signals.device, first.time_dim
    outs, row_stride = _room_for(calls, rows)
    into = outs[0].data_ptr() - outs[0].storage_offset() * outs[0].element_size()
    samples = min(call.signals.data_ptr() for call in calls)
    in_offsets, lengths, out_offsets = [], [], []
    for call, out in zip(calls, outs):
        start = (call.signals.data_ptr() - samples) // call.signals.element_size()
        in_offsets += [start + c * call.signals.stride(0) for c in range(num_signals)]
        out_offsets += [out.storage_offset() + c * out.stride(0) for c in range(num_signals)]
        lengths += [call.signals.shape[1]] * num_signals
    fields = {
        "in_type": _sample_type(first.signals),
        "num_signals": len(lengths),
        "signals_per_item": first.signals_per_item,
        "input": samples,
        "in_offsets": in_offsets,
        "lengths": lengths,
        "output": into,
        "out_offsets": out_offsets,
        "out_row_stride": row_stride if time_dim > 0 else 0,
    }
    if first.draw_seed is not None:
        # A signal's noise is that of its number in its item, so an item is here what it is alone: all signals of a call.
        fields["signals_per_item"] = num_signals
        fields["dither_seeds"] = [one.seed for one in asked for _ in range(num_signals)]
    first.launch(first.twin, native().CudaBatch(**fields), device)
    return outs


def _room_for(
    calls: Sequence[_Call], rows: Optional[List[torch.Tensor]]
) -> Tuple[List[torch.Tensor], int]:
    """Where the results go, and the floats from row to row of one whose rows are in time."""
    first = calls[0]
    num_signals, device, dim = first.signals.shape[0], first.signals.device, first.time_dim
    if rows is not None:
        longest = max(call.shape[dim] for call in calls)
        shape = (*first.shape[:dim], longest, *first.shape[dim + 1 :])
        whole = torch.zeros((len(calls), num_signals, *shape), dtype=torch.float32, device=device)
        rows.append(whole)
        outs = [row.narrow(dim + 1, 0, call.shape[dim]) for row, call in zip(whole, calls)]
        return outs, math.prod(shape[dim:])
    sizes = [num_signals * math.prod(call.shape) for call in calls]
    places = [-(-size // 4) * 4 for size in sizes]  # 16 bytes apart, as vector loads want
    parts = torch.empty(sum(places), dtype=torch.float32, device=device).split(places)
    return [p[:size].view(num_signals, *call.shape) for p, size, call in zip(parts, sizes, calls)], 0


def _twin(plan: Any, device: torch.device, make: Callable[[Any, int], Any]) -> Any:
    ordinal = ordinal_of(device)

    def examine_and_make() -> Any:
        native().cuda_examine(ordinal)
        return make(plan, ordinal)

    return _twins.get((plan, ordinal), (), examine_and_make)


def _sample_type(signals: torch.Tensor) -> int:
    return native().INT16 if signals.dtype == torch.int16 else native().FLOAT32


def ordinal_of(device: torch.device) -> int:
    """Its number, as the native side takes it."""
    return torch.cuda.current_device() if device.index is None else device.index


def stream_of(device: torch.device) -> int:
    """The handle of torch's current stream."""
    return torch.cuda.currentstream_of(device).cuda_stream
