# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""torch.ops.tonearm: graphs, transforms and autocast give what eager calls give, and gradients are right."""

import pathlib
import re

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from tonearm import _ops, compliance

if not _ops.HAS_OPERATORS:
    pytest.skip("graphs of operators came with torch 2.4", allow_module_level=True)

ops = torch.ops.tonearm


def noise(*shape, dtype=torch.float32, seed=1):
    return (0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))).to(dtype)


def first(result):
    return result[0] if isinstance(result, tuple) else result


#: What a user compiles, and the operator that has to stand in the graph.
CALLS = {
    "Resample": (T.Resample(44100, 16000), "resample"),
    "Spectrogram": (T.Spectrogram(power=1.0, normalized=True), "spectral_features"),
    "complex": (T.Spectrogram(power=None), "spectral_features"),
    "MelSpectrogram": (T.MelSpectrogram(n_mels=40), "spectral_features"),
    "MFCC": (T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}), "spectral_features"),
    "LFCC": (T.LFCC(n_filter=40, n_lfcc=13, log_lf=True), "spectral_features"),
    "WhisperLogMel": (T.WhisperLogMel(), "whisper_log_mel"),
    "NemoLogMel": (T.NemoLogMel(), "spectral_features"),
    "LibrosaMelSpectrogram": (T.LibrosaMelSpectrogram(decibels=True), "spectral_features"),
    "SpeechBrainFbank": (T.SpeechBrainFbank(), "spectral_features"),
    "nemo_log_mel": (F.nemo_log_mel, "spectral_features"),
    "kaldi.fbank": (lambda x: compliance.kaldi.fbank(x[0]), "kaldi_features"),
    "kaldi.mfcc": (lambda x: compliance.kaldi.mfcc(x[0], snip_edges=False, use_energy=True), "kaldi_features"),
    "kaldi.spectrogram": (lambda x: compliance.kaldi.spectrogram(x[0]), "kaldi_features"),
}
HAVE_GRADIENTS = [name for name in CALLS if not name.startswith("kaldi")]


class Wrapped(torch.nn.Module):
    def __init__(self, call):
        super().__init__()
        self.call = call

    def forward(self, x):
        return self.call(x)


@pytest.fixture(autouse=True)
def fresh_dynamo():
    torch._dynamo.reset()


@pytest.fixture(autouse=True, scope="module")
def one_thread():  # small tensors, many calls: threads would only wait for each other
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", CALLS)
def test_compiled_calls_are_one_operator(name):
    (call, operator), x, targets = CALLS[name], noise(2, 2, 6000), []

    def backend(graph, inputs):
        targets.extend(str(node.target) for node in graph.graph.nodes)
        return graph.forward

    for length in (6000, 5000):  # the second with symbolic shapes
        part = x[..., :length]
        assert torch.equal(first(torch.compile(call, fullgraph=True, backend=backend)(part)), first(call(part)))
    assert f"tonearm.{operator}" in " ".join(targets) and "stft" not in " ".join(targets)


@pytest.mark.parametrize("name", CALLS)
def test_exported_programs_hold_the_operator(name):
    (call, operator), x = CALLS[name], noise(2, 2, 6000)
    program = torch.export.export(Wrapped(call), (x,))
    assert f"tonearm.{operator}.default" in [str(node.target) for node in program.graph.nodes]
    assert torch.equal(first(program.module()(x)), first(call(x)))


@pytest.mark.parametrize("name", CALLS)
def test_traces_hold_the_operator(name):
    (call, operator), x = CALLS[name], noise(2, 2, 6000)
    traced = torch.jit.trace(call, (x,), check_trace=False)
    assert f"tonearm::{operator}" in str(traced.graph) and torch.equal(first(traced(x)), first(call(x)))


def test_a_loaded_kernel_is_used_in_graphs_too():
    module, x = T.Resample(3, 2), noise(600)
    module.load_state_dict({"kernel": module.kernel.roll(3, 2)})
    want = module(x)
    assert torch.allclose(torch.compile(module, fullgraph=True, backend="eager")(x), want, atol=1e-6)
    assert torch.allclose(torch.export.export(module, (x,)).module()(x), want, atol=1e-6)


@pytest.mark.parametrize("name", CALLS)
def test_inference_mode_and_autocast_change_nothing(name):
    call, x = CALLS[name][0], noise(2, 2, 6000)
    want = first(call(x))
    with torch.inference_mode():
        assert torch.equal(first(call(x)), want)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(first(call(x)), want)
        if name in HAVE_GRADIENTS:  # by torch's operations, some of which autocast would run in bfloat16
            by_torch = first(call(x.clone().requires_grad_())).detach()
            assert by_torch.dtype == want.dtype
            assert float((by_torch - want).abs().max()) <= 1e-4 * float(want.abs().max())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", CALLS)
def test_half_precision_is_computed_in_float32(name, dtype):
    call, x = CALLS[name][0], noise(2, 2, 6000).to(dtype)
    want = first(call(x.float()))
    assert torch.equal(first(call(x)), want if want.is_complex() else want.to(dtype))


