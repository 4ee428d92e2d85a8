# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Resampling and features on bad input: an error that names the argument, or the right answer."""

import math

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from tonearm import compliance

kaldi = compliance.kaldi
WINDOW = torch.hann_window(400)


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def spectrogram(x, *, pad=0, window=WINDOW, n_fft=400, hop=200, win=400, **options):
    return F.spectrogram(x, pad, window, n_fft, hop, win, 2.0, False, **options)


#: What is called with a good waveform, and the argument that the error has to name.
ARGUMENTS = [
    ("orig_freq", lambda x: F.resample(x, 0, 16000)),
    ("orig_freq", lambda x: F.resample(x, math.nan, 16000)),
    ("new_freq", lambda x: F.resample(x, 16000, -1)),
    ("new_freq", lambda x: T.Resample(16000, 0)(x)),
    ("new_freq", lambda x: F.resample(x, 16000, 5512.5)),
    ("source_rate", lambda x: F.resample(x, 2**40, 1)),
    ("lowpass_filter_width", lambda x: F.resample(x, 3, 2, lowpass_filter_width=0)),
    ("lowpass_filter_width", lambda x: F.resample(x, 3, 2, lowpass_filter_width=2.5)),
    ("rolloff", lambda x: F.resample(x, 3, 2, rolloff=0.0)),
    ("rolloff", lambda x: F.resample(x, 3, 2, rolloff=math.nan)),
    ("beta", lambda x: F.resample(x, 3, 2, resampling_method="sinc_interp_kaiser", beta=-1.0)),
    ("beta", lambda x: F.resample(x, 3, 2, resampling_method="sinc_interp_kaiser", beta=math.nan)),
    ("resampling_method", lambda x: F.resample(x, 3, 2, resampling_method="linear")),
    ("n_fft", lambda x: spectrogram(x, n_fft=0)),
    ("n_fft", lambda x: T.MelSpectrogram(n_fft=0)(x)),
    ("n_fft", lambda x: T.MFCC(melkwargs={"n_fft": 0})(x)),
    ("n_fft", lambda x: spectrogram(x, n_fft=2**17)),
    ("hop_length", lambda x: spectrogram(x, hop=0)),
    ("hop_length", lambda x: T.Spectrogram(hop_length=0)(x)),
    ("hop_length", lambda x: T.Spectrogram(hop_length=-5, onesided=False)(x)),
    ("hop_length", lambda x: T.LFCC(speckwargs={"hop_length": 0})(x)),
    ("hop_length", lambda x: spectrogram(x.clone().requires_grad_(), hop=0)),
    ("win_length", lambda x: spectrogram(x, n_fft=256)),
    ("win_length", lambda x: spectrogram(x, win=0)),
    ("window", lambda x: spectrogram(x, window=WINDOW[:300])),
    ("window", lambda x: spectrogram(x.to("meta"))),
    ("pad", lambda x: spectrogram(x, pad=-1)),
    ("pad_mode", lambda x: spectrogram(x, pad_mode="edge")),
    ("n_mels", lambda x: T.MelSpectrogram(n_mels=0)),
    ("sample_rate", lambda x: T.MelSpectrogram(sample_rate=0)),
    ("n_freqs", lambda x: F.melscale_fbanks(0, 0.0, 8000.0, 80, 16000)),
    ("f_min", lambda x: F.melscale_fbanks(201, 900.0, 800.0, 80, 16000)),
    ("n_filter", lambda x: F.linear_fbanks(201, 0.0, 8000.0, 0, 16000)),
    ("n_mfcc", lambda x: T.MFCC(n_mfcc=0)),
    ("specgram", lambda x: T.MelScale()(x)),
    ("specgram", lambda x: T.MelScale(n_stft=257)(T.Spectrogram()(x))),
    ("sample_frequency", lambda x: kaldi.fbank(x, sample_frequency=0.0)),
    ("frame_length", lambda x: kaldi.fbank(x, frame_length=0.0)),
    ("frame_shift", lambda x: kaldi.fbank(x, frame_shift=0.0)),
    ("num_mel_bins", lambda x: kaldi.fbank(x, num_mel_bins=0)),
    ("num_ceps", lambda x: kaldi.mfcc(x, num_ceps=0)),
    ("high_freq", lambda x: kaldi.fbank(x, high_freq=9000.0)),
    ("energy_floor", lambda x: kaldi.fbank(x, energy_floor=-1.0)),
    ("dither", lambda x: kaldi.fbank(x, dither=-1.0)),
    ("window_type", lambda x: kaldi.fbank(x, window_type="kaiser")),
    ("channel", lambda x: kaldi.fbank(x, channel=2)),
    ("n_mels", lambda x: F.whisper_log_mel(x, 81)),
    ("n_mels", lambda x: F.whisper_log_mel(x.clone().requires_grad_(), 81)),
    ("hop_length", lambda x: F.nemo_log_mel(x, hop_length=0)),
    ("sample_rate", lambda x: F.nemo_log_mel(x, sample_rate=-16000)),
    ("n_fft", lambda x: F.librosa_mel_spectrogram(x, n_fft=0)),
    ("f_min", lambda x: F.librosa_mel_spectrogram(x, f_min=-5.0)),
    ("hop_length", lambda x: F.speechbrain_fbank(x, hop_length=0.0)),
    ("win_length", lambda x: F.speechbrain_fbank(x, win_length=0.0)),
    ("lengths", lambda x: F.map_ragged(F.whisper_log_mel, x)),
    ("lengths", lambda x: F.map_ragged(F.whisper_log_mel, x, [2000])),
    ("lengths", lambda x: F.map_ragged(F.whisper_log_mel, x, [2000, 2001])),
    ("lengths", lambda x: F.map_ragged(F.whisper_log_mel, x, [2000.0, 1000.0])),
    ("lengths", lambda x: F.map_ragged(F.whisper_log_mel, x, torch.tensor([-1, 2000]))),
    ("time_dim", lambda x: F.map_ragged(F.whisper_log_mel, x, [2000, 1000], time_dim=2)),
]


