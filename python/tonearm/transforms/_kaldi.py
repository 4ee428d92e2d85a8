# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Kaldi's features as modules: those of tonearm.compliance.kaldi, of every signal of a batch."""

import inspect
from typing import Any, Callable

import torch

from ..compliance import kaldi
from ._not_scriptable import NotScriptable


class _KaldiFeature(NotScriptable):
    """The options are the function's by their names; channel is None, all signals, unless given."""

    _compute: Callable[..., torch.Tensor]

    def __init__(self, **options: Any) -> None:
        super().__init__()
        inspect.signature(self._compute).bind(None, **options)  # TypeError for an option that is not there
        self.options = {"channel": None, **options}

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        return self._compute(waveform, **self.options)

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self.options.items())


class KaldiFbank(_KaldiFeature):
    """(..., window, num_mel_bins + use_energy) of (..., time); options of tonearm.compliance.kaldi.fbank."""

    _compute = staticmethod(kaldi.fbank)


class KaldiMfcc(_KaldiFeature):
    """(..., window, num_ceps) of (..., time); options of tonearm.compliance.kaldi.mfcc."""

    _compute = staticmethod(kaldi.mfcc)


class KaldiSpectrogram(_KaldiFeature):
    """(..., window, bin) of (..., time); options of tonearm.compliance.kaldi.spectrogram."""

    _compute = staticmethod(kaldi.spectrogram)
