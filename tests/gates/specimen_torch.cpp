// SPDX-FileCopyrightText: 2026 the tonearm authors
// SPDX-License-Identifier: BSD-3-Clause
//
// Needs a symbol of libtorch: the gate must reject it.
namespace at {
void set_num_threads(int count);
}
extern "C" __attribute__((visibility("default"))) void specimen_torch() { at::set_num_threads(1); }