@pytest.mark.parametrize("number, name", enumerate(name for name, _ in ARGUMENTS))
def test_bad_arguments_are_named(number, name):
    with pytest.raises(tonearm.InvalidArgumentError) as caught:
        ARGUMENTS[number][1](noise(2, 2000))
    assert caught.value.subject == name and isinstance(caught.value, ValueError)


CALLS = {
    "resample": lambda x: F.resample(x, 3, 2),
    "spectrogram": spectrogram,
    "MelSpectrogram": T.MelSpectrogram(n_mels=40),
    "MFCC": T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}),
    "LFCC": T.LFCC(n_lfcc=13, n_filter=40),
    "whisper_log_mel": F.whisper_log_mel,
    "nemo_log_mel": lambda x: F.nemo_log_mel(x)[0],
    "wav2vec2_normalize": F.wav2vec2_normalize,
    "librosa_mel_spectrogram": F.librosa_mel_spectrogram,
    "speechbrain_fbank": F.speechbrain_fbank,
    "kaldi.fbank": kaldi.fbank,
    "kaldi.fbank of all": lambda x: kaldi.fbank(x, channel=None),
    "kaldi.mfcc of all": lambda x: kaldi.mfcc(x, channel=None),
    "kaldi.spectrogram of all": lambda x: kaldi.spectrogram(x, channel=None),
}
KALDIS = [name for name in CALLS if name.startswith("kaldi")]
#: Those that reflect at the ends, or take whole windows only, and so have a shortest signal.
NEED_SAMPLES = ["spectrogram", "MelSpectrogram", "MFCC", "LFCC", "whisper_log_mel", *KALDIS]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "waveform",
    [torch.ones(2, 2000, dtype=torch.int32), torch.ones(2, 2000, dtype=torch.complex64), torch.eye(2000).to_sparse(), [0.5]],
    ids=["int32", "complex", "sparse", "list"],
)
def test_other_kinds_of_input_are_refused(name, waveform):
    with pytest.raises(TypeError, match="for waveform"):
        CALLS[name](waveform)


@pytest.mark.parametrize("name", CALLS)
def test_scalars_are_refused(name):
    with pytest.raises(tonearm.InvalidArgumentError) as caught:
        CALLS[name](torch.tensor(1.0))
    assert caught.value.subject == "waveform"


@pytest.mark.parametrize("length", [0, 1])
@pytest.mark.parametrize("name", CALLS)
def test_short_signals(name, length):
    x = torch.full((2, length), 0.25)
    if name in NEED_SAMPLES:
        with pytest.raises(tonearm.InvalidArgumentError, match=r"samples|window size"):
            CALLS[name](x)
    else:
        out = CALLS[name](x)
        assert out.shape[0] == 2 and out.isfinite().all()


