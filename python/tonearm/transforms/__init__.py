# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torchaudio's transforms: same names, defaults, attributes and buffers; state_dict goes both ways.

The buffers decide: a window, filter bank or cosine table that was loaded or changed is the one that is used.
"""

from ._front_ends import LibrosaMelSpectrogram, NemoLogMel, SpeechBrainFbank, Wav2Vec2Normalize, WhisperLogMel
from ._kaldi import KaldiFbank, KaldiMfcc, KaldiSpectrogram
from ._resample import Resample
from ._resample_stream import ResampleStream
from ._spectra import (
    LFCC,
    MFCC,
    AmplitudeToDB,
    ComputeDeltas,
    InverseSpectrogram,
    MelScale,
    MelSpectrogram,
    SlidingWindowCmn,
    Spectrogram,
)

__all__ = [
    "LFCC",
    "MFCC",
    "AmplitudeToDB",
    "ComputeDeltas",
    "InverseSpectrogram",
    "KaldiFbank",
    "KaldiMfcc",
    "KaldiSpectrogram",
    "LibrosaMelSpectrogram",
    "MelScale",
    "MelSpectrogram",
    "NemoLogMel",
    "Resample",
    "ResampleStream",
    "SlidingWindowCmn",
    "SpeechBrainFbank",
    "Spectrogram",
    "Wav2Vec2Normalize",
    "WhisperLogMel",
]
