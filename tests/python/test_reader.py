# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""open(): blocks, seek, tell, and its behaviour as a resource."""

import threading

import pytest
import tonearm
from conftest import SAMPLES, ReadOnly, make_wav

torch = pytest.importorskip("torch")
NUM_FRAMES = len(SAMPLES[0])


@pytest.mark.parametrize("size", [1, 2, 3, NUM_FRAMES, NUM_FRAMES + 1, 10**12])
def test_blocks_join_to_the_whole(wav_path, expected, size):
    with tonearm.open(wav_path) as reader:
        blocks = list(reader.blocks(size))
    assert all(block.shape[1] == size for block in blocks[:-1])
    assert torch.equal(torch.cat(blocks, dim=1), expected)


def test_seek_and_tell(wav_path, expected):
    with tonearm.open(wav_path) as reader:
        assert (reader.sample_rate, reader.num_channels, reader.num_frames) == (16000, 2, NUM_FRAMES)
        reader.seek(3)
        assert reader.tell() == 3 and torch.equal(reader.read(), expected[:, 3:])
        assert reader.tell() == NUM_FRAMES and reader.read(4).shape == (2, 0)
        reader.seek(0)
        assert torch.equal(reader.read(2), expected[:, :2]) and torch.equal(reader.read(2), expected[:, 2:4])


def test_starts_where_asked_in_the_type_asked(wav_path):
    with tonearm.open(wav_path, frame_offset=2, dtype="native") as reader:
        assert reader.tell() == 2
        block = reader.read(1)
        assert block.dtype == torch.int16 and block[:, 0].tolist() == [SAMPLES[0][2], SAMPLES[1][2]]


def test_stream_that_cannot_seek_back_far(wav_bytes, expected):
    reader = tonearm.open(ReadOnly(wav_bytes))
    assert torch.equal(torch.cat(list(reader.blocks(2)), dim=1), expected)


def test_close_is_final_and_may_be_repeated(wav_path):
    reader = tonearm.open(wav_path)
    reader.close()
    reader.close()
    with pytest.raises(ValueError, match="closed"):
        reader.read(1)


def test_closing_frees_the_memory_and_leaves_the_file_open(wav_path, wav_bytes):
    data = bytearray(wav_bytes)
    with tonearm.open(data) as reader:
        reader.read(1)
        with pytest.raises(BufferError):
            data.append(0)
    data.append(0)
    with open(wav_path, "rb") as file:
        tonearm.open(file).close()
        assert not file.closed


def test_second_thread_is_refused_while_the_first_reads():
    outcome = []

    class Meddler(ReadOnly):
        def read(self, n):
            if self.position > 1 << 18:  # past the probe, in the midst of decoding

                def meddle():
                    try:
                        reader.read(1)
                    except RuntimeError as error:
                        outcome.append(str(error))

                thread = threading.Thread(target=meddle)
                thread.start()
                thread.join()
            return super().read(n)

    reader = tonearm.open(Meddler(make_wav([range(-30000, 30000)] * 8), most=1 << 16))
    assert reader.read().shape == (8, 60000)
    assert outcome and all("another thread" in text for text in outcome)
