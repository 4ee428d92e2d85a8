# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Types of samples and of results: 16-bit audio as it was read, half-precision results of a float32 computation."""

import copy
import pickle

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from tonearm.compliance import kaldi

#: Takes int16 and dtype=, and what one step of int16 is.
CALLS = {
    "whisper_log_mel": (F.whisper_log_mel, 1 / 32768),
    "nemo_log_mel": (lambda x, **given: F.nemo_log_mel(x, **given)[0], 1 / 32768),
    "wav2vec2_normalize": (F.wav2vec2_normalize, 1 / 32768),
    "librosa_mel_spectrogram": (F.librosa_mel_spectrogram, 1 / 32768),
    "speechbrain_fbank": (F.speechbrain_fbank, 1 / 32768),
    "kaldi.fbank": (kaldi.fbank, 1.0),
    "kaldi.mfcc": (kaldi.mfcc, 1.0),
    "kaldi.spectrogram": (kaldi.spectrogram, 1.0),
}
MODULES = {
    "whisper_log_mel": T.WhisperLogMel,
    "nemo_log_mel": T.NemoLogMel,
    "wav2vec2_normalize": T.Wav2Vec2Normalize,
    "librosa_mel_spectrogram": T.LibrosaMelSpectrogram,
    "speechbrain_fbank": T.SpeechBrainFbank,
}
#: torchaudio's own, which take floating point only, as there.
TORCHAUDIOS = {
    "resample": lambda x: F.resample(x, 3, 2),
    "Resample": T.Resample(3, 2),
    "Spectrogram": T.Spectrogram(),
    "MelSpectrogram": T.MelSpectrogram(n_mels=40),
    "MFCC": T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}),
    "LFCC": T.LFCC(n_lfcc=13, n_filter=40),
}
#: torchaudio's of a spectrogram.
OF_SPECTRA = {
    "MelScale": T.MelScale(n_mels=40),
    "AmplitudeToDB": T.AmplitudeToDB(top_db=80.0),
    "ComputeDeltas": T.ComputeDeltas(),
    "SlidingWindowCmn": T.SlidingWindowCmn(10),
}
HALVES = [torch.float16, torch.bfloat16]


def samples(*shape):
    return (6000 * torch.randn(*shape, generator=torch.Generator().manual_seed(1))).clamp(-32768, 32767).to(torch.int16)


@pytest.mark.parametrize("name", CALLS)
def test_16_bit_samples_are_scaled_floats(name):
    call, step = CALLS[name]
    x = samples(2, 8000)
    got = call(x)
    assert got.dtype == torch.float32 and torch.equal(got, call(x.float() * step))


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", CALLS)
def test_results_are_rounded_once(name, dtype):
    call, step = CALLS[name]
    for x in (samples(2, 8000), samples(2, 8000).float() * step):
        assert torch.equal(call(x, dtype=dtype), call(x).to(dtype))
    half = (samples(2, 8000).float() * step).to(dtype)
    assert call(half).dtype == dtype and torch.equal(call(half, dtype=torch.float32), call(half.float()))


@pytest.mark.parametrize("name", CALLS)
def test_float64_is_computed_in_float64(name):
    call, step = CALLS[name]
    x = samples(2, 8000)
    want = call(x.double() * step)
    assert want.dtype == torch.float64 and torch.equal(call(x, dtype=torch.float64), want)
    assert torch.equal(call(x.double() * step, dtype=torch.float16), want.to(torch.float16))


@pytest.mark.parametrize("name", MODULES)
def test_modules_have_a_type_of_results(name):
    x = samples(2, 8000)
    for dtype in (None, *HALVES):
        got = MODULES[name](dtype=dtype)(x)
        got, want = got[0] if isinstance(got, tuple) else got, CALLS[name][0](x, dtype=dtype)
        assert got.dtype == want.dtype
        assert torch.allclose(got.float(), want.float(), rtol=1e-2, atol=1e-3)  # their tables are float32


@pytest.mark.skipif(not hasattr(torch.jit, "script"), reason="this torch has no torch.jit.script")
@pytest.mark.parametrize("dtype", [None, torch.float16, torch.float64])
def test_a_scripted_module_has_its_type_of_results(dtype):
    module, x = T.WhisperLogMel(dtype=dtype), samples(2, 8000) / 32768
    got, want = torch.jit.script(module)(x), module(x)
    assert got.dtype == want.dtype and torch.equal(got, want)


