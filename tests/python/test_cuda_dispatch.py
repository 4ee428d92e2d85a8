# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""What is done with CUDA tensors, without a device: the native layer is played by one that computes on the CPU at the
addresses it was given, and tensors in CPU memory pass for CUDA tensors. What the kernels compute is tested in tests/cuda.
"""

import ctypes
import functools
import os
import types

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
import tonearm.transforms as T
import test_ragged
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


class Batch:
    """Fields of tonearm_cuda_batch, as a kernel reads them."""

    def __init__(self, **fields):
        self.signals_per_item, self.dither_seed, self.out_row_stride, self.dither_seeds = 1, 0, 0, None
        self.in_offsets = self.lengths = self.out_offsets = None
        self.__dict__.update(fields)

    def signals(self):
        """Of each: samples, where its result goes, and the seed and number of its dither."""
        for i in range(self.num_signals):
            start = i * self.in_stride if self.in_offsets is None else self.in_offsets[i]
            count = self.num_samples if self.lengths is None else self.lengths[i]
            size = 2 if self.in_type == _native.INT16 else 4
            out = i * self.out_stride if self.out_offsets is None else self.out_offsets[i]
            if self.dither_seeds is None:
                seed, number = self.dither_seed, i
            else:
                seed, number = self.dither_seeds[i], i % self.signals_per_item
            yield samples_at(self.in_type, self.input + start * size, count), self.output + 4 * out, seed, number


class Device:
    """What the native module has for devices, and a log of its calls."""

    CudaBatch = Batch
    missing_frames = 0

    def __init__(self):
        self.examined, self.made, self.ran, self.uploaded = [], [], [], []

    def cuda_examine(self, device):
        self.examined.append(device)

    def __getattr__(self, name):
        return getattr(_native, name)  # what has nothing to do with devices

    def cuda_read(self, source, options, device, stream, allocate):
        assert (device, stream) == (3, STREAM)
        audio = _native.read(source, options)
        samples = torch.from_dlpack(audio.to_dlpack()) if audio.num_frames > 0 else torch.empty(audio.num_channels, 0)
        self.uploaded.append((samples.dtype, tuple(samples.shape)))
        claimed = audio.num_frames + self.missing_frames  # what a header promises
        address = allocate(audio.sample_type, audio.num_channels, claimed)
        for c, row in enumerate(samples):
            ctypes.memmove(address + c * claimed * row.element_size(), row.data_ptr(), row.nbytes)
        return audio

    def cuda_upload(self, device, stream, source, in_pitch, target, out_pitch, row_bytes, num_rows):
        assert (device, stream) == (3, STREAM)
        self.uploaded.append((row_bytes, num_rows))
        for r in range(num_rows):
            ctypes.memmove(target + r * out_pitch, source + r * in_pitch, row_bytes)

    def CudaResampler(self, plan, device):
        self.made.append(plan)

        def run(batch, stream):
            self.ran.append((batch.in_type, batch.num_signals, stream))
            for x, out, _, _ in batch.signals():
                plan.run(_native.FLOAT32, 1, x.data_ptr(), len(x), out, plan.length(len(x)))

        return types.SimpleNamespace(run=run)

    def CudaFeatures(self, plan, device):
        self.made.append(plan)

        def run(batch, workspace, size, stream):
            self.ran.append((batch.in_type, batch.num_signals, stream))
            assert size == 48 and workspace != 0
            ctypes.memset(workspace, 1, size)  # ours to write
            signals = list(batch.signals())
            for begin in range(0, len(signals), batch.signals_per_item):
                item = signals[begin : begin + batch.signals_per_item]
                compute(plan, batch, item)

        def compute(plan, batch, item):
            """All signals of an item, which share decibels' maximum; those before them, too, where noise counts them."""
            lengths = {len(x) for x, _, _, _ in item}
            assert len(lengths) == 1  # what the callers of these tests put into an item
            before = item[0][3]
            x = torch.stack([item[0][0]] * before + [x for x, _, _, _ in item])
            windows = plan.num_windows(x.shape[1])
            got = torch.full((len(x), plan.num_values * windows), torch.nan)
            per_item = 1 if before else len(x)
            plan.run(
                _native.FLOAT32, len(x), per_item, x.data_ptr(), x.shape[1], got.data_ptr(), windows,
                dither_seed=item[0][2],
            )  # fmt: skip
            for (_, out, _, _), values in zip(item, got[before:]):
                row = values.numel() if batch.out_row_stride == 0 else windows * complex_width(plan)
                stride = batch.out_row_stride or row
                for r, part in enumerate(values.split(row)):
                    floats_at(out + 4 * r * stride, row).copy_(part)

        def complex_width(plan):
            return 2 if plan.num_values == 402 else 1  # of Spectrogram(power=None), by default

        return types.SimpleNamespace(run=run, workspace=lambda batch: 48)


