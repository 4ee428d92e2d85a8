#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# objects.sh FILE...: each shared object or program needs only the C and C++ runtime (and libtonearm), and no undefined
# symbol of libtorch. This is what lets one build work with every torch and every codec library.
set -euo pipefail
export LC_ALL=C

allowed='^(libc\.so\.6|libm\.so\.6|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1|ld-linux[-a-z0-9_]*\.so\.[0-9]+|libstdc\+\+\.so\.6|libgcc_s\.so\.1|libtonearm\.so(\.[0-9.]+)?)$'
status=0
for file in "$@"; do
  dynamic=$(readelf -dW "$file")
  while read -r needed; do
    if [[ ! $needed =~ $allowed ]]; then
      echo "$file: needs $needed, which nothing that we ship may link"
      status=1
    fi
  done < <(sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' <<<"$dynamic")
  undefined=$(nm -DC --undefined-only "$file")
  # Mangled or demangled, at the start of a name or inside a signature.
  if torch=$(grep -E '(^|[^A-Za-z0-9_:])(at|c10|torch|caffe2)::|_ZNK?(2at|3c10|5torch)' <<<"$undefined"); then
    echo "$file: undefined symbols of libtorch:"
    echo "$torch"
    status=1
  fi
done
if ((status == 0)); then echo "$# objects: the C and C++ runtime only, no libtorch symbol"; fi
exit "$status"
