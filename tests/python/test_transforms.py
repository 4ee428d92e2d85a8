# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm.transforms: torchaudio's attributes and buffers, and results that do not depend on the path to them."""

import copy
import pickle

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T

needs_script = pytest.mark.skipif(not hasattr(torch.jit, "script"), reason="this torch has no torch.jit.script")


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def torchaudio_transforms():
    try:
        import torchaudio.transforms
    except Exception as error:  # a torchaudio that does not fit its torch raises whatever it likes
        pytest.skip(f"torchaudio cannot be imported: {error}")
    return torchaudio.transforms


MODULES = {
    "Resample": {"orig_freq": 44100, "new_freq": 16000},
    "Spectrogram": {"n_fft": 256, "power": 1.0, "normalized": True},
    "MelSpectrogram": {"n_fft": 400, "hop_length": 160, "n_mels": 40, "norm": "slaney", "mel_scale": "slaney"},
    "MFCC": {"n_mfcc": 13, "melkwargs": {"n_mels": 40}},
    "LFCC": {"n_lfcc": 13, "n_filter": 40},
}
BUFFERS = {
    "Resample": ["kernel"],
    "Spectrogram": ["window"],
    "MelSpectrogram": ["spectrogram.window", "mel_scale.fb"],
    "MFCC": ["dct_mat", "MelSpectrogram.spectrogram.window", "MelSpectrogram.mel_scale.fb"],
    "LFCC": ["filter_mat", "dct_mat", "Spectrogram.window"],
}


def make(name, module=T):
    return getattr(module, name)(**MODULES[name])


@pytest.mark.parametrize("name", MODULES)
def test_buffers_have_torchaudios_names(name):
    assert sorted(make(name).state_dict()) == sorted(BUFFERS[name])


@pytest.mark.parametrize("name", MODULES)
def test_both_paths_agree(name):
    """torch's operations, which gradients need, give what the native pass gives."""
    module, x = make(name), noise(2, 2, 9000)
    native, by_torch = module(x), module(x.clone().requires_grad_())
    assert by_torch.requires_grad and not native.requires_grad
    tolerance = 2e-3 if name in ("MFCC", "LFCC") else 2e-6 * float(native.abs().max())
    assert torch.allclose(native, by_torch.detach(), atol=tolerance)
    assert torch.equal(module(x[1, 1]), native[1, 1]) or name in ("MFCC", "LFCC")  # decibels look at the whole item


@pytest.mark.parametrize("name", MODULES)
def test_copies_and_pickles_compute_the_same(name):
    module, x = make(name), noise(9000)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert torch.equal(twin(x), module(x))


@pytest.mark.parametrize("name", MODULES)
def test_changed_buffers_are_used(name):
    module, x = make(name), noise(9000)
    before = module(x)
    state = {key: value.roll(7, 0) for key, value in module.state_dict().items()}
    module.load_state_dict(state)
    after = module(x)
    assert not torch.allclose(after, before)
    assert torch.allclose(after, module(x.clone().requires_grad_()).detach(), atol=2e-3)


@pytest.mark.parametrize("name", MODULES)
def test_state_and_numbers_are_torchaudios(name):
    theirs, ours, x = make(name, torchaudio_transforms()), make(name), noise(2, 9000)
    assert {k: v.shape for k, v in theirs.state_dict().items()} == {k: v.shape for k, v in ours.state_dict().items()}
    for key, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[key], value, atol=2e-5), key
    want = theirs(x)
    assert torch.allclose(ours(x), want, atol=5e-3 if name in ("MFCC", "LFCC") else 2e-5 * float(want.abs().max()))
    ours.load_state_dict(theirs.state_dict())
    theirs.load_state_dict(make(name).state_dict())
    assert torch.allclose(ours(x), theirs(x), atol=5e-3 if name in ("MFCC", "LFCC") else 2e-5 * float(want.abs().max()))


@pytest.mark.parametrize("name", MODULES)
def test_gradients_are_torchaudios(name):
    theirs, ours = make(name, torchaudio_transforms()), make(name)
    ours.load_state_dict(theirs.state_dict())
    gradients = []
    for module in (theirs, ours):
        x = noise(2, 3000).double().requires_grad_()
        module.double()(x).abs().sum().backward()
        gradients.append(x.grad)
    assert float((gradients[0] - gradients[1]).norm() / gradients[0].norm()) < 1e-5


def test_mfcc_takes_one_maximum_over_the_channels():
    x = torch.stack([noise(6000), 1e-5 * noise(6000, seed=2)])
    mfcc = make("MFCC")
    both = mfcc(x)
    assert float((both[1] - both[1, :, :1]).abs().max()) < 1e-4  # all of the quiet channel is at the floor
    assert float((mfcc(x[1]) - mfcc(x[1])[:, :1]).abs().max()) > 1