@pytest.fixture
def device(monkeypatch):
    device = Device()
    monkeypatch.setattr(_cuda, "is_cuda", lambda tensor: True)
    monkeypatch.setattr(_cuda, "HAS_KERNELS", True)
    monkeypatch.setattr(_cuda, "native", lambda: device)
    monkeypatch.setattr(_cuda, "ordinal_of", lambda device: 3)
    monkeypatch.setattr(_cuda, "stream_of", lambda device: STREAM)
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


def test_a_new_seed_is_no_new_plan(device):
    x = noise(1, 4000)
    torch.manual_seed(5)
    got = [compliance.kaldi.fbank(x, dither=1.0) for _ in range(3)]
    assert len(device.made) == 1 and not torch.equal(got[0], got[1])


def test_signals_are_read_where_they_stand(device):
    x = noise(3, 9000)[:, 100:5100]
    want = F.whisper_log_mel(x.clone())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.Tensor, "contiguous", None)
        assert torch.equal(F.whisper_log_mel(x), want)
    assert torch.equal(F.whisper_log_mel(x[:, ::2]), F.whisper_log_mel(x[:, ::2].clone()))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", CALLS)
def test_halves_are_the_kernels_in_float32_and_rounded(name, dtype, device):
    call, x = CALLS[name], noise(2, 2, 5000).to(dtype)
    got = call(x)
    assert [sample_type for sample_type, _, _ in device.ran] == [_native.FLOAT32]
    want = call(x.float())
    assert torch.equal(got, want if want.is_complex() else want.to(dtype))


RAGGED = {
    **test_ragged.CALLS,
    "dithered": (T.KaldiFbank(dither=1.0), -2),
    "dithered, all": (functools.partial(compliance.kaldi.mfcc, channel=None, dither=1.0), -2),
    "nemo_log_mel": (lambda x: F.nemo_log_mel(x, pad_to=0)[0], -1),
}
#: Kernels of a call; a function of ours launches each once for all waveforms, another one for each.
LAUNCHES = {"wav2vec2_normalize": 0, "chain": 2}
NOT_OURS = ["nemo_log_mel"]


def one_by_one(call, waveforms):
    torch.manual_seed(5)
    return [call(waveform.clone()) for waveform in waveforms]


def ragged_and_wanted(call, device):
    """Waveforms and call's result of each; the device has run nothing, and the generator is where it was before."""
    waveforms = [noise(2, 9000)[:, :length] for length in test_ragged.LENGTHS]
    want = one_by_one(call, waveforms)
    device.ran.clear()
    torch.manual_seed(5)
    return waveforms, want


@pytest.mark.parametrize("name", RAGGED)
def test_waveforms_of_a_list_are_one_launch(name, device):
    call, _ = RAGGED[name]
    waveforms, want = ragged_and_wanted(call, device)
    got = F.map_ragged(call, waveforms)
    assert len(got) == len(want) and all(torch.equal(a, b) for a, b in zip(got, want))
    each = LAUNCHES.get(name, 1)
    assert len(device.ran) == (len(waveforms) * each if name in NOT_OURS else each)
    state = torch.get_rng_state()
    one_by_one(call, waveforms)
    assert torch.equal(torch.get_rng_state(), state)  # as many numbers were drawn


@pytest.mark.parametrize("name", RAGGED)
def test_waveforms_of_a_padded_batch_are_one_launch(name, device):
    call, time_dim = RAGGED[name]
    waveforms, want = ragged_and_wanted(call, device)
    got, sizes = F.map_ragged(call, test_ragged.padded(waveforms), test_ragged.LENGTHS, time_dim=time_dim)
    each = LAUNCHES.get(name, 1)
    assert len(device.ran) == (len(waveforms) * each if name in NOT_OURS else each)
    for row, size, one in zip(got, sizes.tolist(), want):
        assert torch.equal(row.narrow(time_dim, 0, size), one)
        assert not row.narrow(time_dim, size, row.shape[time_dim] - size).any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16], ids=str)
def test_functions_that_go_on_with_what_kernels_gave(dtype, device):
    waveforms = [noise(2, 9000)[:, :length].to(dtype) for length in test_ragged.LENGTHS]
    for call in (F.nemo_log_mel, T.NemoLogMel(), T.WhisperLogMel(), T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40})):
        want = one_by_one(call, waveforms)
        device.ran.clear()
        got = F.map_ragged(call, waveforms)
        assert len(device.ran) == 1
        for a, b in zip(got, want):
            a, b = (a, b) if isinstance(a, tuple) else ((a,), (b,))
            assert all(torch.equal(x, y) for x, y in zip(a, b))


