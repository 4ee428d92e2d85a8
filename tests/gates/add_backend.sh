#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# add_backend.sh ROOT SCRATCH OBJECTS: follows the six steps of backends/README.md with the toy backend in a copy of the
# sources, and decodes with it. When a step changes there, it changes here. What the steps do not touch is not compiled
# again: OBJECTS is a file that names the objects of ROOT's own build, one a line.
set -euo pipefail
root=$1 scratch=$2 objects=$3
toy=$(cd "$(dirname "$0")" && pwd)/toy_backend
copy=$scratch/copy

# insert_after FILE LINE_PATTERN NEW_LINE: the README names the place; a place that is gone is a failure.
insert_after() {
  grep -q -- "$2" "$1" || { echo "$1 has no line like '$2' to put '$3' behind"; exit 1; }
  sed -i "0,/$2/s//&\n$3/" "$1"
}

mkdir -p "$copy"
for part in core cuda backends cmake CMakeLists.txt; do
  rm -rf "${copy:?}/$part"
  cp -r "$root/$part" "$copy/$part"
done
cd "$copy"

# 1 to 4: the folder with its one function, no library, the backend, the decoder.
mkdir backends/toy
cp "$toy/toy_backend.h" "$toy/toy_backend.cpp" backends/toy/
echo 'target_sources(tonearm_objects PRIVATE toy_backend.cpp)' >backends/toy/CMakeLists.txt

# 5: the lists, and a container that is new.
insert_after backends/CMakeLists.txt 'add_subdirectory(pcm)' 'add_subdirectory(toy)'
insert_after backends/builtin_backends.cpp '#include "backends\/pcm\/pcm_backend.h"' '#include "backends\/toy\/toy_backend.h"'
insert_after backends/builtin_backends.cpp 'r.add(pcm::make_pcm_backend());' '    r.add(toy::make_toy_backend());'
insert_after core/registry/policy.cpp 'std::vector<PolicyRow> table{' '      {"toy files", {kToy}, {}, {"toy"}, "nothing else reads them"},'
insert_after core/registry/probe.h '  kOther,' '  kToy,'   # behind the last, so that no other value moves
insert_after core/registry/probe.cpp '^ProbeResult probe_bytes(.*{' \
  '  if (has_at(bytes, 0, "TOY1")) return found(Container::kToy, Codec::kUnknown, "toy");'

# 6: the tests.
mkdir -p tests/toy
cp "$toy/toy_backend_test.cpp" tests/toy/
echo 'tonearm_add_test(toy_backend_test toy/toy_backend_test.cpp)' >tests/CMakeLists.txt

cmake -S . -B "$scratch/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DTONEARM_WERROR=ON -DTONEARM_CUDA=OFF >"$scratch/configure.log" ||
  { cat "$scratch/configure.log"; exit 1; }
changed=(backends/builtin_backends.cpp core/registry/policy.cpp core/registry/probe.cpp)
made=()
for source in backends/toy/toy_backend.cpp "${changed[@]}"; do made+=("CMakeFiles/tonearm_objects.dir/$source.o"); done
made+=(tests/CMakeFiles/toy_backend_test.dir/toy/toy_backend_test.cpp.o)
cd "$scratch/build"
ninja "${made[@]}"
kept=$(grep -vE "$(IFS='|'; echo "${changed[*]/%/.o$}")" "$objects")
mapfile -t kept <<<"$kept"
c++ -o toy_backend_test "${made[@]}" "${kept[@]}" -lgtest_main -lgtest -lpthread -ldl
./toy_backend_test
