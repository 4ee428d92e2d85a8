# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""save(), encode(), open(..., "w"): what is written is what was given, or the old file stays."""

import inspect
import io
import os
import resource
import signal

import pytest
import tonearm
import tonearm.torchaudio
from conftest import run_python

torch = pytest.importorskip("torch")

RATE_HZ = 16000
PCM_FORMATS = ["wav", "rf64", "w64", "aiff", "aifc", "au", "caf"]


def make_wave(dtype=torch.float32, channels=2, frames=1001):
    generator = torch.Generator().manual_seed(7)
    if dtype.is_floating_point:
        return torch.rand(channels, frames, generator=generator, dtype=dtype) * 2 - 1
    limits = torch.iinfo(dtype)
    return torch.randint(limits.min, limits.max, (channels, frames), generator=generator, dtype=dtype)


def test_signature_is_that_of_torchaudio_2_8():
    parameters = [p for p in inspect.signature(tonearm.save).parameters.values() if p.kind != p.KEYWORD_ONLY]
    assert [p.name for p in parameters] == [
        "uri", "src", "sample_rate", "channels_first", "format", "encoding", "bits_per_sample", "buffer_size", "backend",
        "compression",
    ]
    assert [p.default for p in parameters[3:]] == [True, None, None, None, 4096, None, None]
    assert tonearm.torchaudio.save is tonearm.save


@pytest.mark.parametrize("format", PCM_FORMATS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.float32, torch.float64], ids=str)
def test_every_type_comes_back_bit_for_bit(tmp_path, format, dtype):
    wave = make_wave(dtype)
    path = tmp_path / f"out.{format}"
    tonearm.save(path, wave, RATE_HZ)
    again, rate = tonearm.load(path, normalize=False)
    assert rate == RATE_HZ and again.dtype == dtype and torch.equal(again, wave)


def saved_by_ffmpeg(path, *arguments, **more):
    """save(), or a skip where FFmpeg is not here."""
    try:
        tonearm.save(path, *arguments, **more)
    except tonearm.MissingDependencyError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("bits", [16, 24])
def test_alac_comes_back_bit_for_bit(tmp_path, bits):
    wave = make_wave(torch.int16) if bits == 16 else make_wave(torch.int32) >> 8 << 8
    path = tmp_path / "out.m4a"
    saved_by_ffmpeg(path, wave, RATE_HZ, encoding="ALAC", bits_per_sample=bits)
    again = tonearm.read(path, dtype=wave.dtype)
    assert torch.equal(again.waveform, wave)
    assert (again.metadata.encoding, again.metadata.bits_per_sample) == ("ALAC", bits)


def test_aac_has_the_length_the_tags_and_replaces_whole_files(tmp_path):
    wave, path = 0.3 * make_wave(frames=16001), tmp_path / "out.m4a"
    path.write_bytes(b"old")
    saved_by_ffmpeg(path, wave, RATE_HZ, compression=48, tags={"title": "x"})
    metadata = tonearm.info(path)
    assert (metadata.encoding, metadata.num_frames, metadata.num_frames_exact) == ("AAC", 16001, True)
    assert metadata.tags["title"] == "x" and tonearm.load(path)[0].shape == wave.shape
    kept = path.read_bytes()
    with pytest.raises(ValueError, match="cannot hold this tag"):
        tonearm.save(path, wave, RATE_HZ, tags={"mood": "good"})
    with pytest.raises(ValueError, match="NaN"):
        tonearm.save(path, wave * float("nan"), RATE_HZ)
    assert path.read_bytes() == kept and os.listdir(tmp_path) == ["out.m4a"]


@pytest.mark.parametrize("change", ["transposed", "strided", "grad", "one_dimension", "frames_first", "expanded"])
def test_shapes_and_strides(tmp_path, change):
    wave = make_wave()
    path = tmp_path / "out.wav"
    if change == "transposed":
        tonearm.save(path, wave.t().contiguous().t(), RATE_HZ)
    elif change == "strided":
        wave = wave[:, ::2]
        tonearm.save(path, wave, RATE_HZ)
    elif change == "grad":
        tonearm.save(path, wave.clone().requires_grad_() * 1, RATE_HZ)
    elif change == "one_dimension":
        wave = wave[:1]
        tonearm.save(path, wave[0], RATE_HZ)
    elif change == "frames_first":
        tonearm.save(path, wave.t(), RATE_HZ, channels_first=False)
    else:
        wave = wave[:1].expand(3, -1)
        tonearm.save(path, wave, RATE_HZ)
    assert torch.equal(tonearm.load(path)[0], wave)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_tensors_on_a_gpu(tmp_path):
    wave = make_wave()
    tonearm.save(tmp_path / "out.wav", wave.cuda(), RATE_HZ)
    assert torch.equal(tonearm.load(tmp_path / "out.wav")[0], wave)


