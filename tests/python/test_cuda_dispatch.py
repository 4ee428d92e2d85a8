# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is done with CUDA tensors, without a device: the native layer is played by one that computes on the CPU at the
addresses it was given, and tensors in CPU memory pass for CUDA tensors. What the kernels compute is tested in tests/cuda.
"""

import ctypes
import types

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
from conftest import make_wav
from tonearm import _batch, _cuda, _native, _read, _upload, compliance

STREAM = 77


def noise(*shape, seed=1):
    return 0.2 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def floats_at(address, count):
    return torch.frombuffer((ctypes.c_float * count).from_address(address), dtype=torch.float32)


def samples_at(sample_type, address, count):
    """As a kernel reads them."""
    if sample_type == _native.FLOAT32:
        return floats_at(address, count).clone()
    assert sample_type == _native.INT16
    return torch.frombuffer((ctypes.c_int16 * count).from_address(address), dtype=torch.int16) / 32768


class Device:
    """What the native module has for devices, and a log of its calls."""

    INT16, FLOAT32 = _native.INT16, _native.FLOAT32

    def __init__(self):
        self.examined, self.made, self.ran = [], [], []

    def cuda_examine(self, device):
        self.examined.append(device)

    def CudaResampler(self, plan, device):
        self.made.append(plan)

        def run(sample_type, signals, address, samples, out, out_stride, stream):
            self.ran.append((sample_type, signals, stream))
            x = samples_at(sample_type, address, signals * samples)
            plan.run(_native.FLOAT32, signals, x.data_ptr(), samples, out, plan.length(samples))
            assert out_stride == plan.length(samples)

        return types.SimpleNamespace(run=run)

    def CudaFeatures(self, plan, device):
        self.made.append(plan)

        def run(sample_type, signals, per_item, address, samples, out, out_stride, workspace, size, stream):
            self.ran.append((sample_type, signals, stream))
            assert size == 48 and workspace != 0
            ctypes.memset(workspace, 1, size)  # ours to write
            windows = plan.num_windows(samples)
            assert out_stride == windows * plan.num_values
            plan.run(_native.FLOAT32, signals, per_item, address, samples, out, windows)

        return types.SimpleNamespace(run=run, workspace=lambda *shape: 48)


@pytest.fixture
def device(monkeypatch):
    device = Device()
    monkeypatch.setattr(_cuda, "is_cuda", lambda tensor: True)
    monkeypatch.setattr(_cuda, "HAS_KERNELS", True)
    monkeypatch.setattr(_cuda, "native", lambda: device)
    monkeypatch.setattr(_cuda, "_ordinal", lambda device: 3)
    monkeypatch.setattr(_cuda, "_stream", lambda device: STREAM)
    monkeypatch.setattr(_cuda, "_twins", type(_cuda._twins)())
    return device


CALLS = {
    "resample": lambda x: F.resample(x, 44100, 16000),
    "Resample": T.Resample(3, 2, "hq"),
    "Spectrogram": T.Spectrogram(),
    "complex": T.Spectrogram(power=None),
    "MelSpectrogram": T.MelSpectrogram(n_mels=40),
    "MFCC": T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}),
    "LFCC": T.LFCC(n_filter=40, n_lfcc=13),
    "whisper_log_mel": F.whisper_log_mel,
    "nemo_log_mel": lambda x: F.nemo_log_mel(x)[0],
    "librosa_mel_spectrogram": lambda x: F.librosa_mel_spectrogram(x, decibels=True),
    "speechbrain_fbank": F.speechbrain_fbank,
    "kaldi.fbank": lambda x: compliance.kaldi.fbank(x[0]),
    "kaldi.mfcc": lambda x: compliance.kaldi.mfcc(x[0]),
}


@pytest.mark.parametrize("name", CALLS)
def test_float32_is_the_kernels(name, device, monkeypatch):
    call, x = CALLS[name], noise(2, 2, 5000)
    got = [call(x), call(x)]
    assert device.examined == [3] and len(device.made) == 1  # the plan of the first call serves the second
    assert len(device.ran) == 2 and {stream for _, _, stream in device.ran} == {STREAM}
    with monkeypatch.context() as patch:
        patch.setattr(_cuda, "is_cuda", lambda tensor: False)
        want = call(x)
    assert torch.equal(got[0], want) and torch.equal(got[1], want)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", CALLS)
def test_halves_are_the_kernels_in_float32_and_rounded(name, dtype, device):
    call, x = CALLS[name], noise(2, 2, 5000).to(dtype)
    got = call(x)
    assert [sample_type for sample_type, _, _ in device.ran] == [_native.FLOAT32]
    want = call(x.float())
    assert torch.equal(got, want if want.is_complex() else want.to(dtype))


def test_gradients_of_resampling_are_the_kernels(device):
    x = noise(1, 300).requires_grad_()
    F.resample(x, 3, 2).sum().backward()
    assert len(device.ran) == 2 and x.grad.isfinite().all()


def test_what_the_kernels_do_not_do_is_torchs(device):
    x = noise(2, 3000)
    assert F.resample(x.double(), 3, 2).dtype == torch.float64
    assert T.Spectrogram(n_fft=22 * 13)(x).shape == (2, 144, 21)  # 11 and 13 are no sizes of theirs
    assert T.Spectrogram(n_fft=256, onesided=False)(x).shape == (2, 256, 24)
    T.Spectrogram()(x.clone().requires_grad_()).sum().backward()
    assert not device.ran
    with pytest.raises(tonearm.InvalidArgumentError, match="on CUDA devices in float32"):
        compliance.kaldi.fbank(x.double())


def test_a_build_without_kernels_leaves_devices_to_torch(device, monkeypatch):
    monkeypatch.setattr(_cuda, "HAS_KERNELS", False)
    x = noise(2, 5000)
    F.resample(x, 3, 2)
    T.MelSpectrogram(n_mels=40)(x)
    F.whisper_log_mel(x)
    assert not device.ran and not device.examined
    with pytest.raises(tonearm.InvalidArgumentError, match="waveform"):
        compliance.kaldi.fbank(x)


@pytest.mark.parametrize("n_fft", [1, 7, 8, 11, 400, 2048, 8192, 8400])
def test_sizes_of_the_kernels(n_fft):
    assert _cuda.has_kernel_for(n_fft) == (n_fft in (8, 400, 2048, 8192))


@pytest.mark.parametrize("name", CALLS)
def test_a_device_that_cannot_work_is_refused(name, device, monkeypatch):
    def examine(ordinal):
        raise tonearm.MissingDependencyError("no driver", finding={"row": "cuda-no-driver"})

    monkeypatch.setattr(device, "cuda_examine", examine)
    with pytest.raises(tonearm.MissingDependencyError) as caught:
        CALLS[name](noise(2, 2, 5000))
    assert caught.value.finding == {"row": "cuda-no-driver"} and not device.ran


def test_tables_on_another_device_are_named():
    with pytest.raises(tonearm.InvalidArgumentError, match=r"window is on cpu, waveform on meta.*\n.*\.to\('meta'\)"):
        T.Spectrogram()(torch.empty(2, 3000, device="meta"))


def test_graphs_of_cuda_tensors_hold_operators(monkeypatch):
    if not hasattr(torch.library, "register_autograd"):
        pytest.skip("graphs of operators came with torch 2.4")
    monkeypatch.setattr(_cuda, "HAS_KERNELS", True)
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        x = torch.empty(2, 44100, device="cuda")
        assert F.resample(x, 44100, 16000).shape == (2, 16000)
        assert F.whisper_log_mel(x).device.type == "cuda"


@pytest.fixture
def uploads(device, monkeypatch):
    """read() takes the CPU for a CUDA device; the types that went up."""
    seen = []

    def to_device(waveform, target):
        seen.append(waveform.dtype)
        return waveform.clone()

    monkeypatch.setattr(_read, "cuda_device", lambda device: device)
    monkeypatch.setattr(_read, "to_device", to_device)
    return seen


WAVES = {
    "s16": (make_wav(((noise(6000) * 9000).int().tolist(), (noise(6000, seed=2) * 9000).int().tolist())), torch.int16),
    "u8": (make_wav(([200, 10] * 800,), bits=8, pack="B"), torch.float32),
    "f32": (make_wav((noise(2000).tolist(),), tag=3, bits=32, pack="f"), torch.float32),
}


READS = [{}, {"sample_rate": 8000}, {"mono": True}, {"sample_rate": 44100, "mono": True}, {"dtype": "float16"}]


@pytest.mark.parametrize("options", READS, ids=str)
@pytest.mark.parametrize("name", WAVES)
def test_read_to_a_device(name, options, uploads):
    data, uploaded = WAVES[name]
    want = tonearm.read(data, **options)
    got = tonearm.read(data, device="cuda", **options)
    assert uploads == [uploaded]
    assert got.sample_rate == want.sample_rate and got.waveform.dtype == want.waveform.dtype
    assert torch.allclose(got.waveform, want.waveform, atol=1e-6)


def test_torchs_default_type_is_not_the_mixs(uploads):
    data, _ = WAVES["s16"]
    want = tonearm.read(data, mono=True, sample_rate=8000).waveform
    torch.set_default_dtype(torch.float64)
    try:
        got = tonearm.read(data, device="cuda", mono=True, sample_rate=8000).waveform
    finally:
        torch.set_default_dtype(torch.float32)
    assert got.dtype == torch.float32 and torch.allclose(got, want, atol=1e-6)


def test_read_to_a_device_in_a_files_own_type(uploads):
    data, _ = WAVES["s16"]
    assert torch.equal(tonearm.read(data, device="cuda", dtype="int16").waveform, tonearm.read(data, dtype="int16").waveform)
    with pytest.raises(tonearm.InvalidArgumentError, match="sample_type"):
        tonearm.read(data, device="cuda", dtype="int16", sample_rate=8000)


@pytest.mark.parametrize("pad", [True, False])
def test_a_batch_goes_up_when_it_is_whole(pad, monkeypatch):
    uploaded = []

    def upload(pinned, target):
        uploaded.append(tuple(pinned.shape))
        return pinned.clone()

    zeros, empty = torch.zeros, torch.empty  # page-locked memory wants a driver
    monkeypatch.setattr(torch, "zeros", lambda *shape, pin_memory=False, **options: zeros(*shape, **options))
    monkeypatch.setattr(torch, "empty", lambda *shape, pin_memory=False, **options: empty(*shape, **options))
    monkeypatch.setattr(_batch, "cuda_device", lambda device: device)
    monkeypatch.setattr(_batch, "upload", upload)
    monkeypatch.setattr(_upload, "upload", upload)
    sources = [WAVES["s16"][0], b"damaged", WAVES["f32"][0]]
    want = tonearm.read_batch(sources, pad=pad)
    got = tonearm.read_batch(sources, pad=pad, device="cuda")
    assert uploaded == ([(3, 1, 6000)] if pad else [(1, 6000), (1, 0), (1, 2000)])
    assert all(torch.equal(a, b) for a, b in zip(got.waveforms, want.waveforms))
    assert torch.equal(got.lengths, want.lengths) and list(got.errors) == [1]


def test_read_to_no_device_of_this_machine(wav_path):
    assert tonearm.read(wav_path, device="cpu").waveform.device.type == "cpu"
    with pytest.raises(tonearm.InvalidArgumentError, match="cpu or cuda|not one that audio") as caught:
        tonearm.read(wav_path, device="meta")
    assert caught.value.subject == "device"
    if not torch.cuda.is_available():
        for read in (tonearm.read, lambda path, device: tonearm.read_batch([path], device=device)):
            with pytest.raises(tonearm.MissingDependencyError) as caught:
                read(wav_path, device="cuda")
            assert caught.value.next and "CUDA device 0" in str(caught.value)


def test_a_torch_that_does_not_see_the_device_is_named(monkeypatch):
    monkeypatch.setattr(_upload, "native", lambda: types.SimpleNamespace(cuda_examine=lambda device: None))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(tonearm.MissingDependencyError, match="this torch does not see it") as caught:
        _upload.cuda_device("cuda:0")
    assert caught.value.subject == "torch"