@pytest.mark.parametrize("call", [F.whisper_log_mel, T.NemoLogMel(dtype=torch.float16), T.KaldiFbank(dtype=torch.float16)])
def test_graphs_take_16_bit_audio(call):
    x = (noise(2, 6000) * 32768).to(torch.int16)
    want = first(call(x))
    assert torch.equal(first(torch.compile(call, fullgraph=True, backend="eager")(x)), want)
    assert torch.equal(first(torch.export.export(Wrapped(call), (x,)).module()(x)), want)


@pytest.mark.parametrize("name", HAVE_GRADIENTS)
def test_vmap_is_a_loop(name):
    call, x = CALLS[name][0], noise(3, 4000)
    want = torch.stack([first(call(row)) for row in x])
    assert torch.equal(torch.func.vmap(lambda row: first(call(row)))(x), want)
    assert torch.equal(torch.func.vmap(lambda row: first(call(row)), in_dims=1)(x.t().contiguous()), want)


def test_vmap_over_windows_is_a_loop():
    x, windows = noise(2, 700), torch.rand(3, 64, generator=torch.Generator().manual_seed(1))
    call = lambda window: F.spectrogram(x, 0, window, 64, 32, 64, 2.0, False)
    assert torch.equal(torch.func.vmap(call)(windows), torch.stack([call(window) for window in windows]))


@pytest.mark.parametrize("name", HAVE_GRADIENTS)
def test_gradients_are_the_same_on_all_ways(name):
    call, x = CALLS[name][0], noise(2, 3000)

    def loss(wave):
        return first(call(wave)).abs().sum()

    def gradient(function):
        wave = x.clone().requires_grad_()
        function(wave).backward()
        return wave.grad

    want = gradient(loss)
    assert float((torch.func.grad(loss)(x) - want).abs().max()) <= 1e-4 * float(want.abs().max())
    compiled = gradient(torch.compile(loss, fullgraph=True, backend="aot_eager"))
    assert float((compiled - want).abs().max()) <= 1e-4 * float(want.abs().max())


WINDOW = torch.hann_window(64, dtype=torch.float64)
BANK = torch.rand(33, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
DCT = F.create_dct(5, 8, "ortho").double()
SPECTRUM = (64, 32, 0, 2.0, "none", True, "reflect")
OPERATORS = {
    "resample": (ops.resample, (7, 5)),
    "power": (ops.spectral_features, (WINDOW, None, None, *SPECTRUM, "none", 0.0, None)),
    "complex": (ops.spectral_features, (WINDOW, None, None, 64, 32, 0, None, "window", True, "reflect", "none", 0.0, None)),
    "mel": (ops.spectral_features, (WINDOW, BANK, None, *SPECTRUM, "none", 0.0, None)),
    "log mel": (ops.spectral_features, (WINDOW, BANK, None, *SPECTRUM, "ln", 1e-6, None)),
    "mfcc": (ops.spectral_features, (WINDOW, BANK, DCT, *SPECTRUM, "db", 1e-10, 80.0)),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_have_their_gradients(name):
    operator, arguments = OPERATORS[name]
    x = noise(1, 90, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda wave: operator(wave, *arguments), (x,), fast_mode=True)
    assert torch.autograd.gradgradcheck(lambda wave: operator(wave, *arguments), (x,), fast_mode=True)


def test_operators_have_gradients_of_tables():
    x = noise(1, 90, dtype=torch.float64)

    def call(window, bank):  # copies: gradcheck writes to its tensors unseen
        return ops.spectral_features(x, window.clone(), bank.clone(), DCT, *SPECTRUM, "ln", 1e-6, None)

    tables = WINDOW.clone().requires_grad_(), BANK.clone().requires_grad_()
    assert torch.autograd.gradcheck(call, tables, fast_mode=True)


def test_whisper_has_its_gradient():
    x = noise(1, 700, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(ops.whisper_log_mel, (x,), fast_mode=True)
    assert torch.autograd.gradcheck(F.whisper_log_mel, (x,), fast_mode=True)


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_keep_torchs_rules(name):
    """Schema, shapes without samples, gradients, symbolic shapes: by torch's own checks."""
    operator, arguments = OPERATORS[name]
    torch.library.opcheck(operator.default, (noise(2, 300, dtype=torch.float64).requires_grad_(), *arguments))


def test_operators_without_gradient_say_so():
    x = noise(1, 4000)
    given = [type(v)(v) for v in compliance.kaldi._DEFAULTS.values()]
    out = ops.kaldi_features(x.clone().requires_grad_(), "fbank", "povey", None, *given)
    with pytest.raises(tonearm.InvalidArgumentError, match="no gradient") as caught:
        out.sum().backward()
    assert caught.value.subject == "waveform"
    assert torch.equal(out, compliance.kaldi.fbank(x)[None])


def test_operators_refuse_other_types():
    with pytest.raises(TypeError, match="float32 or float64"):
        ops.resample(torch.ones(100, dtype=torch.int16), 3, 2)


def test_the_header_for_cpp_has_the_same_schemas():
    header = pathlib.Path(tonearm.__file__).parent / "include" / "tonearm" / "torch_ops.h"
    found = {}
    for definition in re.findall(r"library\.def\((.*?)\);", header.read_text(), re.DOTALL):
        text = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', definition)).replace('\\"', '"')
        name, schema = text.split("(", 1)
        found[name] = "(" + schema
    assert found == _ops.SCHEMAS
