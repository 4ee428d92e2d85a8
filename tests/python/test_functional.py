# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""tonearm.functional against float64 computations of the same definitions by torch's own operations."""

import math

import pytest

torch = pytest.importorskip("torch")

import tonearm
import tonearm.functional as F
from tonearm import compliance


def noise(*shape, dtype=torch.float32, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return (0.2 * torch.randn(*shape, generator=generator, dtype=torch.float32)).to(dtype)


def relative(got, want):
    return float((got.double() - want).norm() / want.norm())


def sinc_resample(x, orig, new, width=6, rolloff=0.99, beta=None):
    """The windowed sinc, output by output, in float64."""
    divisor = math.gcd(orig, new)
    o, n = orig // divisor, new // divisor
    base = min(o, n) * rolloff
    count = -(-n * x.shape[-1] // o)
    i = torch.arange(x.shape[-1], dtype=torch.float64)
    k = torch.arange(count, dtype=torch.float64)[:, None]
    t = base * (i / o - k / n)
    inside = t.abs() < width
    if beta is None:
        window = torch.cos(math.pi * t / 2 / width) ** 2
    else:
        beta = torch.tensor(beta, dtype=torch.float64)
        window = torch.i0(beta * torch.sqrt((1 - (t / width) ** 2).clamp(min=0))) / torch.i0(beta)
    weights = torch.where(inside, torch.sinc(t) * window, torch.zeros_like(t)) * base / o
    return x.double() @ weights.T


@pytest.mark.parametrize("rates", [(44100, 16000), (16000, 44100), (48000, 16000), (44101, 16000), (3, 2)])
@pytest.mark.parametrize("options", [{}, {"resampling_method": "sinc_interp_kaiser", "lowpass_filter_width": 16}])
def test_resample_is_the_windowed_sinc(rates, options):
    x = noise(2, 3, 700)
    beta = 14.769656459379492 if options else None
    want = sinc_resample(x, *rates, width=options.get("lowpass_filter_width", 6), beta=beta)
    got = F.resample(x, *rates, **options)
    assert got.shape == want.shape and got.dtype == torch.float32
    assert relative(got, want) < 3e-7
    assert relative(F.resample(x.double(), *rates, **options), want) < 4e-7


def test_threads_change_no_bit():
    x, before = noise(4, 300_000), torch.get_num_threads()

    def compute():
        return F.resample(x, 44100, 16000), F.whisper_log_mel(x), compliance.kaldi.mfcc(x)

    try:
        torch.set_num_threads(1)
        one = compute()
        torch.set_num_threads(3)
        assert all(torch.equal(a, b) for a, b in zip(compute(), one))
    finally:
        torch.set_num_threads(before)


def test_resample_of_strided_input_is_that_of_its_copy():
    x = noise(500, 4).t()
    assert torch.equal(F.resample(x, 44100, 16000), F.resample(x.contiguous(), 44100, 16000))


def kaldi_resample(x, orig, new, cutoff, num_zeros):
    """Kaldi's LinearResample (feat/resample.cc) in float64: its ticks, its first indexes, its filter function."""
    tick = math.lcm(orig, new)
    interval, period = len(x) * (tick // orig), tick // new
    last = interval // period
    count = last if last * period == interval else last + 1  # the interval is open on the right
    reach = num_zeros / (2 * cutoff)
    y = torch.zeros(count, dtype=torch.float64)
    for k in range(count):
        at = k / new
        for i in range(max(0, math.ceil((at - reach) * orig)), min(len(x) - 1, math.floor((at + reach) * orig)) + 1):
            t = i / orig - at
            window = 0.5 * (1 + math.cos(2 * math.pi * cutoff / num_zeros * t)) if abs(t) < reach else 0
            y[k] += x[i] * window / orig * (math.sin(2 * math.pi * cutoff * t) / (math.pi * t) if t else 2 * cutoff)
    return y


@pytest.mark.parametrize("rates", [(44100, 16000), (16000, 44100), (8000, 16000), (44101, 16000)])
@pytest.mark.parametrize("length", [1, 2, 440, 441, 442])
def test_resample_waveform_is_kaldis(rates, length):
    x = noise(1, length)
    want = kaldi_resample(x[0].tolist(), *rates, 0.99 * 0.5 * min(rates), 6)
    got = compliance.kaldi.resample_waveform(x, *rates)
    assert got.shape == (1, len(want)) and relative(got[0], want) < 3e-7
    want = kaldi_resample(x[0].tolist(), *rates, 0.4 * min(rates), 16)
    assert relative(F.resample(x, *rates, lowpass_filter_width=16, rolloff=0.8)[0], want) < 3e-7


@pytest.mark.parametrize("method", ["sinc_interp_hann", "hq", "vhq"])
def test_resample_by_convolution_is_the_same(method):
    """The path of other devices and of torch.compile."""
    from tonearm.functional import _resample

    x = noise(2, 4000, dtype=torch.float64)
    design = _resample.make_design(44100, 16000, resampling_method=method)
    want = _resample.convolve(design, x, *_resample.make_kernel(design))
    assert relative(F.resample(x, 44100, 16000, resampling_method=method), want) < 1e-12


@pytest.mark.parametrize("rates", [(7, 5), (3, 8)])
def test_resample_has_its_exact_gradient(rates):
    x = noise(2, 40, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: F.resample(x, *rates), (x,))
    assert torch.autograd.gradgradcheck(lambda x: F.resample(x, *rates), (x,))


def test_resample_judges_its_arguments():
    x = noise(100)
    assert F.resample(x, 8000, 8000) is x
    with pytest.raises(ValueError, match="positive"):
        F.resample(x, 0, 8000)
    with pytest.raises(ValueError, match="Invalid resampling method"):
        F.resample(x, 2, 1, resampling_method="linear")
    with pytest.raises(tonearm.InvalidArgumentError, match="integers"):
        F.resample(x, 44100, 5512.5)
    with pytest.raises(TypeError, match="floating point"):
        F.resample(x.int(), 2, 1)
    with pytest.raises(tonearm.InvalidArgumentError) as caught:
        F.resample(x, 2, 1, rolloff=0.0)
    assert caught.value.subject == "rolloff"


def test_resample_of_nothing():
    assert F.resample(torch.empty(2, 0), 44100, 16000).shape == (2, 0)
    assert F.resample(torch.empty(0, 441), 44100, 16000).shape == (0, 160)


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0, None])
@pytest.mark.parametrize("normalized", [False, True, "frame_length"])
@pytest.mark.parametrize(
    "center, pad_mode", [(True, "reflect"), (True, "constant"), (True, "replicate"), (False, "reflect")]
)
def test_spectrogram_is_the_stft(power, normalized, center, pad_mode):
    x = noise(2, 3, 900)
    window = torch.hamming_window(120)
    got = F.spectrogram(x, 10, window, 128, 50, 120, power, normalized, center, pad_mode)
    padded = torch.nn.functional.pad(x.double(), (10, 10)).reshape(6, -1)
    wide = window.double()
    scaled = normalized == "frame_length"
    want = torch.stft(padded, 128, 50, 120, wide, center, pad_mode, scaled, True, return_complex=True)
    if normalized is True:
        want = want / wide.square().sum().sqrt()
    want = want if power is None else want.abs() ** power
    want = want.reshape(2, 3, *want.shape[1:])
    assert got.shape == want.shape and got.is_complex() == (power is None)
    assert float((got - want).norm() / want.norm()) < 5e-7


def test_spectrogram_both_sides_and_gradient():
    x, window = noise(2, 500, dtype=torch.float64), torch.hann_window(64, dtype=torch.float64)
    assert F.spectrogram(x, 0, window, 64, 32, 64, 2.0, False, onesided=False).shape == (2, 64, 16)
    x = x[:, :100].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: F.spectrogram(x, 0, window, 64, 32, 64, 2.0, False), (x,), fast_mode=True)


