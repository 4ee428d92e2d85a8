# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""`tonearm convert`: the depth is kept, the old file stays where something fails, nothing is said where nobody watches."""

import os
import pty
import struct
import subprocess
import sys

import pytest
import tonearm
from conftest import make_wav, run_python


def run(*arguments, **options):
    command = [sys.executable, "-m", "tonearm", "convert", *map(os.fspath, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120, **options)


@pytest.mark.parametrize("format", ["wav", "rf64", "w64", "aiff", "au", "caf"])
def test_samples_and_depth_are_kept(wav_path, wav_bytes, tmp_path, format):
    done = run(wav_path, tmp_path / f"out.{format}")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    about = tonearm.info(tmp_path / f"out.{format}")
    assert (about.encoding, about.bits_per_sample, about.sample_rate, about.num_frames) == ("PCM_S", 16, 16000, 5)
    assert run(tmp_path / f"out.{format}", tmp_path / "back.wav").returncode == 0
    assert (tmp_path / "back.wav").read_bytes()[-20:] == wav_bytes[-20:]


def test_a_long_file_passes_in_blocks(tmp_path):
    data = make_wav([[i % 30000 for i in range(600_001)]])
    (tmp_path / "in.wav").write_bytes(data)
    assert run(tmp_path / "in.wav", tmp_path / "out.wav").returncode == 0
    assert (tmp_path / "out.wav").read_bytes()[-1_200_002:] == data[-1_200_002:]


def test_rate_mono_encoding_and_bits(wav_path, tmp_path):
    assert run(wav_path, tmp_path / "a.wav", "--rate", "8000", "--mono").returncode == 0
    about = tonearm.info(tmp_path / "a.wav")
    assert (about.sample_rate, about.num_channels, about.num_frames, about.bits_per_sample) == (8000, 1, 3, 16)
    assert run(wav_path, tmp_path / "b.wav", "--encoding", "PCM_F", "--bits", "64").returncode == 0
    about = tonearm.info(tmp_path / "b.wav")
    assert (about.encoding, about.bits_per_sample) == ("PCM_F", 64)
    assert run(wav_path, tmp_path / "c", "--format", "au").returncode == 0
    assert tonearm.info(tmp_path / "c").container == "au"


@pytest.mark.parametrize("arguments, options", [
    (["--rate", "16000"], {"sample_rate": 16000}),
    (["--rate", "48000", "--mono"], {"sample_rate": 48000, "mono": True}),
    (["--rate", "44100"], {}),
    (["--mono"], {"mono": True}),
])
def test_blocks_have_the_samples_of_the_whole(tmp_path, arguments, options):
    torch = pytest.importorskip("torch")
    noise = 0.1 * torch.randn(2, 600_001, generator=torch.Generator().manual_seed(1))
    tonearm.save(tmp_path / "in.wav", noise, 44100)
    done = run(tmp_path / "in.wav", tmp_path / "out.wav", "--encoding", "PCM_F", "--bits", "32", *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    want, got = tonearm.read(tmp_path / "in.wav", **options), tonearm.read(tmp_path / "out.wav")
    assert got.sample_rate == want.sample_rate and torch.equal(got.waveform, want.waveform)


def test_a_long_file_is_resampled_in_little_memory(wav_path, tmp_path):
    size = 80_000_000
    header = make_wav([[0]], data_bytes=size)[:44]
    with open(tmp_path / "long.wav", "wb") as file:
        file.write(header[:4] + struct.pack("<I", 36 + size) + header[8:])
        file.truncate(44 + size)
    done = run_python(
        "import resource\n"
        "from tonearm._convert import convert\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10\n"
        f"convert({wav_path.name!r}, 'short.wav', rate_hz=8000, mono=True)\n"
        "before = peak()\n"
        "convert('long.wav', 'out.wav', rate_hz=8000, mono=True)\n"
        "print(peak() - before)\n",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 40  # MiB; as floats the whole is 152


def test_over_itself(wav_path):
    assert run(wav_path, wav_path, "--encoding", "PCM_F").returncode == 0
    assert tonearm.info(wav_path).encoding == "PCM_F"


def test_failures_leave_the_old_file(wav_path, tmp_path):
    old = tmp_path / "out.wav"
    old.write_bytes(b"old")
    for arguments, text in [(["--bits", "12"], b"12"), (["--compression", "3"], b"compression"), (["--rate", "0"], b"rate")]:
        done = run(wav_path, old, *arguments)
        assert done.returncode == 1 and text in done.stderr and b"Traceback" not in done.stderr
    done = run(tmp_path / "none.wav", old)
    assert done.returncode == 1 and b"no such file" in done.stderr
    assert old.read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["out.wav", "speech.wav"]


def test_progress_on_a_terminal_only(wav_path, tmp_path):
    try:
        outer, inner = pty.openpty()
    except OSError as error:
        pytest.skip(f"no pseudo-terminal is to be had here: {error}")
    command = [sys.executable, "-m", "tonearm", "convert", wav_path, tmp_path / "out.wav"]
    assert subprocess.run(command, stdout=subprocess.PIPE, stderr=inner, timeout=120).returncode == 0
    os.close(inner)
    shown = os.read(outer, 1000)
    os.close(outer)
    assert b"100%" in shown and shown.endswith(b"\x1b[K")


def test_needs_no_torch(wav_path, tmp_path):
    done = run_python(
        "import sys; sys.modules['torch'] = None\n"
        "from tonearm.__main__ import main\n"
        f"sys.exit(main(['convert', {str(wav_path)!r}, {str(tmp_path / 'out.wav')!r}]))"
    )
    assert done.returncode == 0, done.stderr