def test_kernels_write_a_padded_batch_themselves(device, monkeypatch):
    monkeypatch.setattr(torch.nn.functional, "pad", None)
    for name in ("resample", "Spectrogram", "complex", "whisper_log_mel", "speechbrain_fbank", "kaldi.fbank"):
        call, time_dim = RAGGED[name]
        F.map_ragged(call, noise(3, 2, 4000), [4000, 400, 399 + 200], time_dim=time_dim)


def test_what_a_function_leaves_as_it_is_may_be_rows_of_the_input(device):
    batch = torch.full((2, 50), torch.nan)
    batch[0, :20], batch[1, :30] = 1, 2
    got, sizes = F.map_ragged(functools.partial(F.resample, orig_freq=8000, new_freq=8000), batch, [20, 30])
    assert got.shape == (2, 30) and not got[0, 20:].any() and sizes.tolist() == [20, 30]


def test_gradients_of_waveforms_that_go_together(device):
    x = [noise(1, 300).requires_grad_(), noise(1, 200).requires_grad_()]
    for got in F.map_ragged(T.Resample(3, 2), x):
        got.sum().backward()
    want = [w.detach().clone().requires_grad_() for w in x]
    for w in want:
        T.Resample(3, 2)(w).sum().backward()
    assert all(torch.equal(a.grad, b.grad) for a, b in zip(x, want))


def test_channels_that_differ_are_a_launch_each(device):
    call, waveforms = T.MFCC(n_mfcc=13, melkwargs={"n_mels": 40}), [noise(2, 5000), noise(1, 4000), noise(2, 3000)]
    want = one_by_one(call, waveforms)
    device.ran.clear()
    assert all(torch.equal(a, b) for a, b in zip(F.map_ragged(call, waveforms), want))
    assert sorted(signals for _, signals, _ in device.ran) == [1, 4]


def test_a_module_with_hooks_is_called_once_for_each(device):
    module, seen = T.MelSpectrogram(n_mels=40), []
    module.register_forward_pre_hook(lambda module, inputs: seen.append(inputs))
    F.map_ragged(module, [noise(1, 3000), noise(1, 2000)])
    assert len(seen) == 2 and len(device.ran) == 2


def test_an_error_names_the_waveform_and_leaves_nothing_behind(device):
    with pytest.raises(tonearm.InvalidArgumentError, match=r"window size 400(.|\n)*at waveform 1 of 3"):
        F.map_ragged(compliance.kaldi.fbank, [noise(1, 4000), noise(1, 300), noise(1, 4000)])
    assert not device.ran
    compliance.kaldi.fbank(noise(1, 4000))
    assert len(device.ran) == 1


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
    """read() and read_batch() take the CPU for a CUDA device."""
    monkeypatch.setattr(_upload, "native", lambda: device)
    for module in (_read, _batch):
        monkeypatch.setattr(module, "cuda_device", lambda device: None if device is None else torch.device("cpu"))
    return device


WAVES = {
    "s16": (make_wav(((noise(6000) * 9000).int().tolist(), (noise(6000, seed=2) * 9000).int().tolist())), torch.int16),
    "u8": (make_wav(([200, 10] * 800,), bits=8, pack="B"), torch.float32),
    "f32": (make_wav((noise(2000).tolist(),), tag=3, bits=32, pack="f"), torch.float32),
    "short": (make_wav(([1, -2, 3] * 300, [4, 5, -6] * 300)), torch.int16),
    "s8k": (make_wav(((noise(3000, seed=3) * 9000).int().tolist(),), rate_hz=8000), torch.int16),
}


READS = [{}, {"sample_rate": 8000}, {"mono": True}, {"sample_rate": 44100, "mono": True}, {"dtype": "float16"}]


@pytest.mark.parametrize("options", READS, ids=str)
@pytest.mark.parametrize("name", WAVES)
def test_read_to_a_device(name, options, uploads):
    data, uploaded = WAVES[name]
    want = tonearm.read(data, **options)
    got = tonearm.read(data, device="cuda", **options)
    assert [dtype for dtype, _ in uploads.uploaded] == [uploaded]
    assert got.sample_rate == want.sample_rate and got.waveform.dtype == want.waveform.dtype
    assert torch.allclose(got.waveform, want.waveform, atol=1e-6)