def test_inverse_spectrogram_restores():
    x, window = noise(2, 900), torch.hann_window(128)
    spectrum = F.spectrogram(x, 0, window, 128, 32, 128, None, "window")
    assert torch.allclose(F.inverse_spectrogram(spectrum, 900, 0, window, 128, 32, 128, "window"), x, atol=1e-6)


def test_plan_follows_the_window():
    """Plans are kept; a window that was written to is another window."""
    x, window = noise(400), torch.hann_window(64)
    first = F.spectrogram(x, 0, window, 64, 32, 64, 1.0, False)
    window.mul_(2)
    assert torch.allclose(F.spectrogram(x, 0, window, 64, 32, 64, 1.0, False), 2 * first, rtol=1e-5)


def test_mel_filters():
    for norm, scale in [(None, "htk"), ("slaney", "slaney"), (None, "slaney")]:
        got = F.melscale_fbanks(201, 20.0, 7600.0, 40, 16000, norm, scale)
        to_mel = (lambda f: 2595 * math.log10(1 + f / 700)) if scale == "htk" else (
            lambda f: 3 * f / 200 if f < 1000 else 15 + 27 * math.log(f / 1000) / math.log(6.4))
        to_hz = (lambda m: 700 * (10 ** (m / 2595) - 1)) if scale == "htk" else (
            lambda m: m * 200 / 3 if m < 15 else 1000 * 6.4 ** ((m - 15) / 27))
        low, high = to_mel(20.0), to_mel(7600.0)
        edges = [to_hz(low + (high - low) * i / 41) for i in range(42)]
        for m in (0, 1, 17, 39):
            for k in (0, 1, 5, 40, 100, 190):
                hz = 40.0 * k
                up = (hz - edges[m]) / (edges[m + 1] - edges[m])
                down = (edges[m + 2] - hz) / (edges[m + 2] - edges[m + 1])
                want = max(0.0, min(up, down)) * (2 / (edges[m + 2] - edges[m]) if norm else 1)
                assert abs(float(got[k, m]) - want) < 1e-6
    with pytest.warns(UserWarning, match="all zero"):
        F.melscale_fbanks(20, 0.0, 8000.0, 80, 16000)


