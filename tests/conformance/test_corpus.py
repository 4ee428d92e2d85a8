# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""Every real file of the corpus through `auto`: frames, PCM, errors, time, silence."""

import hashlib
import os
import random
import subprocess
import sys
import time

import corpus
import pytest

torch = pytest.importorskip("torch")
tonearm = pytest.importorskip("tonearm")

pytestmark = pytest.mark.skipif(not corpus.AUDIO.exists(), reason=f"no corpus at {corpus.AUDIO}")

OK = [truth for truth in corpus.truths() if truth.group == "ok"]
DISPUTED = corpus.disputed()
#: CPU time that is a hang and no slow machine.
HANG_SEC = 2.0


def _md5_f32(waveform):
    return hashlib.md5(waveform.t().contiguous().numpy().tobytes()).hexdigest()


@pytest.mark.parametrize("truth", OK, ids=lambda truth: truth.file)
def test_ok_file_decodes_as_agreed(truth):
    audio = tonearm.read(corpus.AUDIO / truth.file)
    if truth.file in DISPUTED:
        return  # decodes; our rule for it is in DISPUTED.md
    if truth.frames is not None:
        assert audio.waveform.shape[1] == truth.frames
    if truth.md5_f32:
        assert _md5_f32(audio.waveform) in truth.md5_f32


def test_disputed_are_those_files_that_differ():
    decoded, differing = set(), set()
    for truth in corpus.truths():
        try:
            frames = tonearm.read(corpus.AUDIO / truth.file).waveform.shape[1]
        except tonearm.Error:
            continue  # a file that merely fails is in no dispute
        decoded.add(truth.file)
        if truth.frames not in (None, frames):
            differing.add(truth.file)
    assert differing == decoded & set(DISPUTED)


def test_each_decoder_that_differs_is_named():
    assert corpus.named_as_differing() == corpus.differing()


@pytest.mark.parametrize("name", corpus.files("ok"))
def test_info_equals_load_or_says_that_it_estimates(name):
    info = tonearm.info(corpus.AUDIO / name)
    frames = tonearm.read(corpus.AUDIO / name).waveform.shape[1]
    assert info.num_frames == frames or not info.num_frames_exact
    assert tonearm.info(corpus.AUDIO / name, exact=True).num_frames == frames


@pytest.mark.parametrize("name", corpus.files("ok"))
def test_parts_are_slices_of_the_whole(name):
    path = corpus.AUDIO / name
    whole = tonearm.read(path).waveform
    total = whole.shape[1]
    numbers = random.Random(name)
    for begin, count in [(0, 7), (total - 1, 5), (total, 3)] + [(numbers.randrange(total + 1), 3000) for _ in range(3)]:
        part = tonearm.read(path, frame_offset=max(begin, 0), num_frames=count).waveform
        wanted = whole[:, max(begin, 0) : max(begin, 0) + count]
        assert part.shape == wanted.shape
        assert part.numel() == 0 or (torch.equal(part.isnan(), wanted.isnan()))
        assert part.numel() == 0 or (part - wanted).nan_to_num(0, 0, 0).abs().max() <= 1e-5


@pytest.mark.parametrize("name", corpus.files("bad") + corpus.files("odd"))
def test_damaged_file_gives_audio_or_a_clear_error(name):
    start = time.process_time()
    try:
        tonearm.read(corpus.AUDIO / name)
    except tonearm.Error as error:
        assert error.code in {"corrupt_data", "unsupported_format", "limit_reached"}
        assert error.stage in {"probe", "open", "decode"}
        assert error.subject
    assert time.process_time() - start < HANG_SEC


def test_nothing_is_printed():
    script = (
        "import sys, corpus, tonearm\n"
        "for group in ('ok', 'odd', 'bad'):\n"
        "    for name in corpus.files(group):\n"
        "        try: tonearm.read(corpus.AUDIO / name)\n"
        "        except tonearm.Error: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, cwd=os.path.dirname(__file__), timeout=300
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-2000:]
    assert done.stdout == b"" and done.stderr == b""
