# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Resample, whose buffer is torchaudio's kernel."""

import math
from typing import Any, Optional, Tuple

import torch

from .._dsp import is_recorded
from .._errors import invalid_argument
from ..functional import _resample as design_of

#: Larger kernels (coprime rates) are not kept as a buffer: at 44101 to 16000 Hz torchaudio's takes 2.7 GiB.
_MAX_BUFFER_BYTES = 16 << 20
#: A loaded kernel this near to ours is the same filter: torchaudio computes its own partly in float32.
_SAME_KERNEL = 1e-4


class Resample(torch.nn.Module):
    """Resamples (..., time) from orig_freq to new_freq, in Hz; see tonearm.functional.resample for the methods.

    A kernel that is not the one of these options (loaded, trained) is used as it is, by torch's convolution.
    """

    _operator: Tuple[int, int, int, float, str, Optional[float]]  # for TorchScript, which sees no Design

    def __init__(
        self,
        orig_freq: int = 16000,
        new_freq: int = 16000,
        resampling_method: str = "sinc_interp_hann",
        lowpass_filter_width: int = 6,
        rolloff: float = 0.99,
        beta: Optional[float] = None,
        *,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__()
        self.orig_freq = orig_freq
        self.new_freq = new_freq
        self.gcd = math.gcd(int(orig_freq), int(new_freq))
        self.resampling_method = resampling_method
        self.lowpass_filter_width = lowpass_filter_width
        self.rolloff = rolloff
        self.beta = beta
        self._design = design_of.make_design(
            orig_freq, new_freq, lowpass_filter_width, rolloff, resampling_method, beta
        )
        self._operator = self._design.arguments()
        self._judged: Any = None
        if orig_freq != new_freq and design_of.kernel_bytes(self._design) <= _MAX_BUFFER_BYTES:
            kernel, self.width = design_of.make_kernel(self._design)
            self.register_buffer("kernel", kernel.to(dtype or torch.float32))
            self._judged = (self.kernel, self.kernel._version, True)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_scripting():
            orig_freq, new_freq, width, rolloff, method, beta = self._operator
            return torch.ops.tonearm.resample(waveform, orig_freq, new_freq, width, rolloff, method, beta)
        else:  # no code after it: TorchScript would compile that
            return self._compute(waveform)

    def _compute(self, waveform: torch.Tensor) -> torch.Tensor:
        if getattr(self, "kernel", None) is not None and not self._kernel_is_ours():
            return design_of.convolve(self._design, waveform, self.kernel, self.width)
        return design_of.apply(self._design, waveform)

    def __prepare_scriptable__(self) -> "Resample":
        if getattr(self, "kernel", None) is not None and not self._kernel_is_ours():
            raise invalid_argument(
                "Invalid argument: torch.jit.script of a Resample whose kernel was changed.\n"
                "  next: use torch.jit.trace or torch.export, or load the kernel of its options",
                subject="kernel",
                needed="the filter that the options say",
                found="another kernel",
            )
        return self

    def _kernel_is_ours(self) -> bool:
        """Whether the buffer is what the options say; compared again only after it was changed. What records a graph
        takes the last answer: of a call, or of load_state_dict."""
        kernel = self.kernel
        if is_recorded():
            return (self._judged is None or self._judged[2]) and not kernel.requires_grad
        version = None if kernel.is_inference() else kernel._version
        if self._judged is None or self._judged[0] is not kernel or version is None or self._judged[1] != version:
            ours = design_of.make_kernel(self._design)[0].to(kernel)
            same = ours.shape == kernel.shape and bool((ours - kernel).abs().max() <= _SAME_KERNEL)
            self._judged = (kernel, version, same and not kernel.requires_grad)
        return self._judged[2]

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        if getattr(self, "kernel", None) is not None and not is_recorded():
            self._kernel_is_ours()

    def __getstate__(self) -> Any:
        return {**self.__dict__, "_judged": None}  # a copy has a kernel of its own

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(state)
        if getattr(self, "kernel", None) is not None and not is_recorded():
            self._kernel_is_ours()