@pytest.mark.parametrize("name", CALLS)
def test_no_channels(name):
    if name == "kaldi.fbank":  # takes one channel
        with pytest.raises(tonearm.InvalidArgumentError, match="channel"):
            CALLS[name](torch.empty(0, 2000))
    else:
        assert CALLS[name](torch.empty(0, 2000)).shape[0] == 0


@pytest.mark.parametrize("name", CALLS)
def test_strides_do_not_matter(name):
    wide = noise(4000, 3)
    for x in (wide.t(), wide.t()[1:], noise(2, 8000)[:, ::2], noise(4000).expand(2, 4000), noise(2, 4000).flip(0)):
        assert torch.equal(CALLS[name](x), CALLS[name](x.clone(memory_format=torch.contiguous_format)))


#: First and last sample that window w of a feature holds: [w * hop + begin, w * hop + end).
SUPPORTS = {
    "spectrogram": (200, -200, 200),
    "MelSpectrogram": (200, -200, 200),
    "librosa_mel_spectrogram": (512, -1024, 1024),
    **dict.fromkeys(KALDIS, (160, 0, 400)),
}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", SUPPORTS)
def test_a_bad_sample_reaches_its_windows_and_no_other(name, value):
    hop, begin, end = SUPPORTS[name]
    x, at = noise(1, 9000), 4321
    clean = CALLS[name](x)
    x[0, at] = value
    out = CALLS[name](x)
    if name in KALDIS:
        clean, out = clean.transpose(-1, -2), out.transpose(-1, -2)
    for w in range(out.shape[-1]):
        if w * hop + begin < at < w * hop + end - 1:  # at the ends, a window is zero
            assert not out[..., w].isfinite().any(), w
        elif not w * hop + begin <= at < w * hop + end:
            assert torch.equal(out[..., w], clean[..., w]), w


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_bad_sample_reaches_its_outputs_of_resampling(value):
    x = noise(1, 3000)
    clean = F.resample(x, 3, 2)
    x[0, 1500] = value
    out = F.resample(x, 3, 2)
    reach = 6 * 3 / (2 * 0.99)  # zero crossings, in input samples
    for k in range(out.shape[1]):
        if abs(k * 1.5 - 1500) >= reach:
            assert out[0, k] == clean[0, k]
        else:
            assert not out[0, k].isfinite()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("norm_vars", [False, True])
def test_a_bad_value_reaches_the_windows_of_sliding_means_that_hold_it(value, norm_vars):
    x = noise(60, 3)
    clean = F.sliding_window_cmn(x, 10, 5, norm_vars=norm_vars)
    x[30, 1] = value
    out = F.sliding_window_cmn(x, 10, 5, norm_vars=norm_vars)
    assert (~out.isfinite()).nonzero().tolist() == [[t, 1] for t in range(30, 41)]
    assert torch.allclose(out[out.isfinite()], clean[out.isfinite()], atol=1e-6)
    if not norm_vars:
        assert (out[31:41, 1] == -value).all() or math.isnan(value)


@pytest.mark.parametrize("name", ["MFCC", "LFCC", "whisper_log_mel", "wav2vec2_normalize", "nemo_log_mel", "speechbrain_fbank"])
def test_a_bad_sample_stays_in_its_item(name):
    """Means and maxima are of a signal; a NaN is in them, and in no other signal's."""
    x = noise(2, 1, 9000)
    clean = CALLS[name](x)
    x[1, 0, 4321] = math.nan
    out = CALLS[name](x)
    assert torch.equal(out[0], clean[0]) and out[1].isnan().any()


@pytest.mark.parametrize("kind", ["fbank", "mfcc", "spectrogram"])
@pytest.mark.parametrize("options", [{}, {"dither": 1.0}])
def test_what_has_no_gradient_says_so(kind, options):
    x = noise(1, 4000).requires_grad_()
    with pytest.raises(tonearm.InvalidArgumentError, match="no gradient.*\n.*detach") as caught:
        getattr(kaldi, kind)(x, **options)
    assert caught.value.subject == "waveform"
    with torch.no_grad():
        assert getattr(kaldi, kind)(x, **options).isfinite().all()


@pytest.mark.parametrize("kind", ["fbank", "mfcc", "spectrogram"])
def test_what_is_on_another_device_says_so(kind):
    with pytest.raises(tonearm.InvalidArgumentError, match="waveform.cpu") as caught:
        getattr(kaldi, kind)(torch.empty(1, 4000, device="meta"))
    assert caught.value.subject == "waveform" and "meta" in caught.value.found