def test_cosine_transform():
    dct = F.create_dct(40, 40, "ortho").double()
    assert torch.allclose(dct.T @ dct, torch.eye(40, dtype=torch.float64), atol=1e-6)
    assert torch.allclose(F.create_dct(2, 3, None)[:, 0], torch.full((3,), 2.0))


def test_decibels_take_one_maximum_over_the_item():
    x = torch.rand(2, 3, 4, 5) ** 8
    got = F.amplitude_to_DB(x, 10.0, 1e-10, 0.0, 20.0)
    for item, values in zip(got, x):
        decibels = 10 * torch.log10(values.clamp(min=1e-10))
        assert torch.allclose(item, decibels.clamp(min=float(decibels.max()) - 20))
    assert torch.allclose(F.DB_to_amplitude(torch.tensor([20.0]), 1.0, 1.0), torch.tensor([100.0]))


def test_whisper_log_mel():
    x = noise(2, 16000)
    window = torch.hann_window(400, dtype=torch.float64)
    power = torch.stft(x.double(), 400, 160, window=window, return_complex=True)[..., :-1].abs() ** 2
    torch.set_default_dtype(torch.float64)
    try:
        bank = F.melscale_fbanks(201, 0.0, 8000.0, 80, 16000, "slaney", "slaney")
    finally:
        torch.set_default_dtype(torch.float32)
    want = torch.log10((bank.T @ power).clamp(min=1e-10))
    want = (torch.maximum(want, want.amax((-2, -1), keepdim=True) - 8) + 4) / 4
    assert float((F.whisper_log_mel(x).double() - want).abs().max()) < 2e-5
    by_torch = F.whisper_log_mel(x.requires_grad_())
    assert by_torch.requires_grad and float((by_torch.detach().double() - want).abs().max()) < 2e-5


def test_deltas_and_sliding_means():
    ramp = torch.arange(20.0).repeat(3, 1)
    assert torch.allclose(F.compute_deltas(ramp)[:, 2:-2], torch.ones(3, 16))
    x = noise(2, 4, 50)
    for size, mode in [(5, "replicate"), (9, "reflect"), (3, "constant"), (4, "replicate")]:
        n = (size - 1) // 2
        rows = torch.nn.functional.pad(x.double(), (n, n), mode=mode).unfold(-1, 2 * n + 1, 1)
        steps = torch.arange(-n, n + 1).double()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            got = F.compute_deltas(x, size, mode)
        assert torch.allclose(got.double(), rows @ steps / steps.square().sum(), atol=1e-6)
    ramp[1, 9] = math.nan
    assert F.compute_deltas(ramp).isnan().nonzero().tolist() == [[1, t] for t in (7, 8, 10, 11)]
    x = noise(2, 50, 4)
    got = F.sliding_window_cmn(x, 10, 5, center=True, norm_vars=True)
    part = x[:, 15:25].double()
    want = (x[:, 20] - part.mean(1)) / part.var(1, unbiased=False).sqrt()
    assert torch.allclose(got[:, 20].double(), want, atol=1e-5)


