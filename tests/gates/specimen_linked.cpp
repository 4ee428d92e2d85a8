// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Links a codec library, and exports a name that is not in tonearm.h: the gates must reject both.
extern "C" int avcodec_version();
extern "C" __attribute__((visibility("default"))) int specimen_linked() { return avcodec_version(); }
