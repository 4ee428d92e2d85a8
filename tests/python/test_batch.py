# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""read_many and read_batch: order, errors as data, padding, every kind of source, cancelling."""

import io
import threading

import pytest
from conftest import make_wav

torch = pytest.importorskip("torch")
import tonearm  # noqa: E402


def wav_of(num_frames, num_channels=1, rate_hz=16000):
    return make_wav(tuple(tuple(range(num_frames)) for _ in range(num_channels)), rate_hz=rate_hz)


@pytest.fixture
def files(tmp_path):
    paths = []
    for i in range(23):
        path = tmp_path / f"{i}.wav"
        path.write_bytes(b"damaged" if i % 5 == 4 else wav_of(i + 1))
        paths.append(path)
    return [*paths, tmp_path / "missing.wav"]


def check(item):
    if item.index == 23:
        assert isinstance(item.error, FileNotFoundError) and item.audio is None
    elif item.index % 5 == 4:
        assert item.error.code == "unsupported_format" and item.audio is None
    else:
        assert item.error is None and item.audio.waveform.shape == (1, item.index + 1)
        assert item.audio.backend == "pcm"


@pytest.mark.parametrize("num_threads", [None, 1, 3])
def test_items_come_in_order_and_errors_are_data(files, num_threads):
    items = list(tonearm.read_many(files, num_threads=num_threads))
    assert [item.index for item in items] == list(range(24))
    for item in items:
        check(item)


def test_items_come_once_as_they_complete(files):
    items = list(tonearm.read_many(files, in_order=False, num_threads=3, max_ahead=2))
    assert sorted(item.index for item in items) == list(range(24))
    for item in items:
        check(item)


def test_every_kind_of_source():
    data = wav_of(5)
    tensor = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    sources = [data, bytearray(data), memoryview(data), io.BytesIO(data), tensor, io.BufferedReader(io.BytesIO(data))]
    for item in tonearm.read_many(sources):
        assert item.error is None and item.audio.waveform.shape == (1, 5)


def test_options_hold_for_every_item():
    items = list(tonearm.read_many([wav_of(16, 2), wav_of(9, 2)], mono=True, sample_rate=8000, num_frames=8))
    assert [tuple(item.audio.waveform.shape) for item in items] == [(1, 4), (1, 4)]
    with pytest.raises(ValueError, match="num_threads"):
        tonearm.read_many([], num_threads=0)
    with pytest.raises(ValueError, match="backend"):
        tonearm.read_many([], backend="sox")


def test_leaving_the_loop_ends_the_threads(files):
    before = threading.active_count()
    for _ in tonearm.read_many(files * 20):
        break
    assert threading.active_count() == before


def test_batch_is_padded_with_zeros(files):
    batch = tonearm.read_batch(files)
    assert batch.waveforms.shape == (24, 1, 23) and batch.sample_rate == 16000
    assert sorted(batch.errors) == [4, 9, 14, 19, 23]
    assert batch.lengths.tolist() == [0 if i in batch.errors else i + 1 for i in range(24)]
    for row, length in zip(batch.waveforms, batch.lengths):
        assert not row[:, length:].any()
    ragged = tonearm.read_batch(files, pad=False)
    assert [w.shape[1] for w in ragged.waveforms] == batch.lengths.tolist()


def test_padded_batch_is_the_ragged_one_with_zeros(files):
    for options in ({}, {"mono": False}, {"mono": False, "dtype": "int16"}, {"dtype": torch.float16}, {"dtype": "float64"}, {"num_threads": 1}):
        padded, ragged = tonearm.read_batch(files, **options), tonearm.read_batch(files, pad=False, **options)
        assert padded.waveforms.is_contiguous() and sorted(padded.errors) == sorted(ragged.errors)
        for row, waveform, length in zip(padded.waveforms, ragged.waveforms, padded.lengths.tolist()):
            assert row.dtype == waveform.dtype and torch.equal(row[:, :length], waveform) and not row[:, length:].any()


def test_batch_tells_of_what_was_not_as_promised():
    cut = wav_of(100)[:-20]
    batch = tonearm.read_batch([wav_of(100), cut, b"damaged"])
    assert batch.lengths.tolist() == [100, 90, 0]
    assert list(batch.warnings) == [1] and batch.warnings[1][0].startswith("truncated")
    assert list(batch.errors) == [2]


def test_batch_of_damaged_files_only():
    batch = tonearm.read_batch([b"damaged", b"too"])
    assert batch.waveforms.shape == (2, 1, 0) and sorted(batch.errors) == [0, 1]


def test_batch_of_nothing():
    batch = tonearm.read_batch([])
    assert batch.waveforms.shape[0] == 0 and batch.lengths.tolist() == [] and batch.errors == {}


def test_batch_of_different_channels_or_types_is_refused():
    with pytest.raises(ValueError, match="mono"):
        tonearm.read_batch([wav_of(5, 1), wav_of(5, 2)], mono=False)
    with pytest.raises(ValueError, match="dtype"):
        tonearm.read_batch([wav_of(5), make_wav(((1, 2),), bits=32, pack="i")], mono=False, dtype="native")


def test_batch_of_different_rates_is_refused():
    with pytest.raises(ValueError, match="sample_rate"):
        tonearm.read_batch([wav_of(5, rate_hz=8000), wav_of(5, rate_hz=16000)])
    assert tonearm.read_batch([wav_of(5, rate_hz=8000), wav_of(5)], sample_rate=16000).waveforms.shape == (2, 1, 10)