def test_kaldi_refuses_and_repeats():
    x = noise(1, 8000) * 3000
    with pytest.raises(tonearm.InvalidArgumentError, match="no gradient"):
        compliance.kaldi.fbank(x.clone().requires_grad_())
    with pytest.raises(tonearm.InvalidArgumentError, match="window size 400"):
        compliance.kaldi.fbank(x[:, :300])
    with pytest.raises(tonearm.InvalidArgumentError, match="channel 1"):
        compliance.kaldi.mfcc(x, channel=1)
    torch.manual_seed(5)
    first, second = compliance.kaldi.fbank(x, dither=1.0), compliance.kaldi.fbank(x, dither=1.0)
    torch.manual_seed(5)
    assert torch.equal(compliance.kaldi.fbank(x, dither=1.0), first) and not torch.equal(first, second)


KALDI = [
    ("fbank", {}),
    ("fbank", {"num_mel_bins": 40, "use_energy": True, "raw_energy": False, "energy_floor": 0.0}),
    ("fbank", {"htk_compat": True, "use_energy": True, "use_log_fbank": False, "use_power": False}),
    ("fbank", {"vtln_warp": 1.1, "high_freq": -400.0, "low_freq": 40.0}),
    ("fbank", {"vtln_warp": 0.9, "window_type": "hamming", "snip_edges": False}),
    ("fbank", {"window_type": "blackman", "blackman_coeff": 0.4, "subtract_mean": True, "remove_dc_offset": False}),
    ("fbank", {"window_type": "rectangular", "round_to_power_of_two": False, "frame_length": 20.0}),
    ("fbank", {"window_type": "hanning", "sample_frequency": 8000.0, "preemphasis_coefficient": 0.0}),
    ("mfcc", {}),
    ("mfcc", {"use_energy": True, "htk_compat": True}),
    ("mfcc", {"htk_compat": True, "cepstral_lifter": 0.0, "num_ceps": 20, "subtract_mean": True}),
    ("spectrogram", {}),
    ("spectrogram", {"raw_energy": False, "subtract_mean": True, "energy_floor": 1e9}),
]


