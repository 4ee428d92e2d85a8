// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Stands in for a codec library (it is built as libavcodec.so).
extern "C" __attribute__((visibility("default"))) int avcodec_version() { return 1; }
