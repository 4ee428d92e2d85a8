# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""CUDA tensors on a real device: the CPU's answers, the same bits again, on other streams and from graphs.

Skipped without a device; TONEARM_EXPECT=cuda makes its absence a failure of test_expected.py.
"""

import copy

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import test_ragged
from conftest import make_wav
from test_cuda_dispatch import CALLS, RAGGED, READS, WAVES, noise
from tonearm import _cuda

pytestmark = [
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
    pytest.mark.skipif(not _cuda.HAS_KERNELS, reason="this build of tonearm has no CUDA kernels"),
]

#: Relative L2 between two float32 evaluations; logarithms and decibels have larger values than errors.
TOLERANCE = 1e-5
#: What is launched and nothing else: no shape or value is fetched from the device.
CAPTURABLE = ["resample", "Resample", "Spectrogram", "complex", "MelSpectrogram", "MFCC", "LFCC", "whisper_log_mel"]


def on_device(name):
    call = CALLS[name]
    return copy.deepcopy(call).to("cuda") if isinstance(call, torch.nn.Module) else call


def difference(got, want):
    assert got.is_cuda and got.dtype == want.dtype and got.shape == want.shape
    return float((got.cpu() - want).norm() / want.norm())


@pytest.mark.parametrize("name", CALLS)
def test_the_answer_is_the_cpus_and_the_same_bits_again(name):
    call, x = on_device(name), noise(2, 2, 5000)
    got = call(x.cuda())
    assert difference(got, CALLS[name](x)) < TOLERANCE
    assert torch.equal(call(x.cuda()), got)


@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_stream_is_worked_on_in_its_order(name):
    call, x = on_device(name), noise(2, 2, 5000).cuda()
    want = call(x)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        late = torch.zeros_like(x)
        torch.cuda._sleep(200_000_000)  # 0.1 s: a kernel on another stream would read the zeros
        late.copy_(x)
        got = call(late)
    stream.synchronize()
    assert torch.equal(got, want)


@pytest.mark.parametrize("name", CAPTURABLE)
def test_a_graph_computes_what_its_input_holds_when_it_runs(name):
    call, x, other = on_device(name), noise(2, 2, 5000).cuda(), noise(2, 2, 5000, seed=2).cuda()
    want = call(other)  # warmed up: the plan's tables are there
    graph, held = torch.cuda.CUDAGraph(), x.clone()
    with torch.cuda.graph(graph):
        out = call(held)
    held.copy_(other)
    graph.replay()
    torch.cuda.synchronize()
    assert torch.equal(out, want)


@pytest.mark.parametrize("name", RAGGED)
def test_waveforms_that_go_together_are_those_alone(name):
    call, time_dim = RAGGED[name]
    call = copy.deepcopy(call).to("cuda") if isinstance(call, torch.nn.Module) else call
    waveforms = [noise(2, 9000)[:, :length] for length in test_ragged.LENGTHS]
    batch = test_ragged.padded(waveforms).cuda()
    torch.manual_seed(5)
    want = [call(waveform.cuda()) for waveform in waveforms]
    torch.manual_seed(5)
    got = F.map_ragged(call, [waveform.cuda() for waveform in waveforms])
    assert all(torch.equal(a, b) for a, b in zip(got, want))
    torch.manual_seed(5)
    got, sizes = F.map_ragged(call, batch, test_ragged.LENGTHS, time_dim=time_dim)
    for row, size, one in zip(got, sizes.tolist(), want):
        assert torch.equal(row.narrow(time_dim, 0, size), one)
        assert not row.narrow(time_dim, size, row.shape[time_dim] - size).any()


def test_the_gradient_of_resampling_is_the_cpus():
    x = noise(2, 3000)
    gradients = []
    for leaf in (x.cuda().requires_grad_(), x.clone().requires_grad_()):
        F.resample(leaf, 44100, 16000).square().sum().backward()
        gradients.append(leaf.grad)
    assert difference(*gradients) < TOLERANCE


@pytest.mark.parametrize("options", READS, ids=str)
@pytest.mark.parametrize("name", WAVES)
def test_read_to_the_device(name, options):
    data, _ = WAVES[name]
    want = tonearm.read(data, **options)
    got = tonearm.read(data, device="cuda", **options)
    assert got.sample_rate == want.sample_rate and got.waveform.is_cuda and got.waveform.dtype == want.waveform.dtype
    # One step of float16 where it was asked for.
    assert torch.allclose(got.waveform.cpu(), want.waveform, atol=1e-6, rtol=1e-3 if "dtype" in options else 0)


@pytest.mark.parametrize("missing", [0, 1000])
def test_a_file_of_many_slots_is_the_cpus(missing):
    samples = (20000 * noise(2, 8_000_000)).clamp(-32768, 32767).short()  # 32 MB: the ring of slots goes round
    data = make_wav(([0], [0]))[:-4] + samples.T.contiguous().numpy().tobytes()
    data = bytearray(data)
    data[40:44] = (4 * (8_000_000 + missing)).to_bytes(4, "little")
    want = tonearm.read(bytes(data))
    for _ in range(2):  # by another ring, and by one that was used
        got = tonearm.read(bytes(data), device="cuda")
        assert torch.equal(got.waveform.cpu(), want.waveform) and got.warnings == want.warnings


def test_reading_is_in_the_order_of_the_stream():
    data, _ = WAVES["s16"]
    want = tonearm.read(data, dtype="int16").waveform
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        before = torch.empty(want.shape, dtype=torch.int16, device="cuda")
        torch.cuda._sleep(200_000_000)  # 0.1 s, and then what would spoil memory that is handed out again
        before.fill_(-7)
        address = before.data_ptr()
        del before
        got = tonearm.read(data, dtype="int16", device="cuda").waveform
        assert got.data_ptr() == address  # the allocator hands out what was just freed
        copy = got.clone()
    stream.synchronize()
    assert torch.equal(copy.cpu(), want)


@pytest.mark.parametrize("options", [{}, {"sample_rate": 8000}, {"dtype": "float16"}], ids=str)
@pytest.mark.parametrize("pad", [True, False])
def test_batches_of_all_kinds_to_the_device(pad, options):
    sources = [data for data, _ in WAVES.values() if "sample_rate" in options or data is not WAVES["s8k"][0]]
    want = tonearm.read_batch(sources, pad=pad, **options)
    got = tonearm.read_batch(sources, pad=pad, device="cuda", **options)
    assert torch.equal(got.lengths, want.lengths) and got.sample_rate == want.sample_rate
    for a, b in zip(got.waveforms, want.waveforms):
        assert a.is_cuda and a.dtype == b.dtype and torch.allclose(a.cpu(), b, atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize("pad", [True, False])
def test_a_batch_to_the_device(pad):
    sources = [WAVES["s16"][0], WAVES["f32"][0]]
    want = tonearm.read_batch(sources, pad=pad)
    got = tonearm.read_batch(sources, pad=pad, device="cuda")
    assert torch.equal(got.lengths, want.lengths)
    assert all(a.is_cuda and torch.equal(a.cpu(), b) for a, b in zip(got.waveforms, want.waveforms))