def test_int64_is_full_scale():
    wave = torch.tensor([[2**63 - 1, -(2**63), 5 << 32, (5 << 32) + 2**31, (6 << 32) + 2**31, (4 << 32) + 2**31 + 1]])
    data = tonearm.encode(wave, RATE_HZ, "wav")
    assert tonearm.load(data, normalize=False)[0].tolist() == [[2**31 - 1, -(2**31), 5, 6, 6, 5]]
    with pytest.warns(tonearm.AudioWarning, match="full scale"):
        tonearm.encode(torch.tensor([[1, -30000]]), RATE_HZ, "wav")


def test_lengths_zero_and_one():
    for frames in (0, 1):
        wave = make_wave(frames=frames)
        assert torch.equal(tonearm.load(tonearm.encode(wave, RATE_HZ, "wav"))[0], wave)


@pytest.mark.parametrize(
    "arguments, encoding, bits",
    [
        ({}, "PCM_F", 32),
        ({"encoding": "PCM_S"}, "PCM_S", 16),
        ({"encoding": "PCM_S", "bits_per_sample": 32}, "PCM_S", 32),
        ({"encoding": "PCM_U"}, "PCM_U", 8),
        ({"encoding": "PCM_F"}, "PCM_F", 32),
        ({"encoding": "PCM_F", "bits_per_sample": 64}, "PCM_F", 64),
        ({"encoding": "ULAW"}, "ULAW", 8),
        ({"encoding": "ALAW", "bits_per_sample": 8}, "ALAW", 8),
        ({"bits_per_sample": 8}, "PCM_U", 8),
        ({"bits_per_sample": 24}, "PCM_S", 24),
    ],
)
def test_encoding_and_bits(arguments, encoding, bits):
    about = tonearm.info(tonearm.encode(make_wave(), RATE_HZ, "wav", **arguments))
    assert (about.encoding, about.bits_per_sample, about.num_frames, about.sample_rate) == (encoding, bits, 1001, RATE_HZ)


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"encoding": "PCM_S", "bits_per_sample": 8}, "For WAV signed PCM, 8-bit encoding is not supported."),
        ({"encoding": "PCM_U", "bits_per_sample": 16}, "For WAV unsigned PCM, only 8-bit encoding is supported."),
        ({"encoding": "PCM_F", "bits_per_sample": 16}, "For WAV float PCM, only 32- and 64-bit encodings are supported."),
        ({"encoding": "ULAW", "bits_per_sample": 16}, "For WAV PCM mu-law, only 8-bit encoding is supported."),
        ({"encoding": "ALAW", "bits_per_sample": 16}, "For WAV PCM A-law, only 8-bit encoding is supported."),
        ({"encoding": "GSM"}, "WAV encoding GSM is not supported."),
        ({"bits_per_sample": 12}, "Invalid bits_per_sample 12 for WAV encoding."),
        ({"bits_per_sample": 0}, "bits_per_sample must be greater than 0"),
        ({"compression": 5}, "wav has no compression to set."),
        ({"compression": "high"}, "compression must be a number"),
        ({"backend": "sox"}, "Unknown backend 'sox'"),
        ({"buffer_size": 0}, "buffer_size must be greater than 0"),
        ({"format": "xyz"}, "Unsupported format: xyz"),
        ({"tags": {"mood": "calm"}}, "wav cannot hold these tags"),
    ],
)
def test_what_cannot_be_honoured_is_a_value_error(arguments, text):
    file = io.BytesIO()
    with pytest.raises(ValueError) as caught:
        tonearm.save(file, make_wave(), RATE_HZ, **{"format": "wav", **arguments})
    assert text in str(caught.value) and file.getvalue() == b""


@pytest.mark.parametrize("src", [torch.zeros(2, 2, 2), torch.zeros(()), torch.zeros(0, 5)], ids=["3d", "0d", "no_channels"])
def test_shapes_that_are_not_audio(src):
    with pytest.raises(ValueError):
        tonearm.encode(src, RATE_HZ, "wav")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bool, torch.complex64, torch.int8], ids=str)
def test_other_types_are_refused(dtype):
    with pytest.raises(ValueError, match="No format found for dtype"):
        tonearm.encode(torch.zeros(1, 4).to(dtype), RATE_HZ, "wav")


