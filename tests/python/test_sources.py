# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of source gives the same samples."""

import array
import io
import mmap
import os
import tempfile

import pytest
import tonearm
from conftest import SAMPLES, ReadOnly

torch = pytest.importorskip("torch")


class SeekWithoutTell(ReadOnly):
    """As torchaudio's own tests have it: seek returns nothing, there is no tell, reads are of 2 bytes."""

    def __init__(self, data):
        super().__init__(data, most=2)

    def seek(self, offset, whence=0):
        assert whence in (0, 2)
        self.position = offset if whence == 0 else len(self.data) + offset


def _mmap(path):
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


KINDS = {
    "str": lambda path, data: str(path),
    "path": lambda path, data: path,
    "bytes": lambda path, data: data,
    "bytearray": lambda path, data: bytearray(data),
    "memoryview": lambda path, data: memoryview(b"xx" + data)[2:],
    "array": lambda path, data: array.array("B", data),
    "tensor": lambda path, data: torch.frombuffer(bytearray(data), dtype=torch.uint8),
    "strided_tensor": lambda path, data: torch.frombuffer(bytearray(data), dtype=torch.uint8).repeat(2, 1).t()[:, 0],
    "bytes_io": lambda path, data: io.BytesIO(data),
    "bytes_io_part": lambda path, data: _at(io.BytesIO(b"xyz" + data), 3),
    "file": lambda path, data: open(path, "rb"),
    "raw_file": lambda path, data: open(path, "rb", buffering=0),
    "named_temporary_file": lambda path, data: _temporary(data),
    "read_only": lambda path, data: ReadOnly(data),
    "seek_without_tell": lambda path, data: SeekWithoutTell(data),
    "mmap": lambda path, data: _mmap(path),
}


def _at(file, position):
    file.seek(position)
    return file


def _temporary(data):
    file = tempfile.NamedTemporaryFile()
    file.write(data)
    return _at(file, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_same_samples_from(kind, wav_path, wav_bytes, expected):
    make = KINDS[kind]
    assert torch.equal(tonearm.load(make(wav_path, wav_bytes))[0], expected)
    part, _ = tonearm.load(make(wav_path, wav_bytes), frame_offset=2, num_frames=2)
    assert torch.equal(part, expected[:, 2:4])
    assert tonearm.info(make(wav_path, wav_bytes)).num_frames == len(SAMPLES[0])


def test_fsspec_objects(wav_path, wav_bytes, expected):
    fsspec = pytest.importorskip("fsspec")
    assert torch.equal(tonearm.load(fsspec.open(str(wav_path), "rb"))[0], expected)
    with fsspec.open(str(wav_path), "rb") as file:
        assert torch.equal(tonearm.load(file)[0], expected)
    with fsspec.open("memory://speech.wav", "wb") as file:
        file.write(wav_bytes)
    assert torch.equal(tonearm.load(fsspec.open("memory://speech.wav", "rb"))[0], expected)


def test_names_that_are_not_utf_8(tmp_path, wav_bytes, expected):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.wav")
    try:
        with open(path, "wb") as file:
            file.write(wav_bytes)
    except OSError as error:
        pytest.skip(f"this file system refuses such names: {error}")
    assert torch.equal(tonearm.load(path)[0], expected)


def test_file_stays_where_it_was(wav_path):
    with open(wav_path, "rb") as file:
        assert tonearm.info(file).sample_rate == tonearm.load(file)[1] == tonearm.load(file)[1]
        assert file.tell() == 0


def test_memory_is_borrowed_during_the_call_only(wav_bytes):
    data = bytearray(wav_bytes)
    tonearm.load(data)
    data.append(0)  # raises BufferError while somebody holds the buffer


def test_buffer_size_bounds_each_read(wav_bytes):
    stream = ReadOnly(wav_bytes, most=1 << 20)
    tonearm.load(stream, buffer_size=16)
    assert max(stream.requests) == 16


class Broken(Exception):
    pass


class RaisesAfter(ReadOnly):
    def __init__(self, data, count):
        super().__init__(data, most=16)
        self.count = count

    def read(self, n):
        if self.position >= self.count:
            raise Broken("the network went away")
        return super().read(n)


@pytest.mark.parametrize("count", [0, 16, 48])
def test_exception_in_read_comes_back_as_itself(wav_bytes, count):
    with pytest.raises(Broken, match="the network went away"):
        tonearm.load(RaisesAfter(wav_bytes, count))


def test_exception_in_seek_comes_back_as_itself(wav_bytes):
    class NoSeek(SeekWithoutTell):
        def seek(self, offset, whence=0):
            raise Broken("cannot go there")

    with pytest.raises(Broken, match="cannot go there"):
        tonearm.load(NoSeek(wav_bytes))


def test_text_mode_is_named(wav_path):
    with open(wav_path, encoding="latin-1") as file, pytest.raises(TypeError, match="binary mode"):
        tonearm.load(file)


def test_too_long_an_answer_is_refused():
    class Greedy:
        def read(self, n):
            return b"x" * (n + 1)

    with pytest.raises(ValueError, match=r"returned \d+ bytes"):
        tonearm.load(Greedy())


@pytest.mark.parametrize("source", [None, 12, 1.5, ["a.wav"]])
def test_other_things_are_type_errors(source):
    with pytest.raises(TypeError, match="audio comes from"):
        tonearm.load(source)


def test_wrong_tensors_and_buffers_are_type_errors():
    with pytest.raises(TypeError, match="uint8"):
        tonearm.load(torch.zeros(4))
    with pytest.raises(TypeError, match="items"):
        tonearm.load(array.array("h", [1, 2]))
    with pytest.raises(TypeError, match="contiguous"):
        tonearm.load(memoryview(b"abcdef")[::2])
