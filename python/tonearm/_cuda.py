# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA tensors and the kernels: torch's memory and current stream, nothing waits; a device that cannot work is refused.

The first call for a plan and a device builds its tables there and waits for them; later calls only launch, so a warmed-up
call can be captured in a CUDA graph. Signals of many waveforms can go in one launch: map_together().
"""

import math
import os
import threading
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

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


class _Call(NamedTuple):
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
    together = getattr(_state, "together", None)
    return _run_alone(call) if together is None else together.answer(call)


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

_state = threading.local()


class _Asked(BaseException):
    """Leaves a function at its kernels' call."""


class _Ask(NamedTuple):
    call: _Call
    out: torch.Tensor  #: (signal, *shape)


class _Together:
    """The calls of functions of many waveforms, which are launched when all of them are known."""

    def __init__(self, num_waveforms: int, rows: Optional[List[torch.Tensor]]) -> None:
        self.asks: Dict[int, _Ask] = {}  #: by waveform
        self.now = 0  #: whose function is computed
        self.stops = False  #: functions are left at the call, instead of going on with what is not yet computed
        self.answers = False  #: all was launched
        self._num_waveforms, self._rows = num_waveforms, rows

    def answer(self, call: _Call) -> torch.Tensor:
        if self.answers:
            ask = self.asks.pop(self.now, None)
            return _run_alone(call) if ask is None else ask.out
        if self.now in self.asks:
            raise _Asked  # it has the answer of one call only
        ask = self.asks[self.now] = _Ask(call, self._room_for(call))
        if self.stops:
            raise _Asked
        return ask.out

    def _room_for(self, call: _Call) -> torch.Tensor:
        """(signal, *shape); with `rows` in one tensor with the others', where it is no longer than the first."""
        shape, device, dim = (call.signals.shape[0], *call.shape), call.signals.device, call.time_dim + 1
        if self._rows is None:
            return torch.empty(shape, dtype=torch.float32, device=device)
        if not self._rows:
            self._rows.append(torch.zeros((self._num_waveforms, *shape), dtype=torch.float32, device=device))
        row = self._rows[0][self.now]
        fits = row.shape[:dim] == shape[:dim] and row.shape[dim + 1 :] == shape[dim + 1 :]
        if not fits or row.device != device or row.shape[dim] < shape[dim]:
            return torch.empty(shape, dtype=torch.float32, device=device)
        return row.narrow(dim, 0, shape[dim])

    def launch(self) -> None:
        groups: Dict[Any, List[Tuple[_Ask, int]]] = {}
        for _, ask in sorted(self.asks.items()):
            call = ask.call
            seed = 0 if call.draw_seed is None else call.draw_seed()  # in the order of the waveforms
            row_stride = 0 if self._rows is None or call.time_dim == 0 else ask.out.stride(call.time_dim)
            signals = call.signals
            alike = (id(call.twin), signals.device, signals.dtype, signals.shape[0], call.signals_per_item, row_stride)
            groups.setdefault(alike, []).append((ask, seed))
        for (*_, row_stride), group in groups.items():
            _launch_ragged(group, row_stride)


def map_together(
    compute: Callable[[int], Any], lengths: Sequence[int], rows: Optional[List[torch.Tensor]]
) -> List[Any]:
    """compute(i) for each of the waveforms, whose lengths these are, its kernels launched once for all.

    A function whose result is its kernels' is computed once, before they are launched. One that goes on to compute with
    it is computed up to their call, and once more when they have run; it must have no side effects. rows: where it is
    given, the kernels' results lie in rows of one tensor (waveform, ...), zeros behind them, which is added to it.
    """
    results: List[Any] = [None] * len(lengths)
    # The longest says how long rows are, and whether its function goes on.
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    together = _Together(len(lengths), rows)
    before, _state.together = getattr(_state, "together", None), together
    try:
        for i in order:
            together.now = i
            try:
                results[i] = compute(i)
            except _Asked:
                continue
            ask = together.asks.get(i)
            together.stops = together.stops or (ask is not None and not _is_view(results[i], ask.out))
        together.launch()
        together.answers = True
        for i in order:
            ask = together.asks.get(i)
            if ask is not None and not _is_view(results[i], ask.out):
                together.now = i
                results[i] = compute(i)
    finally:
        _state.together = before
    return results


def start_of(tensor: torch.Tensor) -> int:
    """The address of its storage."""
    return tensor.data_ptr() - tensor.storage_offset() * tensor.element_size()


def _is_view(result: Any, out: torch.Tensor) -> bool:
    """Whether `result` is `out`, seen in another shape: there is no other way to have its memory."""
    return isinstance(result, torch.Tensor) and start_of(result) == start_of(out)


def _launch_ragged(asks: Sequence[Tuple[_Ask, int]], row_stride: int) -> None:
    """Calls that differ in their lengths and seeds only, by one launch of each kernel."""
    first = asks[0][0].call
    num_signals, size = first.signals.shape[0], first.signals.element_size()
    samples = min(ask.call.signals.data_ptr() for ask, _ in asks)
    into = min(ask.out.data_ptr() for ask, _ in asks)
    in_offsets: List[int] = []
    out_offsets: List[int] = []
    lengths: List[int] = []
    for (call, out), _ in asks:
        start, stride = (call.signals.data_ptr() - samples) // size, call.signals.stride(0)
        place, step = (out.data_ptr() - into) // 4, out.stride(0)
        in_offsets += [start + c * stride for c in range(num_signals)]
        out_offsets += [place + c * step for c in range(num_signals)]
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
        "out_row_stride": row_stride,
    }
    if first.draw_seed is not None:
        # A signal's noise is that of its number in its item, so an item is here what it is alone: all signals of a call.
        fields["signals_per_item"] = num_signals
        fields["dither_seeds"] = [seed for _, seed in asks for _ in range(num_signals)]
    first.launch(first.twin, native().CudaBatch(**fields), first.signals.device)


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
