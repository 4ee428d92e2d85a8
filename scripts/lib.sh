# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# What scripts/demo and scripts/test share: system packages, the Python environment, the installed package.
# Sourced, never run. Every step is skipped when it is already done, so that a second run is quick.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TORCH_RELEASE=${TONEARM_TORCH_RELEASE:-2.15.0}
TORCH_ENV=${XDG_CACHE_HOME:-$HOME/.cache}/tonearm/venvs/torch-$TORCH_RELEASE
JOBS=$(nproc)

# To build. Headers of codec libraries are not among them: tonearm opens those at run time.
BUILD_PACKAGES=(g++ cmake ninja-build ccache libhwy-dev libfmt-dev libcli11-dev nlohmann-json3-dev
                python3-dev python3-venv ca-certificates)
# To test.
TEST_PACKAGES=(git pkg-config libgtest-dev libbenchmark-dev)
# To decode more than the WAV and FLAC families, and to make files to decode.
CODEC_PACKAGES=(libsndfile1 ffmpeg)

say() { printf '\n== %s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Packages among "$@" that dpkg does not have, one a line.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
  done
}

apt_install() {
  local apt=(apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  # A stale third-party list must not stop us; a package that is then really absent does.
  DEBIAN_FRONTEND=noninteractive timeout -k 10 300 "${apt[@]}" update -qq || true
  DEBIAN_FRONTEND=noninteractive timeout -k 10 900 "${apt[@]}" install -y -qq --no-install-recommends "$@" >&2
}

# require_packages NAME... [-- WANTED...]: installs what is missing; without root, prints the line to run (for what is
# merely wanted too) and stops.
require_packages() {
  local required=() missing
  while (($#)) && [[ $1 != -- ]]; do required+=("$1"); shift; done
  shift $(($# > 0))
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian system: taking for granted what these packages hold: ${required[*]}"
    return
  fi
  mapfile -t missing < <(missing_packages "${required[@]}")
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID != 0)); then
    mapfile -t missing < <(missing_packages "${required[@]}" "$@")
    printf 'Packages are missing, and only root can install them. Run this line as root, then %s again:\n\n' "$0" >&2
    printf '  apt-get update && apt-get install -y --no-install-recommends %s\n\n' "${missing[*]}" >&2
    exit 1
  fi
  say "installing ${missing[*]}"
  apt_install "${missing[@]}" || die "apt-get could not install: ${missing[*]}"
}

# want_packages NAME...: the same for what we can do without; returns 1 where something stays missing.
want_packages() {
  command -v dpkg-query >/dev/null || return 0
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID == 0)); then
    say "installing ${missing[*]}"
    if apt_install "${missing[@]}"; then return; fi
  fi
  say "going on without: ${missing[*]} (apt-get install ${missing[*]})"
  return 1
}

# Sets PYTHON to an environment's interpreter that has torch: the active environment, or .venv in this tree, which
# borrows torch from the one environment per torch release that is kept outside the tree (5 GB).
prepare_python() {
  if [[ -n ${VIRTUAL_ENV:-} && -x $VIRTUAL_ENV/bin/python ]]; then
    PYTHON=$VIRTUAL_ENV/bin/python
    if ! "$PYTHON" -c 'import importlib.metadata as m; m.version("torch")' 2>/dev/null; then
      say "installing torch $TORCH_RELEASE into the active environment $VIRTUAL_ENV"
      timeout -k 10 1800 "$PYTHON" -m pip install -q "torch==$TORCH_RELEASE" numpy || die "pip could not install torch"
    fi
    return
  fi
  mkdir -p "$(dirname "$TORCH_ENV")"
  (
    flock 9   # two checkouts may ask for the same environment at once
    if [[ -e $TORCH_ENV/tonearm-complete ]] && "$TORCH_ENV/bin/python" -c '' 2>/dev/null; then exit 0; fi
    say "making the environment for torch $TORCH_RELEASE in $TORCH_ENV (a download of some 3 GB, once)"
    "$TORCH_ENV/bin/python" -c '' 2>/dev/null || rm -rf "$TORCH_ENV"
    [[ -d $TORCH_ENV ]] || python3 -m venv "$TORCH_ENV"
    timeout -k 10 1800 "$TORCH_ENV/bin/python" -m pip install -q "torch==$TORCH_RELEASE" numpy
    "$TORCH_ENV/bin/python" -c 'import torch'
    touch "$TORCH_ENV/tonearm-complete"
  ) 9>"$TORCH_ENV.lock" || die "no environment with torch $TORCH_RELEASE in $TORCH_ENV (see above; remove it to start anew)"

  PYTHON=$ROOT/.venv/bin/python
  if ! "$PYTHON" -c '' 2>/dev/null; then
    rm -rf "$ROOT/.venv"
    "$TORCH_ENV/bin/python" -m venv "$ROOT/.venv"
  fi
  local own other
  own=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  other=$("$TORCH_ENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '%s\n' "$other" >"$own/torch_of_tonearm_venvs.pth"
}

# need_modules NAME...: pip installs those distributions that PYTHON does not see.
need_modules() {
  local missing
  mapfile -t missing < <("$PYTHON" - "$@" <<'PY'
import importlib.metadata, sys
for name in sys.argv[1:]:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        print(name)
PY
  )
  if ((${#missing[@]} == 0)); then return; fi
  say "pip install ${missing[*]}"
  timeout -k 10 600 "$PYTHON" -m pip install -q "${missing[@]}"
}

# Gets nvcc 13.0 and its static runtime from PyPI where the system has no nvcc; cmake/cuda.cmake looks there. Returns 1 where
# pip cannot get them. A download of some 100 MB, once.
prepare_nvcc() {
  if command -v nvcc >/dev/null || [[ -x ${CUDA_HOME:-/usr/local/cuda}/bin/nvcc ]]; then return; fi
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/tonearm/cuda-13.0
  if [[ -e $folder/tonearm-complete ]]; then return; fi
  say "fetching nvcc 13.0 from PyPI into $folder"
  rm -rf "$folder"
  timeout -k 10 900 "$PYTHON" -m pip install -q --no-deps --target "$folder" nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88 \
      nvidia-cuda-crt==13.0.88 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 >&2 || return 1
  chmod +x "$folder"/nvidia/cu13/bin/* "$folder"/nvidia/cu13/nvvm/bin/*
  touch "$folder/tonearm-complete"
}

# pyav_libraries RELEASE...: prints the folders of the FFmpeg libraries in those PyAV wheels, colon separated.
# Downloads and unpacks each release once; returns 1 where pip cannot get one.
pyav_libraries() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/tonearm/pyav release folder list=
  for release in "$@"; do
    folder=$cache/$release
    if [[ ! -d $folder/av.libs ]]; then
      rm -rf "$folder.new"
      mkdir -p "$folder.new"
      timeout -k 10 300 "$PYTHON" -m pip download -q --no-deps --only-binary :all: -d "$folder.new" "av==$release" >&2 &&
        "$PYTHON" -m zipfile -e "$folder.new"/*.whl "$folder.new" && rm -rf "$folder" && mv "$folder.new" "$folder" || return 1
    fi
    list+=${list:+:}$folder/av.libs
  done
  printf '%s' "$list"
}

# A hash of all that the Python package is made of.
package_stamp() {
  (cd "$ROOT" && find core cuda backends python cmake CMakeLists.txt pyproject.toml -type f \
      ! -name '*.pyc' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# Builds and installs the package into PYTHON's environment, unless this very source is there already.
install_package() {
  local stamp_file stamp
  stamp_file=$("$PYTHON" -c 'import sys; print(sys.prefix)')/tonearm-installed
  stamp="$ROOT $(package_stamp)"
  if [[ -e $stamp_file && $(<"$stamp_file") == "$stamp" ]]; then return; fi
  need_modules scikit-build-core nanobind
  say "building and installing the Python package"
  rm -f "$stamp_file"
  CMAKE_BUILD_PARALLEL_LEVEL=$JOBS timeout -k 10 1200 \
    "$PYTHON" -m pip install -q --no-build-isolation --no-deps --force-reinstall "$ROOT" || return 1
  printf '%s' "$stamp" >"$stamp_file"
}