def test_a_file_that_ended_early_gives_what_it_has(uploads):
    data, _ = WAVES["s16"]
    uploads.missing_frames = 1000
    for dtype in ("float32", "int16"):
        got = tonearm.read(data, device="cuda", dtype=dtype).waveform
        assert got.is_contiguous() and torch.equal(got, tonearm.read(data, dtype=dtype).waveform)


def test_what_a_device_cannot_give_is_its_own_error(uploads, monkeypatch):
    def empty(*shape, **options):
        raise torch.cuda.OutOfMemoryError("no more of it")

    monkeypatch.setattr(torch, "empty", empty)
    with pytest.raises(torch.cuda.OutOfMemoryError, match="no more of it"):
        tonearm.read(WAVES["s16"][0], device="cuda")


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


BATCHES = {
    "one kind": (["s16", "s16"], {}),
    "a failure": (["s16", None, "f32"], {}),
    "kinds": (["f32", "s16", "u8", "s16"], {}),
    "rates": (["s16", "s8k", "s16"], {"sample_rate": 11025}),
    "one of them has the rate": (["s16", "s8k", "s16", None], {"sample_rate": 8000}),
    "channels": (["s16", "s8k"], {"mono": True, "sample_rate": 16000}),
    "stereo": (["s16", "short", "s16"], {"mono": False}),
    "half": (["s16", "f32"], {"dtype": "float16"}),
    "integers": (["s16", "s16"], {"dtype": "int16", "mono": False}),
    "failures": ([None, None], {"sample_rate": 8000}),
    "nothing": ([], {}),
}


@pytest.mark.parametrize("pad", [True, False])
@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_to_a_device(name, pad, uploads):
    names, options = BATCHES[name]
    sources = [b"damaged" if name is None else WAVES[name][0] for name in names]
    want = tonearm.read_batch(sources, pad=pad, **options)
    got = tonearm.read_batch(sources, pad=pad, device="cuda", **options)
    assert torch.equal(got.lengths, want.lengths) and got.sample_rate == want.sample_rate
    assert list(got.errors) == list(want.errors) == [i for i, name in enumerate(names) if name is None]
    assert len(got.waveforms) == len(want.waveforms)
    for a, b in zip(got.waveforms, want.waveforms):
        assert a.shape == b.shape and a.dtype == b.dtype and torch.allclose(a, b, atol=1e-6)


def test_16_bit_files_of_a_batch_go_up_as_such(uploads):
    tonearm.read_batch([WAVES["s16"][0], WAVES["f32"][0]], device="cuda", sample_rate=8000)
    assert sorted(uploads.uploaded) == [(2000 * 4, 1), (6000 * 2, 2)]  # 16 bits and 32, before anything is mixed
    # Both kinds are one kernel each: the mix of the stereo file is float32, too, but of another rate than the mono's.
    assert len(uploads.ran) == 2


def test_files_of_a_batch_are_resampled_in_one_launch(uploads):
    tonearm.read_batch([WAVES["s16"][0]] * 5, device="cuda", sample_rate=8000)
    assert [signals for _, signals, _ in uploads.ran] == [5]
    tonearm.read_batch([WAVES["s8k"][0]] * 5, device="cuda", sample_rate=8000)
    assert len(uploads.ran) == 1  # they have that rate


def test_a_batch_whose_rates_or_channels_differ_is_refused(uploads):
    sources = [WAVES["s16"][0], WAVES["s8k"][0]]
    with pytest.raises(ValueError, match=r"\[8000, 16000\].*sample_rate"):
        tonearm.read_batch(sources, device="cuda")
    with pytest.raises(ValueError, match=r"\[1, 2\].*mono"):
        tonearm.read_batch(sources, device="cuda", sample_rate=8000, mono=False)
    assert not uploads.uploaded


def test_read_to_no_device_of_this_machine(wav_path):
    assert tonearm.read(wav_path, device="cpu").waveform.device.type == "cpu"
    with pytest.raises(tonearm.InvalidArgumentError, match="cpu or cuda|not one that audio") as caught:
        tonearm.read(wav_path, device="meta")
    assert caught.value.subject == "device"
    if not torch.cuda.is_available():
        options = _native.Options()
        with pytest.raises(tonearm.MissingDependencyError, match="CUDA device 0"):
            _native.cuda_read(_native.Source.from_path(os.fsencode(wav_path)), options, 0, 0, lambda *_: 1 / 0)
        with pytest.raises(tonearm.MissingDependencyError, match="CUDA device 0"):
            _native.cuda_upload(0, 0, 64, 1, 64, 1, 1, 1)
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