def test_lists_are_not_tensors():
    with pytest.raises(TypeError, match="torch.Tensor"):
        tonearm.encode([[0.0]], RATE_HZ, "wav")


def test_clipping_is_counted():
    wave = torch.tensor([[1.5, -2.0, 1.0, -1.0, 0.5]])
    with pytest.warns(tonearm.AudioWarning, match="2 of 5 samples"):
        data = tonearm.encode(wave, RATE_HZ, "wav", encoding="PCM_S")
    assert tonearm.load(data, normalize=False)[0].tolist() == [[32767, -32768, 32767, -32768, 16384]]


def test_int16_is_not_saturated():
    """torchaudio 2.9 saves int16 tensors as if they were floats (pytorch/audio#4211)."""
    wave = make_wave(torch.int16)
    again = tonearm.load(tonearm.encode(wave, RATE_HZ, "wav"))[0]
    assert torch.equal(again, wave.float() / 32768)


def test_samples_that_are_not_finite_are_kept_zeroed_or_refused():
    wave = torch.tensor([[0.5, float("nan"), float("inf")]])
    with pytest.warns(tonearm.AudioWarning, match="2 samples are not finite .* written as 0"):
        data = tonearm.encode(wave, RATE_HZ, "wav", encoding="PCM_S", non_finite="zero")
    assert tonearm.load(data)[0].tolist() == [[0.5, 0, 0]]
    assert wave.isnan().any()  # the caller's own are as they were
    with pytest.warns(tonearm.AudioWarning, match="2 samples are not finite"):
        data = tonearm.encode(wave, RATE_HZ, "wav", non_finite="keep")
    assert tonearm.load(data)[0][0, 2] == float("inf")
    with pytest.raises(ValueError, match="cannot hold samples that are not finite"):
        tonearm.encode(wave, RATE_HZ, "wav", encoding="PCM_S", non_finite="keep")
    with pytest.raises(ValueError, match="frame 1"):
        tonearm.encode(wave, RATE_HZ, "wav", non_finite="refuse")


def test_nan_is_refused_for_integers(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(b"old")
    with pytest.raises(ValueError, match="NaN"):
        tonearm.save(path, torch.full((1, 5), float("nan")), RATE_HZ, encoding="PCM_S")
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["out.wav"]


def test_tags():
    tags = {"title": "Über", "artist": "somebody"}
    assert tonearm.info(tonearm.encode(make_wave(), RATE_HZ, "wav", tags=tags)).tags == tags


# ---- where it goes ---------------------------------------------------------------------------------------------------


def test_file_like_gets_the_same_bytes(tmp_path):
    wave = make_wave()
    tonearm.save(tmp_path / "out.wav", wave, RATE_HZ)
    file = io.BytesIO(b"before")
    file.seek(0, io.SEEK_END)
    tonearm.save(file, wave, RATE_HZ, format="wav")
    assert file.getvalue() == b"before" + (tmp_path / "out.wav").read_bytes()
    with open(tmp_path / "other.wav", "wb") as file:
        tonearm.save(file, wave, RATE_HZ, format="wav")
    assert (tmp_path / "other.wav").read_bytes() == (tmp_path / "out.wav").read_bytes()


def test_file_like_needs_a_format():
    with pytest.raises(RuntimeError, match="'format' is required when saving to file object."):
        tonearm.save(io.BytesIO(), make_wave(), RATE_HZ)


class Sluggish:
    """Takes at most `most` bytes a call, and fails past `room`; can do nothing but write."""

    def __init__(self, most=1000, room=1 << 40):
        self.data, self.most, self.room, self.calls = b"", most, room, []

    def write(self, data):
        self.calls.append(len(data))
        if len(self.data) >= self.room:
            raise ConnectionResetError("the other side is gone")
        self.data += data[: self.most]
        return min(len(data), self.most)


def test_file_like_that_only_writes_and_takes_little():
    wave, file = make_wave(), Sluggish()
    tonearm.save(file, wave, RATE_HZ, format="wav")
    assert file.data == tonearm.encode(wave, RATE_HZ, "wav")


def test_buffer_size_limits_each_write():
    file = Sluggish(most=1 << 30)
    tonearm.save(file, make_wave(), RATE_HZ, format="wav", buffer_size=512)
    assert max(file.calls) == 512


def test_exception_of_the_file_like_comes_out_as_it_is():
    with pytest.raises(ConnectionResetError, match="the other side is gone"):
        tonearm.save(Sluggish(room=3000), make_wave(), RATE_HZ, format="wav")


def test_write_that_returns_none_took_all():
    class Silent(io.BytesIO):
        def write(self, data):
            super().write(data)

    file = Silent()
    tonearm.save(file, make_wave(), RATE_HZ, format="wav")
    assert file.getvalue() == tonearm.encode(make_wave(), RATE_HZ, "wav")


def test_paths_that_cannot_be_saved_to(tmp_path):
    wave = make_wave()
    with pytest.raises(FileNotFoundError, match="no such directory"):
        tonearm.save(tmp_path / "none" / "out.wav", wave, RATE_HZ)
    with pytest.raises(ValueError, match="a directory"):
        tonearm.save(tmp_path, wave, RATE_HZ, format="wav")
    with pytest.raises(ValueError, match="a URL"):
        tonearm.save("https://example.org/out.wav", wave, RATE_HZ)
    with pytest.raises(ValueError, match="null byte"):
        tonearm.save("a\0.wav", wave, RATE_HZ)
    with pytest.raises(ValueError, match="cannot tell the format"):
        tonearm.save(tmp_path / "out", wave, RATE_HZ)
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_the_old_file(tmp_path):
    """The limit on file sizes stands in for a full disk: the same system call fails in the same way."""
    path = tmp_path / "out.wav"
    path.write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError) as caught:
            tonearm.save(path, make_wave(frames=100_000), RATE_HZ)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.code == "io" and str(path) in str(caught.value)
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["out.wav"]


