# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm's operators in torch's dispatcher, `torch.ops.tonearm.*`: what graphs hold in the place of native code.

torch.compile, torch.export, torch.jit and torch.func record these; eager calls go to the native code without them. The
schemas are those of core/include/tonearm/torch_ops.h word for word, so that a program exported here runs in C++ there.
"""

from typing import Any, Callable, Optional

import torch

from ._errors import invalid_argument

SCHEMAS = {
    "resample": "(Tensor waveform, int orig_freq, int new_freq, int lowpass_filter_width=6, float rolloff=0.99, "
    'str resampling_method="sinc_interp_hann", float? beta=None) -> Tensor',
    "spectral_features": "(Tensor waveform, Tensor window, Tensor? filters, Tensor? dct, int n_fft, int hop_length, "
    "int pad, float? power, str norm, bool center, str pad_mode, str log, float log_parameter, float? top_db) "
    "-> Tensor",
    "whisper_log_mel": "(Tensor waveform, int n_mels=80) -> Tensor",
    "kaldi_features": "(Tensor waveform, str kind, str window_type, Tensor? dither_seed, float blackman_coeff, "
    "float cepstral_lifter, float dither, float energy_floor, float frame_length, float frame_shift, float high_freq, "
    "bool htk_compat, float low_freq, int num_ceps, int num_mel_bins, float preemphasis_coefficient, bool raw_energy, "
    "bool remove_dc_offset, bool round_to_power_of_two, float sample_frequency, bool snip_edges, bool subtract_mean, "
    "bool use_energy, bool use_log_fbank, bool use_power, float vtln_high, float vtln_low, float vtln_warp) -> Tensor",
}

# Kept: what it registered lives as long as it does. Fragments, which others may add to, came with torch 2.0.
_library = torch.library.Library("tonearm", "FRAGMENT" if hasattr(torch, "compile") else "DEF")
#: Graphs need shapes without samples, and gradients of operators: torch 2.4 has both.
HAS_OPERATORS = hasattr(torch.library, "register_autograd")


def register(
    name: str,
    compute: Callable[..., torch.Tensor],
    describe: Callable[..., torch.Tensor],
    *,
    setup_context: Optional[Callable[..., None]] = None,
    backward: Optional[Callable[..., Any]] = None,
) -> None:
    """Registers SCHEMAS[name]: `compute` on CPU and CUDA tensors, `describe` gives an empty result of its shape and type.

    The first argument is the waveform (..., time), and its leading dimensions are those of the result. Without
    `backward` a waveform that requires a gradient is refused.
    """
    if not hasattr(torch.ops.tonearm, name):  # a C++ extension in this process may have defined it by torch_ops.h
        _library.define(name + SCHEMAS[name])
        for device in ("CPU", "CUDA"):
            _library.impl(name, compute, device)
    if not HAS_OPERATORS:
        return
    qualified = f"tonearm::{name}"
    torch.library.register_fake(qualified, describe, lib=_library)
    torch.library.register_autograd(
        qualified, backward or _refuse_backward(name), setup_context=setup_context, lib=_library
    )
    if hasattr(torch.library, "register_vmap"):  # from torch 2.5 on
        torch.library.register_vmap(qualified, _batched(name), lib=_library)


def _refuse_backward(name: str) -> Callable[..., Any]:
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        raise invalid_argument(
            f"Invalid argument: tonearm::{name} has no gradient, and waveform requires one.\n"
            "  next: pass waveform.detach()",
            subject="waveform",
            needed="requires_grad=False",
            found="requires_grad=True",
            next="pass waveform.detach()",
        )

    return backward


def _batched(name: str) -> Callable[..., Any]:
    def rule(info: Any, in_dims: Any, waveform: torch.Tensor, *arguments: Any) -> Any:
        operator = getattr(torch.ops.tonearm, name)
        if any(dim is not None for dim in in_dims[1:]):  # a table per item
            items = (
                operator(*(a if dim is None else a.select(dim, i) for a, dim in zip((waveform, *arguments), in_dims)))
                for i in range(info.batch_size)
            )
            return torch.stack(tuple(items)), 0
        # The dimension before time is the channels of one item, which decibels look at together.
        batch = waveform.movedim(in_dims[0], 0)
        if batch.dim() == 2:
            return operator(batch[:, None], *arguments)[:, 0], 0
        return operator(batch, *arguments), 0

    return rule
