# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Spectrograms, filter banks, decibels and the cosine transform, as torchaudio names them."""

import math
import warnings
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple, Union

import torch

from .. import _cuda, _ops
from .._dsp import (
    Path,
    as_table,
    check_features,
    check_range,
    check_waveform,
    full_precision,
    in_float32,
    narrowed,
    path_of,
    plans,
    run_features,
    take_samples,
    wants_gradient,
    widened,
)
from .._errors import invalid_argument
from .._runtime import native

_PAD_MODES = {"constant": 0, "reflect": 1, "replicate": 2}  # tonearm_pad_mode
_NORMS = {"none": 0, "window": 1, "frame_length": 2}  # tonearm_norm


class Spectrum(NamedTuple):
    """How samples become a spectrum: the arguments of spectrogram(), judged."""

    pad: int
    n_fft: int
    hop_length: int
    win_length: int
    power: Optional[float]  #: None: complex
    norm: str  #: "none", "window" or "frame_length"
    center: bool
    pad_mode: str
    onesided: bool = True

    @property
    def has_operator(self) -> bool:
        """Or torch.stft's alone."""
        return self.onesided and self.pad_mode in _PAD_MODES

    def as_operator(self) -> Tuple[int, int, int, Optional[float], str, bool, str]:
        """As the operator takes them, after the tensors: one-sided, the length of the window is that of its table."""
        power = None if self.power is None else float(self.power)
        return self.n_fft, self.hop_length, self.pad, power, self.norm, self.center, self.pad_mode


class Log(NamedTuple):
    """What is taken of filter banks."""

    mode: str = "none"  #: "none"; "ln": ln(x + parameter); "db": decibels of max(x, parameter)
    parameter: float = 0.0
    top_db: Optional[float] = None  #: "db": at most that far below the greatest value of the item


class Chain(NamedTuple):
    """From samples to the last table; `onesided` spectra only have what comes after them."""

    spectrum: Spectrum
    window: torch.Tensor  #: (win_length)
    filters: Optional[torch.Tensor] = None  #: (bins, filters)
    log: Log = Log()
    dct: Optional[torch.Tensor] = None  #: (filters, coefficients)

    @property
    def tables(self) -> Tuple[torch.Tensor, Optional[torch.Tensor], Optional[torch.Tensor]]:
        return self.window, self.filters, self.dct

    @property
    def is_complex(self) -> bool:
        return self.spectrum.power is None and self.filters is None


def norm_name(normalized: Union[bool, str]) -> str:
    if isinstance(normalized, str):
        if normalized not in ("frame_length", "window"):
            raise ValueError(f"Invalid normalized parameter: {normalized}")
        return normalized
    if not isinstance(normalized, bool):
        raise TypeError("Input type not supported")
    return "window" if normalized else "none"


def spectrogram(
    waveform: torch.Tensor,
    pad: int,
    window: torch.Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    power: Optional[float],
    normalized: Union[bool, str],
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
    return_complex: Optional[bool] = None,
) -> torch.Tensor:
    """(..., n_fft // 2 + 1, window) of a waveform (..., time); complex where power is None."""
    norm = norm_name(normalized)
    if torch.jit.is_scripting():
        assert window.shape[0] == win_length, "window must have win_length values"
        if onesided and pad_mode != "circular":
            return torch.ops.tonearm.spectral_features(
                waveform, window, None, None, n_fft, hop_length, pad, power, norm, center, pad_mode, "none", 0.0, None
            )
        return stft(waveform, window, onesided, n_fft, hop_length, pad, power, norm, center, pad_mode)
    else:
        if return_complex is not None:
            warnings.warn("return_complex has no effect: power=None gives a complex result", stacklevel=2)
        check_waveform(waveform)
        spectrum = Spectrum(pad, n_fft, hop_length, win_length, power, norm, center, pad_mode, onesided)
        return compute_chain(waveform, Chain(spectrum, window))