def test_a_killed_process_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(b"old")
    done = run_python(
        f"import os, signal, torch, tonearm\n"
        f"writer = tonearm.open({str(path)!r}, 'w', sample_rate=16000, num_channels=1)\n"
        f"writer.write(torch.zeros(1, 100000))\n"
        f"os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert path.read_bytes() == b"old"


# ---- blocks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", PCM_FORMATS)
def test_blocks_together_are_the_whole(tmp_path, format):
    wave, path = make_wave(torch.int16), tmp_path / f"out.{format}"
    with tonearm.open(path, "w", sample_rate=RATE_HZ, num_channels=2, dtype=torch.int16) as writer:
        for block in wave.split(77, dim=1):
            writer.write(block)
        assert writer.tell() == 1001 and writer.backend == "pcm"
        assert not path.exists()
    assert torch.equal(tonearm.load(path, normalize=False)[0], wave)


def test_blocks_into_file_likes():
    wave = make_wave()
    for file in (io.BytesIO(), Sluggish()):
        with tonearm.open(file, "w", format="wav", sample_rate=RATE_HZ, num_channels=2) as writer:
            writer.write(wave[:, :500])
            writer.write(wave[:, 500:])
        data = file.getvalue() if isinstance(file, io.BytesIO) else file.data
        assert torch.equal(tonearm.load(data)[0], wave)


def test_an_exception_inside_the_block_leaves_the_old_file(tmp_path):
    path = tmp_path / "out.wav"
    path.write_bytes(b"old")
    with pytest.raises(KeyError):
        with tonearm.open(path, "w", sample_rate=RATE_HZ, num_channels=1) as writer:
            writer.write(torch.zeros(1, 10))
            raise KeyError
    assert path.read_bytes() == b"old" and os.listdir(tmp_path) == ["out.wav"]


def test_an_error_while_writing_comes_out_as_it_is(tmp_path):
    path = tmp_path / "out.wav"
    with pytest.raises(ValueError, match="NaN"):
        with tonearm.open(path, "w", sample_rate=RATE_HZ, num_channels=1, encoding="PCM_S") as writer:
            writer.write(torch.full((1, 5), float("nan")))
    assert os.listdir(tmp_path) == []


def test_writer_refuses_other_blocks_and_is_closed_once(tmp_path):
    writer = tonearm.open(tmp_path / "out.wav", "w", sample_rate=RATE_HZ, num_channels=2)
    with pytest.raises(ValueError, match="2 channels of torch.float32, not 1 of torch.float32"):
        writer.write(torch.zeros(5))
    with pytest.raises(ValueError, match="not 2 of torch.int16"):
        writer.write(torch.zeros(2, 5, dtype=torch.int16))
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed writer"):
        writer.write(torch.zeros(2, 5))
    assert tonearm.info(tmp_path / "out.wav").num_frames == 0


def test_other_modes_are_refused(tmp_path):
    with pytest.raises(ValueError, match="mode must be"):
        tonearm.open(tmp_path / "out.wav", "a")
