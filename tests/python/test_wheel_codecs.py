# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
"""With no codec library on the system, those in the wheels of soundfile and av do the work.

The system's are hidden by an overlay in a mount namespace of the test's own, so nothing outside sees a change.
"""

import array
import importlib.util
import json
import math
import os
import subprocess
import sys

import pytest
from conftest import RATE_HZ

# Hides the files that match in each directory given, then runs Python: $1 is its path, $2 its code, the rest directories.
HIDE = """
set -e
python=$1 code=$2
shift 2
layers=$(mktemp -d)
mount -t tmpfs none "$layers"
for directory in "$@"; do
  mkdir -p "$layers/upper$directory" "$layers/work$directory"
  mount -t overlay overlay -o "lowerdir=$directory,upperdir=$layers/upper$directory,workdir=$layers/work$directory" "$directory"
  rm -f "$directory"/libsndfile.so* "$directory"/libav*.so* "$directory"/libsw*.so*
done
echo hidden >&2
exec "$python" -c "$code"
"""

CODE = """
import json, tonearm
from tonearm._runtime import examine_backends
found = {}
for backend in examine_backends():
    if backend["name"] in ("soundfile", "ffmpeg"):
        wave, rate = tonearm.load(PATH, backend=backend["name"])
        found[backend["name"]] = [backend["path"], list(wave.shape), rate, wave.abs().max().item()]
print(json.dumps(found))
"""


def system_directories():
    """Where the loader finds codec libraries; the directories, without symbolic links in their names."""
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True).stdout
    paths = (line.rpartition(" => ")[2] for line in listed.splitlines() if " => " in line)
    names = ("libsndfile.so", "libav", "libsw")
    return sorted({os.path.dirname(os.path.realpath(p)) for p in paths if os.path.basename(p).startswith(names)})


def run_hidden(code):
    settings = ("TONEARM_", "LD_LIBRARY_PATH", "CONDA_PREFIX")
    env = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_root, "--mount", "sh", "-c", HIDE, "sh", sys.executable, code, *system_directories()]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)
    if "hidden" not in done.stderr:
        pytest.skip(f"the system's libraries cannot be hidden here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_libraries_of_wheels_decode_where_the_system_has_none(tmp_path):
    pytest.importorskip("torch")
    soundfile = pytest.importorskip("soundfile")
    if importlib.util.find_spec("av") is None:
        pytest.skip("the wheel of av is not installed")
    path = str(tmp_path / "tone.ogg")
    tone = array.array("f", (0.5 * math.sin(0.1 * n) for n in range(RATE_HZ)))
    with soundfile.SoundFile(path, "w", RATE_HZ, 1, "VORBIS", format="OGG") as file:
        file.buffer_write(tone.tobytes(), dtype="float32")

    found = run_hidden(f"PATH = {path!r}\n{CODE}")

    assert "_soundfile_data" in found["soundfile"][0] and "av.libs" in found["ffmpeg"][0]
    for _, shape, rate_hz, peak in found.values():
        assert (shape, rate_hz) == ([1, RATE_HZ], RATE_HZ) and peak == pytest.approx(0.5, abs=0.05)
