# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm's names against an installed torchaudio: signatures, attributes, and results over options drawn at random."""

import inspect
import random

import pytest

torch = pytest.importorskip("torch")
try:
    import torchaudio.compliance.kaldi as their_kaldi
    import torchaudio.functional as their_functional
    import torchaudio.transforms as their_transforms
except Exception as error:  # one that does not fit its torch raises whatever it likes
    pytest.skip(f"torchaudio cannot be imported: {error}", allow_module_level=True)

import tonearm.functional
import tonearm.transforms
from tonearm.compliance import kaldi

DRAWS = 40
WINDOWS = [torch.hann_window, torch.hamming_window, torch.ones]
SPECTRUM = {
    "n_fft": [400, 256, 97, 1000], "win_length": [None, 64], "hop_length": [None, 37], "pad": [0, 9], "window_fn": WINDOWS,
    "normalized": [False, True, "window", "frame_length"], "center": [True, False],
    "pad_mode": ["reflect", "constant", "replicate"],
}  # fmt: skip
MEL = {
    **SPECTRUM, "f_min": [0.0, 300.0], "f_max": [None, 3000.0], "n_mels": [23, 40, 128], "power": [1.0, 2.0, 0.7],
    "norm": [None, "slaney"], "mel_scale": ["htk", "slaney"],
}  # fmt: skip
OPTIONS = {
    "Spectrogram": {**SPECTRUM, "power": [None, 1.0, 2.0, 3], "onesided": [True, False]},
    "MelSpectrogram": {**MEL, "sample_rate": [16000, 11025]},
    "MFCC": {"n_mfcc": [13, 20], "norm": [None, "ortho"], "log_mels": [True, False], "melkwargs": MEL},
    "LFCC": {
        "n_lfcc": [13, 20], "n_filter": [40, 128], "f_min": [0.0, 100.0], "log_lf": [True, False],
        # Of fewer bins some lie at the edge of a filter, where the logarithm shows that theirs is float32.
        "speckwargs": {**SPECTRUM, "n_fft": [400, 1000]},
    },
    "Resample": {
        "orig_freq": [16000, 44100, 7], "new_freq": [16000, 22050, 2], "lowpass_filter_width": [6, 16],
        "resampling_method": ["sinc_interp_hann", "sinc_interp_kaiser"], "rolloff": [0.99, 0.5], "beta": [None, 5.0],
    },
    "MelScale": {"n_mels": [40, 10], "sample_rate": [16000, 11025], "f_min": [0.0, 50.0], "norm": [None, "slaney"]},
    "AmplitudeToDB": {"stype": ["power", "magnitude"], "top_db": [None, 80.0, 10.0]},
    "ComputeDeltas": {"win_length": [3, 5, 8], "mode": ["replicate", "constant", "reflect"]},
    "SlidingWindowCmn": {
        "cmn_window": [600, 10], "min_cmn_window": [100, 5], "center": [True, False], "norm_vars": [True, False],
    },
    "InverseSpectrogram": {},
}  # fmt: skip
KALDI = {
    "channel": [-1, 0, 1], "energy_floor": [1.0, 0.0, 1e5], "frame_length": [25.0, 20.0], "frame_shift": [10.0, 5.0],
    "preemphasis_coefficient": [0.97, 0.0], "raw_energy": [True, False], "remove_dc_offset": [True, False],
    "sample_frequency": [16000.0, 8000.0], "snip_edges": [True, False], "subtract_mean": [True, False],
    "window_type": ["povey", "hamming", "hanning", "rectangular", "blackman"],
}  # fmt: skip
KALDI_MEL = {
    **KALDI, "high_freq": [0.0, -200.0], "htk_compat": [True, False], "num_mel_bins": [23, 40], "use_energy": [True, False],
    "vtln_warp": [1.0, 0.9],
}  # fmt: skip
KALDIS = {
    "spectrogram": KALDI,
    "fbank": {**KALDI_MEL, "use_power": [True, False], "use_log_fbank": [True, False]},
    "mfcc": {**KALDI_MEL, "num_ceps": [13, 20], "cepstral_lifter": [22.0, 0.0]},
}


def draw(options, generator):
    """Some of the options, each with one of its values."""
    drawn = {}
    for name, values in options.items():
        if generator.random() < 0.5:
            drawn[name] = draw(values, generator) if isinstance(values, dict) else generator.choice(values)
    return drawn


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def given(name):
    if name == "MelScale":
        return (noise(2, 201, 9).abs(),)
    if name == "AmplitudeToDB":
        return (noise(2, 3, 40, 9).square(),)
    if name in ("ComputeDeltas", "SlidingWindowCmn"):
        return (noise(2, 30, 20),)
    if name == "InverseSpectrogram":
        return their_transforms.Spectrogram(power=None)(noise(2, 3000)), 3000
    return (noise(2, 3000),)


def parameters(function):
    return [(p.name, p.default, p.kind) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("name", OPTIONS)
def test_modules_have_torchaudios_signature_and_attributes(name):
    ours, theirs = getattr(tonearm.transforms, name), getattr(their_transforms, name)
    assert parameters(ours.__init__) == parameters(theirs.__init__)
    assert [p[:2] for p in parameters(ours.forward)] == [p[:2] for p in parameters(theirs.forward)]
    arguments = {"orig_freq": 3, "new_freq": 2} if name == "Resample" else {}
    ours, theirs = ours(**arguments), theirs(**arguments)
    assert repr(ours) == repr(theirs) and list(ours.state_dict()) == list(theirs.state_dict())
    for attribute, value in vars(theirs).items():
        if not attribute.startswith("_"):
            assert getattr(ours, attribute) == value, attribute


@pytest.mark.parametrize("name", sorted(set(tonearm.functional.__all__) & set(dir(their_functional))))
def test_functions_have_torchaudios_signature(name):
    assert parameters(getattr(tonearm.functional, name)) == parameters(getattr(their_functional, name))


@pytest.mark.parametrize("name", KALDIS)
def test_kaldis_have_torchaudios_signature(name):
    ours = parameters(getattr(kaldi, name))
    assert ours[:-1] == parameters(getattr(their_kaldi, name)) and ours[-1][0] == "dtype"


@pytest.mark.parametrize("name", OPTIONS)
def test_modules_have_torchaudios_numbers(name):
    generator = random.Random(1)
    for _ in range(DRAWS):
        options, arguments = draw(OPTIONS[name], generator), given(name)
        want = getattr(their_transforms, name)(**options)(*arguments)
        got = getattr(tonearm.transforms, name)(**options)(*arguments)
        assert got.shape == want.shape and got.dtype == want.dtype, options
        tolerance = 3e-4 if name in ("SlidingWindowCmn", "MFCC", "LFCC") else 3e-5
        assert float((got - want).abs().max()) <= tolerance * float(want.abs().max()), options


@pytest.mark.parametrize("name", KALDIS)
def test_kaldis_have_torchaudios_numbers(name):
    generator = random.Random(1)
    for _ in range(DRAWS):
        options, x = draw(KALDIS[name], generator), 3000 * noise(2, 6000).double()
        want, got = getattr(their_kaldi, name)(x, **options), getattr(kaldi, name)(x, **options)
        assert got.shape == want.shape, options
        # Their tables are partly float32; the logarithm of a bin that is near nothing has no bound.
        loud = want >= want.amax() - 15 if name == "spectrogram" else want == want
        assert float((got - want)[loud].abs().max()) <= 1e-4 * float(want.abs().max()), options
