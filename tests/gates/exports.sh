#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# exports.sh LIBTONEARM HEADER: the library exports exactly the functions that tonearm.h declares and that
# exports.txt beside this script records. A name that leaves exports.txt breaks programs that exist; say so in the
# CHANGELOG. After adding a function: exports.sh --record HEADER.
set -euo pipefail
export LC_ALL=C
record=$(dirname "$0")/exports.txt

declared() { grep -v '^#' "$1" | grep -oE '\btonearm_[a-z0-9_]+\(' | tr -d '(' | sort -u; }

if [[ $1 == --record ]]; then
  declared "$2" >"$record"
  exit
fi
exported=$(nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sed 's|@.*||' | sort -u)
status=0
diff <(declared "$2") <(printf '%s\n' "$exported") || { echo "^ declared in tonearm.h (<) and exported (>) differ"; status=1; }
diff "$record" <(printf '%s\n' "$exported") || { echo "^ recorded in exports.txt (<) and exported (>) differ"; status=1; }
if ((status == 0)); then echo "$(wc -l <"$record") symbols, all declared, all recorded"; fi
exit "$status"
