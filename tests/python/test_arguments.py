# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every argument of load() and read() with every format, from a path, bytes, a seekable and a read-only file-like."""

import io
import itertools

import pytest
import tonearm
from conftest import ReadOnly

torch = pytest.importorskip("torch")

RATE_HZ = 48000  # every format below takes it
FRAMES = 6000

#: format -> save()'s arguments, what `normalize=False` gives, who decodes it by itself, who else can.
FORMATS = {
    "wav_u8": (dict(format="wav", bits_per_sample=8), torch.uint8, "pcm", ()),
    "wav_s16": (dict(format="wav", bits_per_sample=16), torch.int16, "pcm", ("soundfile", "ffmpeg")),
    "wav_s24": (dict(format="wav", bits_per_sample=24), torch.int32, "pcm", ("soundfile", "ffmpeg")),
    "wav_s32": (dict(format="wav", bits_per_sample=32), torch.int32, "pcm", ("soundfile", "ffmpeg")),
    "wav_f32": (dict(format="wav", encoding="PCM_F"), torch.float32, "pcm", ("soundfile", "ffmpeg")),
    "wav_f64": (dict(format="wav", encoding="PCM_F", bits_per_sample=64), torch.float64, "pcm", ("ffmpeg",)),
    "wav_ulaw": (dict(format="wav", encoding="ULAW"), torch.int16, "pcm", ("soundfile", "ffmpeg")),
    "rf64": (dict(format="rf64", bits_per_sample=16), torch.int16, "pcm", ("ffmpeg",)),
    "w64": (dict(format="w64", bits_per_sample=16), torch.int16, "pcm", ("ffmpeg",)),
    "aiff": (dict(format="aiff", bits_per_sample=16), torch.int16, "pcm", ("ffmpeg",)),
    "au": (dict(format="au", bits_per_sample=16), torch.int16, "pcm", ("soundfile", "ffmpeg")),
    "caf": (dict(format="caf", bits_per_sample=16), torch.int16, "pcm", ("ffmpeg",)),
    "flac": (dict(format="flac"), torch.float32, "flac", ("soundfile", "ffmpeg")),
    "vorbis": (dict(format="ogg"), torch.float32, "ffmpeg", ("soundfile",)),
    "opus": (dict(format="opus"), torch.float32, "ffmpeg", ("soundfile",)),
    "mp3": (dict(format="mp3"), torch.float32, "ffmpeg", ("soundfile",)),
    "m4a": (dict(format="m4a"), torch.float32, "ffmpeg", ()),
    "alac": (dict(format="alac"), torch.float32, "ffmpeg", ()),
}
SOURCES = ("path", "bytes", "seekable", "read_only")
FORMAT_NAMES = {"vorbis": "ogg", "alac": "m4a"}  # what load(format=...) calls them
_files = {}


def encoded(name):
    """The file's bytes, made once; a skip where no backend here writes it."""
    if name not in _files:
        time = torch.arange(FRAMES) / RATE_HZ
        wave = torch.stack([0.5 * torch.sin(2764.6 * time), 0.25 * torch.cos(1382.3 * time)])
        try:
            _files[name] = tonearm.encode(wave, RATE_HZ, **FORMATS[name][0])
        except tonearm.Error as error:
            _files[name] = str(error)
    if isinstance(_files[name], str):
        pytest.skip(_files[name])
    return _files[name]


def as_source(kind, data, tmp_path):
    if kind == "path":
        (tmp_path / "audio").write_bytes(data)  # no extension: the bytes decide
        return tmp_path / "audio"
    return {"bytes": data, "seekable": io.BytesIO(data), "read_only": ReadOnly(data, most=4096)}[kind]


def whole(name):
    return tonearm.load(encoded(name))[0]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