@pytest.mark.parametrize("method", ["sinc_interp_hann", "sinc_interp_kaiser", "hq", "vhq"])
@pytest.mark.parametrize("rates", [(44100, 16000), (16000, 44100), (16000, 16000)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_resample_stream_has_the_bits_of_the_whole(method, rates, dtype):
    x = noise(2, 3, 20000).to(dtype)
    want = F.resample(x, *rates, resampling_method=method)
    stream = T.ResampleStream(*rates, method)
    sizes = [0, 1, 2, 7000, 1, 0, 333, 5000]
    chunks = x.split([*sizes, 20000 - sum(sizes)], dim=-1)
    for _ in range(2):  # a signal after the other
        got = [stream.push(chunk) for chunk in chunks] + [stream.push(x[..., :0], last=True)]
        assert torch.equal(torch.cat(got, dim=-1), want)
    got = [stream.push(chunk, last=i + 1 == len(chunks)) for i, chunk in enumerate(chunks)]
    assert torch.equal(torch.cat(got, dim=-1), want)


def test_resample_stream_gives_its_output_soon():
    stream = T.ResampleStream(48000, 16000)
    assert stream.push(noise(4800)).shape == (1594,)  # 6 zero crossings of the low-pass are 18.2 frames


def test_resample_stream_judges_its_chunks():
    stream = T.ResampleStream(3, 2)
    with pytest.raises(tonearm.InvalidArgumentError, match="gradient"):
        stream.push(noise(10).requires_grad_())
    with pytest.raises(tonearm.InvalidArgumentError, match="float32 or float64"):
        stream.push(noise(10).half())
    with pytest.raises(TypeError, match="floating point"):
        stream.push(torch.zeros(3, dtype=torch.int16))
    first = stream.push(noise(2, 100))
    with pytest.raises(tonearm.InvalidArgumentError, match="last=True") as caught:
        stream.push(noise(3, 100))
    assert caught.value.subject == "chunk"
    rest = stream.push(noise(2, 100), last=True)
    assert torch.equal(torch.cat((first, rest), -1), F.resample(torch.cat((noise(2, 100),) * 2, -1), 3, 2))
    assert stream.push(noise(3, 100).double(), last=True).dtype == torch.float64  # another signal
    with pytest.raises(tonearm.InvalidArgumentError, match="positive"):
        T.ResampleStream(0, 2)


def test_resample_at_coprime_rates_has_no_buffer():
    module = T.Resample(44101, 16000)
    assert not module.state_dict() and module(noise(44101)).shape == (16000,)


def test_hooks_on_inner_modules_run():
    module, seen = make("MelSpectrogram"), []
    module.spectrogram.register_forward_hook(lambda *_: seen.append(1))
    module(noise(4000))
    assert seen == [1]


def test_whisper_and_deltas_modules():
    assert T.WhisperLogMel(128)(noise(16000)).shape == (128, 100)
    assert T.ComputeDeltas()(noise(4, 30)).shape == (4, 30)
    assert T.SlidingWindowCmn(10)(noise(30, 4)).shape == (30, 4)
    assert T.AmplitudeToDB(top_db=80)(noise(2, 4, 5).abs()).shape == (2, 4, 5)
    assert T.InverseSpectrogram()(T.Spectrogram(power=None)(noise(4000))).shape == (4000,)


@needs_script
@pytest.mark.parametrize("module", [*map(make, MODULES), T.Spectrogram(power=None), T.WhisperLogMel()])
def test_scripted_modules_hold_an_operator(module):
    x, scripted = noise(2, 2, 6000), torch.jit.script(module)
    assert "tonearm::" in str(scripted.inlined_graph)
    want = module(x)
    assert float((scripted(x) - want).abs().max()) <= 1e-6 * float(want.abs().max())


@needs_script
def test_other_modules_can_be_scripted():
    x = noise(2, 2, 6000)
    spectra = T.Spectrogram(power=None)(x)
    for module, given in [
        (T.AmplitudeToDB(top_db=40.0), spectra.abs()),
        (T.MelScale(n_mels=40), spectra.abs()),
        (T.InverseSpectrogram(), spectra),
        (T.ComputeDeltas(), spectra.abs()),
        (T.SlidingWindowCmn(20, norm_vars=True), spectra.abs()),
    ]:
        assert torch.allclose(torch.jit.script(module)(given), module(given), atol=1e-6, equal_nan=True), module


@needs_script
@pytest.mark.parametrize("options", [{"onesided": False}, {"pad_mode": "circular", "power": None, "normalized": True}], ids=str)
def test_scripted_spectra_without_an_operator_are_torchs(options):
    module, x = T.Spectrogram(**options), noise(2, 2, 6000)
    assert torch.equal(torch.jit.script(module)(x), module(x))


@needs_script
def test_scripts_are_refused_where_the_operator_would_do_something_else():
    changed = T.Resample(44100, 16000)
    changed.load_state_dict({"kernel": changed.kernel.roll(3, 2)})
    with pytest.raises(tonearm.InvalidArgumentError, match="kernel was changed"):
        torch.jit.script(changed)
    for name in ("NemoLogMel", "Wav2Vec2Normalize", "LibrosaMelSpectrogram", "SpeechBrainFbank", "KaldiFbank"):
        with pytest.raises(tonearm.InvalidArgumentError, match=f"script of {name}(.|\n)*export"):
            torch.jit.script(getattr(T, name)())


@needs_script
def test_functions_can_be_scripted():
    x, window = noise(2, 3, 3000), torch.hann_window(400)
    resample = torch.jit.script(F.resample)
    assert "tonearm::resample" in str(resample.graph)
    for arguments in [(3, 2), (44100, 16000, 16, 0.9, "sinc_interp_kaiser", 5.0), (3, 2, 6, 0.99, "hq"), (8000, 8000)]:
        assert torch.equal(resample(x, *arguments), F.resample(x, *arguments))
    spectrogram = torch.jit.script(F.spectrogram)
    for power, normalized, rest in [(2.0, False, ()), (None, "window", (False, "constant")), (1.0, True, (True, "circular", False))]:
        arguments = (10, window, 400, 160, 400, power, normalized, *rest)
        assert torch.equal(spectrogram(x, *arguments), F.spectrogram(x, *arguments))
    with pytest.raises(Exception, match="win_length"):
        spectrogram(x, 0, window, 512, 160, 512, 2.0, False)
