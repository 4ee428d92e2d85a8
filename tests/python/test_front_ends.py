# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Models' front ends against their formulas in float64, written out here, and against the originals where installed."""

import copy
import math
import pickle

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T

LENGTHS = [20000, 12345, 801]


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def windows(x, n_fft, hop):
    """Centred windows of (channel, time) with zeros beyond the ends: (channel, window, n_fft)."""
    return torch.nn.functional.pad(x.double(), (n_fft // 2, n_fft // 2)).unfold(-1, n_fft, hop)


def power_of(x, n_fft, hop, window):
    """|DFT|^2, (channel, bin, window), by the sum of its definition."""
    left = (n_fft - len(window)) // 2
    frames = windows(x, n_fft, hop) * torch.nn.functional.pad(window, (left, n_fft - len(window) - left))
    angle = 2 * math.pi * (torch.arange(n_fft // 2 + 1)[:, None] * torch.arange(n_fft) % n_fft).double() / n_fft
    return ((frames @ angle.cos().T) ** 2 + (frames @ angle.sin().T) ** 2).transpose(-1, -2)


def cosine_window(n, a, periodic):
    return a - (1 - a) * torch.cos(2 * math.pi * torch.arange(n).double() / (n if periodic else n - 1))


def slaney_bank(rate, n_fft, n_mels, low, high):
    """(mel, bin), each triangle of unit area in Hz."""
    to_mel = lambda f: f * 3 / 200 if f < 1000 else 15 + 27 * math.log(f / 1000, 6.4)
    to_hz = lambda m: m * 200 / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27)
    edges = [to_hz(to_mel(low) + (to_mel(high) - to_mel(low)) * i / (n_mels + 1)) for i in range(n_mels + 2)]
    bank = torch.zeros(n_mels, n_fft // 2 + 1, dtype=torch.float64)
    for m, (a, b, c) in enumerate(zip(edges, edges[1:], edges[2:])):
        for k in range(n_fft // 2 + 1):
            f = k * rate / n_fft
            bank[m, k] = max(0.0, min((f - a) / (b - a), (c - f) / (c - b))) * 2 / (c - a)
    return bank


def decibels(x, top):
    """Clamped below the greatest value of the last two dimensions."""
    x = 10 * torch.log10(x.clamp(min=1e-10))
    return torch.maximum(x, x.amax((-2, -1), keepdim=True) - top)


def nemo(x, lengths, n_mels=80, normalize=True):
    """(channel, mel, window) without the padding to a multiple."""
    outs = []
    for row, length in zip(x.double(), lengths):
        row = torch.cat([row[:1], row[1:] - 0.97 * row[:-1]])
        row[length:] = 0
        power = power_of(row[None], 512, 160, cosine_window(400, 0.5, False))[0]
        out = torch.log(slaney_bank(16000, 512, n_mels, 0, 8000) @ power + 2**-24)
        count = length // 160
        if normalize:
            part = out[:, :count]
            out = (out - part.mean(1, keepdim=True)) / (part.std(1, keepdim=True) + 1e-5)
        out[:, count:] = 0
        outs.append(out)
    return torch.stack(outs)


def test_nemo_log_mel():
    x = noise(3, 20000)
    got, counts = F.nemo_log_mel(x, LENGTHS)
    assert got.shape == (3, 80, 128) and counts.tolist() == [125, 77, 5]
    assert float((got[..., :126] - nemo(x, LENGTHS)).abs().max()) < 2e-4 and not got[..., 126:].any()
    bare, counts = F.nemo_log_mel(x, n_mels=128, normalize=False, pad_to=0)
    assert bare.shape == (3, 128, 126) and counts.tolist() == [125, 125, 125]
    error = (bare - nemo(x, [20000] * 3, 128, False)).abs()  # greatest where noise left next to nothing in one bin
    assert float(error.max()) < 4e-4 and float(error.mean()) < 2e-6


def test_nemo_of_one_window_has_no_deviation():
    got, counts = F.nemo_log_mel(noise(1, 200), pad_to=0)
    assert counts.tolist() == [1] and not got.any()
    got, counts = F.nemo_log_mel(noise(2, 400), [0, 320], pad_to=0)
    assert counts.tolist() == [0, 2] and not got[0].any() and got[1].any()


def test_wav2vec2_normalize():
    x = 3 + noise(3, 20000)
    got = F.wav2vec2_normalize(x, LENGTHS)
    for row, out, length in zip(x.double(), got, LENGTHS):
        part = row[:length]
        want = (part - part.mean()) / (part.var(unbiased=False) + 1e-7).sqrt()
        assert float((out[:length] - want).abs().max()) < 2e-6 and not out[length:].any()
    assert torch.allclose(F.wav2vec2_normalize(x)[0], got[0])


@pytest.mark.parametrize("options", [{}, {"n_fft": 512, "win_length": 400, "hop_length": 160, "n_mels": 40, "f_max": 5000.0}])
def test_librosa_mel_spectrogram(options):
    x = noise(2, 9000)
    n_fft, hop = options.get("n_fft", 2048), options.get("hop_length", 512)
    power = power_of(x, n_fft, hop, cosine_window(options.get("win_length", n_fft), 0.5, True))
    want = slaney_bank(22050, n_fft, options.get("n_mels", 128), 0, options.get("f_max", 11025)) @ power
    got = F.librosa_mel_spectrogram(x, **options)
    assert float((got - want).norm() / want.norm()) < 5e-7
    for row, power in zip(x, want):  # one signal, one maximum
        got = F.librosa_mel_spectrogram(row, decibels=True, top_db=30.0, **options)
        assert float((got - decibels(power, 30)).abs().max()) < 2e-4


def test_speechbrain_fbank():
    x = torch.stack([noise(8000), 1e-6 * noise(8000, seed=2)])
    low, high = 0.0, 2595 * math.log10(1 + 8000 / 700)
    hz = [700 * (10 ** ((low + (high - low) * i / 41) / 2595) - 1) for i in range(42)]
    bank = torch.tensor([[max(0.0, 1 - abs(40.0 * k - hz[m + 1]) / (hz[m + 1] - hz[m])) for k in range(201)] for m in range(40)])
    want = decibels(bank.double() @ power_of(x, 400, 160, cosine_window(400, 0.54, True)), 80).transpose(-1, -2)
    got = F.speechbrain_fbank(x)
    assert got.shape == (2, 51, 40) and float((got - want).abs().max()) < 1e-3  # the quiet one is at the floor


@pytest.mark.parametrize("left, right", [(5, 5), (0, 0), (3, 1), (1, 4)])
def test_speechbrain_deltas_and_context(left, right):
    x = noise(2, 3000).double()
    bands = F.speechbrain_fbank(x)
    values, windows = bands.tolist(), bands.shape[1]

    def slopes(rows):
        row = lambda t: rows[min(max(t, 0), windows - 1)]
        return [[sum(k * (row(t + k)[v] - row(t - k)[v]) for k in (1, 2)) / 10 for v in range(40)] for t in range(windows)]

    first = [slopes(rows) for rows in values]
    second = [slopes(rows) for rows in first]
    with_deltas = torch.cat([bands, torch.tensor(first).double(), torch.tensor(second).double()], dim=-1)
    assert float((F.speechbrain_fbank(x, deltas=True) - with_deltas).abs().max()) < 1e-5  # the lists became float32
    got = F.speechbrain_fbank(x, deltas=True, context=True, left_frames=left, right_frames=right)
    size = left + right + 1
    assert got.shape == (2, windows, 120 * size)
    for t in range(windows):
        for j in range(size):
            at = t + j - left
            want = with_deltas[:, at] if 0 <= at < windows else torch.zeros(2, 120)
            assert float((got[:, t, j::size] - want).abs().max()) < 1e-5
    with pytest.raises(ValueError, match="left_frames"):
        F.speechbrain_fbank(x, left_frames=-1)


MODULES = [
    (T.NemoLogMel(n_mels=40, pad_to=0), lambda x: F.nemo_log_mel(x, n_mels=40, pad_to=0)[0]),
    (T.Wav2Vec2Normalize(), F.wav2vec2_normalize),
    (T.LibrosaMelSpectrogram(sample_rate=16000, decibels=True), lambda x: F.librosa_mel_spectrogram(x, sample_rate=16000, decibels=True)),
    (T.SpeechBrainFbank(n_mels=30), lambda x: F.speechbrain_fbank(x, n_mels=30)),
    (T.SpeechBrainFbank(deltas=True, context=True), lambda x: F.speechbrain_fbank(x, deltas=True, context=True)),
    (T.WhisperLogMel(128), lambda x: F.whisper_log_mel(x, 128)),
]


@pytest.mark.parametrize("module, function", MODULES, ids=lambda v: type(v).__name__)
def test_modules_are_their_functions(module, function):
    x = noise(2, 9000)
    want = function(x)
    for twin in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        got = twin(x)
        assert torch.allclose(got[0] if isinstance(got, tuple) else got, want, atol=1e-4)
    assert torch.allclose(function(x.clone().requires_grad_()).detach(), want, atol=5e-4)


@pytest.mark.parametrize("call", [F.nemo_log_mel, F.wav2vec2_normalize])
@pytest.mark.parametrize("lengths", [[1, 2, 3], [100, 1001], [-1, 5], torch.tensor([1.0, 2.0])])
def test_wrong_lengths_are_named(call, lengths):
    with pytest.raises(tonearm.InvalidArgumentError, match="lengths are") as caught:
        call(noise(2, 1000), lengths)
    assert caught.value.subject == "lengths"


# ---- against the originals ----


def test_transformers_agree():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    x = noise(3, 20000)
    given = {"raw_speech": [row[:n].numpy() for row, n in zip(x, LENGTHS)], "sampling_rate": 16000, "return_tensors": "pt"}
    if hasattr(transformers, "ParakeetFeatureExtractor"):
        theirs = transformers.ParakeetFeatureExtractor()(**given)
        ours, counts = F.nemo_log_mel(x, LENGTHS, pad_to=0)
        assert float((theirs["input_features"].transpose(1, 2) - ours).abs().max()) < 5e-4
        assert theirs["attention_mask"].sum(1).tolist() == counts.tolist()
    theirs = transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True)(padding=True, **given)
    assert float((theirs["input_values"] - F.wav2vec2_normalize(x, LENGTHS)).abs().max()) < 1e-5
    theirs = transformers.WhisperFeatureExtractor()(x[0].numpy(), sampling_rate=16000, return_tensors="pt")
    padded = torch.nn.functional.pad(x[0], (0, 480000 - 20000))
    assert float((theirs["input_features"][0] - F.whisper_log_mel(padded)).abs().max()) < 1e-4


def test_librosa_agrees():
    librosa = pytest.importorskip("librosa", reason="librosa is not installed")
    x = noise(2, 20000)
    for options, theirs in [
        ({}, {}),
        ({"sample_rate": 16001, "n_fft": 500, "hop_length": 160, "n_mels": 40, "f_min": 50.0, "power": 1.0},
         {"sr": 16001, "n_fft": 500, "hop_length": 160, "n_mels": 40, "fmin": 50.0, "power": 1.0}),
    ]:
        want = torch.from_numpy(librosa.feature.melspectrogram(y=x.numpy(), **theirs))
        assert float((F.librosa_mel_spectrogram(x, **options) - want).abs().max()) < 2e-6 * float(want.max())
        ours = F.librosa_mel_spectrogram(x, decibels=True, **options)
        assert float((ours - torch.from_numpy(librosa.power_to_db(want.numpy()))).abs().max()) < 5e-4


def test_speechbrain_agrees():
    try:
        from speechbrain.lobes.features import Fbank
    except Exception as error:  # its import needs a torchaudio that works
        pytest.skip(f"speechbrain cannot be imported: {type(error).__name__}: {error}")
    x = noise(2, 8000)
    assert float((F.speechbrain_fbank(x) - Fbank()(x)).abs().max()) < 1e-3
    options = {"n_mels": 80, "n_fft": 512, "win_length": 32, "f_min": 20, "f_max": 7600}
    assert float((F.speechbrain_fbank(x, **options) - Fbank(**options)(x)).abs().max()) < 2e-3
    for left, right in ((5, 5), (2, 4), (4, 0)):
        options = {"deltas": True, "context": True, "left_frames": left, "right_frames": right}
        assert float((F.speechbrain_fbank(x, **options) - Fbank(**options)(x)).abs().max()) < 1e-3