def kaldi(kind, x, **given):
    """The chain of Kaldi, dense, in float64."""
    o = {"blackman_coeff": 0.42, "energy_floor": 1.0, "frame_length": 25.0, "frame_shift": 10.0, "high_freq": 0.0}
    o.update(htk_compat=False, low_freq=20.0, num_mel_bins=23, preemphasis_coefficient=0.97, raw_energy=True)
    o.update(remove_dc_offset=True, round_to_power_of_two=True, sample_frequency=16000.0, snip_edges=True, num_ceps=13)
    o.update(subtract_mean=False, use_energy=False, use_log_fbank=True, use_power=True)
    o.update(vtln_high=-500.0, vtln_low=100.0)
    o.update(vtln_warp=1.0, window_type="povey", cepstral_lifter=22.0)
    o.update(given)
    rate = o["sample_frequency"]
    length, shift = int(rate * o["frame_length"] / 1000), int(rate * o["frame_shift"] / 1000)
    size = 1 << (length - 1).bit_length() if o["round_to_power_of_two"] else length
    x = x.double()
    if not o["snip_edges"]:
        count = (len(x) + shift // 2) // shift
        back = x.flip(0)
        x = torch.cat([back[-(length // 2 - shift // 2):], x, back])[: (count - 1) * shift + length]
    frames = x.unfold(0, length, shift)
    if o["remove_dc_offset"]:
        frames = frames - frames.mean(1, keepdim=True)
    epsilon = 2.0**-23

    def energy():
        log = frames.square().sum(1).clamp(min=epsilon).log()
        return log.clamp(min=math.log(o["energy_floor"])) if o["energy_floor"] > 0 else log

    first = energy()
    frames = frames - o["preemphasis_coefficient"] * torch.cat([frames[:, :1], frames[:, :-1]], 1)
    a = 2 * math.pi * torch.arange(length, dtype=torch.float64) / (length - 1)
    hann = 0.5 - 0.5 * a.cos()
    b = o["blackman_coeff"]
    frames = frames * {
        "povey": hann.clamp(min=0) ** 0.85,
        "hanning": hann,
        "hamming": 0.54 - 0.46 * a.cos(),
        "rectangular": torch.ones(length, dtype=torch.float64),
        "blackman": b - 0.5 * a.cos() + (0.5 - b) * (2 * a).cos(),
    }[o["window_type"]]
    energies = first if o["raw_energy"] else energy()
    spectrum = torch.fft.rfft(frames, n=size).abs()
    if kind == "spectrogram":
        out = spectrum.square().clamp(min=epsilon).log()
        out[:, 0] = energies
    else:
        nyquist = rate / 2
        high = o["high_freq"] + (nyquist if o["high_freq"] <= 0 else 0)
        low, vhigh, warp = o["low_freq"], o["vtln_high"] + nyquist, o["vtln_warp"]
        to_mel = lambda f: 1127 * math.log(1 + f / 700)
        to_hz = lambda m: 700 * (math.exp(m / 1127) - 1)

        def warped(f):
            l, h = o["vtln_low"] * max(1, warp), vhigh * min(1, warp)
            if f < low or f > high:
                return f
            if f < l:
                return low + (l / warp - low) / (l - low) * (f - low)
            return f / warp if f < h else high + (high - h / warp) / (high - h) * (f - high)

        bins = o["num_mel_bins"]
        edges = [to_mel(low) + (to_mel(high) - to_mel(low)) * i / (bins + 1) for i in range(bins + 2)]
        if warp != 1:
            edges = [to_mel(warped(to_hz(m))) for m in edges]
        bank = torch.zeros(bins, size // 2 + 1, dtype=torch.float64)
        for m in range(bins):
            for k in range(size // 2):
                at = to_mel(k * rate / size)
                bank[m, k] = max(0, min((at - edges[m]) / (edges[m + 1] - edges[m]),
                                        (edges[m + 2] - at) / (edges[m + 2] - edges[m + 1])))
        out = (spectrum.square() if o["use_power"] or kind == "mfcc" else spectrum) @ bank.T
        if o["use_log_fbank"] or kind == "mfcc":
            out = out.clamp(min=epsilon).log()
        if kind == "fbank" and o["use_energy"]:
            out = torch.cat([out, energies[:, None]] if o["htk_compat"] else [energies[:, None], out], 1)
        if kind == "mfcc":
            k = torch.arange(o["num_ceps"], dtype=torch.float64)
            m = torch.arange(bins, dtype=torch.float64)[:, None]
            dct = math.sqrt(2 / bins) * torch.cos(math.pi / bins * (m + 0.5) * k)
            dct[:, 0] = math.sqrt(1 / bins)
            lift = o["cepstral_lifter"]
            out = out @ dct * (1 + lift / 2 * torch.sin(math.pi * k / lift) if lift else 1)
            if o["use_energy"]:
                out[:, 0] = energies
            elif o["htk_compat"]:
                out[:, 0] *= math.sqrt(2)
            if o["htk_compat"]:
                out = torch.cat([out[:, 1:], out[:, :1]], 1)
    return out - out.mean(0) if o["subtract_mean"] else out


@pytest.mark.parametrize("kind, options", KALDI, ids=lambda v: v if isinstance(v, str) else ",".join(v))
def test_kaldi_is_its_chain(kind, options):
    x = 3000 * noise(2, 5000)
    want = kaldi(kind, x[1], **options)
    got = getattr(compliance.kaldi, kind)(x, channel=1, **options)
    assert got.shape == want.shape
    scale = float(want.abs().max()) if not options.get("use_log_fbank", True) else 1.0
    # The logarithm of a bin that is near nothing has no bound.
    loud = want > want.amax(1, keepdim=True) - 10 if kind == "spectrogram" else want == want
    assert float((got - want)[loud].abs().max()) < 2e-4 * scale
    wide = getattr(compliance.kaldi, kind)(x.double(), channel=1, **options)
    assert float((wide - want).abs().max()) < 1e-8 * scale


def test_kaldi_native_fbank_agrees():
    knf = pytest.importorskip("kaldi_native_fbank", reason="kaldi-native-fbank is not installed")
    x = 3000 * noise(1, 8000)
    for snip in (True, False):
        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.frame_opts.snip_edges = snip
        options.mel_opts.num_bins = 40
        theirs = knf.OnlineFbank(options)
        theirs.accept_waveform(16000, x[0].tolist())
        theirs.input_finished()
        want = torch.tensor([list(theirs.get_frame(i)) for i in range(theirs.num_frames_ready)])
        got = compliance.kaldi.fbank(x, num_mel_bins=40, snip_edges=snip)
        assert got.shape == want.shape and float((got - want).abs().max()) < 2e-3
