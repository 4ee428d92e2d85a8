# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Resampling and features with torchaudio's names and defaults; differences are listed in docs/features.md."""

from ._front_ends import librosa_mel_spectrogram, nemo_log_mel, speechbrain_fbank, wav2vec2_normalize
from ._postprocess import compute_deltas, sliding_window_cmn
from ._ragged import map_ragged
from ._resample import resample
from ._spectra import (
    DB_to_amplitude,
    amplitude_to_DB,
    create_dct,
    inverse_spectrogram,
    linear_fbanks,
    melscale_fbanks,
    spectrogram,
    whisper_log_mel,
)

__all__ = [
    "DB_to_amplitude",
    "amplitude_to_DB",
    "compute_deltas",
    "create_dct",
    "inverse_spectrogram",
    "librosa_mel_spectrogram",
    "linear_fbanks",
    "map_ragged",
    "melscale_fbanks",
    "nemo_log_mel",
    "resample",
    "sliding_window_cmn",
    "spectrogram",
    "speechbrain_fbank",
    "wav2vec2_normalize",
    "whisper_log_mel",
]