def compute_chain(waveform: torch.Tensor, chain: Chain, dtype: Optional[torch.dtype] = None) -> torch.Tensor:
    return in_float32(_compute_chain, waveform, chain, dtype=dtype)


def _compute_chain(waveform: torch.Tensor, chain: Chain) -> torch.Tensor:
    fused = try_chain(waveform, chain)
    return torch_chain(waveform, chain) if fused is None else fused


def try_chain(waveform: torch.Tensor, chain: Chain) -> Optional[torch.Tensor]:
    """compute_chain() in one native pass, or None where torch's operations have to do it."""
    spectrum = chain.spectrum
    check_spectrum(spectrum)
    if (
        wants_gradient(waveform, *chain.tables)
        or not spectrum.has_operator
        or (_cuda.is_cuda(waveform) and not _cuda.has_kernel_for(spectrum.n_fft))
        or (spectrum.power is not None and not spectrum.power > 0)
    ):
        return None

    path = path_of(waveform)
    if path is Path.NATIVE:
        return _run_chain(waveform, chain)
    if path is Path.TORCH:
        return None
    _check_devices(waveform, chain)
    _check_window(chain)
    return torch.ops.tonearm.spectral_features(waveform, *chain.tables, *spectrum.as_operator(), *chain.log)


def _run_chain(waveform: torch.Tensor, chain: Chain) -> torch.Tensor:
    def make() -> Any:
        _check_devices(waveform, chain)
        _check_window(chain)
        return _make_features(chain)

    features = plans.get(("chain", chain.spectrum, chain.log), chain.tables, make)
    # torchaudio's decibels take one maximum over the channels of an item: the dimension before time.
    channels = waveform.shape[-2] if waveform.dim() > 1 else 1
    return run_features(features, waveform, channels_per_item=channels, is_complex=chain.is_complex)


def _make_features(chain: Chain) -> Any:
    spectrum, log = chain.spectrum, chain.log
    window, filters, dct = (None if t is None else as_table(t) for t in chain.tables)
    fields = {
        "n_fft": spectrum.n_fft,
        "win_length": spectrum.win_length,
        "hop_length": spectrum.hop_length,
        "pad": spectrum.pad,
        "center": int(spectrum.center),
        "pad_mode": _PAD_MODES[spectrum.pad_mode],
        "power": 0.0 if spectrum.power is None else float(spectrum.power),
        "norm": _NORMS[spectrum.norm],
        "window": window.data_ptr(),
    }
    if filters is not None:
        fields.update(num_filters=filters.shape[1], filters=filters.data_ptr())
    if dct is not None:
        fields.update(num_coefs=dct.shape[1], dct=dct.data_ptr())
    if log.mode == "ln":
        fields.update(log=1, log_offset=float(log.parameter))
    elif log.mode == "db":
        top_db = -1.0 if log.top_db is None else float(log.top_db)
        fields.update(log=2, log_floor=float(log.parameter), top_db=top_db)
    return native().Features.chain(**fields)


def _from_arguments(window: torch.Tensor, filters: Any, dct: Any, arguments: Sequence[Any]) -> Chain:
    n_fft, hop_length, pad, power, norm, center, pad_mode, *log = arguments
    spectrum = Spectrum(pad, n_fft, hop_length, window.shape[0], power, norm, center, pad_mode)
    return Chain(spectrum, window, filters, Log(*log), dct)


def _compute(waveform: torch.Tensor, window: torch.Tensor, filters: Any, dct: Any, *arguments: Any) -> torch.Tensor:
    return _run_chain(waveform, _from_arguments(window, filters, dct, arguments))


