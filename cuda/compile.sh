#!/bin/sh
# SPDX-FileCopyrightText: 2026 the tonearm authors
# SPDX-License-Identifier: BSD-3-Clause
#
# compile.sh REPORT NVCC ARGUMENT...: runs nvcc quietly and keeps what ptxas reports; shows it where nvcc fails.
report=$1
shift
if "$@" >"$report.new" 2>&1; then
  mv "$report.new" "$report"
else
  status=$?
  cat "$report.new" >&2
  exit $status
fi