def test_every_source_gives_the_same_samples(name, kind, tmp_path):
    wave, rate_hz = tonearm.load(as_source(kind, encoded(name), tmp_path))
    assert rate_hz == RATE_HZ and wave.dtype == torch.float32 and wave.shape == (2, FRAMES)
    assert torch.equal(wave, whole(name))


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
def test_normalize_false(name, kind, tmp_path):
    wave, _ = tonearm.load(as_source(kind, encoded(name), tmp_path), normalize=False)
    _, dtype, _, _ = FORMATS[name]
    assert wave.dtype == dtype
    scale = {torch.uint8: 128, torch.int16: 2**15, torch.int32: 2**31}.get(dtype, 1)
    offset = 128 if dtype == torch.uint8 else 0
    assert torch.equal(((wave.double() - offset) / scale).float(), whole(name))


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
def test_channels_first_false(name, kind, tmp_path):
    wave, _ = tonearm.load(as_source(kind, encoded(name), tmp_path), channels_first=False)
    assert torch.equal(wave, whole(name).t())


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
def test_format_is_checked_and_not_guessed(name, kind, tmp_path):
    given = FORMAT_NAMES.get(name, name.split("_")[0])
    wave, _ = tonearm.load(as_source(kind, encoded(name), tmp_path), format=given)
    assert torch.equal(wave, whole(name))
    with pytest.raises(RuntimeError, match="cannot decode"):
        tonearm.load(as_source(kind, encoded(name), tmp_path), format="amr")
    with pytest.raises(ValueError, match="unknown format"):
        tonearm.load(as_source(kind, encoded(name), tmp_path), format="no such format")


@pytest.mark.parametrize("buffer_size", [1, 1000, 1 << 20])
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", ["wav_s16", "flac", "mp3", "vorbis", "m4a"])
def test_buffer_size_changes_nothing_but_the_reads(name, kind, buffer_size, tmp_path):
    wave, _ = tonearm.load(as_source(kind, encoded(name), tmp_path), buffer_size=buffer_size)
    assert torch.equal(wave, whole(name))


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("name", FORMATS)
def test_backend_is_used_or_refused(name, kind, tmp_path):
    _, _, own, others = FORMATS[name]
    for backend in ("pcm", "flac", "soundfile", "ffmpeg"):
        source = as_source(kind, encoded(name), tmp_path)
        if backend != own and backend not in others:
            continue
        try:
            audio = tonearm.read(source, backend=backend)
        except tonearm.MissingDependencyError:
            continue  # refused: it is not here
        assert audio.backend == backend
        assert audio.waveform.shape == (2, FRAMES)
        assert (audio.waveform - whole(name)).abs().max() < (1e-3 if name == "opus" else 2e-5)  # two Opus decoders
    assert tonearm.read(encoded(name)).backend == own
    for backend in {"pcm", "flac"} - {own}:
        with pytest.raises(RuntimeError, match="did not accept it"):
            tonearm.load(as_source(kind, encoded(name), tmp_path), backend=backend)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "native", "uint8", "int16", "int32"])
@pytest.mark.parametrize("name", FORMATS)
def test_dtype_is_given_or_refused(name, dtype, tmp_path):
    own = FORMATS[name][1]
    for kind in SOURCES:
        source = as_source(kind, encoded(name), tmp_path)
        wanted = own if dtype == "native" else getattr(torch, dtype)
        if not wanted.is_floating_point and wanted != own and not lossless_integers(name, wanted):
            with pytest.raises(ValueError, match="sample_type"):
                tonearm.read(source, dtype=dtype)
            continue
        waveform = tonearm.read(source, dtype=dtype).waveform
        assert waveform.dtype == wanted
        if wanted.is_floating_point:
            assert torch.allclose(waveform.float(), whole(name), atol=0.005)


def lossless_integers(name, dtype):
    """FLAC and ALAC decode to the integers that were encoded, which dtype asks for by name."""
    return name in ("flac", "alac") and dtype == torch.int16


@pytest.mark.parametrize("begin,count", [(0, 1), (1, 100), (FRAMES - 1, 10), (FRAMES // 2, -1)])
@pytest.mark.parametrize("name,kind", list(itertools.product(FORMATS, SOURCES)))
def test_parts_are_slices(name, kind, begin, count, tmp_path):
    wave, _ = tonearm.load(as_source(kind, encoded(name), tmp_path), frame_offset=begin, num_frames=count)
    wanted = whole(name)[:, begin : None if count < 0 else begin + count]
    assert wave.shape == wanted.shape and (wave - wanted).abs().max() <= 1e-5
