#!/bin/sh
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# sanitized.sh TOOL PROGRAM: runs PROGRAM (device_machine.cpp) under compute-sanitizer's TOOL; what the tool finds is a
# failure. Exit status 77 is a skip, its reason printed: no device, or no compute-sanitizer.
"$2" --gtest_filter=none || exit $?
for sanitizer in compute-sanitizer "${CUDA_HOME:-/usr/local/cuda}/bin/compute-sanitizer"; do
  if command -v "$sanitizer" >/dev/null; then
    exec "$sanitizer" --tool "$1" --error-exitcode 1 "$2"
  fi
done
echo "SKIP: no compute-sanitizer in PATH or in ${CUDA_HOME:-/usr/local/cuda} (it comes with NVIDIA's toolkit)"
exit 77