@pytest.mark.parametrize("name", CALLS)
def test_other_types_are_refused(name):
    call, x = CALLS[name][0], samples(2, 8000)
    for dtype in (torch.int32, torch.uint8, torch.bool):
        with pytest.raises(TypeError, match="torch.int16 type for waveform"):
            call(x.to(dtype))
    for dtype in (torch.int16, torch.complex64):
        with pytest.raises(tonearm.InvalidArgumentError) as caught:
            call(x, dtype=dtype)
        assert caught.value.subject == "dtype" and caught.value.found == str(dtype)


@pytest.mark.parametrize("name", TORCHAUDIOS)
def test_torchaudios_names_take_floating_point(name):
    with pytest.raises(TypeError, match="floating point type for waveform tensor, but received torch.int16"):
        TORCHAUDIOS[name](samples(2, 8000))


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("name", TORCHAUDIOS)
def test_torchaudios_names_round_half_precision_once(name, dtype):
    x = (samples(2, 8000) / 32768).to(dtype)
    assert torch.equal(TORCHAUDIOS[name](x), TORCHAUDIOS[name](x.float()).to(dtype))


@pytest.mark.parametrize("name", OF_SPECTRA)
def test_what_follows_a_spectrogram_is_computed_in_float32(name):
    call, spectra = OF_SPECTRA[name], T.Spectrogram()(samples(2, 8000) / 32768)
    spectra[0] = 0  # in float16 the floor of decibels is 0, too
    for dtype in HALVES:
        x = spectra.to(dtype)
        want = call(x.float()).to(dtype)
        assert want.isfinite().all() and torch.equal(call(x), want)
        if hasattr(torch.jit, "script"):
            assert torch.equal(torch.jit.script(call)(x), want)
    for dtype in (torch.int64, torch.complex64) if name in ("MelScale", "SlidingWindowCmn") else ():
        with pytest.raises(TypeError, match="floating point type for the features"):
            call(spectra.to(dtype))


@pytest.mark.parametrize("name", ["kaldi.fbank", "kaldi.mfcc", "kaldi.spectrogram"])
def test_kaldi_of_a_batch_is_that_of_each_signal(name):
    call, x = CALLS[name][0], samples(2, 3, 8000)
    got = call(x, channel=None)
    for item, signals in zip(got, x):
        for channel, signal in enumerate(item):
            assert torch.equal(signal, call(signals, channel=channel))
            assert torch.equal(signal, call(signals[channel], channel=None))
    short = call(x, channel=None, min_duration=1.0)
    assert short.shape == (2, 3, 0, got.shape[-1]) and call(x[0], min_duration=1.0).shape == (0,)
    assert call(x[:0], channel=None).shape == (0, *got.shape[1:])


@pytest.mark.parametrize(
    "kind, options", [("Fbank", {"num_mel_bins": 40}), ("Mfcc", {"num_ceps": 20, "dtype": torch.float16}), ("Spectrogram", {})]
)
def test_kaldis_modules_are_their_functions(kind, options):
    module, x = getattr(T, "Kaldi" + kind)(**options), samples(2, 3, 8000)
    want = getattr(kaldi, kind.lower())(x, channel=None, **options)
    for twin in (module, copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(x), want)
    assert torch.equal(getattr(T, "Kaldi" + kind)(channel=1, **options)(x[0]), want[0, 1])
    assert all(f"{name}={value!r}" in repr(module) for name, value in options.items())
    with pytest.raises(TypeError, match="num_mels"):
        getattr(T, "Kaldi" + kind)(num_mels=40)


@pytest.mark.parametrize("name", ["kaldi.fbank", "kaldi.mfcc", "kaldi.spectrogram"])
def test_kaldis_dither_of_a_signal_does_not_depend_on_the_others(name):
    call, x = CALLS[name][0], samples(4, 8000)
    other = x.clone()
    other[[0, 3]] = samples(1, 8000).flip(-1)

    def dithered(waveforms):
        torch.manual_seed(5)
        return call(waveforms, channel=None, dither=1.0)

    got = dithered(x)
    assert torch.equal(got[1:3], dithered(other)[1:3]) and torch.equal(got[:2], dithered(x[:2]))
    same = dithered(x[:1].expand(3, -1))
    assert not torch.equal(same[0], same[1]) and not torch.equal(got[0], call(x[:1], dither=0.0))
