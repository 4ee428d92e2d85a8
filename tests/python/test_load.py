# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""load(): torchaudio 2.8's arguments, shapes, types and errors."""

import inspect
import struct

import pytest
import tonearm
from conftest import RATE_HZ, SAMPLES, make_wav

torch = pytest.importorskip("torch")


def test_signature_is_that_of_torchaudio_2_8():
    parameters = inspect.signature(tonearm.load).parameters.values()
    assert [(p.name, p.default) for p in parameters] == [
        ("uri", inspect.Parameter.empty),
        ("frame_offset", 0),
        ("num_frames", -1),
        ("normalize", True),
        ("channels_first", True),
        ("format", None),
        ("buffer_size", 4096),
        ("backend", None),
    ]


def test_gives_float32_channels_first(wav_path, expected):
    wave, rate = tonearm.load(wav_path)
    assert rate == RATE_HZ and wave.dtype == torch.float32 and wave.is_contiguous()
    assert torch.equal(wave, expected)


def test_channels_last_on_request(wav_path, expected):
    assert torch.equal(tonearm.load(wav_path, channels_first=False)[0], expected.t())


@pytest.mark.parametrize("offset,count", [(0, 2), (1, 2), (3, -1), (4, 1), (2, 100)])
def test_part_equals_slice_of_whole(wav_path, expected, offset, count):
    part, _ = tonearm.load(wav_path, frame_offset=offset, num_frames=count)
    end = None if count < 0 else offset + count
    assert torch.equal(part, expected[:, offset:end])


@pytest.mark.parametrize(
    "tag,bits,pack,dtype,values",
    [
        (1, 8, "B", torch.uint8, (0, 128, 255)),
        (1, 16, "h", torch.int16, (-32768, 0, 32767)),
        (1, 32, "i", torch.int32, (-(2**31), 0, 2**31 - 1)),
        (3, 32, "f", torch.float32, (-1.0, 0.25, 1.5)),
        (3, 64, "d", torch.float64, (-1.0, 0.1, 1.5)),
    ],
    ids=["uint8", "int16", "int32", "float32", "float64"],
)
def test_normalize_false_keeps_the_files_type(tag, bits, pack, dtype, values):
    wave, _ = tonearm.load(make_wav([values], tag=tag, bits=bits, pack=pack), normalize=False)
    assert wave.dtype == dtype and torch.equal(wave, torch.tensor([values], dtype=dtype))


def test_24_bits_are_left_justified_in_int32():
    data = make_wav([()], bits=24)
    body = (0x123456).to_bytes(3, "little") + (-2 & 0xFFFFFF).to_bytes(3, "little")
    data = data[: data.index(b"data")] + b"data" + struct.pack("<I", len(body)) + body
    wave, _ = tonearm.load(data, normalize=False)
    assert wave.dtype == torch.int32 and wave.tolist() == [[0x12345600, -2 << 8]]


def test_tensor_owns_its_memory(wav_bytes, expected):
    import gc

    wave, _ = tonearm.load(wav_bytes)
    gc.collect()
    wave += 1
    assert torch.equal(wave - 1, (expected + 1) - 1)


def test_no_frames_give_an_empty_tensor():
    wave, rate = tonearm.load(make_wav([(), ()]))
    assert wave.shape == (2, 0) and wave.dtype == torch.float32 and rate == RATE_HZ


@pytest.mark.parametrize("arguments", [{"num_frames": 0}, {"num_frames": -2}, {"frame_offset": -1}])
def test_impossible_ranges_raise_runtime_error(wav_path, arguments):
    with pytest.raises(RuntimeError, match="^Invalid argument: ") as caught:
        tonearm.load(wav_path, **arguments)
    assert caught.value.code == "invalid_argument" and caught.value.stage == "arguments"
    assert caught.value.subject == next(iter(arguments))


@pytest.mark.parametrize("offset", [len(SAMPLES[0]), 10**15])
def test_offset_past_the_end_raises_runtime_error(wav_path, offset):
    with pytest.raises(RuntimeError):
        tonearm.load(wav_path, frame_offset=offset)


def test_unknown_backend_is_a_value_error_that_names_those_there_are(wav_path):
    with pytest.raises(ValueError, match="pcm") as caught:
        tonearm.load(wav_path, backend="nonesuch")
    assert isinstance(caught.value, RuntimeError) and caught.value.found == "nonesuch"


def test_forced_backend_is_used(wav_path, expected):
    assert torch.equal(tonearm.load(wav_path, backend="pcm")[0], expected)


def test_wrong_format_is_refused(wav_path):
    with pytest.raises(tonearm.Error):
        tonearm.load(wav_path, format="flac")


def test_truncated_file_gives_what_exists_and_a_warning():
    with pytest.warns(tonearm.AudioWarning):
        wave, _ = tonearm.load(make_wav(data_bytes=4000))
    assert wave.shape == (2, len(SAMPLES[0]))


def test_arguments_of_the_wrong_type_are_type_errors(wav_path):
    with pytest.raises(TypeError):
        tonearm.load(wav_path, frame_offset=1.5)
