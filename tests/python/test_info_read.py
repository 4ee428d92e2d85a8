# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""info() and read(): metadata, and one step to what a model wants."""

import pytest
import tonearm
from conftest import RATE_HZ, SAMPLES, make_wav


def test_info_has_the_five_fields_and_prints_them(wav_path):
    metadata = tonearm.info(wav_path)
    assert str(metadata) == (
        "AudioMetaData(sample_rate=16000, num_frames=5, num_channels=2, bits_per_sample=16, encoding=PCM_S)"
    )
    assert metadata.num_frames_exact and metadata.backend == "pcm" and metadata.duration_sec == 5 / RATE_HZ


@pytest.mark.parametrize(
    "tag,bits,pack,encoding", [(1, 8, "B", "PCM_U"), (3, 32, "f", "PCM_F"), (7, 8, "B", "ULAW"), (6, 8, "B", "ALAW")]
)
def test_encoding_names_are_torchaudios(tag, bits, pack, encoding):
    metadata = tonearm.info(make_wav([(0, 0)], tag=tag, bits=bits, pack=pack))
    assert (metadata.encoding, metadata.bits_per_sample) == (encoding, bits)


def test_exact_agrees_with_the_header(wav_path):
    assert tonearm.info(wav_path, exact=True).num_frames == len(SAMPLES[0])


def test_metadata_takes_torchaudios_five_arguments():
    assert str(tonearm.AudioMetaData(8000, 1, 2, 3, "FLAC")).endswith("bits_per_sample=3, encoding=FLAC)")


class TestRead:
    @pytest.fixture(autouse=True)
    def _needs_torch(self):
        self.torch = pytest.importorskip("torch")

    def test_resamples_to_the_same_bits_by_any_number_of_threads(self, tmp_path):
        path = tmp_path / "long.wav"
        noise = self.torch.randn(2, 600_000, generator=self.torch.Generator().manual_seed(1))
        tonearm.save(path, 0.1 * noise, 44100)
        one, two = (tonearm.read(path, sample_rate=16000, threads=threads) for threads in (1, 2))
        assert self.torch.equal(one.waveform, two.waveform)

    def test_tells_all(self, wav_path, expected):
        audio = tonearm.read(wav_path)
        assert self.torch.equal(audio.waveform, expected)
        assert (audio.sample_rate, audio.backend, audio.warnings) == (RATE_HZ, "pcm", [])
        assert audio.metadata.num_frames == len(SAMPLES[0])

    def test_mono_is_the_average(self, wav_path, expected):
        audio = tonearm.read(wav_path, mono=True)
        assert self.torch.equal(audio.waveform, expected.mean(0, keepdim=True))

    def test_resamples(self):
        constant = make_wav([[16384] * 1600])
        audio = tonearm.read(constant, sample_rate=8000)
        assert audio.sample_rate == 8000 and audio.waveform.shape == (1, 800)
        assert audio.metadata.sample_rate == RATE_HZ
        assert self.torch.allclose(audio.waveform[:, 200:600], self.torch.tensor(0.5), atol=1e-3)

    @pytest.mark.parametrize("dtype", ["int16", "float32", "float64", "float16", "bfloat16", "native"])
    def test_dtype(self, wav_path, expected, dtype):
        audio = tonearm.read(wav_path, dtype=dtype)
        wanted = self.torch.int16 if dtype == "native" else getattr(self.torch, dtype)
        assert audio.waveform.dtype == wanted
        if wanted.is_floating_point:
            assert self.torch.equal(audio.waveform, expected.double().to(wanted))
            assert tonearm.read(wav_path, dtype=wanted).waveform.dtype == wanted

    def test_other_dtypes_are_refused(self, wav_path):
        with pytest.raises(ValueError, match="complex64"):
            tonearm.read(wav_path, dtype="complex64")

    def test_seconds_are_frames_at_the_files_rate(self, wav_path, expected):
        audio = tonearm.read(wav_path, offset_sec=1 / RATE_HZ, length_sec=2 / RATE_HZ)
        assert self.torch.equal(audio.waveform, expected[:, 1:3])
        with pytest.raises(ValueError, match="seconds"):
            tonearm.read(wav_path, offset_sec=1.0, frame_offset=3)
        with pytest.raises(ValueError, match="offset_sec"):
            tonearm.read(wav_path, offset_sec=float("nan"))

    def test_truncation_is_a_warning_or_strictly_an_error(self):
        data = make_wav(data_bytes=4000)
        assert tonearm.read(data).warnings
        with pytest.raises(tonearm.CorruptDataError):
            tonearm.read(data, strict=True)

    def test_limits_have_their_own_error(self, wav_path):
        for limit in ({"max_frames": 2}, {"max_channels": 1}):
            with pytest.raises(tonearm.LimitError) as caught:
                tonearm.read(wav_path, **limit)
            assert caught.value.code == "limit_reached"


def test_limits_hold_for_info_too():
    data = make_wav([range(1000)])
    with pytest.raises(tonearm.LimitError, match="max_bytes"):
        tonearm.info(data, max_bytes=100)
    with pytest.raises(tonearm.LimitError, match="channels"):
        tonearm.info(make_wav([(1,), (2,)]), max_channels=1)
    assert tonearm.info(data, max_frames=10).num_frames == 1000  # nothing is decoded for that


@pytest.mark.parametrize("backend", ["flac", "soundfile", "ffmpeg"])
def test_a_part_within_max_frames_of_a_longer_file_is_read(backend):
    try:
        data = tonearm.encode(pytest.importorskip("torch").zeros(1, 5000), RATE_HZ, "flac")
        assert tonearm.read(data, num_frames=10, max_frames=10, backend=backend).waveform.shape == (1, 10)
    except tonearm.MissingDependencyError as error:
        pytest.skip(str(error))
    with pytest.raises(tonearm.LimitError):
        tonearm.read(data, max_frames=4999, backend=backend)


def test_samples_that_are_not_finite_are_kept_zeroed_or_refused():
    samples = [0.5, float("nan"), 0.25, float("-inf")]
    data = make_wav([samples], tag=3, bits=32, pack="f")
    plain = tonearm.read(data)
    assert plain.waveform.isnan().sum() == 1 and plain.num_non_finite == 0 and plain.warnings == []
    kept = tonearm.read(data, non_finite="keep")
    assert kept.num_non_finite == 2 and kept.waveform[0, 3] == float("-inf")
    assert kept.warnings == ["2 samples are not finite (NaN or infinity), the first at frame 1"]
    zeroed = tonearm.read(data, non_finite="zero")
    assert zeroed.num_non_finite == 2 and zeroed.waveform.tolist() == [[0.5, 0, 0.25, 0]]
    with pytest.raises(tonearm.CorruptDataError, match="not finite"):
        tonearm.read(data, non_finite="refuse")
    assert tonearm.read(data, num_frames=1, non_finite="refuse").num_non_finite == 0
    with tonearm.open(data, non_finite="zero") as reader, pytest.warns(tonearm.AudioWarning, match="not finite"):
        assert reader.read().tolist() == [[0.5, 0, 0.25, 0]]
    with pytest.raises(ValueError, match="non_finite"):
        tonearm.read(data, non_finite="drop")
