#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# consume.sh KIND BUILD_DIRECTORY SCRATCH: installs the build into SCRATCH, moves the installed tree (a package must not
# remember where it was made), builds one consumer against it, and runs that. libtonearm is not built again.
#
#   c             a C11 program, find_package(tonearm CONFIG)
#   cxx17         audio.h as C++17, likewise, and the C++ of docs/features.md
#   pkgconfig     the C program by pkg-config alone
#   torch_pypi    torch.h as C++20 with the torch of $TONEARM_TORCH_PYTHON (or the cached environment), and the README's C++
#   torch_debian  torch.h as C++17 with Debian's libtorch-dev
#
# Exit status 77 is a skip; with TONEARM_EXPECT=torch an absent torch is a failure.
set -euo pipefail

kind=$1 build=$2 scratch=$3
project=$(cd "$(dirname "$0")" && pwd)/project

absent() {
  # Debian's libtorch is not to be had on every system; PyPI's is.
  if [[ $1 == torch_pypi && ,${TONEARM_EXPECT:-}, == *,torch,* ]]; then
    echo "FAIL: TONEARM_EXPECT=torch, but $2"
    exit 1
  fi
  echo "SKIP: $2"
  exit 77
}

cpp_lines() { awk '/^```cpp$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$project/../../../$1"; }

# The C++ lines of docs/features.md as a program, with the samples that they name.
features_program() {
  local lines
  lines=$(cpp_lines docs/features.md)
  [[ $lines == *tonearm::Resampler* ]] || { echo "FAIL: docs/features.md has no C++ example" >&2; return 1; }
  printf '#include <tonearm/audio.h>\n\nint main() {\n'
  printf 'const std::vector<float> recording(44100, 0.5f);\n'
  printf 'const float* samples = recording.data();\nconst std::int64_t num_frames = 44100;\n'
  printf '%s\nreturn bands.empty();\n}\n' "$lines"
}

# The README's C++ lines as a program, in a folder with the files that they name (WAV inside: names are not believed).
readme_program() {
  local lines
  lines=$(cpp_lines README.md)
  [[ $lines == *tonearm::load* ]] || { echo "FAIL: the README has no C++ example" >&2; return 1; }
  printf '#include "write_wav.h"\n#include <iostream>\n'
  grep '^#include' <<<"$lines"
  printf 'int main() {\nfor (const char* name : {"talk.flac", "talk.wav", "long.wav"}) if (write_wav(name) != 0) return 2;\n'
  grep -v '^#include' <<<"$lines"
  printf '}\n'
}

arguments=()
case $kind in
  c) ;;
  cxx17) arguments=(-DCONSUMER_FEATURES="$scratch/features.cpp") ;;
  pkgconfig)
    command -v pkg-config >/dev/null || absent "$kind" "no pkg-config here (apt-get install pkg-config)"
    ;;
  torch_pypi)
    python=${TONEARM_TORCH_PYTHON:-${XDG_CACHE_HOME:-$HOME/.cache}/tonearm/venvs/torch-2.15.0/bin/python}
    folder=$("$python" -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])' 2>/dev/null) ||
      absent "$kind" "$python has no torch (scripts/test makes an environment that has)"
    arguments=(-DCONSUMER_TORCH_INCLUDE="$folder/include;$folder/include/torch/csrc/api/include"
               -DCONSUMER_TORCH_LIB="$folder/lib" -DCONSUMER_TORCH_STANDARD=20 -DCONSUMER_README="$scratch/readme.cpp")
    ;;
  torch_debian)
    [[ -e /usr/include/torch/csrc/api/include/torch/torch.h ]] || absent "$kind" "no libtorch-dev here (apt-get install libtorch-dev)"
    arguments=(-DCONSUMER_TORCH_INCLUDE="/usr/include/torch/csrc/api/include"
               -DCONSUMER_TORCH_LIB="" -DCONSUMER_TORCH_STANDARD=17)
    ;;
  *) echo "unknown kind $kind" >&2; exit 2 ;;
esac

rm -rf "$scratch"
mkdir -p "$scratch/run"
cmake --install "$build" --prefix "$scratch/made" >/dev/null
mv "$scratch/made" "$scratch/moved"
if [[ $kind == torch_pypi ]]; then readme_program >"$scratch/readme.cpp"; fi
if [[ $kind == cxx17 ]]; then features_program >"$scratch/features.cpp"; fi

if [[ $kind == pkgconfig ]]; then
  config=$(find "$scratch/moved" -name tonearm.pc -printf '%h')
  read -ra flags <<<"$(PKG_CONFIG_PATH=$config pkg-config --cflags --libs tonearm)"
  library=$(PKG_CONFIG_PATH=$config pkg-config --variable=libdir tonearm)
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$project/load.c" -o "$scratch/load" "${flags[@]}" -lm -Wl,-rpath,"$library"
else
  # torch's headers take minutes; the same program against the same headers is compiled once.
  launcher=()
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  cmake -S "$project" -B "$scratch/build" -G Ninja -DCMAKE_PREFIX_PATH="$scratch/moved" -DCONSUMER_KIND="$kind" \
    -DCMAKE_BUILD_TYPE=Debug "${launcher[@]}" "${arguments[@]}" >"$scratch/configure.log" || { cat "$scratch/configure.log"; exit 1; }
  cmake --build "$scratch/build"
  cp "$scratch/build/load" "$scratch/load"
fi
cd "$scratch/run"
"$scratch/load" made_by_consumer.wav
if [[ $kind == torch_pypi ]]; then "$scratch/build/readme"; fi
if [[ $kind == cxx17 ]]; then "$scratch/build/features"; fi