def _describe(waveform: torch.Tensor, window: torch.Tensor, filters: Any, dct: Any, *arguments: Any) -> torch.Tensor:
    chain = _from_arguments(window, filters, dct, arguments)
    spectrum = chain.spectrum
    reach = 2 * (spectrum.n_fft // 2) if spectrum.center else 0
    windows = 1 + (waveform.shape[-1] + 2 * spectrum.pad + reach - spectrum.n_fft) // spectrum.hop_length
    table = filters if dct is None else dct
    values = spectrum.n_fft // 2 + 1 if table is None else table.shape[1]
    dtype = waveform.dtype
    if chain.is_complex:
        dtype = torch.complex64 if dtype == torch.float32 else torch.complex128
    return waveform.new_empty(waveform.shape[:-1] + (values, windows), dtype=dtype)


def _setup_context(ctx: Any, inputs: Any, output: torch.Tensor) -> None:
    ctx.save_for_backward(*inputs[:4])
    ctx.arguments = inputs[4:]


def _backward(ctx: Any, gradient: torch.Tensor) -> Any:
    def compute(waveform: torch.Tensor, window: torch.Tensor, filters: Any, dct: Any) -> torch.Tensor:
        return torch_chain(waveform, _from_arguments(window, filters, dct, ctx.arguments))

    gradients = recomputed_gradients(ctx, compute, ctx.saved_tensors, gradient)
    return (*gradients, *(None for _ in ctx.arguments))


def recomputed_gradients(
    ctx: Any,
    compute: Callable[..., torch.Tensor],
    tensors: Sequence[Optional[torch.Tensor]],
    gradient: torch.Tensor,
) -> List[Optional[torch.Tensor]]:
    """Those of compute(*tensors), which is made of torch's operations: they can be differentiated once more."""
    create_graph = torch.is_grad_enabled()
    needed = ctx.needs_input_grad[: len(tensors)]
    with torch.enable_grad():
        views = [None if t is None else t.view_as(t) for t in tensors]  # hooks of the originals do not run
        wanted = [t for t, n in zip(views, needed) if n]
        found = iter(torch.autograd.grad(compute(*views), wanted, gradient, create_graph=create_graph))
    return [next(found) if n else None for n in needed]


_ops.register("spectral_features", _compute, _describe, setup_context=_setup_context, backward=_backward)


def check_spectrum(spectrum: Spectrum) -> None:
    o = spectrum
    if o.n_fft >= 1 and o.hop_length >= 1 and 1 <= o.win_length <= o.n_fft and o.pad >= 0 and o.pad_mode in _PAD_MODES:
        return  # every call comes here
    check_range("n_fft", spectrum.n_fft)
    check_range("hop_length", spectrum.hop_length)
    check_range("win_length", spectrum.win_length, 1, spectrum.n_fft)
    check_range("pad", spectrum.pad, 0)
    if spectrum.pad_mode not in _PAD_MODES and spectrum.pad_mode != "circular":
        raise invalid_argument(
            f"Invalid argument: pad_mode {spectrum.pad_mode!r}.",
            subject="pad_mode",
            needed=", ".join([*_PAD_MODES, "circular"]),
            found=spectrum.pad_mode,
        )


def _check_devices(waveform: torch.Tensor, chain: Chain) -> None:
    for name, table in zip(("window", "filters", "dct"), chain.tables):
        if table is not None and table.device != waveform.device:
            raise invalid_argument(
                f"Invalid argument: {name} is on {table.device}, waveform on {waveform.device}.\n"
                f"  next: move the module or the table: .to({str(waveform.device)!r})",
                subject=name,
                needed=str(waveform.device),
                found=str(table.device),
                next=f"move the module or the table to {waveform.device}",
            )


def _check_window(chain: Chain) -> None:
    length = chain.spectrum.win_length
    if chain.window.dim() != 1 or chain.window.shape[0] != length:
        raise invalid_argument(
            f"Invalid argument: window must have {length} values.",
            subject="window",
            needed=f"shape ({length},)",
            found=str(tuple(chain.window.shape)),
        )


def torch_chain(waveform: torch.Tensor, chain: Chain) -> torch.Tensor:
    """compute_chain() by torch's operations: any device, differentiable."""
    check_spectrum(chain.spectrum)
    _check_devices(waveform, chain)
    log = chain.log
    with full_precision(waveform):
        out = stft(waveform, chain.window, chain.spectrum.onesided, *chain.spectrum.as_operator())
        if chain.filters is not None:
            out = across(out, chain.filters)
        if log.mode == "ln":
            out = torch.log(out + log.parameter)
        elif log.mode == "db":
            out = amplitude_to_DB(out, 10.0, log.parameter, 0.0, log.top_db)
        return out if chain.dct is None else across(out, chain.dct)


def across(values: torch.Tensor, table: torch.Tensor) -> torch.Tensor:
    """(..., row, window), its rows weighed by each column of `table` (row, column)."""
    check_features(values)
    wide = widened(values)
    weights = table.to(wide.dtype)
    if torch.jit.is_scripting():
        return narrowed(torch.matmul(wide.transpose(-1, -2), weights).transpose(-1, -2), values)
    with full_precision(wide):
        return narrowed(torch.matmul(wide.transpose(-1, -2), weights).transpose(-1, -2), values)


def stft(
    waveform: torch.Tensor,
    window: torch.Tensor,
    onesided: bool,
    n_fft: int,
    hop_length: int,
    pad: int,
    power: Optional[float],
    norm: str,
    center: bool,
    pad_mode: str,
) -> torch.Tensor:
    """The spectrum alone by torch's operations; TorchScript compiles it, too."""
    if pad > 0:
        waveform = torch.nn.functional.pad(waveform, (pad, pad), "constant")
    shape = waveform.shape
    spectra = torch.stft(
        waveform.reshape(-1, shape[-1]),
        n_fft,
        hop_length,
        window.shape[0],
        window.to(waveform.dtype),
        center=center,
        pad_mode=pad_mode,
        normalized=norm == "frame_length",
        onesided=onesided,
        return_complex=True,
    )
    spectra = spectra.reshape(shape[:-1] + spectra.shape[-2:])
    if norm == "window":
        spectra = spectra / window.pow(2.0).sum().sqrt()
    if power is None:
        return spectra
    return spectra.abs() if power == 1.0 else spectra.abs().pow(power)


def inverse_spectrogram(
    spectrogram: torch.Tensor,
    length: Optional[int],
    pad: int,
    window: torch.Tensor,
    n_fft: int,
    hop_length: int,
    win_length: int,
    normalized: Union[bool, str],
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
) -> torch.Tensor:
    """The waveform (..., time) of a complex spectrogram, by torch.istft."""
    norm = norm_name(normalized)
    if not spectrogram.is_complex():
        raise ValueError("Expected `spectrogram` to be complex dtype.")
    if norm == "window":
        spectrogram = spectrogram * window.pow(2.0).sum().sqrt()
    shape = spectrogram.shape
    waveform = torch.istft(
        spectrogram.reshape(-1, shape[-2], shape[-1]),
        n_fft,
        hop_length,
        win_length,
        window,
        center=center,
        normalized=norm == "frame_length",
        onesided=onesided,
        length=None if length is None else length + 2 * pad,
    )
    if length is not None and pad > 0:
        waveform = waveform[:, pad:-pad]
    return waveform.reshape(shape[:-2] + waveform.shape[-1:])


def amplitude_to_DB(
    x: torch.Tensor, multiplier: float, amin: float, db_multiplier: float, top_db: Optional[float] = None
) -> torch.Tensor:
    """multiplier * log10(max(x, amin)) - multiplier * db_multiplier; with top_db, at most that far below the greatest
    value of the item: the last three dimensions, or all of a smaller tensor."""
    decibels = multiplier * torch.log10(torch.clamp(widened(x), min=amin)) - multiplier * db_multiplier
    if top_db is not None:
        item = [-1 - i for i in range(min(decibels.dim(), 3))]
        decibels = torch.maximum(decibels, decibels.amax(dim=item, keepdim=True) - top_db)
    return narrowed(decibels, x)


def DB_to_amplitude(x: torch.Tensor, ref: float, power: float) -> torch.Tensor:
    return ref * torch.pow(torch.pow(10.0, 0.1 * x), power)


def melscale_fbanks(
    n_freqs: int,
    f_min: float,
    f_max: float,
    n_mels: int,
    sample_rate: int,
    norm: Optional[str] = None,
    mel_scale: str = "htk",
) -> torch.Tensor:
    """(n_freqs, n_mels): triangles in Hz over bins spread evenly from 0 to sample_rate // 2. Designed in float64."""
    if norm is not None and norm != "slaney":
        raise ValueError('norm must be one of None or "slaney"')
    if mel_scale not in ("htk", "slaney"):
        raise ValueError('mel_scale should be one of "htk" or "slaney".')
    bank = mel_bank(spread_bins(n_freqs, sample_rate), f_min, f_max, n_mels, norm, mel_scale)
    if (bank.amax(dim=0) == 0).any():
        warnings.warn(
            f"At least one mel filterbank has all zero values. The value for `n_mels` ({n_mels}) may be set too high. "
            f"Or, the value for `n_freqs` ({n_freqs}) may be set too low.",
            stacklevel=2,
        )
    return bank.to(torch.get_default_dtype())


def mel_bank(
    bins: torch.Tensor, f_min: float, f_max: float, n_mels: int, norm: Optional[str], scale: str
) -> torch.Tensor:
    """melscale_fbanks() for bins at these frequencies, in float64, by torch's operations: graphs can hold it."""
    edges = mel_edges(f_min, f_max, n_mels, scale)
    bank = triangles(bins, edges)
    return bank * (2.0 / (edges[2:] - edges[:-2])) if norm == "slaney" else bank


def mel_edges(f_min: float, f_max: float, n_mels: int, scale: str) -> torch.Tensor:
    """n_mels + 2 frequencies in Hz, evenly spaced in mel; float64."""
    check_range("n_mels", n_mels)
    if not 0 <= f_min <= f_max:
        raise invalid_argument(
            f"Invalid argument: f_min {f_min} with f_max {f_max}.",
            subject="f_min",
            needed="from 0 to f_max",
            found=f"{f_min} and {f_max}",
        )
    low, high = (_to_mel(f, scale) for f in (f_min, f_max))
    edges = [_to_hz(low + (high - low) * i / (n_mels + 1), scale) for i in range(n_mels + 2)]
    return torch.tensor(edges, dtype=torch.float64)


def triangles(bins: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
    """(bins, filters): filter m rises from edges[m] to 1 at edges[m + 1] and falls to edges[m + 2]."""
    up = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    return torch.minimum(up, down).clamp(min=0)


def spread_bins(n_freqs: int, sample_rate: int) -> torch.Tensor:
    """Frequencies as torchaudio has them: half of an odd rate loses its fraction. Float64."""
    check_range("n_freqs", n_freqs)
    check_range("sample_rate", sample_rate)
    return torch.linspace(0, sample_rate // 2, n_freqs, dtype=torch.float64)


# Slaney's mels: 200 / 3 Hz each up to 1000 Hz, or 15 mel; above that, 27 of them are a factor of 6.4.


def _to_mel(hz: float, scale: str) -> float:
    if scale == "htk":
        return 2595.0 * math.log10(1.0 + hz / 700.0)
    return hz * 3.0 / 200.0 if hz < 1000.0 else 15.0 + 27.0 * math.log(hz / 1000.0) / math.log(6.4)


def _to_hz(mel: float, scale: str) -> float:
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return mel * 200.0 / 3.0 if mel < 15.0 else 1000.0 * 6.4 ** ((mel - 15.0) / 27.0)


def linear_fbanks(n_freqs: int, f_min: float, f_max: float, n_filter: int, sample_rate: int) -> torch.Tensor:
    """(n_freqs, n_filter): triangles of equal width in Hz."""
    check_range("n_filter", n_filter)
    edges = torch.linspace(f_min, f_max, n_filter + 2, dtype=torch.float64)
    return triangles(spread_bins(n_freqs, sample_rate), edges).to(torch.get_default_dtype())


def create_dct(n_mfcc: int, n_mels: int, norm: Optional[str]) -> torch.Tensor:
    """(n_mels, n_mfcc), DCT-II. Computed in float64."""
    if norm is not None and norm != "ortho":
        raise ValueError('norm must be either "ortho" or None')
    check_range("n_mfcc", n_mfcc)
    check_range("n_mels", n_mels)
    n = torch.arange(n_mels, dtype=torch.float64)[:, None]
    k = torch.arange(n_mfcc, dtype=torch.float64)
    dct = 2 * torch.cos(math.pi / n_mels * (n + 0.5) * k)
    if norm == "ortho":
        dct *= math.sqrt(0.5 / n_mels)
        dct[:, 0] *= math.sqrt(0.5)
    return dct.to(torch.get_default_dtype())


def whisper_log_mel(
    waveform: torch.Tensor, n_mels: int = 80, *, dtype: Optional[torch.dtype] = None
) -> torch.Tensor:
    """(..., n_mels, frames) of 16 kHz audio (..., time), as Whisper's log_mel_spectrogram; each channel on its own.

    int16 samples count as fractions of 32768; `dtype` is the result's, by default the waveform's (float32 of int16).
    """
    waveform = take_samples(waveform, dtype)
    if n_mels not in (80, 128):
        raise invalid_argument(
            f"Invalid argument: n_mels must be 80 or 128, not {n_mels}.",
            subject="n_mels",
            needed="80 or 128",
            found=str(n_mels),
        )
    return in_float32(_whisper, waveform, n_mels, dtype=dtype)


_WHISPER = Spectrum(0, 400, 160, 400, 2.0, "none", True, "reflect")


def _whisper(waveform: torch.Tensor, n_mels: int) -> torch.Tensor:
    path = Path.TORCH if wants_gradient(waveform) else path_of(waveform)
    if path is Path.NATIVE:
        return _run_whisper(waveform, n_mels)
    if path is Path.OPERATOR:
        return torch.ops.tonearm.whisper_log_mel(waveform, n_mels)
    return _torch_whisper(waveform, n_mels)


def _run_whisper(waveform: torch.Tensor, n_mels: int = 80) -> torch.Tensor:
    features = plans.get(("whisper", n_mels), (), lambda: native().Features.whisper(n_mels))
    return run_features(features, waveform)


def _torch_whisper(waveform: torch.Tensor, n_mels: int) -> torch.Tensor:
    window = torch.hann_window(400, dtype=torch.float64).to(waveform)
    filters = mel_bank(spread_bins(201, 16000), 0.0, 8000.0, n_mels, "slaney", "slaney").to(waveform)
    mel = torch_chain(waveform, Chain(_WHISPER, window, filters))[..., :-1]
    log = torch.log10(mel.clamp(min=1e-10))
    return (torch.maximum(log, log.amax(dim=(-2, -1), keepdim=True) - 8.0) + 4.0) / 4.0


def _describe_whisper(waveform: torch.Tensor, n_mels: int = 80) -> torch.Tensor:
    return waveform.new_empty(waveform.shape[:-1] + (n_mels, waveform.shape[-1] // 160))


def _setup_whisper(ctx: Any, inputs: Any, output: torch.Tensor) -> None:
    ctx.save_for_backward(inputs[0])
    ctx.n_mels = inputs[1]


def _backward_whisper(ctx: Any, gradient: torch.Tensor) -> Any:
    (waveform,) = ctx.saved_tensors
    return recomputed_gradients(ctx, lambda wave: _torch_whisper(wave, ctx.n_mels), [waveform], gradient)[0], None


_ops.register(
    "whisper_log_mel", _run_whisper, _describe_whisper, setup_context=_setup_whisper, backward=_backward_whisper
)
