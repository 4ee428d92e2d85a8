# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models' front ends as modules: the functions of tonearm.functional with their tables as buffers.

`dtype` is the result's, by default the waveform's (float32 of int16).
"""

from typing import Optional, Tuple

import torch

from .. import functional as F
from ..functional import _front_ends as design_of
from ._not_scriptable import NotScriptable


class _FrontEnd(NotScriptable):
    """Keeps what was designed: `window` and `fb` (bins, mels), in the default float type unless given back in another."""

    def __init__(self, design: design_of.Chain, dtype: Optional[torch.dtype]) -> None:
        super().__init__()
        self.dtype = dtype
        self.register_buffer("window", design.window.to(torch.get_default_dtype()))
        self.register_buffer("fb", design.filters.to(torch.get_default_dtype()))
        self._spectrum, self._log = design.spectrum, design.log

    def chain(self) -> design_of.Chain:
        return design_of.Chain(self._spectrum, self.window, self.fb, self._log)


class WhisperLogMel(torch.nn.Module):
    """(..., n_mels, frames) of 16 kHz audio (..., time), as Whisper wants it."""

    def __init__(self, n_mels: int = 80, *, dtype: Optional[torch.dtype] = None) -> None:
        super().__init__()
        self.n_mels = n_mels
        self.dtype = dtype

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        if torch.jit.is_scripting():
            if self.dtype is not None:
                wide = waveform.double() if self.dtype == torch.float64 else waveform
                return torch.ops.tonearm.whisper_log_mel(wide, self.n_mels).to(self.dtype)
            return torch.ops.tonearm.whisper_log_mel(waveform, self.n_mels)
        else:
            return F.whisper_log_mel(waveform, self.n_mels, dtype=self.dtype)


class NemoLogMel(_FrontEnd):
    """tonearm.functional.nemo_log_mel as a module: (features (..., n_mels, window), windows that count (...))."""

    def __init__(
        self,
        n_mels: int = 80,
        sample_rate: int = 16000,
        n_fft: int = 512,
        win_length: int = 400,
        hop_length: int = 160,
        preemphasis: float = 0.97,
        normalize: bool = True,
        pad_to: int = 16,
        *,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(design_of.design_nemo(n_mels, sample_rate, n_fft, win_length, hop_length), dtype)
        self.preemphasis = preemphasis
        self.normalize = normalize
        self.pad_to = pad_to

    def forward(
        self, waveform: torch.Tensor, lengths: Optional[design_of.Lengths] = None
    ) -> Tuple[torch.Tensor, torch.Tensor]:
        return design_of.compute_nemo(
            waveform, lengths, self.chain(), self.preemphasis, self.normalize, self.pad_to, self.dtype
        )


class Wav2Vec2Normalize(NotScriptable):
    """tonearm.functional.wav2vec2_normalize as a module."""

    def __init__(self, *, dtype: Optional[torch.dtype] = None) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, waveform: torch.Tensor, lengths: Optional[design_of.Lengths] = None) -> torch.Tensor:
        return F.wav2vec2_normalize(waveform, lengths, dtype=self.dtype)


class LibrosaMelSpectrogram(_FrontEnd):
    """tonearm.functional.librosa_mel_spectrogram as a module."""

    def __init__(
        self,
        sample_rate: int = 22050,
        n_fft: int = 2048,
        hop_length: int = 512,
        win_length: Optional[int] = None,
        n_mels: int = 128,
        f_min: float = 0.0,
        f_max: Optional[float] = None,
        power: float = 2.0,
        decibels: bool = False,
        top_db: Optional[float] = 80.0,
        *,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(
            design_of.design_librosa(sample_rate, n_fft, hop_length, win_length, n_mels, f_min, f_max, power), dtype
        )
        self.decibels = decibels
        self.top_db = top_db

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        return design_of.compute_librosa(waveform, self.chain(), self.decibels, self.top_db, self.dtype)


class SpeechBrainFbank(_FrontEnd):
    """tonearm.functional.speechbrain_fbank as a module."""

    def __init__(
        self,
        sample_rate: int = 16000,
        f_min: float = 0.0,
        f_max: Optional[float] = None,
        n_fft: int = 400,
        n_mels: int = 40,
        win_length: float = 25.0,
        hop_length: float = 10.0,
        *,
        deltas: bool = False,
        context: bool = False,
        left_frames: int = 5,
        right_frames: int = 5,
        dtype: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__(
            design_of.design_speechbrain(sample_rate, f_min, f_max, n_fft, n_mels, win_length, hop_length), dtype
        )
        self.deltas = deltas
        self._around = design_of.judge_context(context, left_frames, right_frames)

    def forward(self, waveform: torch.Tensor) -> torch.Tensor:
        return design_of.compute_speechbrain(waveform, self.chain(), self.deltas, self._around, self.dtype)
