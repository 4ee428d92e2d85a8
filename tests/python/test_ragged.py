# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""map_ragged: waveforms of different lengths, each computed as if it were alone, bit by bit."""

import functools

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from tonearm.compliance import kaldi

LENGTHS = [9000, 400, 6543, 4321]
CALLS = {
    "resample": (functools.partial(F.resample, orig_freq=44100, new_freq=16000), -1),
    "resample hq": (T.Resample(44100, 16000, "hq"), -1),
    "Spectrogram": (T.Spectrogram(), -1),
    "complex": (T.Spectrogram(power=None), -1),
    "MelSpectrogram": (T.MelSpectrogram(n_mels=40), -1),
    "MFCC": (T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}), -1),
    "whisper_log_mel": (F.whisper_log_mel, -1),
    "wav2vec2_normalize": (F.wav2vec2_normalize, -1),
    "librosa_mel_spectrogram": (F.librosa_mel_spectrogram, -1),
    "speechbrain_fbank": (F.speechbrain_fbank, -2),
    "kaldi.fbank": (T.KaldiFbank(), -2),
    "kaldi.mfcc": (functools.partial(kaldi.mfcc, channel=None, snip_edges=False), -2),
    "chain": (torch.nn.Sequential(T.Resample(3, 2), T.MelSpectrogram(n_mels=40), T.AmplitudeToDB()), -1),
}


def noise(*shape):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def waveforms():
    return [noise(2, 9000)[:, :length] for length in LENGTHS]


def padded(waveforms):
    """(waveform, channel, time); beyond the lengths there may be anything."""
    batch = torch.full((len(waveforms), 2, max(LENGTHS)), torch.nan)
    for row, waveform in zip(batch, waveforms):
        row[:, : waveform.shape[-1]] = waveform
    return batch


@pytest.mark.parametrize("name", CALLS)
def test_of_a_list(name, waveforms):
    call, _ = CALLS[name]
    for got, waveform in zip(F.map_ragged(call, waveforms), waveforms):
        assert torch.equal(got, call(waveform.clone()))


@pytest.mark.parametrize("kind", [list, torch.tensor])
@pytest.mark.parametrize("name", CALLS)
def test_of_a_padded_batch(name, kind, waveforms):
    call, time_dim = CALLS[name]
    batch = padded(waveforms)
    got, sizes = F.map_ragged(call, batch, kind(LENGTHS), time_dim=time_dim)
    assert got.shape[time_dim] == int(sizes.max()) and sizes.dtype == torch.int64
    for row, size, waveform in zip(got, sizes.tolist(), waveforms):
        want = call(waveform.clone())
        assert torch.equal(row.narrow(time_dim, 0, size), want) and want.shape[time_dim] == size
        assert not row.narrow(time_dim, size, row.shape[time_dim] - size).any()


def test_of_results_that_are_no_tensors(waveforms):
    for (got, count), waveform in zip(F.map_ragged(F.nemo_log_mel, waveforms), waveforms):
        assert torch.equal(got, F.nemo_log_mel(waveform)[0]) and (count == waveform.shape[-1] // 160).all()


def test_front_ends_with_lengths_of_their_own(waveforms):
    batch, lengths = padded(waveforms), torch.tensor(LENGTHS)[:, None].expand(-1, 2)
    features, counts = F.nemo_log_mel(batch, lengths, dtype=torch.bfloat16)
    normalized = F.wav2vec2_normalize(batch, lengths)
    for i, waveform in enumerate(waveforms):
        want, count = F.nemo_log_mel(waveform, dtype=torch.bfloat16)
        num_windows = waveform.shape[-1] // 160
        assert counts[i].tolist() == count.tolist() == [num_windows, num_windows]
        assert torch.equal(features[i, ..., :num_windows], want[..., :num_windows])
        assert not features[i, ..., num_windows:].any()
        assert torch.equal(normalized[i, :, : waveform.shape[-1]], F.wav2vec2_normalize(waveform))
        assert not normalized[i, :, waveform.shape[-1] :].any()


def test_gradients_stop_at_the_lengths():
    batch = noise(3, 4000).requires_grad_()
    got, _ = F.map_ragged(T.MelSpectrogram(n_mels=40), batch, [4000, 1000, 3999])
    got.sum().backward()
    assert batch.grad[1, :1000].any() and not batch.grad[1, 1000:].any()


def test_of_nothing():
    assert F.map_ragged(F.whisper_log_mel, []) == []
    got, sizes = F.map_ragged(F.whisper_log_mel, torch.empty(0, 4000), [])
    assert got.shape == (0, 80, 25) and sizes.shape == (0,)
    got, sizes = F.map_ragged(F.wav2vec2_normalize, torch.ones(2, 5), [0, 5])
    assert got.shape == (2, 5) and sizes.tolist() == [0, 5]


def test_errors_name_the_waveform():
    with pytest.raises(tonearm.InvalidArgumentError, match=r"window size 400(.|\n)*at waveform 1 of 3") as caught:
        F.map_ragged(kaldi.fbank, [noise(1, 4000), noise(1, 300), noise(1, 4000)])
    assert caught.value.subject == "frame_length"
